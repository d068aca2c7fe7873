"""The append function as every caller will use it: arrays in, a verdict a command."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import pytest

from app.infra.persistence.postgres import Connection, Pool
from tests.infra.service import NOON

CALL = "SELECT * FROM kernel.append({})".format(
    ", ".join(f"${number}" for number in range(1, 21))
)


@dataclass
class Wish:
    """A command of a batch, as small as can be."""

    stream: UUID
    expected: int
    events: int = 1
    id: UUID = field(default_factory=uuid4)
    hash: bytes = b"h"
    kind: str = "k"
    take: tuple[str, ...] = ()
    drop: tuple[str, ...] = ()


async def append(
    connection: Pool | Connection, *wishes: Wish, wait: bool = True, epoch: int = 1
) -> list[asyncpg.Record]:
    events = [i for i, wish in enumerate(wishes, 1) for _ in range(wish.events)]
    keys = [
        (i, key, gone)
        for i, wish in enumerate(wishes, 1)
        for gone, names in ((False, wish.take), (True, wish.drop))
        for key in names
    ]
    arguments: list[Any] = [
        epoch,
        wait,
        [wish.id for wish in wishes],
        [wish.hash for wish in wishes],
        [wish.stream for wish in wishes],
        [wish.kind for wish in wishes],
        [wish.expected for wish in wishes],
        [wish.events for wish in wishes],
        [{"id": str(wish.stream)} for wish in wishes],
        [NOON for _ in wishes],
        events,
        [uuid4() for _ in events],
        ["t" for _ in events],
        [1 for _ in events],
        [{} for _ in events],
        [{} for _ in events],
        [i for i, _, _ in keys],
        ["s" for _ in keys],
        [key for _, key, _ in keys],
        [gone for _, _, gone in keys],
    ]
    return await connection.fetch(CALL, *arguments)


def verdicts(records: list[asyncpg.Record]) -> list[str]:
    return [record["verdict"] for record in records]


@pytest.fixture
async def connection(pool: Pool) -> AsyncIterator[Connection]:
    async with pool.acquire() as connection:
        yield connection


async def test_commands_of_one_stream_form_a_chain(connection: Connection) -> None:
    stream = uuid4()
    records = await append(
        connection, Wish(stream, 0, 2), Wish(stream, 2), Wish(stream, 3)
    )
    assert verdicts(records) == ["ok", "ok", "ok"]
    assert [record["version"] for record in records] == [2, 3, 4]
    rows = await connection.fetch("SELECT version FROM kernel.events ORDER BY pos")
    assert [row["version"] for row in rows] == [1, 2, 3, 4]


async def test_a_broken_link_breaks_the_rest_of_its_chain_and_nobody_else(
    connection: Connection,
) -> None:
    stream, other = uuid4(), uuid4()
    records = await append(
        connection, Wish(stream, 0), Wish(stream, 7), Wish(other, 0), Wish(stream, 8)
    )
    assert verdicts(records) == ["ok", "conflict", "ok", "conflict"]
    assert await connection.fetchval("SELECT count(*) FROM kernel.command_log") == 2


async def test_a_loser_leaves_nothing_behind(connection: Connection) -> None:
    holder, loser, neighbour = uuid4(), uuid4(), uuid4()
    await append(connection, Wish(holder, 0, take=("a",)))
    records = await append(
        connection,
        Wish(loser, 0, take=("a", "b")),
        Wish(neighbour, 0, take=("c",)),
    )
    assert verdicts(records) == ["taken", "ok"]
    assert records[0]["detail"] == "s"
    keys = await connection.fetch("SELECT key FROM kernel.unique_keys ORDER BY key")
    assert [row["key"] for row in keys] == ["a", "c"]
    for table, count in (("streams", 2), ("events", 2), ("command_log", 2)):
        statement = f"SELECT count(*) FROM kernel.{table}"
        assert await connection.fetchval(statement) == count


async def test_a_key_that_only_a_loser_of_the_call_held_is_tried_again(
    connection: Connection,
) -> None:
    await append(connection, Wish(uuid4(), 0, take=("a",)))
    records = await append(
        connection,
        Wish(uuid4(), 0, take=("a", "b")),
        Wish(uuid4(), 0, take=("b",)),
    )
    assert verdicts(records) == ["taken", "order"]


async def test_a_key_is_given_back_and_taken_by_another(
    connection: Connection,
) -> None:
    first, second = uuid4(), uuid4()
    await append(connection, Wish(first, 0, take=("a",)))
    assert verdicts(await append(connection, Wish(second, 0, take=("a",)))) == ["taken"]
    await append(connection, Wish(first, 1, drop=("a",)))
    assert verdicts(await append(connection, Wish(second, 0, take=("a",)))) == ["ok"]


async def test_a_repeat_gets_the_first_answer_and_another_body_gets_none(
    connection: Connection,
) -> None:
    wish = Wish(uuid4(), 0, 2)
    [first] = await append(connection, wish)
    await append(connection, Wish(wish.stream, 2))
    [repeat] = await append(connection, Wish(uuid4(), 0, id=wish.id))
    assert repeat["verdict"] == "duplicate"
    assert repeat["result"] == {"id": str(wish.stream)}
    for name in ("token_epoch", "token_xid", "token_pos", "version"):
        assert repeat[name] == first[name]
    [other] = await append(connection, Wish(uuid4(), 0, id=wish.id, hash=b"x"))
    assert other["verdict"] == "mismatch"


async def test_answers_come_in_the_order_of_the_commands(
    connection: Connection,
) -> None:
    old = [Wish(uuid4(), 0) for _ in range(20)]
    await append(connection, *old)
    mixed = [wish for pair in zip(old, _fresh(20), strict=True) for wish in pair]
    records = await append(connection, *mixed)
    assert [record["ord"] for record in records] == list(range(1, 41))
    assert verdicts(records) == ["duplicate", "ok"] * 20


async def test_a_command_without_events_makes_no_stream_and_is_logged(
    connection: Connection,
) -> None:
    wish = Wish(uuid4(), 0, 0)
    [record] = await append(connection, wish)
    assert (record["verdict"], record["token_epoch"]) == ("ok", None)
    assert await connection.fetchval("SELECT count(*) FROM kernel.streams") == 0
    assert verdicts(await append(connection, wish)) == ["duplicate"]


async def test_a_stream_of_another_kind_is_named_in_the_conflict(
    connection: Connection,
) -> None:
    stream = uuid4()
    await append(connection, Wish(stream, 0, kind="guest"))
    [record] = await append(connection, Wish(stream, 0, kind="room"))
    assert (record["verdict"], record["detail"]) == ("conflict", "guest")
    [record] = await append(connection, Wish(stream, 1, kind="room"))
    assert (record["verdict"], record["detail"]) == ("conflict", "guest")


async def test_an_older_transaction_may_not_write_after_a_younger_one(
    pool: Pool, connection: Connection
) -> None:
    stream = uuid4()
    await append(connection, Wish(stream, 0))
    async with pool.acquire() as old, old.transaction():
        await old.fetchval("SELECT pg_current_xact_id()::text")
        await append(connection, Wish(stream, 1))
        assert verdicts(await append(old, Wish(stream, 2))) == ["order"]
    assert verdicts(await append(connection, Wish(stream, 2))) == ["ok"]


async def test_a_held_stream_is_busy_for_those_who_do_not_wait(
    pool: Pool, connection: Connection
) -> None:
    held, free = uuid4(), uuid4()
    await append(connection, Wish(held, 0))
    async with pool.acquire() as holder, holder.transaction():
        await holder.execute(
            "SELECT FROM kernel.streams WHERE stream_id = $1 FOR UPDATE", held
        )
        records = await append(connection, Wish(held, 1), Wish(free, 0), wait=False)
    assert verdicts(records) == ["busy", "ok"]


async def test_a_duplicate_waits_for_the_first_even_when_that_is_rolled_back(
    pool: Pool, connection: Connection
) -> None:
    wish = Wish(uuid4(), 0)
    async with pool.acquire() as first:
        transaction = first.transaction()
        await transaction.start()
        await append(first, wish)
        second = asyncio.create_task(append(connection, wish))
        await asyncio.wait([second], timeout=0.05)
        assert not second.done()
        await transaction.rollback()
    assert verdicts(await second) == ["ok"]


async def test_a_process_of_an_earlier_epoch_is_refused(connection: Connection) -> None:
    with pytest.raises(asyncpg.PostgresError) as refusal:
        await append(connection, Wish(uuid4(), 0), epoch=2)
    assert refusal.value.sqlstate == "ES001"


def _fresh(count: int) -> list[Wish]:
    return [Wish(uuid4(), 0) for _ in range(count)]
