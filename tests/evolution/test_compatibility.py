"""What counts as readable is what the decoder of the service really reads."""

from __future__ import annotations

from dataclasses import make_dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import Any
from uuid import UUID

import msgspec
import pytest

from generator.compatibility import problems
from generator.schemas import Schema


class Channel(StrEnum):
    WEB = "web"
    DESK = "desk"


class Wider(StrEnum):
    WEB = "web"
    DESK = "desk"
    PHONE = "phone"


class Narrower(StrEnum):
    WEB = "web"


Place = make_dataclass("Place", [("town", str)])
Longer = make_dataclass("Longer", [("town", str), ("zip", str)])
Roomier = make_dataclass("Roomier", [("town", str), ("zip", str | None, None)])

TYPES: dict[str, tuple[Any, Any]] = {
    "str": (str, "a"),
    "int": (int, 7),
    "decimal": (Decimal, Decimal("7.5")),
    "float": (float, 7.5),
    "bool": (bool, True),
    "uuid": (UUID, UUID(int=7)),
    "date": (date, date(2030, 1, 15)),
    "datetime": (datetime, datetime(2030, 1, 15, 12, tzinfo=UTC)),
    "duration": (timedelta, timedelta(hours=1)),
    "email": (str, "a@example.com"),
    "url": (str, "https://example.com"),
    "json": (Any, {"a": [1]}),
    "Channel": (Channel, Channel.DESK),
    "Wider": (Wider, Wider.PHONE),
    "Narrower": (Narrower, Narrower.WEB),
    "Place": (Place, Place("Graz")),
    "Longer": (Longer, Longer("Graz", "8010")),
    "Roomier": (Roomier, Roomier("Graz", None)),
    "list(int)": (list[int], [7]),
    "list(str)": (list[str], ["a"]),
    "list(Place)": (list[Place], [Place("Graz")]),
    "list(Longer)": (list[Longer], [Longer("Graz", "8010")]),
    "map(int)": (dict[str, int], {"a": 7}),
    "map(decimal)": (dict[str, Decimal], {"a": Decimal("7.5")}),
    "str?": (str | None, None),
    "int?": (int | None, None),
    "Place?": (Place | None, None),
}
SHAPES: dict[str, Any] = {
    "values": {
        "Place": {"town": "str"},
        "Longer": {"town": "str", "zip": "str"},
        "Roomier": {"town": "str", "zip": "str?"},
    },
    "enums": {
        "Channel": ["web", "desk"],
        "Wider": ["web", "desk", "phone"],
        "Narrower": ["web"],
    },
}


def is_readable(before: str, after: str) -> bool:
    stored, reader = (Schema({"x": each}, **SHAPES) for each in (before, after))
    return not list(problems(stored, reader))


def decodes(before: str, after: str) -> bool:
    """Whether all values of a type that differ are read as another type."""
    _, value = TYPES[before]
    wanted, _ = TYPES[after]
    values = [value]
    if before.endswith("?"):
        values.append(TYPES[before[:-1]][1])
    try:
        for each in values:
            msgspec.json.decode(msgspec.json.encode(each), type=wanted)
    except msgspec.ValidationError:
        return False
    return True


@pytest.mark.parametrize("before", TYPES)
def test_what_is_called_readable_is_decoded(before: str) -> None:
    claimed = [after for after in TYPES if is_readable(before, after)]
    assert before in claimed
    assert [after for after in claimed if not decodes(before, after)] == []


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("int", "decimal"),
        ("int", "float"),
        ("int", "int?"),
        ("Channel", "Wider"),
        ("Channel", "str"),
        ("Place", "Roomier"),
        ("Place", "Place?"),
        ("list(Longer)", "list(Place)"),
        ("map(int)", "map(decimal)"),
        ("email", "str"),
        ("str?", "json"),
    ],
)
def test_a_change_that_the_decoder_bears_needs_no_version(
    before: str, after: str
) -> None:
    assert is_readable(before, after)
    assert decodes(before, after)


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        ("int?", "int", '"x" could be missing'),
        ("str", "int", '"x" was str'),
        ("Channel", "Narrower", '"x" could be desk'),
        ("Place", "Longer", '"x.zip" was not there'),
        ("list(Place)", "list(Longer)", '"x.zip" was not there'),
        ("list(str)", "list(int)", '"x" was str'),
        ("list(int)", "map(int)", '"x" was list(int)'),
        ("Place", "str", '"x" was Place'),
    ],
)
def test_a_change_that_the_decoder_does_not_bear_is_said(
    before: str, after: str, said: str
) -> None:
    stored, reader = (Schema({"x": each}, **SHAPES) for each in (before, after))
    assert [str(each) for each in problems(stored, reader)] == [said]
    assert not decodes(before, after)


def test_what_is_new_may_be_missing_and_what_is_gone_is_ignored() -> None:
    stored = Schema({"gone": "str"})
    for new in ("str?", "str = 'a'", "list(int) = []"):
        assert not list(problems(stored, Schema({"new": new})))
    [problem] = problems(stored, Schema({"new": "str"}))
    assert str(problem) == '"new" was not there'
    reader = make_dataclass("Reader", [("new", str | None, None)])
    assert msgspec.json.decode(b'{"gone": "a"}', type=reader) == reader(None)
