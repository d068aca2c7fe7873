"""Printed values brought to life, to see whether an example keeps the rules it must.

Only code that scaffold has printed itself runs here, with the few names that such code
can hold: the rules of the blueprint are read once, when they are printed, and what is
tried here is what the service will run.
"""

from __future__ import annotations

import decimal
import functools
import runpy
from collections.abc import Callable, Mapping, Sequence
from dataclasses import MISSING, field, is_dataclass, make_dataclass
from dataclasses import fields as fields_of
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from types import SimpleNamespace
from typing import Any
from uuid import UUID

from generator import model, names
from generator.places import templates

SHARED = "shared"
MAX_STEPS = 100_000
FAILURES = (ArithmeticError, IndexError, ValueError, TypeError, MemoryError)

_ROOM = decimal.Context(prec=400)
_FUNCTIONS: tuple[Callable[..., object], ...] = (
    *(len, sum, min, max, any, all, round, abs, sorted, next, iter, zip, enumerate),
    *(str, int, float, bool, bytes, list, dict, set, frozenset, tuple, isinstance),
)


def quantize(
    value: Decimal | None, places: int, rounding: str = "ROUND_HALF_UP"
) -> Decimal | None:
    """As the service rounds."""
    if value is None:
        return None
    return value.quantize(Decimal(1).scaleb(-places), rounding, _ROOM)


@functools.cache
def saturating() -> SimpleNamespace:
    """The service's own module: it needs nothing but the standard library."""
    module = templates("service") / "app" / "common" / "saturating.py"
    return SimpleNamespace(**runpy.run_path(str(module)))


class Evaluation:
    """The enums and value objects of a service, alive."""

    def __init__(self, vocabularies: Sequence[model.Vocabulary]) -> None:
        self.value_objects = {
            f"{vocabulary.module}.{value.name}": value
            for vocabulary in vocabularies
            for value in vocabulary.value_objects
        }
        self._steps = 0
        self._namespaces: dict[str, dict[str, object]] = {}
        self._classes: dict[str, type] = {
            f"{vocabulary.module}.{enum.name}": _enum(enum)
            for vocabulary in vocabularies
            for enum in vocabulary.enums
        }
        for name, value in self.value_objects.items():
            self._classes[name] = self._record(value, name.partition(".")[0])
        self._names = {cls: name for name, cls in self._classes.items()}

    def value(self, code: str, module: str, scope: Mapping[str, object]) -> Any:
        """What printed code of a module means where these names are known."""
        self._steps = MAX_STEPS
        return self._run(code, module, scope)

    def made(self, name: str, /, *arguments: object, **values: object) -> Any:
        """A member of an enum or a value object, by its qualified name."""
        return self._classes[name](*arguments, **values)

    def broken_rule(self, value: object) -> str:
        """The message of the first rule that a value, or a part of it, breaks."""
        if isinstance(value, list):
            parts = list(value)
        elif isinstance(value, dict):
            parts = list(value.values())
        elif is_dataclass(value):
            parts = [getattr(value, each.name) for each in fields_of(value)]
        else:
            return ""
        inner = next(filter(None, map(self.broken_rule, parts)), "")
        return inner or self._broken(value)

    def _broken(self, value: object) -> str:
        name = self._names.get(type(value), "")
        if name not in self.value_objects:
            return ""
        module, scope = name.partition(".")[0], {"self": value}
        for rule in self.value_objects[name].rules:
            try:
                if self.value(rule.broken, module, scope):
                    return str(self.value(rule.message, module, scope))
            except FAILURES as error:
                return f"this cannot be decided: {error}"
        return ""

    def _record(self, value: model.ValueObject, module: str) -> type:
        return make_dataclass(
            value.name,
            [(each.name, Any, self._default(each, module)) for each in value.fields],
            namespace={
                computed.name: self._property(computed.code, module)
                for computed in value.computed
            },
            frozen=True,
            kw_only=True,
        )

    def _default(self, declared: model.Field, module: str) -> Any:
        if declared.default:
            return field(
                default_factory=lambda: self._run(declared.default, module, {})
            )
        return field(default=None if declared.type.optional else MISSING)

    def _property(self, code: str, module: str) -> property:
        return property(lambda self_: self._run(code, module, {"self": self_}))

    def _run(self, code: str, module: str, scope: Mapping[str, object]) -> Any:
        if module not in self._namespaces:
            self._namespaces[module] = self._namespace(module)
        known = {**self._namespaces[module], **scope}
        return eval(compile(code, "<printed>", "eval"), known)

    def _namespace(self, module: str) -> dict[str, object]:
        """The names a generated module has, and no other built-in ones."""
        roundings = (name for name in dir(decimal) if name.startswith("ROUND_"))
        return {
            "__builtins__": {each.__name__: each for each in _FUNCTIONS},
            "range": self._range,
            "bounded": SimpleNamespace(numbers=self._range),
            "quantize": quantize,
            "saturating": self._saturating(),
            "UTC": UTC,
            **{each.__name__: each for each in (Decimal, UUID)},
            **{each.__name__: each for each in (date, datetime, timedelta)},
            **{name: getattr(decimal, name) for name in roundings},
            **{_bare(name, module): cls for name, cls in self._classes.items()},
        }

    def _saturating(self) -> SimpleNamespace:
        return SimpleNamespace(**{**vars(saturating()), "numbers": self._range})

    def _range(self, *bounds: int) -> range:
        """A range that gives up before it takes all day."""
        steps = range(*bounds)
        self._steps -= len(steps)
        if self._steps < 0:
            raise OverflowError("it takes too many steps")
        return steps


def _enum(enum: model.Enum) -> Any:
    members = {member.constant: member.value for member in enum.members}
    return StrEnum(enum.name, members)


def _bare(qualified: str, module: str) -> str:
    """The printed name: a foreign one carries its domain."""
    home, _, name = qualified.partition(".")
    return name if home in (module, SHARED) else names.pascal(home) + name
