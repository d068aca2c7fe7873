"""Fields of every type, with constraints, defaults and all that may stand beside."""

from __future__ import annotations

import random
from dataclasses import dataclass, replace
from typing import Any

from generator.types import Kind, Type, list_of, map_of

SCALARS: dict[Kind, tuple[str, ...]] = {
    "str": (
        "str",
        "str",
        "str(min_length=1)",
        "str(min_length=2 max_length=40)",
        "str(pattern='^[A-Z]{2}-[0-9]+$')",
        "str(pattern='^[^\"]*$')",
    ),
    "int": ("int", "int", "int(ge=0)", "int(ge=1 le=1000)", "int(gt=-5 lt=5)"),
    "decimal": (
        "decimal",
        "decimal(ge=0 decimal_places=2)",
        "decimal(max_digits=8 decimal_places=3 rounding=half_even)",
        "decimal(gt=0 le=1 decimal_places=3 rounding=up)",
    ),
    "float": ("float", "float(ge=0)", "float(lt=2.5)"),
    "bool": ("bool",),
    "uuid": ("uuid",),
    "date": ("date", "date(ge=2029-01-01)"),
    "datetime": ("datetime", "datetime(le=2031-01-01T00:00Z)"),
    "duration": ("duration", "duration(ge=1m lt=9d)"),
    "json": ("json",),
    "email": ("email", "email(max_length=60)"),
    "url": ("url",),
    "bytes": ("bytes", "bytes(min_length=2 max_length=16)"),
}
DEFAULTS: dict[str, tuple[str, ...]] = {
    "str": ("Ada", "it's", 'a "b" {c}', "\\n", "größer"),
    "int": ("3", "-7"),
    "decimal": ("1.50", "0"),
    "float": ("0.5",),
    "bool": ("true", "false"),
    "date": ("2030-02-03",),
    "datetime": ("2030-02-03T04:05+02:00",),
    "duration": ("1d 2h", "PT30M"),
    "email": ("ada@example.com",),
    "url": ("https://example.com/x?y=1&z={w}",),
    "json": ("true", "12", "word"),
}
PLAIN: tuple[Kind, ...] = tuple(SCALARS)


@dataclass(frozen=True)
class Field:
    """A field as it is written, and the type that it has."""

    name: str
    text: str
    type: Type
    default: Any = None
    summary: str = ""
    example: Any = None
    secret: bool = False

    @property
    def required(self) -> bool:
        return self.default is None and not self.type.optional

    @property
    def shown(self) -> str:
        """The type text, with its question mark."""
        return f"{self.text}?" if self.type.optional else self.text

    @property
    def written(self) -> Any:
        """The short form where it can be, else the long one."""
        beside = {
            "default": self.default,
            "summary": self.summary or None,
            "example": self.example,
            "secret": True if self.secret else None,
        }
        known = {key: value for key, value in beside.items() if value is not None}
        return {"type": self.shown, **known} if known else self.shown

    def called(self, name: str) -> Field:
        return replace(self, name=name)

    @property
    def bare(self) -> Field:
        """Without a default and an example."""
        return replace(self, default=None, example=None, secret=False)

    @property
    def maybe(self) -> Field:
        """The same, but it may be missing."""
        return replace(self.bare, type=self.type.or_none)

    @property
    def sure(self) -> Field:
        return replace(self.bare, type=self.type.required)


def written(fields: list[Field]) -> dict[str, Any]:
    return {each.name: each.written for each in fields}


class Fields:
    """Draws fields of the types that a place knows."""

    def __init__(
        self, chance: random.Random, named: dict[str, Type], used: set[str]
    ) -> None:
        self._chance = chance
        self._named = named
        self._used = used

    def draw(self, name: str, *, defaults: bool = True) -> Field:
        """One field, of any type."""
        chance = self._chance
        kind = chance.random()
        if kind < 0.55:
            return self._with_default(self._scalar(name), defaults)
        if kind < 0.8 and self._named:
            text = chance.choice(sorted(self._named))
            return Field(name, text, self._named[text])
        if kind < 0.9:
            inner = self._element(name)
            how = chance.choice(["", "", " min_length=1", " max_length=3"])
            self._used.add("list")
            text = f"list({inner.text}{',' if how else ''}{how})"
            default = [] if defaults and not how and chance.random() < 0.3 else None
            return Field(name, text, list_of(inner.type.base), default)
        inner = self._element(name)
        self._used.add("map")
        return Field(name, f"map({inner.text})", map_of(inner.type.base))

    def of(self, name: str, type: Type) -> Field:
        """A field of this very type."""
        if type.kind in SCALARS:
            return Field(name, self._chance.choice(SCALARS[type.kind]), type.required)
        for text, known in sorted(self._named.items()):
            if known.required.base == type.required.base:
                return Field(name, text, type.required)
        inner = self.of(name, type.element).text
        return Field(name, f"{type.kind}({inner})", type.required)

    def _element(self, name: str) -> Field:
        if self._named and self._chance.random() < 0.5:
            text = self._chance.choice(sorted(self._named))
            return Field(name, text, self._named[text])
        return self._scalar(name)

    def _scalar(self, name: str) -> Field:
        kind = self._chance.choice(PLAIN)
        text = self._chance.choice(SCALARS[kind])
        self._used.add(f"type {kind}")
        if "(" in text:
            self._used.add("constraint")
        return Field(name, text, Type(kind))

    def _with_default(self, field: Field, defaults: bool) -> Field:
        chance = self._chance
        plain = field.text in DEFAULTS
        if defaults and plain and chance.random() < 0.15:
            self._used.add("default")
            value = chance.choice(DEFAULTS[field.text])
            return replace(field, default=value)
        return field
