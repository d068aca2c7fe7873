"""The door check: only values that every table can hold come in.

Without it a caller could send a number that fits the log but no column, and stop the
projection that meets it.
"""

import math
from collections.abc import Callable, Mapping
from dataclasses import fields, is_dataclass, replace
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, Final

MAX_INTEGER: Final = 2**63 - 1
MAX_DECIMAL_EXPONENT: Final = 1000


def storable(place: str, value: Any) -> Any:
    """`value` with its times in UTC; a ValueError names what cannot be stored."""
    convert = _CONVERTERS.get(type(value))
    if convert is not None:
        return convert(place, value)
    if isinstance(value, str):
        return _text(place, value)
    if is_dataclass(value) and not isinstance(value, type):
        return _record(place, value)
    return value


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
    if len(digits) + abs(int(exponent)) > MAX_DECIMAL_EXPONENT:
        raise ValueError(f"{place}: the number has too many digits")
    return value


def _datetime(place: str, value: datetime) -> datetime:
    if value.tzinfo is None:
        raise ValueError(f"{place}: the time needs a time zone, such as a final Z")
    try:
        return value.astimezone(UTC)
    except OverflowError as error:
        raise ValueError(f"{place}: the time is out of range") from error


def _list(place: str, values: list[Any]) -> list[Any]:
    return [storable(f"{place}[{index}]", value) for index, value in enumerate(values)]


def _mapping(place: str, values: Mapping[Any, Any]) -> dict[Any, Any]:
    return {
        storable(place, key): storable(f"{place}.{key}", value)
        for key, value in values.items()
    }


def _record(place: str, value: Any) -> Any:
    before = {field.name: getattr(value, field.name) for field in fields(value)}
    after = {name: storable(f"{place}.{name}", item) for name, item in before.items()}
    changed = {name: item for name, item in after.items() if item is not before[name]}
    return replace(value, **changed) if changed else value


_CONVERTERS: Final[Mapping[type, Callable[[str, Any], Any]]] = {
    str: _text,
    int: _integer,
    float: _float,
    Decimal: _decimal,
    datetime: _datetime,
    list: _list,
    dict: _mapping,
}
