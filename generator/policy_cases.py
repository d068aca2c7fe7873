"""Example reactions: an event of examples, and the command that a policy makes of it.

The printed policy is followed by hand here, so that its test can say what must come.
Where the example event leads to values that the command does not admit, there is none.
"""

from __future__ import annotations

import zoneinfo
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

from generator import model
from generator.evaluation import FAILURES
from generator.example_scalars import NOW, named_id
from generator.examples import Examples, NoExample
from generator.folding import literal_form
from generator.literals import printed, violation
from generator.model_tests import Reaction
from generator.scenario_values import Ids
from generator.types import DATETIME, Type, ref

EVENT = named_id("event")


@dataclass(frozen=True, slots=True)
class PolicyCases:
    """The policies of one domain, by example."""

    domains: Sequence[model.Domain]
    examples: Examples
    timezone: str
    ids: Ids

    def of(self, policies: Sequence[model.Policy]) -> Iterator[Reaction]:
        """A reaction of each policy that its examples allow."""
        for policy in policies:
            try:
                reaction = self._reaction(policy)
            except (NoExample, *FAILURES):
                continue
            if reaction is not None:
                yield reaction

    def _reaction(self, policy: model.Policy) -> Reaction | None:
        event = self._event(policy)
        values = {
            each.name: self.examples.value(each, event.fields)
            for each in event.fields
            if self.examples.given(each)
        }
        scope = self._scope(self._living(policy, event, values))
        happened = self._happened(policy, event, values)
        if policy.condition and not self._value(policy.condition, scope):
            return Reaction(policy.function, policy.qualified, happened, "")
        arguments = []
        types = self._types(policy)
        for argument in policy.arguments:
            if argument.code.startswith("derived_id("):
                own = argument.code.replace("envelope.", "ENVELOPE.")
                arguments.append(model.Assignment(argument.name, own))
                continue
            value = self._value(argument.code, scope)
            if self._refused(types[argument.name], value):
                return None
            code = self._printed(types[argument.name], value)
            arguments.append(model.Assignment(argument.name, code))
        listed = ", ".join(map(str, self.ids.all_named(arguments)))
        command = f"{policy.command.printed}({listed})"
        if policy.due:
            due = self._printed(DATETIME, self._value(policy.due, scope))
            command = f"policies.Due({due}, {command})"
        return Reaction(policy.function, policy.qualified, happened, command)

    def _event(self, policy: model.Policy) -> model.Event:
        return next(
            event
            for domain in self.domains
            if domain.name == policy.event.domain
            for aggregate in domain.aggregates
            for event in aggregate.events
            if event.name == policy.event.name
        )

    def _types(self, policy: model.Policy) -> Mapping[str, Type]:
        aggregate, command = next(
            (aggregate, command)
            for domain in self.domains
            if domain.name == policy.command.domain
            for aggregate in domain.aggregates
            for command in aggregate.commands
            if command.name == policy.command.name
        )
        fields = {field.name: field.type for field in command.fields}
        return {command.id_field: ref(aggregate.kind), **fields}

    def _happened(
        self, policy: model.Policy, event: model.Event, values: Mapping[str, object]
    ) -> str:
        stream = self.ids.of(event.id_field)
        own = model.Assignment(event.id_field, f'UUID("{stream}")')
        for field in event.fields:
            if field.type.kind in ("ref", "uuid"):
                self.ids.of(field.name)
        arguments = [
            model.Assignment(
                each.name, printed(each.type, values[each.name], self.examples.shapes)
            )
            for each in event.fields
            if each.name in values
        ]
        named = self.ids.all_named([own, *arguments])
        return f"{policy.event.printed}({', '.join(map(str, named))})"

    def _living(
        self, policy: model.Policy, event: model.Event, values: Mapping[str, object]
    ) -> SimpleNamespace:
        living = {
            each.name: (
                self.examples.alive(each.type, values[each.name])
                if each.name in values
                else self._default(each, policy.event.domain)
            )
            for each in event.fields
        }
        stream = self.ids.of(event.id_field)
        return SimpleNamespace(**{event.id_field: stream, **living})

    def _default(self, field: model.Field, module: str) -> Any:
        if not field.default:
            return None
        return self.examples.evaluation.value(field.default, module, {})

    def _scope(self, event: SimpleNamespace) -> Mapping[str, object]:
        envelope = SimpleNamespace(at=NOW, event_id=EVENT, actor="somebody", version=1)
        return {
            "event": event,
            "envelope": envelope,
            "zoneinfo": zoneinfo,
            "TIMEZONE": self.timezone,
        }

    def _value(self, code: str, scope: Mapping[str, object]) -> Any:
        return self.examples.evaluation.value(code, self.examples.module, scope)

    def _printed(self, type: Type, value: Any) -> str:
        return printed(type, literal_form(value), self.examples.shapes)

    def _refused(self, type: Type, value: Any) -> bool:
        broken = violation(type, literal_form(value))
        return bool(broken or self.examples.evaluation.broken_rule(value))
