"""Saturating arithmetic: dates and durations that stay in the calendar.

What has happened must be folded and shown whatever amounts it carries. So here a moment
that would come after the last one is the last one, one before the first is the first,
and no duration is longer than all time between them. A command needs none of this: what
it cannot compute it refuses.
"""

from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from functools import reduce
from typing import Final, TypeVar

# PostgreSQL's driver takes the very first and the very last moment for infinity.
FIRST: Final = datetime.min.replace(tzinfo=UTC) + datetime.resolution
LAST: Final = datetime.max.replace(tzinfo=UTC) - datetime.resolution
LONGEST: Final = datetime.max - datetime.min

_NOTHING: Final = timedelta()

Moving = TypeVar("Moving", datetime, date, timedelta)


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


def _ends(value: Moving) -> tuple[Moving, Moving]:
    if isinstance(value, datetime):
        return FIRST, LAST
    if isinstance(value, date):
        return date.min, date.max
    return -LONGEST, LONGEST
