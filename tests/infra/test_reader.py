"""Reading: typed conditions, pages that miss nothing, and rows for their owners."""

from __future__ import annotations

import random
from base64 import urlsafe_b64encode
from collections.abc import AsyncIterator
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest

from app.common.actor import ANONYMOUS, PUBLIC, SYSTEM, Actor, OwnerColumn
from app.common.errors import Forbidden, InvalidCursor, InvalidInput, NotFound
from app.infra.persistence.postgres import Pool
from app.infra.projections.folding import Standing
from app.infra.projections.reader import Page, Reader, Where, visible_to
from app.infra.projections.rows import load_standings
from tests.infra.conftest import Databases, pool_of
from tests.infra.things import (
    ALICE,
    BOB,
    CREATE,
    THINGS,
    THINGS_VIEW,
    Colour,
    Thing,
    put,
    thing,
)

SORTS = ["size", "price", "made_on", "seen_at", "weight", "good", "colour", "lasts"]


def many() -> list[Thing]:
    chance = random.Random(1)
    return [
        thing(
            number,
            size=chance.choice([None, 1, 2, 3]),
            made_on=chance.choice([None, date(2030, 1, 1), date(2030, 1, 2)]),
            price=Decimal(chance.choice(["1.0", "1.00", "2"])),
            colour=chance.choice(list(Colour)),
        )
        for number in range(1, 60)
    ]


MANY = many()


@pytest.fixture
async def reader(pool: Pool) -> Reader:
    await pool.execute(CREATE)
    return Reader(pool)


@pytest.fixture(scope="module")
async def shelf(databases: Databases) -> AsyncIterator[Reader]:
    """Four things that nobody changes."""
    url = databases.address(await databases.create("template1"))
    async with pool_of(url) as pool:
        await pool.execute(CREATE)
        await put(pool, thing(1), thing(2), thing(3), thing(4, size=None))
        yield Reader(pool)


@pytest.fixture(scope="module")
async def store_room(databases: Databases) -> AsyncIterator[Reader]:
    """Many things, alike in most respects, some without."""
    url = databases.address(await databases.create("template1"))
    async with pool_of(url) as pool:
        await pool.execute(CREATE)
        await put(pool, *MANY)
        yield Reader(pool)


async def found(reader: Reader, *conditions: Any) -> list[int]:
    page = await reader.page(THINGS, *conditions)
    return [item.thing_id.int for item in page.items]


async def test_every_type_of_column_comes_back_as_it_went_in(
    reader: Reader, pool: Pool
) -> None:
    original = thing(1, tags=["a", "b"], parts={"x": 1}, size=None, made_on=None)
    await put(pool, original)
    assert await reader.one(THINGS, Where("thing_id", "=", UUID(int=1))) == original
    standings = await load_standings(pool, THINGS_VIEW, [UUID(int=1)])
    assert standings == {UUID(int=1): Standing(1, original, original)}


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        (Where("size", "=", 2), [2]),
        (Where("size", "!=", 2), [1, 3, 4]),
        (Where("size", "=", None), [4]),
        (Where("size", "!=", None), [1, 2, 3]),
        (Where("size", "<", 2), [1]),
        (Where("size", "<=", 2), [1, 2]),
        (Where("size", ">", 2), [3]),
        (Where("size", ">=", 2), [2, 3]),
        (Where("size", ">", None), []),
        (Where("size", "in", [1, 3, 99]), [1, 3]),
        (Where("size", "in", []), []),
        (Where("size", "in", None), []),
        (Where("name", "contains", None), []),
        (Where("size", "is_null", True), [4]),
        (Where("size", "is_null", False), [1, 2, 3]),
        (Where("size", "=", None, optional=True), [1, 2, 3, 4]),
        (Where("name", "contains", "g 2"), [2]),
        (Where("name", "contains", "%"), []),
        (Where("name", "starts_with", "thing"), [1, 2, 3, 4]),
        (Where("name", "starts_with", "hing"), []),
        (Where("colour", "=", Colour.BLUE), []),
        (Where("colour", "in", [Colour.BLUE, Colour.RED]), [1, 2, 3, 4]),
        (Where("price", "=", Decimal("0.50")), [2]),
        (Where("tags", "contains", "tag 3"), [3]),
        (Where("parts", "=", {"n": 1}), [1]),
        (Where("raw", "=", b"\x03"), [3]),
        (Where("made_on", ">=", date(2030, 1, 4)), [3, 4]),
    ],
)
async def test_conditions_select_what_they_say(
    shelf: Reader, condition: Where, expected: list[int]
) -> None:
    assert await found(shelf, condition) == expected


async def test_ended_rows_are_not_there(reader: Reader, pool: Pool) -> None:
    await put(pool, thing(1), thing(2))
    await pool.execute(f"{_update('live = false')} WHERE size = 1")
    assert await found(reader) == [2]
    with pytest.raises(NotFound):
        await reader.one(THINGS, Where("size", "=", 1))


@pytest.mark.parametrize("direction", ["", "-"])
@pytest.mark.parametrize("column", [*SORTS, "thing_id"])
async def test_pages_visit_every_row_once_and_in_order(
    store_room: Reader, column: str, direction: str
) -> None:
    visited: list[Thing] = []
    cursor = None
    while True:
        page = await store_room.page(
            THINGS, sort=direction + column, limit=7, cursor=cursor
        )
        visited += page.items
        if (cursor := page.next_cursor) is None:
            break
        assert len(page.items) == 7

    def place(row: Thing) -> tuple[bool, Any, int]:
        value = getattr(row, column)
        return (value is None, value if value is not None else 0, row.thing_id.int)

    assert visited == sorted(MANY, key=place, reverse=direction == "-")


async def test_the_last_page_has_no_cursor_even_when_it_is_full(
    reader: Reader, pool: Pool
) -> None:
    await put(pool, thing(1), thing(2))
    page: Page[Thing] = await reader.page(THINGS, limit=2)
    assert (len(page.items), page.next_cursor) == (2, None)


@pytest.mark.parametrize(
    "cursor",
    [
        "",
        "!",
        "no cursor",
        "ümlaut",
        "bnVsbA",
        urlsafe_b64encode(b'["size",1]').decode(),
        urlsafe_b64encode(b'["size","x","y"]').decode(),
        urlsafe_b64encode(b'["size",%d,"%s"]' % (2**70, str(ALICE).encode())).decode(),
        urlsafe_b64encode(b'["-size",1,"%s"]' % str(ALICE).encode()).decode(),
        urlsafe_b64encode(b'["name",1,"%s"]' % str(ALICE).encode()).decode(),
    ],
)
async def test_a_cursor_that_was_not_given_out_is_refused(
    shelf: Reader, cursor: str
) -> None:
    with pytest.raises(InvalidCursor):
        await shelf.page(THINGS, sort="size", cursor=cursor)


async def test_a_cursor_of_another_order_is_refused(reader: Reader, pool: Pool) -> None:
    await put(pool, thing(1), thing(2))
    page = await reader.page(THINGS, sort="size", limit=1)
    with pytest.raises(InvalidCursor, match='"size"'):
        await reader.page(THINGS, sort="-size", limit=1, cursor=page.next_cursor)


async def test_a_value_that_cannot_be_compared_is_refused(reader: Reader) -> None:
    with pytest.raises(InvalidInput, match=r"^A value cannot be compared\.$"):
        await reader.page(THINGS, Where("name", "=", "nul \x00"))


async def test_a_column_that_is_not_there_is_a_mistake_of_ours(reader: Reader) -> None:
    with pytest.raises(LookupError, match="nope"):
        await reader.page(THINGS, Where("nope", "=", 1))


def owner(id: UUID, role: str = "guest") -> Actor:
    return Actor(str(id), frozenset({role}))


GRANTS = ("staff", OwnerColumn("guest", "owner_id"))


@pytest.mark.parametrize(
    ("actor", "expected"),
    [
        (owner(ALICE), [1, 3]),
        (owner(BOB), [2, 4]),
        (owner(UUID(int=9)), []),
        (owner(ALICE, "staff"), [1, 2, 3, 4]),
        (Actor("no id at all", frozenset({"staff"})), [1, 2, 3, 4]),
        (SYSTEM, [1, 2, 3, 4]),
    ],
)
async def test_everybody_sees_what_the_grants_show(
    shelf: Reader, actor: Actor, expected: list[int]
) -> None:
    assert await found(shelf, visible_to(actor, *GRANTS)) == expected


@pytest.mark.parametrize(
    "actor", [ANONYMOUS, owner(ALICE, "other"), Actor("x", frozenset({"guest"}))]
)
def test_who_has_no_grant_is_refused(actor: Actor) -> None:
    with pytest.raises(Forbidden):
        visible_to(actor, *GRANTS)


async def test_a_public_grant_shows_everything(reader: Reader, pool: Pool) -> None:
    await put(pool, thing(1), thing(2))
    assert await found(reader, visible_to(ANONYMOUS, PUBLIC)) == [1, 2]


async def test_an_older_row_never_replaces_a_newer_one(
    reader: Reader, pool: Pool
) -> None:
    await put(pool, thing(1, name="new"))
    await pool.execute(_update("stream_version = 5"))
    await put(pool, thing(1, name="old"))
    assert (await reader.one(THINGS)).name == "new"


def _update(change: str) -> str:
    return f'UPDATE "the ""things""" SET {change}'
