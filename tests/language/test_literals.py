"""Values of a blueprint: read by their type, checked, and printed as Python."""

from __future__ import annotations

import datetime as time
import random
from collections.abc import Mapping
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest

from generator.literals import (
    CODES,
    LiteralError,
    literal,
    literal_value,
    printed,
    violation,
)
from generator.type_text import parse_type
from generator.types import JSON, STR, Type
from tests.language.world import GUEST, WORLD, classes, run

NAMES: Mapping[str, Type] = {**WORLD.declared, "Guest": GUEST}
KEY = "01890a5d-ac96-774b-bcce-b302099a8057"


def typed(text: str) -> Type:
    return parse_type(text, NAMES.get).type


def problems(type: str, data: object) -> list[tuple[str, tuple[str | int, ...]]]:
    with pytest.raises(LiteralError) as caught:
        literal(typed(type), data, WORLD)
    found = [(each.code, each.path) for each in caught.value.problems]
    assert {code for code, _ in found} <= set(CODES)
    return found


@pytest.mark.parametrize(
    ("type", "data", "expected"),
    [
        ("str", "plans changed", '"plans changed"'),
        ("str", 'a"b\n', r'"a\"b\n"'),
        ("int", "-3", "-3"),
        ("int", "10_000", "10000"),
        ("decimal", "9.90", 'Decimal("9.90")'),
        ("decimal", "100", 'Decimal("100")'),
        ("float", "1e3", "1000.0"),
        ("float", "2", "2.0"),
        ("bool", "true", "True"),
        ("bool", "False", "False"),
        ("uuid", KEY, f'UUID("{KEY}")'),
        ("Guest", KEY.upper(), f'UUID("{KEY}")'),
        ("date", "2030-01-22", "date(2030, 1, 22)"),
        ("datetime", "2030-01-22T15:00Z", "datetime(2030, 1, 22, 15, 0, tzinfo=UTC)"),
        (
            "datetime",
            "2030-01-22 15:00:01.5+02:00",
            "datetime(2030, 1, 22, 13, 0, 1, 500000, tzinfo=UTC)",
        ),
        ("duration", "30m", "timedelta(minutes=30)"),
        ("duration", "1d 12h", "timedelta(days=1, hours=12)"),
        ("duration", "90s", "timedelta(minutes=1, seconds=30)"),
        ("duration", "P1DT2H", "timedelta(days=1, hours=2)"),
        ("duration", "0s", "timedelta()"),
        ("email", "ada@example.com", '"ada@example.com"'),
        ("url", "https://example.com/x", '"https://example.com/x"'),
        ("bytes", "aGVsbG8=", "b'hello'"),
        ("Status", "requested", "Status.REQUESTED"),
        ("Level", "EUR", "Level.EUR"),
        ("str?", None, "None"),
        ("list(decimal)", ["1", "0.50"], '[Decimal("1"), Decimal("0.50")]'),
        ("list(int?)", ["1", None], "[1, None]"),
        ("map(Status)", {"a b": "confirmed"}, '{"a b": Status.CONFIRMED}'),
        (
            "Stay",
            {"check_out": "2030-01-23", "check_in": "2030-01-22"},
            "Stay(check_in=date(2030, 1, 22), check_out=date(2030, 1, 23))",
        ),
        (
            "json",
            {"a": ["1", "x", None, "true", "1.5"]},
            '{"a": [1, "x", None, True, 1.5]}',
        ),
        ("json", ["1e400", "NaN", "-Infinity"], '["1e400", "NaN", "-Infinity"]'),
    ],
)
def test_a_value_is_printed_by_its_type(type: str, data: object, expected: str) -> None:
    assert literal(typed(type), data, WORLD) == expected


def test_a_quoted_word_in_json_stays_a_text() -> None:
    data = {"a": "1", "b": ["true", "2"]}
    quoted = {("a",), ("b", 0)}
    found = literal_value(JSON, data, WORLD, lambda path: path in quoted)
    assert found == {"a": "1", "b": ["true", 2]}


@pytest.mark.parametrize(
    ("type", "data"),
    [
        ("int", "3.0"),
        ("int", "9223372036854775808"),
        ("int", "٣"),
        ("decimal", "1e3"),
        ("decimal", "1,50"),
        ("decimal", ".5"),
        ("float", "1e400"),
        ("float", "nan"),
        ("bool", "yes"),
        ("uuid", "123"),
        ("uuid", "01890a5dac96774bbcceb302099a8057"),
        ("float", " 1"),
        ("date", "2030-02-30"),
        ("date", "22.1.2030"),
        ("datetime", "2030-01-22T15:00"),
        ("datetime", "2030-01-22"),
        ("datetime", "2030-01-22T25:00Z"),
        ("duration", "5"),
        ("duration", ""),
        ("duration", "P"),
        ("duration", "1h 1d"),
        ("duration", "9" * 30 + "d"),
        ("email", "ada"),
        ("url", "example"),
        ("bytes", "a"),
        ("bytes", "AAAA" * 30_000),
        ("Status", "requsted"),
        ("str", None),
        ("str", ["a"]),
        ("str", {}),
        ("list(int)", "1"),
        ("map(int)", ["1"]),
        ("Stay", "tomorrow"),
    ],
)
def test_a_value_of_another_type_is_refused(type: str, data: object) -> None:
    assert problems(type, data) == [("B210", ())]


def test_every_problem_is_told_with_its_path() -> None:
    line = {"price": "x", "count": "1", "status": "lost", "stay": {"check_in": "a"}}
    assert problems("list(Line)", [line, {"prize": "1"}]) == [
        ("B210", (0, "price")),
        ("B210", (0, "status")),
        ("B210", (0, "stay", "check_in")),
        ("B212", (0, "stay")),
        ("B212", (1, "prize")),
        ("B212", (1,)),
        ("B212", (1,)),
        ("B212", (1,)),
    ]


def test_an_unknown_field_or_member_is_answered_by_the_closest() -> None:
    with pytest.raises(LiteralError) as caught:
        literal(typed("Stay"), {"check_inn": "2030-01-01"}, WORLD)
    assert caught.value.problems[0].hint == 'did you mean "check_in"?'
    with pytest.raises(LiteralError) as caught:
        literal(typed("Status"), "requsted", WORLD)
    assert caught.value.problems[0].hint == 'did you mean "requested"?'
    with pytest.raises(LiteralError) as caught:
        literal(STR, None, WORLD)
    assert caught.value.problems[0].hint == 'quote it to mean the text: "null"'


@pytest.mark.parametrize(
    ("type", "data", "path"),
    [
        ("int(ge=3)", "2", ()),
        ("int(lt=3)", "3", ()),
        ("decimal(decimal_places=2)", "1.234", ()),
        ("decimal(max_digits=3)", "1000", ()),
        ("float(gt=0.5)", "0.5", ()),
        ("str(min_length=3)", "ab", ()),
        ("str(max_length=3)", "abcd", ()),
        ("str(pattern=^a$)", "ab", ()),
        ("date(ge=2030-01-01)", "2029-12-31", ()),
        ("duration(le=1h)", "61m", ()),
        ("list(int, min_length=1)", [], ()),
        ("list(int(ge=0))", ["1", "-1"], (1,)),
        ("map(str(min_length=1))", {"a": ""}, ("a",)),
    ],
)
def test_a_value_that_breaks_a_constraint_is_refused(
    type: str, data: object, path: tuple[str | int, ...]
) -> None:
    assert problems(type, data) == [("B211", path)]


def test_a_violation_says_what_would_be_right() -> None:
    assert violation(typed("int(ge=3)"), 2) == "must be greater than or equal to 3"
    assert violation(typed("str(min_length=3)"), "ab") == (
        "must have at least 3 characters"
    )
    assert violation(typed("list(int(ge=3))"), [4, 1]) is not None
    assert violation(typed("int(ge=3)?"), None) is None
    assert violation(typed("int"), 2) is None


def test_a_value_can_be_read_without_being_printed() -> None:
    found: Any = literal_value(
        typed("Line"),
        {"price": "1.50", "count": "2", "status": "confirmed"},
        WORLD,
    )
    assert dict(found) == {"price": Decimal("1.50"), "count": 2, "status": "confirmed"}
    with pytest.raises(TypeError):
        found["count"] = 3
    assert printed(typed("date"), time.date(2030, 1, 1), WORLD) == "date(2030, 1, 1)"


def test_what_is_printed_is_the_value_again() -> None:
    space = vars(run(classes()))
    for type, data, value in [
        ("uuid", KEY, UUID(KEY)),
        ("duration", "1d 2h 3m 4s", time.timedelta(1, 7384)),
        ("decimal", "-0.50", Decimal("-0.50")),
        ("Status", "confirmed", "confirmed"),
    ]:
        assert eval(literal(typed(type), data, WORLD), space) == value


def test_no_text_can_leave_its_literal() -> None:
    chance = random.Random(11)
    signs = [*"{}\"'\\\n\r\t\0%N0a #", "\u2028", "\u202e", "é", "\\N{DASH}", '"""']
    for _ in range(3000):
        text = "".join(chance.choices(signs, k=chance.randrange(12)))
        code = literal(STR, text, WORLD)
        assert eval(code) == text
        assert code.isprintable()
