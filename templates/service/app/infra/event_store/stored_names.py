"""The names of fields in the log, where the code has since found better ones.

A field keeps the name under which it was first stored. So old and new code read each
other's events, and whoever reads the bus is told nothing new.
"""

from collections.abc import Callable, Mapping
from dataclasses import fields, is_dataclass
from functools import cache
from types import NoneType, UnionType
from typing import Annotated, Any, Union, get_args, get_origin, get_type_hints

Rename = Callable[[Any], Any]


@cache
def from_log(held: type) -> Rename | None:
    """Gives decoded JSON the names of `held`; None where it has them already."""
    return _renaming(held, reading=True)


@cache
def to_log(held: type) -> Rename | None:
    """Gives an encoded `held` the names of the log; None where it has them already."""
    return _renaming(held, reading=False)


def _renaming(hint: Any, *, reading: bool) -> Rename | None:
    origin, arguments = get_origin(hint), get_args(hint)
    if origin is Annotated:
        return _renaming(arguments[0], reading=reading)
    if origin in (Union, UnionType):
        (inner,) = (each for each in arguments if each is not NoneType)
        return _within(_renaming(inner, reading=reading), _optional)
    if origin is list:
        return _within(_renaming(arguments[0], reading=reading), _list)
    if origin is dict:
        return _within(_renaming(arguments[1], reading=reading), _map)
    return _record(hint, reading) if is_dataclass(hint) else None


def _record(held: Any, reading: bool) -> Rename | None:
    stored: Mapping[str, str] = getattr(held, "stored_names", {})
    hints = get_type_hints(held, include_extras=True)
    names: dict[str, str] = {}
    inner: dict[str, Rename] = {}
    for field in fields(held):
        there = stored.get(field.name, field.name)
        before, after = (there, field.name) if reading else (field.name, there)
        names[before] = after
        rename = _renaming(hints[field.name], reading=reading)
        if rename is not None:
            inner[before] = rename
    if not inner and all(before == after for before, after in names.items()):
        return None

    def renamed(data: dict[str, Any]) -> dict[str, Any]:
        return {
            names[name]: inner[name](value) if name in inner else value
            for name, value in data.items()
            if name in names
        }

    return renamed


def _within(
    rename: Rename | None, around: Callable[[Rename, Any], Any]
) -> Rename | None:
    return None if rename is None else lambda data: around(rename, data)


def _optional(rename: Rename, data: Any) -> Any:
    return None if data is None else rename(data)


def _list(rename: Rename, data: list[Any]) -> list[Any]:
    return [rename(each) for each in data]


def _map(rename: Rename, data: dict[str, Any]) -> dict[str, Any]:
    return {key: rename(each) for key, each in data.items()}
