"""The check of values: only what the log and every table can hold comes in.

It is made at the door, of what callers send, and once more of every event before it is
recorded, for a decision may compute what nobody has sent. Without it a caller could put
into the log what cannot be read back, or stop the projection that meets it.

What a projection computes, such as a sum of integers, nobody sees before the event is
recorded. So the columns of read models hold numbers of any size.
"""

import math
from collections.abc import Callable, Mapping
from dataclasses import fields, is_dataclass, replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any, Final

from app.common.decimals import PRECISION
from app.common.saturating import FIRST, LAST, LONGEST

MAX_INTEGER: Final = 2**63 - 1
MAX_DECIMAL_EXPONENT: Final = 900
MAX_DEPTH: Final = 64


def storable(place: str, value: Any, depth: int = 0) -> Any:
    """`value` with its times in UTC; a ValueError names what cannot be stored."""
    convert = _SIMPLE.get(type(value))
    if convert is not None:
        return convert(place, value)
    if isinstance(value, str):
        return _text(place, value)
    inside = _NESTED.get(type(value))
    if inside is None and is_dataclass(value) and not isinstance(value, type):
        inside = _record
    if inside is None:
        return value
    if depth == MAX_DEPTH:
        raise ValueError("the value is nested too deeply")
    return inside(place, value, depth + 1)


def _text(place: str, value: str) -> str:
    if "\x00" in value:
        raise ValueError(f"{place}: text must not contain the character NUL")
    if not value.isascii() and any("\ud800" <= char <= "\udfff" for char in value):
        raise ValueError(f"{place}: text must not contain half of a surrogate pair")
    return value


def _integer(place: str, value: int) -> int:
    if not -MAX_INTEGER <= value <= MAX_INTEGER:
        raise ValueError(f"{place}: the number needs more than 64 bits")
    return value


def _float(place: str, value: float) -> float:
    if not math.isfinite(value):
        raise ValueError(f"{place}: the number must be finite")
    return value


def _decimal(place: str, value: Decimal) -> Decimal:
    if not value.is_finite():
        raise ValueError(f"{place}: the number must be finite")
    _, digits, exponent = value.as_tuple()
    if len(digits) > PRECISION or abs(int(exponent)) > MAX_DECIMAL_EXPONENT:
        raise ValueError(f"{place}: the number has too many digits")
    return value


def _datetime(place: str, value: datetime) -> datetime:
    if value.tzinfo is None:
        raise ValueError(f"{place}: the time needs a time zone, such as a final Z")
    try:
        moment = value.astimezone(UTC)
    except OverflowError as error:
        raise ValueError(f"{place}: the time is out of range") from error
    if not FIRST <= moment <= LAST:
        raise ValueError(f"{place}: the time is out of range")
    return moment


def _duration(place: str, value: timedelta) -> timedelta:
    if abs(value) > LONGEST:
        raise ValueError(f"{place}: the duration is longer than the calendar")
    return value


def _list(place: str, values: list[Any], depth: int) -> list[Any]:
    return [
        storable(f"{place}[{index}]", value, depth)
        for index, value in enumerate(values)
    ]


def _mapping(place: str, values: Mapping[Any, Any], depth: int) -> dict[Any, Any]:
    return {
        storable(place, key): storable(f"{place}.{key}", value, depth)
        for key, value in values.items()
    }


def _record(place: str, value: Any, depth: int) -> Any:
    before = {field.name: getattr(value, field.name) for field in fields(value)}
    after = {
        name: storable(f"{place}.{name}", item, depth) for name, item in before.items()
    }
    changed = {name: item for name, item in after.items() if item is not before[name]}
    return replace(value, **changed) if changed else value


_SIMPLE: Final[Mapping[type, Callable[[str, Any], Any]]] = {
    str: _text,
    int: _integer,
    float: _float,
    Decimal: _decimal,
    datetime: _datetime,
    timedelta: _duration,
}
_NESTED: Final[Mapping[type, Callable[[str, Any, int], Any]]] = {
    list: _list,
    dict: _mapping,
}
