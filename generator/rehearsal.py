"""What the example of a creating command leads to, found out by running its decision.

The generated API tests can then say what must come: the row, or the refusal of a rule
that the filling rules cannot know.
"""

from __future__ import annotations

from collections.abc import Mapping
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
        """The row that its events lead to."""
        row: dict[str, Any] | None = None
        actions = {action.event: action for action in read_model.actions}
        for version, (name, event) in enumerate(self.events, 1):
            action = actions.get(name)
            if action is None or (action.verb == "update" and row is None):
                continue
            envelope = SimpleNamespace(
                stream_id=self.folding.id,
                at=NOW,
                event_id=named_id("event"),
                actor="somebody",
                version=version,
            )
            before = SimpleNamespace(**row) if row else None
            scope = {"event": event, "envelope": envelope, "row": before}
            assigned = action.arguments if row is None else action.changes
            if action.verb == "insert":
                assigned = action.arguments
            values = {
                each.name: self.folding.value(each.code, scope) for each in assigned
            }
            row = None if action.verb == "delete" else {**(row or {}), **values}
        return row


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
