"""Reads a type as a blueprint writes it, like `decimal(ge=0 decimal_places=2)`."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

from pydantic_core import SchemaError, SchemaValidator, core_schema

from generator import document, yaml_reader
from generator.diagnostics import Report, TextError
from generator.document import Document
from generator.names import elsewhere, of_no_domain, unknown
from generator.scalars import read_scalar
from generator.types import BUILTIN, ROUNDINGS, Constraints, Kind, Type, list_of, map_of

CODES = {
    "B201": "A type is not written as types are written.",
    "B202": "A type has a name that nothing declares.",
    "B203": "A constraint does not exist, or not for this type.",
    "B204": "The value of a constraint is wrong, or contradicts another one.",
}

LONGEST = 500
NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*(?:\.[A-Za-z_][A-Za-z0-9_]*)?", re.ASCII)
WORD = re.compile(r"[^\s,()\"'][^\s,()]*")
STRING = re.compile(r"\"[^\"]*\"|'[^']*'")
SPACE = re.compile(r"\s*")
BOUNDS = ("ge", "gt", "le", "lt")
LENGTHS = ("min_length", "max_length")
TEXT = (*LENGTHS, "pattern")
ALLOWED: Mapping[Kind, tuple[str, ...]] = {
    "str": TEXT,
    "email": TEXT,
    "url": TEXT,
    "bytes": LENGTHS,
    "list": LENGTHS,
    "map": LENGTHS,
    "int": BOUNDS,
    "float": BOUNDS,
    "decimal": (*BOUNDS, "max_digits", "decimal_places", "rounding"),
    "date": BOUNDS,
    "datetime": BOUNDS,
    "duration": BOUNDS,
}
EVERY = tuple(dict.fromkeys(name for names in ALLOWED.values() for name in names))
SYNONYMS = {
    "string": "str",
    "text": "str",
    "varchar": "str",
    "integer": "int",
    "long": "int",
    "number": "decimal",
    "numeric": "decimal",
    "money": "decimal(decimal_places=2)",
    "double": "float",
    "boolean": "bool",
    "timestamp": "datetime",
    "timedelta": "duration",
    "interval": "duration",
    "array": "list(...)",
    "set": "list(...)",
    "dict": "map(...)",
    "object": "json",
    "any": "json",
    "id": "uuid",
    "guid": "uuid",
    "time": "datetime",
    "optional": "? behind the type",
    "enum": "its name here, and its words below `enums:`",
}

Lookup = Callable[[str], Type | None]


class TypeTextError(TextError):
    """A type that cannot be read."""


class Unreadable(TypeTextError):
    """A named type is declared, and what it stands for is wrong."""


@dataclass(frozen=True, slots=True)
class TypeText:
    """A type as written, and the default behind it, `default_offset` characters in."""

    type: Type
    default: Document | None = None
    default_offset: int = 0


def parse_type(text: str, lookup: Lookup, known: Iterable[str] = ()) -> TypeText:
    """The type a text names; `known` are the declared names, for suggestions."""
    if len(text) > LONGEST:
        raise TypeTextError("B201", f"a type has at most {LONGEST} characters")
    return _Parser(text, lookup, known).whole()


class _Parser:
    def __init__(self, text: str, lookup: Lookup, known: Iterable[str]) -> None:
        self.text = text
        self.lookup = lookup
        self.known = known
        self.at = 0

    def whole(self) -> TypeText:
        type = self._type()
        if self._skips("="):
            start = self._here()
            return TypeText(type, self._default(self.text[start:].rstrip()), start)
        if self._here() < len(self.text):
            rest = self.text[self.at :]
            hint = "the ? stands last" if type.optional and rest[0] in "(?" else ""
            raise self._error("B201", f'"{rest}" is too much after a type', hint)
        return TypeText(type)

    def _type(self) -> Type:
        start = self._here()
        name = self._take(NAME, "a type is expected here")
        type = self._container(name) if name in ("list", "map") else None
        if type is None:
            type = self._named(name, start)
        if self._skips("("):
            type = self._constrained(type)
        return type.or_none if self._skips("?") else type

    def _container(self, name: str) -> Type:
        if not self._skips("("):
            raise self._error("B201", f"{name} of what?", f"write {name}(str)")
        element = self._type()
        type = list_of(element) if name == "list" else map_of(element)
        self._skips(",")
        return self._constrained(type)

    def _named(self, name: str, start: int) -> Type:
        if name in BUILTIN:
            return Type(name)
        found = self.lookup(name)
        if found is None:
            synonym = SYNONYMS.get(name.lower())
            hint = f"write {synonym}" if synonym else ""
            if name in self.known:
                said = f"{name} cannot be read, or is made of itself"
                raise Unreadable("B202", said, start)
            hint = hint or elsewhere(name, self.known) or of_no_domain(name, self.known)
            hint = hint or unknown(name, [*BUILTIN, "list", "map", *self.known])
            raise TypeTextError("B202", f'there is no type "{name}"', start, hint)
        return found

    def _constrained(self, type: Type) -> Type:
        """The type with the constraints up to the closing parenthesis."""
        start = self.at
        given: dict[str, Any] = {}
        while not self._skips(")"):
            place = self._here()
            allowed = ", ".join(f"{each}=..." for each in ALLOWED.get(type.kind, ()))
            hint = f"constraints have names: {allowed}" if allowed else ""
            name = self._take(NAME, "a constraint or ) is expected here", hint)
            if name not in ALLOWED.get(type.kind, ()):
                raise self._no_constraint(name, type, place)
            if name in given:
                raise TypeTextError("B204", f"{name} is given twice", place)
            if not self._skips("="):
                raise self._error("B201", f"{name} needs a value", f"write {name}=...")
            given[name] = self._value(name, type)
            self._skips(",")
        if not given:
            return type
        own = Constraints(**given)
        merged = type.constraints.and_also(own) if type.constraints else own
        if problem := contradiction(merged):
            raise TypeTextError("B204", problem, start)
        return replace(type, constraints=merged, alias="")

    def _no_constraint(self, name: str, type: Type, place: int) -> TypeTextError:
        allowed = ALLOWED.get(type.kind, ())
        if name in EVERY:
            hint = f"it has: {', '.join(allowed)}" if allowed else "it has none"
            message = f"{type.required} has no constraint {name}"
            return TypeTextError("B203", message, place, hint)
        message = f'there is no constraint "{name}"'
        return TypeTextError("B203", message, place, unknown(name, allowed or EVERY))

    def _value(self, name: str, type: Type) -> object:
        start = self._here()
        if self.text[start : start + 1] in ("'", '"'):
            text = self._take(STRING, "this quote is never closed")[1:-1]
        else:
            found = WORD.match(self.text, start)
            self.at = found.end() if found else start
            if name == "pattern" and self.text[self.at : self.at + 1] in ("(", ","):
                message = "a pattern with parentheses or commas stands in quotes"
                raise TypeTextError("B201", message, start)
            if not found:
                raise self._error("B201", f"{name} needs a value")
            text = found.group()
        try:
            return constraint_value(name, type.kind, text)
        except ValueError as error:
            message = f"{name} is {error}"
            raise TypeTextError("B204", message, start) from None

    def _default(self, text: str) -> Document:
        if not text:
            raise self._error("B201", "a default is expected after =")
        if text[0] not in "[{\"'":
            return document.plain(None if text in yaml_reader.NULL else text)
        report = Report()
        default = document.load(text, "", report)
        for each in report.errors:
            offset = self.at + each.span.column - 1
            raise TypeTextError("B201", f"default: {each.message}", offset)
        return default

    def _here(self) -> int:
        found = SPACE.match(self.text, self.at)
        self.at = found.end() if found else self.at
        return self.at

    def _skips(self, sign: str) -> bool:
        if not self.text.startswith(sign, self._here()):
            return False
        self.at += len(sign)
        return True

    def _take(self, pattern: re.Pattern[str], otherwise: str, hint: str = "") -> str:
        found = pattern.match(self.text, self._here())
        if not found:
            raise self._error("B201", otherwise, hint)
        self.at = found.end()
        return found.group()

    def _error(self, code: str, message: str, hint: str = "") -> TypeTextError:
        return TypeTextError(code, message, self.at, hint)


def constraint_value(name: str, kind: Kind, text: str) -> object:
    """The value of a constraint; a `ValueError` says what it must be."""
    if name in BOUNDS:
        return read_scalar(kind, text)
    if name == "pattern":
        check_pattern(text)
        return text
    if name == "rounding":
        if text not in ROUNDINGS:
            raise ValueError(f"one of {', '.join(ROUNDINGS)}")
        return text
    smallest = 1 if name == "max_digits" else 0
    if not text.isascii() or not text.isdigit() or int(text) < smallest:
        raise ValueError(f"a whole number of at least {smallest}")
    return int(text)


@lru_cache(maxsize=512)
def check_pattern(text: str) -> None:
    """Refuse what Python or pydantic's own engine, which has no lookaround, cannot."""
    try:
        re.compile(text)
    except (re.error, RecursionError, OverflowError) as error:
        raise ValueError(f"a regular expression: {error}") from None
    try:
        SchemaValidator(core_schema.str_schema(pattern=text))
    except SchemaError:
        message = "a regular expression without lookaround and back references"
        raise ValueError(message) from None


def contradiction(constraints: Constraints) -> str:
    """Why no value can keep all of these, or nothing."""
    given = constraints.given()
    for one, other in (("ge", "gt"), ("le", "lt")):
        if one in given and other in given:
            return f"{one} and {other} say the same: give one"
    low, high = _first(given, "ge", "gt"), _first(given, "le", "lt")
    strict = "gt" in given or "lt" in given
    if (
        low is not None
        and high is not None
        and (low > high or (strict and low == high))
    ):
        return f"nothing is between {low} and {high}"
    if given.get("min_length", 0) > given.get("max_length", 1 << 62):
        return "min_length is more than max_length"
    if given.get("decimal_places", 0) > given.get("max_digits", 1 << 62):
        return "decimal_places is more than max_digits"
    if "rounding" in given and "decimal_places" not in given:
        return "rounding needs decimal_places: to what would it round?"
    return ""


def _first(given: Mapping[str, Any], *names: str) -> Any:
    return next((given[name] for name in names if name in given), None)
