"""Values of any type that an event or a row can have, made from the type alone."""

import dataclasses
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from enum import Enum
from types import NoneType, UnionType
from typing import Annotated, Any, Union, get_args, get_origin, get_type_hints
from uuid import UUID

PLAIN: dict[object, object] = {
    str: "Grüße, 世界",
    int: 2**53 + 1,
    bool: True,
    float: 0.1,
    bytes: b"\x00\xff",
    Decimal: Decimal("12345678901234567890.10"),
    UUID: UUID("0190a7f0-0000-7000-8000-000000000001"),
    date: date(2030, 2, 28),
    datetime: datetime(2030, 1, 15, 12, 0, 0, 123456, tzinfo=UTC),
    timedelta: timedelta(days=1, seconds=1, microseconds=1),
    Any: {"list": [1, "two", None], "nested": {"yes": True}},
}


def example(hint: Any) -> Any:
    """A value of this type; an optional one is there."""
    return variants(hint)[0]


def variants(hint: Any) -> Sequence[Any]:
    """Values of this type that differ in what a codec could get wrong."""
    if hint in PLAIN:
        return [PLAIN[hint]]
    origin, arguments = get_origin(hint), get_args(hint)
    if origin is Annotated:
        return variants(arguments[0])
    if origin in (Union, UnionType):
        members = [each for each in arguments if each is not NoneType]
        return [value for each in members for value in variants(each)] + [None]
    if origin is list:
        return [list(variants(arguments[0])), []]
    if origin is dict:
        keys, values = variants(arguments[0]), variants(arguments[1])
        return [{keys[0]: value} for value in values] + [{}]
    if isinstance(hint, type) and issubclass(hint, Enum):
        return list(hint)
    if dataclasses.is_dataclass(hint):
        return records(hint)
    raise TypeError(f"No example is known for {hint!r}.")


def records(type_: Any) -> Sequence[Any]:
    """Instances of a dataclass in which every variant of every field occurs."""
    hints = get_type_hints(type_, include_extras=True)
    names = [field.name for field in dataclasses.fields(type_)]
    choices = {name: variants(hints[name]) for name in names}
    first = {name: values[0] for name, values in choices.items()}
    others = [
        {**first, name: value}
        for name, values in choices.items()
        for value in values[1:]
    ]
    return [type_(**values) for values in (first, *others)]
