"""Example values of single types: deterministic, readable, within their constraints."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal
from itertools import chain
from typing import Any, Final
from uuid import UUID, uuid5

import inflection

from generator import names
from generator.literals import violation
from generator.patterns import shortest_match
from generator.types import Constraints, Kind, Type

NOW: Final = datetime(2030, 1, 15, 12, tzinfo=UTC)
WEEK: Final = timedelta(days=7)
DAY: Final = timedelta(days=1)

NAMESPACE: Final = UUID("6f0b7b1e-6f0e-5d52-9a53-6f0f4c1f3f5e")
"""The namespace of `app.common.ids`: there `derived_id("alice")` is the same id."""


def named_id(name: str) -> UUID:
    """The id that a name always stands for."""
    return uuid5(NAMESPACE, name)


@dataclass(frozen=True, slots=True)
class Slot:
    """Where an example is wanted: a field, and how many dates come before it."""

    name: str
    day: int = 0

    @property
    def element(self) -> Slot:
        """The place of one element: `guest_ids` hold a `guest_id`."""
        return Slot(str(inflection.singularize(self.name)), self.day)


def scalar(type: Type, slot: Slot) -> tuple[object, str]:
    """A value, and which constraint it breaks if no value could be found."""
    values = list(CANDIDATES[type.kind](slot, type.constraints or Constraints(), type))
    broken = [violation(type, value) or "" for value in values]
    for value, problem in zip(values, broken, strict=True):
        if not problem:
            return value, ""
    return (values[0], broken[0]) if values else (None, "no such text is known")


Candidates = Callable[[Slot, Constraints, Type], Iterable[object]]


def _text(slot: Slot, rules: Constraints, type: Type) -> Iterator[object]:
    if rules.pattern is not None:
        for length in range(max(rules.min_length or 0, 1), -1, -1):
            if (match := shortest_match(rules.pattern, length)) is not None:
                yield match
        return
    title = names.title(slot.name)
    yield title
    yield title[: rules.max_length].rstrip()
    yield _sized("".join(title.split()), rules)


def _sized(text: Any, rules: Constraints) -> Any:
    """The text, repeated or cut to the length it must have."""
    length = rules.min_length or 0
    if len(text) < length:
        text = (text * (length // len(text) + 1))[:length]
    return text[: rules.max_length]


def _email(slot: Slot, rules: Constraints, type: Type) -> Iterator[object]:
    yield f"{names.kebab(slot.name)}@example.com"
    short = "a@example.com"
    yield "a" * max(1, (rules.min_length or 0) - len(short) + 1) + short[1:]


def _url(slot: Slot, rules: Constraints, type: Type) -> Iterator[object]:
    yield f"https://example.com/{names.kebab(slot.name)}"
    short = "https://example.com/"
    yield short
    yield short + "a" * max(0, (rules.min_length or 0) - len(short))


def _bytes(slot: Slot, rules: Constraints, type: Type) -> Iterator[object]:
    yield _sized(slot.name.encode(), rules)


def _number(slot: Slot, rules: Constraints, type: Type) -> Iterator[object]:
    """The smallest allowed number from 1 on, else the largest one below."""
    whole = type.kind == "int"
    make = {"int": int, "float": float}.get(type.kind, Decimal)
    found = {_plain(each) for each in _bounds(rules, whole)}
    allowed = sorted(each for each in found if not violation(type, make(each)))
    from_one = [each for each in allowed if each >= 1]
    chosen = (from_one[:1] or allowed[-1:]) or [Decimal(1)]
    yield make(chosen[0])


def _bounds(rules: Constraints, whole: bool) -> Iterator[Decimal]:
    """Numbers at the edges of what is allowed, and one in the middle."""
    places = 0 if whole else rules.decimal_places
    step = Decimal(1).scaleb(-(places or 0))
    low, high = _decimal(rules.ge, rules.gt), _decimal(rules.le, rules.lt)
    yield Decimal(1)
    if low is not None:
        least = low.quantize(step, ROUND_CEILING) if places is not None else low
        yield from (least, least + step)
    if high is not None:
        most = high.quantize(step, ROUND_FLOOR) if places is not None else high
        yield from (most, most - step)
    if low is not None and high is not None and not whole:
        middle = (low + high) / 2
        yield middle if places is None else middle.quantize(step)
    if rules.max_digits is not None:
        yield Decimal(1).scaleb(rules.max_digits - (places or 0)) - step


def _decimal(*bounds: object) -> Decimal | None:
    return next((Decimal(str(each)) for each in bounds if each is not None), None)


def _plain(number: Decimal) -> Decimal:
    """1 rather than 1.00 or 1E+1."""
    return Decimal(f"{number.normalize():f}")


def _date(slot: Slot, rules: Constraints, type: Type) -> Iterator[object]:
    yield from _moments(slot, rules, NOW.date())


def _datetime(slot: Slot, rules: Constraints, type: Type) -> Iterator[object]:
    yield from _moments(slot, rules, NOW)


def _moments(slot: Slot, rules: Constraints, now: date) -> Iterator[object]:
    later = slot.day * DAY
    return _shifted(
        (now, WEEK + later),
        (rules.ge, later),
        (rules.gt, DAY + later),
        (rules.le, 0 * DAY),
        (rules.lt, -DAY),
    )


def _duration(slot: Slot, rules: Constraints, type: Type) -> Iterator[object]:
    hour = timedelta(hours=1)
    return chain(
        _shifted((hour, 0 * DAY), (rules.ge, 0 * DAY), (rules.gt, hour)),
        _shifted((rules.le, 0 * DAY), (rules.lt, -timedelta(seconds=1))),
    )


def _shifted(*bounds: tuple[Any, timedelta]) -> Iterator[object]:
    for bound, shift in bounds:
        try:
            if bound is not None:
                yield bound + shift
        except OverflowError:
            continue


CANDIDATES: Mapping[Kind, Candidates] = {
    "str": _text,
    "email": _email,
    "url": _url,
    "bytes": _bytes,
    "int": _number,
    "decimal": _number,
    "float": _number,
    "bool": lambda slot, rules, type: [True],
    "json": lambda slot, rules, type: [{}],
    "uuid": lambda slot, rules, type: [named_id(slot.name)],
    "ref": lambda slot, rules, type: [named_id(slot.name)],
    "date": _date,
    "datetime": _datetime,
    "duration": _duration,
}
