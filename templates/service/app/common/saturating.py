"""Saturating arithmetic: dates and durations in the calendar, floats that are numbers.

What has happened must be folded and shown whatever amounts it carries. So here a moment
that would come after the last one is the last one, one before the first is the first,
and no duration is longer than all time between them. A float that would be infinite is
the largest one, so that none is ever no number. A list of numbers ends when it is long,
and so does an amount or a text that each event multiplies, before no table can hold it.
A command needs none of this: what it cannot compute it refuses.
"""

from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from functools import reduce
from math import copysign, isinf
from sys import float_info
from typing import Final, TypeVar

# PostgreSQL's driver takes the very first and the very last moment for infinity.
FIRST: Final = datetime.min.replace(tzinfo=UTC) + datetime.resolution
LAST: Final = datetime.max.replace(tzinfo=UTC) - datetime.resolution
LONGEST: Final = datetime.max - datetime.min
MOST: Final = 100_000
"""As many numbers as a list of them has; more would take memory away from others."""

DIGITS: Final = 1_000
"""As many stand before the point of an amount; nobody can send one that has more."""

LETTERS: Final = 1_000_000
"""As many has a text that each event may double; a request brings hardly more."""

_NOTHING: Final = timedelta()
_GREATEST: Final = 10**DIGITS

Moving = TypeVar("Moving", datetime, date, timedelta)
Amount = TypeVar("Amount", int, Decimal)


def add(value: Moving, span: timedelta) -> Moving:
    """`value + span`, or the end that it would pass."""
    first, last = _ends(value)
    try:
        return min(max(value + span, first), last)
    except OverflowError:
        return last if span > _NOTHING else first


def subtract(value: Moving, span: timedelta) -> Moving:
    """`value - span`, or the end that it would pass."""
    first, last = _ends(value)
    try:
        return min(max(value - span, first), last)
    except OverflowError:
        return first if span > _NOTHING else last


def multiply(span: timedelta, times: int) -> timedelta:
    """`span * times`, or the longest duration of that sign."""
    try:
        return add(_NOTHING, span * times)
    except OverflowError:
        return LONGEST if (span > _NOTHING) == (times > 0) else -LONGEST


def total(spans: Iterable[timedelta]) -> timedelta:
    """The sum of all, one after the other."""
    return reduce(add, spans, _NOTHING)


def days(amount: int) -> timedelta:
    return multiply(timedelta(days=1), amount)


def hours(amount: int) -> timedelta:
    return multiply(timedelta(hours=1), amount)


def minutes(amount: int) -> timedelta:
    return multiply(timedelta(minutes=1), amount)


def seconds(amount: int) -> timedelta:
    return multiply(timedelta(seconds=1), amount)


def real(amount: float) -> float:
    """An integer, or what is infinite, as the nearest float."""
    try:
        found = float(amount)
    except OverflowError:
        return float_info.max if amount > 0 else -float_info.max
    return copysign(float_info.max, found) if isinf(found) else found


def plus(one: float, other: float) -> float:
    return real(real(one) + real(other))


def minus(one: float, other: float) -> float:
    return real(real(one) - real(other))


def times(one: float, other: float) -> float:
    return real(real(one) * real(other))


def over(one: float, other: float) -> float:
    """`one / other`, which is not zero."""
    return real(real(one) / real(other))


def sum_of(amounts: Iterable[float]) -> float:
    """The sum of all, one after the other."""
    return reduce(plus, amounts, 0.0)


def amount(value: Amount) -> Amount:
    """`value`, or the greatest of its sign; what is next to nothing is nothing."""
    if isinstance(value, int):
        return min(max(value, -_GREATEST), _GREATEST)
    if -DIGITS <= value.adjusted() < DIGITS:
        return value
    if not value or value.adjusted() < 0:
        return Decimal(0)
    return Decimal(1).scaleb(DIGITS).copy_sign(value)


def text(value: str) -> str:
    """`value`, or the first `LETTERS` of it."""
    return value[:LETTERS]


def numbers(*ends: int) -> range:
    """What `range` gives of one or two ends: the first `MOST` of it."""
    return range(*ends)[:MOST]


def _ends(value: Moving) -> tuple[Moving, Moving]:
    if isinstance(value, datetime):
        return FIRST, LAST
    if isinstance(value, date):
        return date.min, date.max
    return -LONGEST, LONGEST
