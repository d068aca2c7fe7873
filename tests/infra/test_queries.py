"""Queries against a second opinion: the same question, answered in plain Python."""

from __future__ import annotations

import random
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest

from app.common.clock import FixedClock
from app.common.errors import InvalidCursor, InvalidInput
from app.infra.projections import reader as reading
from app.infra.projections.conditions import Condition
from app.infra.projections.reader import (
    Measure,
    Page,
    Reader,
    Where,
    all_of,
    any_of,
    negated,
)
from generator import document, model
from generator.blueprint import parse
from generator.diagnostics import Report
from generator.resolve import resolve
from tests.infra.conftest import Databases, pool_of
from tests.infra.service import NOON
from tests.infra.things import ALICE, BOB, CREATE, THINGS, Colour, Thing, put, thing

TODAY = NOON.date()


def many() -> list[Thing]:
    """Rows that agree in most respects, and are empty in some."""
    chance = random.Random(7)
    return [
        thing(
            number,
            name=chance.choice(["a", "b", "B", "ä", "a b"]),
            size=chance.choice([None, 0, 1, 2, 3]),
            made_on=chance.choice(
                [None, TODAY, TODAY - timedelta(days=1), TODAY + timedelta(days=2)]
            ),
            price=Decimal(chance.choice(["1.0", "1.00", "2", "2.25"])),
            colour=chance.choice(list(Colour)),
            good=chance.random() < 0.5,
            seen_at=NOON - timedelta(hours=chance.randrange(4)),
            owner_id=chance.choice([ALICE, BOB]),
        )
        for number in range(1, 90)
    ]


MANY = many()


@pytest.fixture(scope="module")
async def reader(databases: Databases) -> AsyncIterator[Reader]:
    url = databases.address(await databases.create("template1"))
    async with pool_of(url) as pool:
        await pool.execute(CREATE)
        await put(pool, *MANY)
        yield Reader(pool, clock=FixedClock(NOON))


async def found(reader: Reader, **question: Any) -> set[int]:
    page = await reader.page(THINGS, limit=500, **question)
    return {item.thing_id.int for item in page.items}


# A fixed condition: what the generator makes of an expression, against the expression.

BLUEPRINT = """
domain: shelf
enums:
  Colour: [red, blue, green]
aggregates:
  Thing:
    state: {size: int?}
    commands:
      Make: {creates: true, fields: &fields {FIELDS}, emits: Made}
    events:
      Made: {fields: {FIELDS}}
read_models:
  ThingView:
    key: thing_id
    columns: {FIELDS}
    on: {Made: insert}
queries:
""".replace("&fields ", "").replace(
    "{FIELDS}",
    "{size: int?, price: decimal, made_on: date?, seen_at: datetime, name: str,"
    " colour: Colour, good: bool, lasts: duration}",
)


def translated(expressions: Sequence[str]) -> list[tuple[str, str]]:
    """Each expression that the language accepts, with its printed condition."""
    queries = "".join(
        f'  Ask{number}: {{from: ThingView, where: "{text}"}}\n'
        for number, text in enumerate(expressions)
    )
    report = Report()
    file = document.load(BLUEPRINT + queries, "shelf.yaml", report)
    domain: model.Domain = resolve(parse([file], report), report).domains[0]
    return [
        (expressions[int(query.name.removeprefix("Ask"))], query.fixed)
        for query in domain.queries
        if query.fixed
    ]


def condition(code: str, reader: Reader) -> Condition:
    """The condition that printed code makes."""
    names = {
        "Where": Where,
        "all_of": all_of,
        "any_of": any_of,
        "negated": negated,
        "Colour": Colour,
        "Decimal": Decimal,
        "timedelta": timedelta,
        "date": date,
        "moment": reader.moment(),
    }
    made: Condition = eval(code, names)
    return made


def holding(text: str) -> set[int]:
    """The rows for which Python says that the expression is true."""
    words = {
        **{each.value: each for each in Colour},
        "now": NOON,
        "today": TODAY,
        "days": lambda n: timedelta(days=n),
        "hours": lambda n: timedelta(hours=n),
        "minutes": lambda n: timedelta(minutes=n),
    }
    columns = [column.name for column in THINGS.columns]
    return {
        row.thing_id.int
        for row in MANY
        if eval(text, {**words, **{name: getattr(row, name) for name in columns}})
    }


LEAVES = [
    *(f"price {sign} 2" for sign in ("==", "!=", "<", "<=", ">", ">=")),
    *(f"name {sign} 'a'" for sign in ("==", "!=", "<", ">=")),
    *(f"seen_at {sign} now - hours(2)" for sign in ("<", "<=", ">", ">=", "==")),
    *(f"lasts {sign} days(40) + minutes(1)" for sign in ("<", ">=", "==")),
    *("2.25 <= price", "now - hours(1) > seen_at", "1 < price < 2.25"),
    *("colour == red", "colour != blue", "colour in [red, green]", "red == colour"),
    *("colour not in [green]", "good", "not good", "name in ['a', 'ä']"),
    *("size is None", "size is not None", "size == 2", "size != 2"),
    *("(size is not None and size > 1)", "(size is None or size <= 1)"),
    *("(size is not None and size in [0, 3])", "(size is None or size not in [1])"),
    *("(made_on is not None and made_on < today)", "made_on == today"),
    *("made_on != today - days(1)", "(made_on is None or made_on > today)"),
]


def random_expression(chance: random.Random, depth: int) -> str:
    if depth == 0 or chance.random() < 0.2:
        return chance.choice(LEAVES)
    kind = chance.choice(["and", "or", "not"])
    if kind == "not":
        return f"not ({random_expression(chance, depth - 1)})"
    parts = (random_expression(chance, depth - 1) for _ in range(chance.choice([2, 3])))
    return f" {kind} ".join(f"({part})" for part in parts)


async def test_every_comparison_says_in_sql_what_it_says_in_python(
    reader: Reader,
) -> None:
    cases = translated([*LEAVES, *(f"not ({leaf})" for leaf in LEAVES)])
    assert len(cases) == 2 * len(LEAVES)
    for text, code in cases:
        assert await found(reader, where=condition(code, reader)) == holding(text), text


async def test_random_conditions_say_in_sql_what_they_say_in_python(
    reader: Reader,
) -> None:
    chance = random.Random(3)
    texts = [random_expression(chance, 3) for _ in range(400)]
    cases = translated([text for text in texts if len(text) < 480])
    assert len(cases) > 150
    for text, code in cases:
        assert await found(reader, where=condition(code, reader)) == holding(text), text


async def test_what_is_not_so_includes_what_is_unknown(reader: Reader) -> None:
    unknown = negated(any_of(Where("size", "<", 2), Where("price", "=", Decimal(2))))
    rows = await found(reader, where=unknown)
    assert rows == holding("not (size is not None and size < 2 or price == 2)")
    assert any(row.size is None for row in MANY if row.thing_id.int in rows)


# Pages.


def place(column: str) -> Callable[[Thing], tuple[bool, Any, int]]:
    def of(row: Thing) -> tuple[bool, Any, int]:
        value = getattr(row, column)
        return (value is None, 0 if value is None else value, row.thing_id.int)

    return of


FILTERS: list[tuple[Where, Callable[[Thing], bool]]] = [
    (Where("size", "=", 2), lambda row: row.size == 2),
    (Where("size", ">=", 1), lambda row: row.size is not None and row.size >= 1),
    (Where("size", "is_null", True), lambda row: row.size is None),
    (
        Where("colour", "in", [Colour.RED, Colour.BLUE]),
        lambda row: row.colour != "green",
    ),
    (Where("colour", "!=", Colour.RED), lambda row: row.colour != "red"),
    (Where("name", "starts_with", "a"), lambda row: row.name.startswith("a")),
    (Where("name", "contains", "b"), lambda row: "b" in row.name),
    (Where("good", "=", True), lambda row: row.good),
    (Where("owner_id", "=", ALICE), lambda row: row.owner_id == ALICE),
    (
        Where("made_on", "<=", TODAY),
        lambda row: bool(row.made_on and row.made_on <= TODAY),
    ),
    (Where("price", "<", None, optional=True), lambda row: True),
]
SORTS = ["size", "price", "made_on", "seen_at", "good", "colour", "lasts", "thing_id"]


def questions() -> Iterator[tuple[str, list[Where], list[Thing], int]]:
    """A sort, some filters, the rows that must come in that order, a page size."""
    chance = random.Random(11)
    for _ in range(80):
        chosen = chance.sample(FILTERS, chance.choice([0, 0, 1, 2]))
        column, down = chance.choice(SORTS), chance.random() < 0.5
        rows = [row for row in MANY if all(holds(row) for _, holds in chosen)]
        rows.sort(key=place(column), reverse=down)
        sort = f"-{column}" if down else column
        yield sort, [where for where, _ in chosen], rows, chance.choice([1, 3, 7, 100])


async def test_pages_lead_to_every_row_once_forward_and_back(reader: Reader) -> None:
    for sort, filters, expected, limit in questions():
        pages = [await reader.page(THINGS, *filters, sort=sort, limit=limit)]
        assert pages[0].previous_cursor is None
        while cursor := pages[-1].next_cursor:
            pages.append(
                await reader.page(
                    THINGS, *filters, sort=sort, limit=limit, cursor=cursor
                )
            )
        assert [row for page in pages for row in page.items] == expected
        back: list[Page[Thing]] = [pages[-1]]
        while cursor := back[0].previous_cursor:
            page = await reader.page(
                THINGS, *filters, sort=sort, limit=limit, cursor=cursor
            )
            assert page.next_cursor is not None
            back.insert(0, page)
        assert [row for page in back for row in page.items] == expected


async def test_a_page_before_leads_on_to_the_page_that_was_left(reader: Reader) -> None:
    first = await reader.page(THINGS, sort="size", limit=5)
    second = await reader.page(THINGS, sort="size", limit=5, cursor=first.next_cursor)
    again = await reader.page(
        THINGS, sort="size", limit=5, cursor=second.previous_cursor
    )
    assert again == first
    onward = await reader.page(THINGS, sort="size", limit=5, cursor=again.next_cursor)
    assert onward == second


async def test_a_cursor_that_was_changed_anywhere_is_refused(reader: Reader) -> None:
    cursor = (await reader.page(THINGS, sort="size", limit=1)).next_cursor
    assert cursor is not None
    for index, letter in enumerate(cursor):
        other = "A" if letter != "A" else "B"
        changed = cursor[:index] + other + cursor[index + 1 :]
        with pytest.raises(InvalidCursor):
            await reader.page(THINGS, sort="size", limit=1, cursor=changed)
    for changed in (cursor[:-1], cursor[1:], cursor + "A", cursor + "=", f" {cursor}"):
        with pytest.raises(InvalidCursor):
            await reader.page(THINGS, sort="size", limit=1, cursor=changed)


async def test_a_cursor_belongs_to_its_filters(reader: Reader) -> None:
    small, large = Where("size", "<=", 1), Where("size", "<=", 2)
    page = await reader.page(THINGS, small, limit=1)
    with pytest.raises(InvalidCursor, match="other filters"):
        await reader.page(THINGS, large, limit=1, cursor=page.next_cursor)
    assert (await reader.page(THINGS, small, limit=1, cursor=page.next_cursor)).items


async def test_a_cursor_outlives_the_clock_of_a_fixed_condition(reader: Reader) -> None:
    earlier = Where("seen_at", "<", NOON - timedelta(minutes=1))
    later = Where("seen_at", "<", NOON)
    page = await reader.page(THINGS, where=earlier, limit=1)
    onward = await reader.page(THINGS, where=later, limit=1, cursor=page.next_cursor)
    assert onward.items


async def test_whole_numbers_have_no_end(databases: Databases) -> None:
    """A fold may add up what nobody has bounded; its rows are as good as others."""
    huge = [2**63, 2**70, 10**100]
    sizes = [-size for size in reversed(huge)] + huge
    numbered = (thing(number, size=size) for number, size in enumerate(sizes))
    url = databases.address(await databases.create("template1"))
    async with pool_of(url) as pool:
        await pool.execute(CREATE)
        await put(pool, *numbered)
        reader = Reader(pool, clock=FixedClock(NOON))
        for sort, expected in (("size", sizes), ("-size", sizes[::-1])):
            page: Page[Thing] = Page([])
            read: list[int | None] = []
            while len(read) < len(sizes):
                page = await reader.page(
                    THINGS, sort=sort, limit=1, cursor=page.next_cursor
                )
                read += [row.size for row in page.items]
            assert read == expected
        above = Where("size", ">=", 2**63)
        whole = await reader.totals(THINGS, above, row=Whole, measures=WHOLE)
        assert (whole.rows, whole.sizes) == (3, sum(huge))


# Measures.


@dataclass(frozen=True, slots=True, kw_only=True)
class ByColour:
    colour: Colour
    made_on: date | None
    rows: int
    sizes: int
    paid: Decimal
    usual: Decimal
    typical: Decimal | None
    least: int | None
    last_seen: datetime
    time: timedelta


@dataclass(frozen=True, slots=True, kw_only=True)
class Whole:
    rows: int
    sizes: int
    greatest: Decimal | None
    time: timedelta


BY_COLOUR = {
    "rows": Measure("count"),
    "sizes": Measure("sum", "size"),
    "paid": Measure("sum", "price"),
    "usual": Measure("avg", "price"),
    "typical": Measure("avg", "size"),
    "least": Measure("min", "size"),
    "last_seen": Measure("max", "seen_at"),
    "time": Measure("sum", "lasts"),
}
WHOLE = {
    "rows": Measure("count"),
    "sizes": Measure("sum", "size"),
    "greatest": Measure("max", "price"),
    "time": Measure("sum", "lasts"),
}


def added_up(rows: list[Thing]) -> dict[str, Any]:
    sizes = [row.size for row in rows if row.size is not None]
    return {
        "rows": len(rows),
        "sizes": sum(sizes),
        "paid": sum(row.price for row in rows),
        "usual": sum(row.price for row in rows) / len(rows),
        "typical": Decimal(sum(sizes)) / len(sizes) if sizes else None,
        "least": min(sizes, default=None),
        "last_seen": max(row.seen_at for row in rows),
        "time": sum((row.lasts for row in rows), timedelta()),
    }


async def test_measures_add_up_what_the_filters_leave(reader: Reader) -> None:
    for _, filters, rows, _ in questions():
        groups = await reader.groups(
            THINGS,
            *filters,
            row=ByColour,
            group_by=("colour", "made_on"),
            measures=BY_COLOUR,
        )
        names = {(row.colour, row.made_on) for row in rows}
        assert {(each.colour, each.made_on) for each in groups} == names
        assert len(groups) == len(names)
        for group in groups:
            own = (group.colour, group.made_on)
            for name, expected in added_up(
                [row for row in rows if (row.colour, row.made_on) == own]
            ).items():
                number = getattr(group, name)
                assert type(number) is type(expected), name
                if isinstance(number, Decimal):
                    assert abs(number - expected) < Decimal("1e-9"), name
                else:
                    assert number == expected, name


async def test_measures_of_nothing_are_zero_or_none(reader: Reader) -> None:
    nobody = Where("owner_id", "=", UUID(int=99))
    whole = await reader.totals(THINGS, nobody, row=Whole, measures=WHOLE)
    assert whole == Whole(rows=0, sizes=0, greatest=None, time=timedelta())
    assert not await reader.groups(
        THINGS,
        nobody,
        row=ByColour,
        group_by=("colour", "made_on"),
        measures=BY_COLOUR,
    )


async def test_more_groups_than_anybody_reads_are_refused(
    reader: Reader, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reading, "MOST_GROUPS", 3)
    with pytest.raises(InvalidInput, match="3 groups"):
        await reader.groups(
            THINGS,
            row=ByColour,
            group_by=("colour", "made_on"),
            measures=BY_COLOUR,
        )
