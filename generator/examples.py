"""Example values of every field: written in the blueprint, or by the filling rules.

`docs/blueprint/scenarios.md` lists the rules. Values have the form of `literal_value`:
enum members are their text, value objects are mappings.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields, is_dataclass, replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from types import MappingProxyType
from typing import Any
from uuid import UUID

from generator import model
from generator.diagnostics import Path, Report, ScaffoldError
from generator.document import Document
from generator.evaluation import FAILURES, Evaluation
from generator.example_scalars import Slot, scalar
from generator.literals import LiteralError, literal_value, printed
from generator.types import JSON, Shapes, Type

CODES = {
    "B601": "An example cannot be made, or breaks a rule of its own type.",
}


class NoExample(ScaffoldError):
    """There is no example for a type; `origin` is where somebody can write one.

    A mistake of something as a whole is shown at its name.
    """

    def __init__(
        self, message: str, hint: str, origin: model.Origin, *, whole: bool = False
    ) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
        self.origin = origin
        self.whole = whole


@dataclass(frozen=True, slots=True)
class Examples:
    """Makes the examples of one module, as its code would print them.

    `written` holds the examples that named types carry, by their qualified names.
    """

    shapes: Shapes
    module: str
    evaluation: Evaluation
    documents: Mapping[str, Document]
    written: Mapping[str, object] = field(default_factory=dict)

    def check(self, declared: Sequence[model.Field], report: Report) -> bool:
        """Whether all fields have examples; each that has none is reported."""
        missing = [self._missing(each, declared) for each in declared]
        for each in filter(None, missing):
            self.tell(each, report)
        return not any(missing)

    def tell(self, missing: NoExample, report: Report) -> None:
        """Ask for an example, where it can be written."""
        document, path = self.documents[missing.origin.file], missing.origin.path
        span = document.key_span(path) if missing.whole else document.span(path)
        report.error("B601", span, missing.message, missing.hint)

    def _missing(
        self, wanted: model.Field, declared: Sequence[model.Field]
    ) -> NoExample | None:
        try:
            self.value(wanted, declared)
        except NoExample as missing:
            return missing
        return None

    def given(self, wanted: model.Field) -> bool:
        """Whether an example states this field, rather than leave it to its default."""
        return wanted.required or self._written(wanted) is not None

    def value(self, wanted: model.Field, declared: Sequence[model.Field]) -> object:
        """The example of one of the `declared` fields; `NoExample` if there is none."""
        before = declared[: declared.index(wanted)]
        day = sum(self._dates(each.type, ()) for each in before)
        return self._field(wanted, Slot(wanted.name, day), ())

    def arguments(
        self, declared: Sequence[model.Field]
    ) -> tuple[model.Assignment, ...]:
        """The printed example of every field that an example states."""
        return tuple(
            model.Assignment(each.name, self.code(each, declared))
            for each in declared
            if self.given(each)
        )

    def code(self, wanted: model.Field, declared: Sequence[model.Field]) -> str:
        """The example of a field, printed."""
        return printed(wanted.type, self.value(wanted, declared), self.shapes)

    def json(self, declared: Sequence[model.Field]) -> str:
        """The example of a message as a client sends it: a printed dict of JSON."""
        message = {
            each.name: json_data(self.alive(each.type, self.value(each, declared)))
            for each in declared
            if self.given(each)
        }
        return printed(JSON, message, self.shapes)

    def living(self, declared: Sequence[model.Field]) -> Mapping[str, Any]:
        """The example of every field as the service would hold it, defaults too."""
        return {
            each.name: self.evaluation.value(each.default, self.module, {})
            if each.default and not self.given(each)
            else self.alive(each.type, self.value(each, declared))
            for each in declared
        }

    def alive(self, type: Type, value: object) -> Any:
        """The value as the service would hold it."""
        code = printed(type, value, self.shapes)
        return self.evaluation.value(code, self.module, {})

    def broken_rule(self, type: Type, value: object) -> str:
        """The message of the first rule of a value object that a value breaks."""
        try:
            return self.evaluation.broken_rule(self.alive(type, value))
        except FAILURES as error:
            return str(error)

    def _written(self, wanted: model.Field) -> object:
        if wanted.example is not None:
            return wanted.example
        return self.written.get(wanted.type.alias)

    def _field(self, wanted: model.Field, slot: Slot, within: Path) -> object:
        if not self.given(wanted):
            return None
        data = self._written(wanted)
        value = (
            self._made(wanted.type, slot, wanted.origin, within)
            if data is None
            else self._read(wanted, data)
        )
        if broken := self.broken_rule(wanted.type, value):
            raise self._refused(wanted, broken, is_written=data is not None)
        return value

    def _read(self, wanted: model.Field, data: object) -> object:
        origin = wanted.origin
        if wanted.example is not None:
            origin = replace(origin, path=(*origin.path, "example"))
        document = self.documents[origin.file]

        def quoted(path: Path) -> bool:
            return document.quoted((*origin.path, *path))

        try:
            return literal_value(wanted.type, data, self.shapes, quoted)
        except LiteralError as error:
            problem = error.problems[0]
            place = replace(origin, path=(*origin.path, *problem.path))
            message = f'the example of "{wanted.name}": {problem.message}'
            raise NoExample(message, problem.hint, place) from None

    def _made(
        self, type: Type, slot: Slot, origin: model.Origin, within: Path
    ) -> object:
        length = type.constraints.min_length if type.constraints else None
        longest = type.constraints.max_length if type.constraints else None
        match type.kind:
            case "enum":
                return self.shapes.members(type.name)[0]
            case "value":
                return self._record(type, slot, origin, within)
            case "list" | "map" if longest == 0 or self._circular(type, within):
                return [] if type.kind == "list" else {}
            case "list":
                element = self._made(type.element, slot.element, origin, within)
                return [element] * (length or 1)
            case "map":
                element = self._made(type.element, slot.element, origin, within)
                key = slot.element.name
                keys = [key, *(f"{key}_{n}" for n in range(2, (length or 1) + 1))]
                return dict.fromkeys(keys, element)
        value, broken = scalar(type, slot)
        if broken:
            message = f'no example of "{slot.name}" can be made: {broken}'
            hint = f"write one: {slot.name}: {{type: ..., example: ...}}"
            raise NoExample(message, hint, origin)
        return value

    def _record(
        self, type: Type, slot: Slot, origin: model.Origin, within: Path
    ) -> object:
        if type.name in within:
            message = f"an example of {type} would hold another one without end"
            raise NoExample(message, "make one of the fields optional", origin)
        day, values = slot.day, {}
        for each in self._fields_of(type):
            if self.given(each):
                place = Slot(each.name, day)
                values[each.name] = self._field(each, place, (*within, type.name))
            day += self._dates(each.type, (*within, type.name))
        return MappingProxyType(values)

    def _refused(
        self, wanted: model.Field, broken: str, *, is_written: bool
    ) -> NoExample:
        """Where a broken rule is mended: at the field, or in the value object."""
        name = wanted.type.name
        if is_written or name not in self.evaluation.value_objects:
            message = f'the example of "{wanted.name}" breaks a rule: {broken}'
            hint = f"write another one: {wanted.name}: {{type: ..., example: ...}}"
            return NoExample(message, hint, wanted.origin)
        value = self.evaluation.value_objects[name]
        message = f"the example of {value.name} breaks its own rule: {broken}"
        hint = "give its fields an `example:` that keeps the rule"
        return NoExample(message, hint, value.origin, whole=True)

    def _fields_of(self, type: Type) -> tuple[model.Field, ...]:
        return self.evaluation.value_objects[type.name].fields

    def _dates(self, type: Type, within: Path) -> int:
        """How many dates an example of this type would hold."""
        if type.kind in ("date", "datetime"):
            return 1
        if type.kind in ("list", "map"):
            return self._dates(type.element, within)
        if type.kind != "value" or type.name in within:
            return 0
        inner = (*within, type.name)
        return sum(self._dates(each.type, inner) for each in self._fields_of(type))

    def _circular(self, type: Type, within: Path) -> bool:
        return type.element.kind == "value" and type.element.name in within


def json_data(value: Any) -> Any:
    """A living value as JSON carries it; what is not there is left out."""
    if is_dataclass(value):
        pairs = ((each.name, getattr(value, each.name)) for each in fields(value))
        return {name: json_data(item) for name, item in pairs if item is not None}
    match value:
        case list():
            return [json_data(item) for item in value]
        case dict():
            return {key: json_data(item) for key, item in value.items()}
        case datetime():
            return value.isoformat().replace("+00:00", "Z")
        case date():
            return value.isoformat()
        case timedelta():
            return _duration(value)
        case bytes():
            return base64.b64encode(value).decode()
        case Decimal() | UUID():
            return str(value)
        case None | bool() | int() | float():
            return value
    return str(value)


def _duration(value: timedelta) -> str:
    """ISO 8601: `P1DT12H`."""
    if value < timedelta():
        return f"-{_duration(-value)}"
    hours, seconds = divmod(value.seconds, 3600)
    minutes, seconds = divmod(seconds, 60)
    exact = f"{seconds}.{value.microseconds:06}".rstrip("0").rstrip(".")
    units = {"H": str(hours), "M": str(minutes), "S": exact}
    time = "".join(f"{n}{unit}" for unit, n in units.items() if n != "0")
    day = f"{value.days}D" if value.days else ""
    return f"P{day}T{time}" if time else f"P{day}" if day else "PT0S"
