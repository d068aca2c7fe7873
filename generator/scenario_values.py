"""The values in scenarios: written, remembered from events before, or examples."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from uuid import UUID

from generator import model, names
from generator.diagnostics import Path
from generator.example_scalars import Slot, named_id
from generator.examples import Examples, NoExample
from generator.folding import State, literal_form
from generator.literals import LiteralError, literal_value, printed
from generator.scalars import UUID_TEXT
from generator.scenario_text import Line, Page
from generator.types import Type, ref

WORD = re.compile(r"[a-z][a-z0-9]*(?:_[a-z0-9]+)*")
PRINTED_ID = re.compile(r'UUID\("([0-9a-f-]{36})"\)')
TAKEN = frozenset({"UTC", "UUID"})


@dataclass(frozen=True, slots=True)
class Ids:
    """The ids of a test, with the names that they come from."""

    known: dict[UUID, str] = field(default_factory=dict)
    used: dict[str, str] = field(default_factory=dict)

    def of(self, name: str) -> UUID:
        """The id that a name stands for."""
        if UUID_TEXT.fullmatch(name):
            return UUID(name)
        self.known[named_id(name)] = name
        return named_id(name)

    def learn(self, type: Type, slot: Slot) -> None:
        """Remember the id that the example of a field is, or holds."""
        match type.kind:
            case "uuid" | "ref":
                self.of(slot.name)
            case "list" | "map":
                self.learn(type.element, slot.element)

    def named(self, code: str) -> str:
        """The code with a constant for each id in it that has a name."""

        def constant(match: re.Match[str]) -> str:
            name = self.known.get(UUID(match[1]))
            if name is None:
                return match[0]
            constant = names.constant(name)
            constant = f"{constant}_ID" if constant in TAKEN else constant
            self.used[constant] = match[0]
            return constant

        return PRINTED_ID.sub(constant, code)

    def all_named(
        self, printed: Sequence[model.Assignment]
    ) -> tuple[model.Assignment, ...]:
        """The same for printed arguments."""
        return tuple(model.Assignment(e.name, self.named(e.code)) for e in printed)

    def events_named(self, events: Sequence[model.Given]) -> tuple[model.Given, ...]:
        """The same for printed events."""
        return tuple(
            model.Given(each.event, self.all_named(each.arguments)) for each in events
        )

    @property
    def constants(self) -> tuple[model.Assignment, ...]:
        """What the constants in the code are."""
        return tuple(model.Assignment(name, code) for name, code in self.used.items())

    def spelled_out(self, type: Type, data: object, examples: Examples) -> object:
        """The data with an id in place of each bare word that names one."""
        match type.kind, data:
            case ("uuid" | "ref", str()) if WORD.fullmatch(data):
                return str(self.of(data))
            case "list", list():
                return [self.spelled_out(type.element, v, examples) for v in data]
            case "map", dict():
                return {
                    k: self.spelled_out(type.element, v, examples)
                    for k, v in data.items()
                }
            case "value", dict():
                parts = examples.shapes.parameters(type.name)
                return {
                    k: self.spelled_out(parts[k].type, v, examples) if k in parts else v
                    for k, v in data.items()
                }
        return data


@dataclass(frozen=True, slots=True)
class Filling:
    """Reads what is written of a message, and fills in what is not."""

    examples: Examples
    page: Page
    ids: Ids

    def written(
        self, line: Line, declared: Sequence[model.Field], id_field: str
    ) -> dict[str, object]:
        """The values that a line gives; mistakes in them are reported."""
        types = {id_field: ref(""), **{each.name: each.type for each in declared}}
        found: dict[str, object] = {}
        for name, data in line.fields.items():
            path = (*line.fields_path, name)
            if name not in types:
                message = f'{line.name} has no field "{name}"'
                self.page.key_error("B603", path, message, names.unknown(name, types))
                continue
            try:
                found[name] = self._value(types[name], data, path)
            except LiteralError as error:
                for problem in error.problems:
                    message = f'"{name}": {problem.message}'
                    place = (*path, *problem.path)
                    self.page.error("B603", place, message, problem.hint)
        return found

    def _value(self, type: Type, data: object, path: Path) -> object:
        def quoted(inner: Path) -> bool:
            return self.page.quoted((*path, *inner))

        spelled = self.ids.spelled_out(type, data, self.examples)
        return literal_value(type, spelled, self.examples.shapes, quoted)

    def filled(
        self,
        line: Line,
        written: Mapping[str, object],
        declared: Sequence[model.Field],
        state: State,
    ) -> dict[str, object]:
        """What must be given: written, else taken from the state, else an example."""
        values: dict[str, object] = {}
        for each in declared:
            if each.name in written:
                values[each.name] = written[each.name]
            elif each.name in line.fields:
                continue
            elif state.get(each.name) is not None:
                values[each.name] = literal_form(state[each.name])
            elif self.examples.given(each):
                values[each.name] = self._example(each, declared)
        return values

    def _example(self, wanted: model.Field, declared: Sequence[model.Field]) -> object:
        self.ids.learn(wanted.type, Slot(wanted.name))
        try:
            return self.examples.value(wanted, declared)
        except NoExample as missing:
            self.examples.tell(missing, self.page.report)
            return None

    def printed(
        self, declared: Sequence[model.Field], values: Mapping[str, object]
    ) -> tuple[model.Assignment, ...]:
        """The values as arguments, in the order of the fields."""
        shapes = self.examples.shapes
        return tuple(
            model.Assignment(each.name, printed(each.type, values[each.name], shapes))
            for each in declared
            if each.name in values
        )
