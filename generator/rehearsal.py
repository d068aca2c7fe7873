"""What the example of a creating command leads to, found out by running its decision.

The generated API tests can then say what must come: the row, or the refusal of a rule
that the filling rules cannot know.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from generator import model
from generator.evaluation import FAILURES
from generator.example_scalars import NOW, named_id
from generator.examples import Examples
from generator.folding import Folding

Row = Mapping[str, Any]
Name = tuple[Any, ...]
Scope = Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Rehearsal:
    """A decision about an example; all values are living ones.

    It is open where custom code decides, which is not there yet.
    """

    folding: Folding
    command: SimpleNamespace
    refusal: str
    events: tuple[tuple[str, SimpleNamespace], ...]
    open: bool = False

    def row(self, read_model: model.ReadModel) -> Row | None:
        """The row that its events lead to; of child rows the first."""
        rows: dict[Name, Row] = {}
        alone = (model.ChildAction(each) for each in read_model.actions)
        cases = {case.event: case.actions for case in read_model.children} or {
            each.action.event: (each,) for each in alone
        }
        for version, (name, event) in enumerate(self.events, 1):
            envelope = SimpleNamespace(
                stream_id=self.folding.id,
                at=NOW,
                event_id=named_id("event"),
                actor="somebody",
                version=version,
            )
            scope = {"event": event, "envelope": envelope}
            for action in cases.get(name, ()):
                self._act(action, rows, scope)
        return next(iter(rows.values()), None)

    def _act(
        self, child: model.ChildAction, rows: dict[Name, Row], scope: Scope
    ) -> None:
        for inside in self._inside(child.loop, scope):
            named = tuple(self.folding.value(code, inside) for code in child.named)
            everyone = child.action.verb in ("update", "delete") and not named
            for name in list(rows) if everyone else [named]:
                self._write(child.action, name, rows, inside)

    def _inside(self, loop: model.Loop | None, scope: Scope) -> Iterator[Scope]:
        """What can be named where an action is, once for each element of its list."""
        elements = self.folding.value(loop.elements, scope) if loop else [None]
        for element in elements:
            yield {**scope, loop.name: element} if loop else scope

    def _write(
        self, action: model.Action, name: Name, rows: dict[Name, Row], scope: Scope
    ) -> None:
        before = rows.get(name)
        if action.verb == "delete":
            rows.pop(name, None)
        elif action.verb != "update" or before is not None:
            anew = before is None or action.verb == "insert"
            row = SimpleNamespace(**before) if before else None
            values = {
                each.name: self.folding.value(each.code, {**scope, "row": row})
                for each in (action.arguments if anew else action.changes)
            }
            rows[name] = {**(before or {}), **values}


def rehearse(
    command: model.Command,
    aggregate: model.Aggregate,
    examples: Examples,
    timezone: str,
    id: UUID,
) -> Rehearsal:
    """Decide about the example of a creating command, as the service would."""
    folding = Folding(aggregate, examples, id)
    values = {
        each.name: examples.value(each, command.fields)
        for each in command.fields
        if examples.given(each)
    }
    example = folding.living(command.fields, values)
    scope = {
        "command": example,
        "context": SimpleNamespace(
            now=NOW,
            today=NOW.astimezone(ZoneInfo(timezone)).date(),
            new_id=lambda: named_id("new_id"),
        ),
        "self": SimpleNamespace(id=id),
    }
    try:
        refusal, events = _decided(command, folding, scope)
    except _Open:
        return Rehearsal(folding, example, "", (), open=True)
    except FAILURES:
        refusal, events = "CannotDecide", ()
    return Rehearsal(folding, example, refusal, events)


class _Open(Exception):
    """The decision has come to a custom function."""


def _decided(
    command: model.Command, folding: Folding, scope: Mapping[str, object]
) -> tuple[str, tuple[tuple[str, SimpleNamespace], ...]]:
    for rule in command.rules:
        if isinstance(rule, model.CustomRule):
            raise _Open
        if folding.value(rule.broken, scope):
            return rule.error, ()
    events = []
    for each in command.emissions:
        if each.condition and not folding.value(each.condition, scope):
            continue
        if isinstance(each, model.CustomEmission):
            raise _Open
        events.append((each.event, _recorded(each, folding, scope)))
    return "", tuple(events)


def _recorded(
    emission: model.Emission, folding: Folding, scope: Mapping[str, object]
) -> SimpleNamespace:
    """The event of an emission; what the command does not fill has its default."""
    declared = next(
        each.fields for each in folding.aggregate.events if each.name == emission.event
    )
    event = folding.living(declared, {})
    for argument in emission.arguments:
        setattr(event, argument.name, folding.value(argument.code, scope))
    return event
