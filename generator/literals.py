"""Values written in a blueprint: checked against their type, printed as Python."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from types import MappingProxyType
from typing import Any
from uuid import UUID

from pydantic_core import SchemaValidator, ValidationError, core_schema

from generator.diagnostics import Path, ScaffoldError
from generator.names import constant, unknown
from generator.prose import string
from generator.scalars import json_scalar, read_scalar
from generator.types import Constraints, Kind, Shapes, Type, python

CODES = {
    "B210": "A value is not of the type that is wanted.",
    "B211": "A value breaks a constraint of its type.",
    "B212": "A value object is written with a field too many or too few.",
}

Quoted = Callable[[Path], bool]
_BAD = object()


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong with a value, and in which part of it."""

    code: str
    path: Path
    message: str
    hint: str = ""


class LiteralError(ScaffoldError):
    """A value that its type does not allow; carries every problem in it."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        super().__init__(problems[0].message)
        self.problems = tuple(problems)


def never(path: Path) -> bool:
    return False


def literal(type: Type, data: object, shapes: Shapes, quoted: Quoted = never) -> str:
    """The Python for a value of a blueprint."""
    return printed(type, literal_value(type, data, shapes, quoted), shapes)


def literal_value(
    type: Type, data: object, shapes: Shapes, quoted: Quoted = never
) -> object:
    """The value itself: enum members as their text, value objects as mappings."""
    reader = _Reader(shapes, quoted)
    value = reader.read(type, data, ())
    if reader.problems:
        raise LiteralError(reader.problems)
    return value


def printed(type: Type, value: Any, shapes: Shapes) -> str:
    """The Python for a value as `literal_value` gives it."""
    if value is None:
        return "None"
    match type.kind:
        case "enum":
            return f"{shapes.naming(type.name)}.{constant(value)}"
        case "value":
            parameters = shapes.parameters(type.name)
            arguments = ", ".join(
                f"{name}={printed(parameters[name].type, each, shapes)}"
                for name, each in value.items()
            )
            return f"{shapes.naming(type.name)}({arguments})"
        case "list":
            return f"[{', '.join(printed(type.element, v, shapes) for v in value)}]"
        case "map":
            entries = (
                f"{string(key)}: {printed(type.element, each, shapes)}"
                for key, each in value.items()
            )
            return f"{{{', '.join(entries)}}}"
        case "json":
            return _printed_json(value)
    return f'UUID("{value}")' if isinstance(value, UUID) else python(value)


def violation(type: Type, value: Any) -> str | None:
    """Which constraint a value breaks, as the runtime will judge it, or None."""
    if value is None:
        return None
    if type.constraints is not None:
        validator = _validator(type.kind, type.constraints)
        try:
            validator.validate_python(value, strict=True)
        except ValidationError as error:
            said = error.errors()[0]["msg"]
            said = re.sub(r"^.*? should", "must", said)
            return re.sub(r" after validation, not \d+$", "", said)
    if type.kind in ("list", "map"):
        elements = value if type.kind == "list" else value.values()
        broken = (violation(type.element, each) for each in elements)
        return next((each for each in broken if each), None)
    return None


@lru_cache(maxsize=512)
def _validator(kind: Kind, constraints: Constraints) -> SchemaValidator:
    given: dict[str, Any] = constraints.given()
    given.pop("rounding", None)
    schema: Callable[..., core_schema.CoreSchema] = _SCHEMAS[kind]
    return SchemaValidator(schema(**given))


_SCHEMAS: Mapping[Kind, Callable[..., core_schema.CoreSchema]] = {
    "str": core_schema.str_schema,
    "email": core_schema.str_schema,
    "url": core_schema.str_schema,
    "bytes": core_schema.bytes_schema,
    "int": core_schema.int_schema,
    "float": core_schema.float_schema,
    "decimal": core_schema.decimal_schema,
    "date": core_schema.date_schema,
    "datetime": core_schema.datetime_schema,
    "duration": core_schema.timedelta_schema,
    "list": core_schema.list_schema,
    "map": core_schema.dict_schema,
}


def _printed_json(value: Any) -> str:
    match value:
        case dict():
            entries = (f"{string(key)}: {_printed_json(v)}" for key, v in value.items())
            return f"{{{', '.join(entries)}}}"
        case list():
            return f"[{', '.join(map(_printed_json, value))}]"
    return python(value)


class _Reader:
    """Walks data and type together; notes every problem and goes on."""

    def __init__(self, shapes: Shapes, quoted: Quoted) -> None:
        self.shapes = shapes
        self.quoted = quoted
        self.problems: list[Problem] = []

    def read(self, type: Type, data: object, path: Path) -> Any:
        if type.kind == "json":
            return self._json(data, path)
        if data is None:
            return None if type.optional else self._missing(type, path)
        known = len(self.problems)
        value = self._read(type, data, path)
        if len(self.problems) == known and (broken := violation(type, value)):
            self._problem("B211", path, f"{_shown(data)}: {broken}")
            return _BAD
        return value

    def _read(self, type: Type, data: object, path: Path) -> Any:
        match type.kind, data:
            case "list", list():
                element = type.element
                return [self.read(element, v, (*path, i)) for i, v in enumerate(data)]
            case "map", dict():
                return {
                    k: self.read(type.element, v, (*path, k)) for k, v in data.items()
                }
            case "value", dict():
                return self._value_object(type, data, path)
            case "enum", str():
                return self._member(type, data, path)
            case (("list" | "map" | "value" | "enum"), _):
                expected = _EXPECTED[type.kind].format(type)
                return self._wrong(expected, data, path)
            case _, str():
                try:
                    return read_scalar(type.kind, data)
                except ValueError as error:
                    return self._wrong(str(error), data, path)
        return self._wrong(f"one {type.required}", data, path)

    def _value_object(self, type: Type, data: dict[str, object], path: Path) -> Any:
        parameters = self.shapes.parameters(type.name)
        values = {}
        for name, each in data.items():
            if name in parameters:
                values[name] = self.read(parameters[name].type, each, (*path, name))
            else:
                message = f'{type.required} has no field "{name}"'
                hint = unknown(name, parameters)
                self._problem("B212", (*path, name), message, hint)
        for name, parameter in parameters.items():
            if parameter.required and name not in data:
                message = f'"{name}" of {type.required} is missing'
                self._problem("B212", path, message)
        return MappingProxyType(
            {name: values[name] for name in parameters if name in values}
        )

    def _member(self, type: Type, data: str, path: Path) -> Any:
        members = self.shapes.members(type.name)
        if data in members:
            return data
        message = f'{type.required} has no member "{data}"'
        self._problem("B210", path, message, unknown(data, members))
        return _BAD

    def _json(self, data: object, path: Path) -> Any:
        match data:
            case dict():
                return {key: self._json(v, (*path, key)) for key, v in data.items()}
            case list():
                return [self._json(v, (*path, i)) for i, v in enumerate(data)]
            case str() if not self.quoted(path):
                return json_scalar(data)
        return data

    def _missing(self, type: Type, path: Path) -> Any:
        hint = 'quote it to mean the text: "null"' if type.kind == "str" else ""
        self._problem("B210", path, f"a value is missing: {type} is never null", hint)
        return _BAD

    def _wrong(self, expected: str, data: object, path: Path) -> Any:
        self._problem("B210", path, f"expected {expected}, got {_shown(data)}")
        return _BAD

    def _problem(self, code: str, path: Path, message: str, hint: str = "") -> None:
        self.problems.append(Problem(code, path, message, hint))


_EXPECTED = {
    "list": "a list",
    "map": "a mapping",
    "value": "a mapping with the fields of {}",
    "enum": "a member of {}",
}


def _shown(data: object) -> str:
    match data:
        case list():
            return "a list"
        case dict():
            return "a mapping"
    text = str(data)
    return f'"{text if len(text) <= 40 else text[:39] + "…"}"'
