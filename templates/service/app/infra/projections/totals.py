"""The SQL of sums and averages that no amounts make fail.

PostgreSQL refuses what an `interval` or a `double precision` cannot hold, even on the
way to a smaller result. So these are added up as `numeric`, which has room for all, and
a sum that would pass the longest duration or the largest float is that one.
"""

from collections.abc import Iterable, Mapping
from datetime import timedelta
from sys import float_info
from typing import Final

from app.common.saturating import LONGEST

_EXACT: Final[Mapping[str, str]] = {
    "interval": "extract(epoch FROM {0})",
    # A direct cast keeps 15 digits, the text all of them.
    "double precision": "{0}::text::numeric",
}
_BACK: Final[Mapping[str, str]] = {
    "interval": "({0} || ' seconds')::interval",
    # What is less than the least float is refused too: here it is nothing.
    "double precision": "round({0}, 323)::double precision",
}
_MOST: Final[Mapping[str, str]] = {
    "interval": f"{LONGEST // timedelta.resolution}e-6",
    "double precision": f"{float_info.max}",
}


def total(column: str, type_: str) -> str:
    """The sum of a column over rows: a sum of nothing is nothing, not unknown."""
    return _bounded(f"coalesce(sum({_exact(column, type_)}), 0)", type_)


def average(column: str, type_: str) -> str:
    """The average of a column over rows, which lies between its values."""
    found = f"avg({_exact(column, type_)})"
    return _BACK.get(type_, "{0}").format(found)


def plus(values: Iterable[str], type_: str) -> str:
    """The sum of values of one row, of which none is NULL."""
    return _bounded(" + ".join(_exact(each, type_) for each in values), type_)


def _exact(value: str, type_: str) -> str:
    return _EXACT.get(type_, "{0}").format(value)


def _bounded(exact: str, type_: str) -> str:
    if type_ not in _BACK:
        return exact
    most = _MOST[type_]
    return _BACK[type_].format(f"least(greatest({exact}, -{most}), {most})")
