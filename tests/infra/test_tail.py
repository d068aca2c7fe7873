"""The tail: every event, each stream in order, whatever the transactions do."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator, Sequence
from contextlib import suppress
from itertools import chain
from uuid import UUID, uuid4

import asyncpg
import pytest
import structlog

from app.common.errors import InvalidInput
from app.config.worker import WorkerSettings
from app.infra.event_store.tail import fence_holder, fence_wait, read_tail
from app.infra.event_store.tokens import START, Token
from app.infra.persistence.postgres import Connection, Pool
from app.infra.worker import watch_fence
from tests.infra.conftest import CreateDatabase
from tests.infra.lending import VIEW, WriteNote
from tests.infra.service import Service, eventually
from tests.infra.test_append import Wish, append

Seen = list[tuple[int, UUID, int]]

NAIVE = "WHERE e.pos > $2"
HALF_FENCED = "WHERE e.pos > $2 AND e.xid < pg_snapshot_xmin(pg_current_snapshot())"


async def tail(pool: Pool | Connection, after: Token = START) -> Sequence[Token]:
    events = await read_tail(pool, after, kind="k", types=["t"], limit=1000)
    return [event.place for event in events]


async def test_readers_by_position_lose_events_and_ours_loses_and_inverts_none(
    pool: Pool,
) -> None:
    streams = [uuid4() for _ in range(6)]
    await append(pool, *(Wish(stream, 0) for stream in streams))
    stop = asyncio.Event()
    fenced, naive, half = (
        asyncio.create_task(_follow_tail(pool, stop)),
        asyncio.create_task(_follow_positions(pool, NAIVE, stop)),
        asyncio.create_task(_follow_positions(pool, HALF_FENCED, stop)),
    )
    await asyncio.gather(*(_write(pool, streams, seed) for seed in range(5)))
    stop.set()
    everything = {
        record["pos"] for record in await pool.fetch("SELECT pos FROM kernel.events")
    }
    ours = await fenced
    assert {pos for pos, _, _ in ours} == everything
    assert len(ours) == len(everything)
    assert _inversions(ours) == 0
    assert everything - {pos for pos, _, _ in await naive}
    assert everything - {pos for pos, _, _ in await half}


async def test_without_the_guard_a_stream_would_be_read_out_of_order(
    pool: Pool,
) -> None:
    """The mutation that shows that the guard is what keeps the order."""
    source = await pool.fetchval(
        "SELECT pg_get_functiondef('kernel.append'::text::regproc)"
    )
    unguarded = source.replace("(s.last_epoch, s.last_xid) <= (p_epoch, me)", "true")
    assert unguarded != source
    await pool.execute(unguarded)
    stream = uuid4()
    await append(pool, Wish(stream, 0))
    async with pool.acquire() as old, old.transaction():
        await old.fetchval("SELECT pg_current_xact_id()::text")
        await append(pool, Wish(stream, 1))
        await append(old, Wish(stream, 2))
    events = await read_tail(pool, START, kind="k", types=["t"], limit=10)
    assert [event.version for event in events] == [1, 3, 2]


async def test_an_open_transaction_of_another_database_delays_all_and_is_named(
    service: Service, create_database: CreateDatabase
) -> None:
    other = await asyncpg.connect(await create_database("template1"))
    try:
        transaction = other.transaction()
        await transaction.start()
        await other.fetchval("SELECT pg_current_xact_id()::text")
        loan = await service.open_loan()
        await service.send(WriteNote(loan_id=loan, note="n"))

        assert not await tail(service.pool)
        holder = await fence_holder(service.pool)
        assert holder is not None
        assert holder.pid == other.get_server_pid()
        assert holder.database == await other.fetchval("SELECT current_database()")
        assert await fence_wait(service.pool) > 0

        await transaction.rollback()
        assert len(await tail(service.pool)) == 2
        assert await fence_wait(service.pool) == 0
    finally:
        await other.close()


async def test_the_worker_raises_an_alarm_that_names_the_holder(
    service: Service, pool: Pool
) -> None:
    stop = asyncio.Event()
    settings = WorkerSettings(fence_alarm=0.02)
    async with pool.acquire() as foreign, foreign.transaction():
        await foreign.fetchval("SELECT pg_current_xact_id()::text")
        await service.open_loan()
        with structlog.testing.capture_logs() as logs:
            watch = asyncio.create_task(watch_fence(pool, settings, stop))
            alarm = await eventually(
                lambda: [line for line in logs if line["log_level"] == "critical"]
            )
        assert alarm[0]["pid"] == foreign.get_server_pid()
    stop.set()
    await watch


async def test_an_open_transaction_that_only_reads_holds_nothing_up(
    service: Service, pool: Pool
) -> None:
    async with pool.acquire() as reader, reader.transaction(isolation="serializable"):
        await reader.fetch("SELECT * FROM kernel.events")
        await service.open_loan()
        assert len(await tail(pool)) == 1
        assert await fence_holder(pool) is None


async def test_a_checkpoint_moves_over_events_that_the_projection_ignores(
    service: Service,
) -> None:
    await append(service.pool, *(Wish(uuid4(), 0) for _ in range(3)))
    await service.catch_up(VIEW)
    [last] = (await tail(service.pool))[-1:]
    place = await service.pool.fetchrow(
        "SELECT epoch, xid::text::bigint AS xid, pos FROM kernel.checkpoints"
    )
    assert place is not None
    assert Token(*place) == last


async def _write(pool: Pool, streams: list[UUID], seed: int) -> None:
    """Transactions that have their id before they look, last, and sometimes fail."""
    chance = random.Random(seed)
    async with pool.acquire() as connection:
        for _ in range(60):
            with suppress(_Discard):
                async with connection.transaction():
                    await _write_once(connection, chance, chance.choice(streams))


async def _write_once(
    connection: Connection, chance: random.Random, stream: UUID
) -> None:
    await connection.fetchval("SELECT pg_current_xact_id()::text")
    await asyncio.sleep(chance.random() * 0.005)
    version = await connection.fetchval(
        "SELECT version FROM kernel.streams WHERE stream_id = $1", stream
    )
    wish = Wish(stream, version) if chance.random() < 0.5 else Wish(uuid4(), 0)
    [record] = await append(connection, wish)
    await asyncio.sleep(chance.random() * 0.005)
    if record["verdict"] != "ok" or chance.random() < 0.05:
        raise _Discard


class _Discard(Exception):
    """Roll back."""


async def _follow_tail(pool: Pool, stop: asyncio.Event) -> Seen:
    seen: Seen = []
    place = START
    async for _ in _until_quiet(stop, seen):
        for event in await read_tail(pool, place, kind="k", types=[], limit=100):
            seen.append((event.place.pos, event.stream_id, event.version))
            place = event.place
    return seen


async def _follow_positions(pool: Pool, where: str, stop: asyncio.Event) -> Seen:
    seen: Seen = []
    statement = (
        f"SELECT e.pos, e.stream_id, e.version FROM kernel.events e {where}"
        " AND $1::int = 1 ORDER BY e.pos LIMIT 100"
    )
    async for _ in _until_quiet(stop, seen):
        place = seen[-1][0] if seen else 0
        seen += [tuple(record) for record in await pool.fetch(statement, 1, place)]
    return seen


async def _until_quiet(stop: asyncio.Event, seen: Seen) -> AsyncIterator[None]:
    """Turns, until told to stop and a further ten bring nothing new."""
    quiet = 0
    while not stop.is_set() or quiet < 10:
        before = len(seen)
        yield
        quiet = quiet + 1 if len(seen) == before else 0
        await asyncio.sleep(0.001)


def _inversions(seen: Seen) -> int:
    last: dict[UUID, int] = {}
    inverted = 0
    for _, stream, version in seen:
        inverted += version <= last.get(stream, 0)
        last[stream] = version
    return inverted


@pytest.mark.parametrize(
    "text", ["", "1-2", "a-b-c", "1-2-3-4", "\u0661-2-3", "1-2-" + "9" * 30]
)
def test_a_text_that_is_no_token_is_refused(text: str) -> None:
    with pytest.raises(InvalidInput):
        Token.parse(text)


def test_tokens_are_ordered_and_read_back() -> None:
    assert Token.parse("1-20-3") == Token(1, 20, 3)
    assert Token(1, 9, 9) < Token(1, 10, 1) < Token(2, 0, 0)
    assert str(Token(1, 20, 3)) == "1-20-3"


async def test_a_batch_ends_at_so_many_bytes_and_is_never_empty(pool: Pool) -> None:
    """The events that a reader ignores weigh nothing, and leave no gap behind."""
    stream, other = uuid4(), uuid4()
    await append(pool, Wish(stream, 0, events=4), Wish(other, 0, kind="other"))
    await append(pool, Wish(stream, 4, events=4))
    whole = await read_tail(pool, START, limit=100)
    assert len(whole) == 9
    size = len(whole[0].data or "")

    async def read(budget: int, kind: str = "") -> list[list[Token]]:
        types = ["none of these"] if kind else None
        place, batches = START, []
        while batch := await read_tail(
            pool, place, limit=100, kind=kind, types=types, budget=budget
        ):
            batches.append([event.place for event in batch])
            place = batch[-1].place
        return batches

    everything = [event.place for event in whole]
    for budget, largest in ((1, 1), (3 * size, 3), (100 * size, 9)):
        batches = await read(budget)
        assert list(chain.from_iterable(batches)) == everything
        assert max(len(batch) for batch in batches) == largest
    ignoring = await read(1, kind="other")
    assert list(chain.from_iterable(ignoring)) == everything
    assert [len(batch) for batch in ignoring] == [5, 4]
