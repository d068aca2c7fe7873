"""Where a history leads: the printed evolution of an aggregate, followed by hand.

It runs what `evolve` will run, so that an event of a scenario can take what it leaves
out from the state before it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields, is_dataclass
from enum import Enum
from types import MappingProxyType, SimpleNamespace
from typing import Any
from uuid import UUID

from generator import model
from generator.evaluation import FAILURES
from generator.examples import Examples

State = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Folding:
    """Follows the states of one aggregate; all values are living ones."""

    aggregate: model.Aggregate
    examples: Examples
    id: UUID

    def living(
        self, declared: tuple[model.Field, ...], given: Mapping[str, object]
    ) -> SimpleNamespace:
        """An event or command with these values, and with its defaults elsewhere."""
        values = {
            each.name: (
                self.examples.alive(each.type, given[each.name])
                if each.name in given
                else self._default(each)
            )
            for each in declared
        }
        return SimpleNamespace(**{self.aggregate.id_field: self.id, **values})

    def after(
        self, state: State | None, event: model.Event, happened: SimpleNamespace
    ) -> State:
        """The state after an event; what cannot be computed is not known."""
        first = state is None or not event.updates
        known = dict(self._initial() if first else state or {})
        scope = {"event": happened, "before": SimpleNamespace(**known)}
        for change in event.creation if first else event.change:
            try:
                known[change.name] = self.value(change.code, scope)
            except (*FAILURES, AttributeError):
                known.pop(change.name, None)
        return known

    def value(self, code: str, scope: Mapping[str, object]) -> Any:
        """What printed code of this module means."""
        return self.examples.evaluation.value(code, self.examples.module, scope)

    def _initial(self) -> dict[str, Any]:
        return {
            each.name: self._default(each)
            for each in self.aggregate.state
            if not each.required
        }

    def _default(self, declared: model.Field) -> Any:
        return self.value(declared.default, {}) if declared.default else None


def literal_form(value: Any) -> Any:
    """A living value in the form of `literal_value`, to be printed again."""
    if is_dataclass(value):
        return MappingProxyType(
            {
                each.name: literal_form(getattr(value, each.name))
                for each in fields(value)
            }
        )
    match value:
        case Enum():
            return value.value
        case list():
            return [literal_form(item) for item in value]
        case dict():
            return {key: literal_form(item) for key, item in value.items()}
    return value
