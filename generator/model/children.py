"""Child rows: several rows of one stream, told apart by what its events list."""

from __future__ import annotations

from dataclasses import dataclass

from generator.model.reading import Action


@dataclass(frozen=True, slots=True)
class Loop:
    """The elements of a list, one after the other, under a name."""

    name: str
    elements: str

    def __str__(self) -> str:
        return f"for {self.name} in {self.elements}"


@dataclass(frozen=True, slots=True)
class ChildAction:
    """What one event does to rows of its stream.

    `named` are the printed values that name a row; without them every row is meant.
    """

    action: Action
    named: tuple[str, ...] = ()
    loop: Loop | None = None

    @property
    def statement(self) -> str:
        """The statement that does it."""
        made, changed = self.action.made, self.action.changed
        name = ", ".join(self.named)
        rows = f"for row in rows.named({name})" if self.named else "for row in rows"
        match self.action.verb:
            case "insert" if self.loop:
                return f"rows.put({made} {self.loop})"
            case "insert":
                return f"rows.put([{made}])"
            case "upsert":
                row = f"for row in [rows.get({name})]"
                put = f"{made} if row is None else {changed}"
                return f"rows.put({self._each(put, row)})"
            case "update":
                return f"rows.put({self._each(changed, rows)})"
        return f"rows.end({self._each('row', rows) if self.named else 'rows'})"

    def _each(self, row: str, rows: str) -> str:
        return " ".join([row, *([str(self.loop)] if self.loop else []), rows])


@dataclass(frozen=True, slots=True)
class ChildCase:
    """All that one event does, in the order in which it is written."""

    event: str
    actions: tuple[ChildAction, ...]

    @property
    def statements(self) -> tuple[str, ...]:
        """The statements that do it."""
        return tuple(each.statement for each in self.actions)
