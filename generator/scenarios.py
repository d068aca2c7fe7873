"""Scenarios: examples of a domain's behaviour, resolved to the unit tests they become.

What a scenario leaves out is filled in by the rules of `docs/blueprint/scenarios.md`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from uuid import UUID

from generator import model, names
from generator.diagnostics import Path, TextError, did_you_mean
from generator.examples import Examples
from generator.folding import Folding, State
from generator.literals import LiteralError, literal
from generator.scenario_text import Line, Page, actor_parts, function_name
from generator.scenario_values import Filling, Ids
from generator.shapes import ScenarioShape
from generator.types import DATETIME

CODES = {
    "B602": "A scenario names an event, command, error or role that is not there.",
    "B603": "A scenario gives a field that is not there, or a wrong value.",
    "B604": "A scenario is not written as given, when, then of one aggregate.",
    "B605": "The name of a scenario cannot be the name of a test.",
}

COMMON_REFUSALS = frozenset(
    {
        *("AlreadyExists", "CannotDecide", "Forbidden", "InvalidTransition"),
        *("NotFound", "RuleViolated"),
    }
)
SYSTEM = "system"


@dataclass(frozen=True, slots=True)
class Stage:
    """What all scenarios of a domain play on."""

    aggregates: Sequence[model.Aggregate]
    refusals: frozenset[str]
    roles: Sequence[model.Role]
    examples: Examples
    page: Page

    @property
    def events(self) -> dict[str, model.Aggregate]:
        """The aggregate that each event happens to."""
        return {e.name: each for each in self.aggregates for e in each.events}

    @property
    def commands(self) -> dict[str, model.Aggregate]:
        """The aggregate that takes each command."""
        return {c.name: each for each in self.aggregates for c in each.commands}

    @property
    def errors(self) -> frozenset[str]:
        """Every refusal that a scenario can expect."""
        return self.refusals | COMMON_REFUSALS


def resolve_scenarios(
    shapes: Sequence[ScenarioShape], stage: Stage
) -> tuple[model.Scenario, ...]:
    """The scenarios of one domain; those with a mistake are reported and left out."""
    seen: dict[str, Path] = {}
    found = []
    for index, shape in enumerate(shapes):
        path: Path = ("scenarios", index)
        mistakes = len(stage.page.report.errors)
        function = _function(shape.name, (*path, "name"), seen, stage.page)
        scenario = _Script(shape, path, stage).resolve(function)
        if scenario and len(stage.page.report.errors) == mistakes:
            found.append(scenario)
    return tuple(found)


def _function(name: str, path: Path, seen: dict[str, Path], page: Page) -> str:
    try:
        function = function_name(name)
    except TextError as mistake:
        page.error(mistake.code, path, mistake.message, mistake.hint)
        return ""
    if function in seen:
        page.report.error(
            "B605",
            page.document.span(path),
            f'"{function}" is the test of another scenario already',
            "say what is different here",
            also=[(page.document.span(seen[function]), "the other scenario")],
        )
    seen.setdefault(function, path)
    return function


@dataclass(frozen=True, slots=True)
class _Script:
    """One scenario, on its way from text to a test."""

    shape: ScenarioShape
    path: Path
    stage: Stage
    ids: Ids = field(default_factory=Ids)

    @property
    def page(self) -> Page:
        return self.stage.page

    @property
    def filling(self) -> Filling:
        return Filling(self.stage.examples, self.page, self.ids)

    def resolve(self, function: str) -> model.Scenario | None:
        """The scenario, or None when nobody takes its command."""
        when = self.page.line(self.shape.when, (*self.path, "when"), "a command")
        aggregate = self._home(when, "command", self.stage.commands)
        if when is None or aggregate is None:
            return None
        command = next(each for each in aggregate.commands if each.name == when.name)
        told = self.page.lines(self.shape.given, (*self.path, "given"), "an event")
        given = [line for line in told if self._happens_to(aggregate, line)]
        id = self._id(aggregate, [*given, when])
        folding = Folding(aggregate, self.stage.examples, id)
        refusal, expected = self._then(aggregate, command)
        actor = self._actor()
        access = f"lambda {aggregate.module}: ({command.access},)"
        scenario = model.Scenario(
            name=self.shape.name,
            function=function,
            aggregate=aggregate.name,
            method=command.method,
            command=command.name,
            stream=self.ids.named(f'UUID("{id}")'),
            now=self._now(),
            actor=self.ids.named(actor),
            given=self.ids.events_named(self._given(given, folding)),
            arguments=self.ids.all_named(self._arguments(when, command, id)),
            events=self.ids.events_named(
                [self._expected(line, aggregate) for line in expected]
            ),
            refusal=refusal,
            access=access if actor and command.access else "",
            ids=(),
            origin=model.Origin(self.page.document.file, self.path),
        )
        return replace(scenario, ids=self.ids.constants)

    def _home(
        self, line: Line | None, kind: str, homes: Mapping[str, model.Aggregate]
    ) -> model.Aggregate | None:
        if line is not None and line.name not in homes:
            message = f'no {kind} of this domain is named "{line.name}"'
            hint = names.unknown(line.name, homes)
            self.page.line_error("B602", line, message, hint)
        return homes.get(line.name) if line else None

    def _happens_to(self, aggregate: model.Aggregate, line: Line) -> bool:
        home = self._home(line, "event", self.stage.events)
        if home is not None and home is not aggregate:
            message = (
                f"{line.name} happens to {home.name}, the rest to {aggregate.name}"
            )
            hint = "a scenario tells of one aggregate"
            self.page.line_error("B604", line, message, hint)
        return home is aggregate

    def _id(self, aggregate: model.Aggregate, told: Sequence[Line]) -> UUID:
        """The id of the aggregate: one that is written, or its example."""
        name = aggregate.id_field
        found: dict[str, Path] = {}
        for line in told:
            if name in line.fields:
                found.setdefault(str(line.fields[name]), (*line.fields_path, name))
        if len(found) > 1:
            message = f'"{name}" is another one than before'
            hint = "a scenario tells of one aggregate"
            self.page.error("B604", list(found.values())[1], message, hint)
        return self.ids.of(next(iter(found), name))

    def _given(self, told: Sequence[Line], folding: Folding) -> tuple[model.Given, ...]:
        state: State | None = None
        found = []
        for line in told:
            event = _event(folding.aggregate, line.name)
            self._check_order(event, line, state)
            written = self.filling.written(line, event.fields, event.id_field)
            known = remembered(folding.aggregate, event, state or {})
            values = self.filling.filled(line, written, event.fields, known)
            state = folding.after(state, event, folding.living(event.fields, values))
            id = model.Assignment(event.id_field, f'UUID("{folding.id}")')
            arguments = self.filling.printed(event.fields, values)
            found.append(model.Given(event.name, (id, *arguments)))
        return tuple(found)

    def _check_order(self, event: model.Event, line: Line, state: State | None) -> None:
        if state is None and not event.creates:
            message = f"{event.name} cannot be first: it happens to what is there"
            hint = "begin with an event that creates"
            self.page.line_error("B604", line, message, hint)
        elif state is not None and event.creates and not event.updates:
            message = f"{event.name} creates what an event before it has created"
            self.page.line_error("B604", line, message, "leave one of them out")

    def _arguments(
        self, line: Line, command: model.Command, id: UUID
    ) -> tuple[model.Assignment, ...]:
        written = self.filling.written(line, command.fields, command.id_field)
        values = self.filling.filled(line, written, command.fields, {})
        for each in command.fields:
            if each.name in written:
                broken = self.stage.examples.broken_rule(each.type, written[each.name])
                if broken:
                    place = (*line.fields_path, each.name)
                    self.page.error("B603", place, f'"{each.name}": {broken}')
        own = model.Assignment(command.id_field, f'UUID("{id}")')
        return (own, *self.filling.printed(command.fields, values))

    def _then(
        self, aggregate: model.Aggregate, command: model.Command
    ) -> tuple[str, Sequence[Line]]:
        """The expected refusal, or the expected events."""
        then, path = self.shape.then, (*self.path, "then")
        if isinstance(then, str) and then not in self.stage.events:
            return self._refusal(then, path, aggregate, command), ()
        if then is None:
            hint = "write `[]` where nothing happens"
            self.page.error("B604", path, "events or an error are expected here", hint)
        if isinstance(then, list):
            told = self.page.lines(then, path, "an event")
        else:
            line = self.page.line(then, path, "an event") if then else None
            told = [line] if line else []
        return "", [line for line in told if self._happens_to(aggregate, line)]

    def _refusal(
        self, name: str, path: Path, aggregate: model.Aggregate, command: model.Command
    ) -> str:
        if name not in self.stage.errors:
            known = [*self.stage.refusals, *COMMON_REFUSALS, *self.stage.events]
            message = f'"{name}" is neither an error nor an event of this domain'
            errors = sorted({*command.declared_errors, *COMMON_REFUSALS})
            hint = did_you_mean(name, known) or f"errors here: {', '.join(errors)}"
            self.page.error("B602", path, message, hint)
        unique = {each.error for each in aggregate.unique}
        if name in unique - set(command.declared_errors):
            message = f"{name} depends on other aggregates, and a scenario has only one"
            hint = "the store keeps `unique`; expect the events here"
            self.page.error("B604", path, message, hint)
        return name

    def _expected(self, line: Line, aggregate: model.Aggregate) -> model.Given:
        event = _event(aggregate, line.name)
        written = self.filling.written(line, event.fields, event.id_field)
        arguments = self.filling.printed(event.fields, written)
        if event.id_field in written:
            code = f'UUID("{written[event.id_field]}")'
            arguments = (model.Assignment(event.id_field, code), *arguments)
        return model.Given(event.name, arguments)

    def _now(self) -> str:
        if self.shape.now is None:
            return ""
        try:
            return literal(DATETIME, self.shape.now, self.stage.examples.shapes)
        except LiteralError as error:
            message = f'"now": {error.problems[0].message}'
            self.page.error("B603", (*self.path, "now"), message)
            return ""

    def _actor(self) -> str:
        """The printed actor; empty for the service itself."""
        written, path = self.shape.actor, (*self.path, "as")
        if written is None or written == SYSTEM:
            return ""
        name, who = actor_parts(written)
        role = next((each for each in self.stage.roles if each.name == name), None)
        if role is None:
            known = [*(each.name for each in self.stage.roles), SYSTEM]
            message = f'"{name or written}" is not a role of this service'
            self.page.error("B602", path, message, names.unknown(name, known))
            return ""
        if not who and role.entity:
            who = f"{names.snake(role.entity.rpartition('.')[2])}_id"
        subject = self.ids.of(who or role.name)
        roles = f"frozenset({{Role.{role.constant}}})"
        return f'Actor(str(UUID("{subject}")), {roles})'


def _event(aggregate: model.Aggregate, name: str) -> model.Event:
    return next(each for each in aggregate.events if each.name == name)


def remembered(aggregate: model.Aggregate, event: model.Event, state: State) -> State:
    """The state's values that fit the event's fields of the same name."""
    types = {each.name: each.type for each in aggregate.state}
    return {
        each.name: state[each.name]
        for each in event.fields
        if each.name in state and types[each.name].required == each.type.required
    }
