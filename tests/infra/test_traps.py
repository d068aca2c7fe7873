"""The traps of reading a log while it is written, each shown to be one.

Writers of every kind run against one another: a group commit, and transactions that had
their transaction id long before they loaded anything. Three readers watch at once. The
two naive ones must lose or turn round events, or the test would prove nothing.
"""

from __future__ import annotations

import asyncio
import random
from collections import Counter, defaultdict
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from uuid import UUID, uuid4

import pytest

from app.infra.event_store import tail
from app.infra.event_store.append import Append, arguments, statement
from app.infra.event_store.group_commit import GroupCommit
from app.infra.event_store.tokens import START
from app.infra.persistence.postgres import Connection, Pool
from tests.infra.conftest import pool_of
from tests.infra.group import connecting, grouping, patch_append, wish

STREAMS = 12
ENOUGH = 1_500
GUARD = "(s.last_epoch, s.last_xid) <= (p_epoch, me)"

BY_POSITION = """
SELECT e.xid::text::bigint AS xid_number, e.pos, e.stream_id, e.version
FROM kernel.events e WHERE e.pos > $1 ORDER BY e.pos LIMIT 200
"""
BELOW_THE_FENCE = BY_POSITION.replace(
    "ORDER", "AND e.xid < pg_snapshot_xmin(pg_current_snapshot()) ORDER"
)


@dataclass
class Seen:
    """What a reader has met."""

    positions: set[int] = field(default_factory=set)
    turned_round: int = 0
    _last: dict[UUID, int] = field(default_factory=lambda: defaultdict(int))

    def meet(self, pos: int, stream: UUID, version: int) -> None:
        self.positions.add(pos)
        self.turned_round += version <= self._last[stream]
        self._last[stream] = max(version, self._last[stream])


@dataclass
class Race:
    """Writers and readers of one log, until enough has been written."""

    pool: Pool
    group: GroupCommit
    streams: list[UUID]
    written: int = 0
    verdicts: Counter[str] = field(default_factory=Counter)
    acknowledged: set[tuple[UUID, int]] = field(default_factory=set)
    over: asyncio.Event = field(default_factory=asyncio.Event)

    async def run(self) -> dict[str, Seen]:
        writers = [
            *(self._write_in_group(random.Random(n)) for n in range(8)),
            *(self._write_in_transaction(random.Random(-n)) for n in range(8)),
        ]
        async with asyncio.TaskGroup() as tasks:
            readers = {
                "position": tasks.create_task(self._read(BY_POSITION)),
                "position below the fence": tasks.create_task(
                    self._read(BELOW_THE_FENCE)
                ),
                "ours": tasks.create_task(self._read_as_we_do()),
            }
            await asyncio.gather(*writers)
            self.over.set()
        return {name: reader.result() for name, reader in readers.items()}

    async def _write_in_group(self, dice: random.Random) -> None:
        while self.written < ENOUGH:
            stream = dice.choice(self.streams) if dice.random() < 0.7 else uuid4()
            version = await self._version(self.pool, stream)
            await asyncio.sleep(dice.random() * 0.004)
            append = wish(stream, version, events=2)
            self._note(append, (await self.group.append(append)).outcome)

    async def _write_in_transaction(self, dice: random.Random) -> None:
        """As somebody writes who put a row of his own in first."""
        while self.written < ENOUGH:
            async with self.pool.acquire() as connection:
                transaction = connection.transaction()
                await transaction.start()
                await connection.fetchval("SELECT pg_current_xact_id()::text")
                await asyncio.sleep(dice.random() * 0.01)
                stream = dice.choice(self.streams)
                append = wish(stream, await self._version(connection, stream))
                outcome = await _appended(connection, append)
                if outcome == "ok":
                    await asyncio.sleep(dice.random() * 0.01)
                if outcome != "ok" or dice.random() < 0.05:
                    await transaction.rollback()
                    outcome = "rolled back" if outcome == "ok" else outcome
                else:
                    await transaction.commit()
                self._note(append, outcome)

    def _note(self, append: Append, outcome: str) -> None:
        self.verdicts[outcome] += 1
        if outcome == "ok":
            self.written += len(append.events)
            for version in range(append.expected + 1, append.version + 1):
                self.acknowledged.add((append.stream_id, version))

    async def _version(self, connection: Pool | Connection, stream: UUID) -> int:
        version: int | None = await connection.fetchval(
            "SELECT version FROM kernel.streams WHERE stream_id = $1", stream
        )
        return version or 0

    async def _read(self, query: str) -> Seen:
        seen, at, last_look = Seen(), 0, False
        while True:
            records = await self.pool.fetch(query, at)
            for record in records:
                at = record["pos"]
                seen.meet(at, record["stream_id"], record["version"])
            if not records and last_look:
                return seen
            last_look = self.over.is_set()
            await asyncio.sleep(0.001)

    async def _read_as_we_do(self) -> Seen:
        seen, at, last_look = Seen(), START, False
        while True:
            events = await tail.read_tail(self.pool, at, kind="", types=[], limit=200)
            for event in events:
                at = event.place
                seen.meet(at.pos, event.stream_id, event.version)
            if not events and last_look:
                return seen
            last_look = self.over.is_set()
            await asyncio.sleep(0.001)


@pytest.fixture
async def race(database: str) -> AsyncIterator[Race]:
    async with (
        pool_of(database, pool_max=24) as pool,
        grouping(pool, connecting(database)) as group,
    ):
        streams = [uuid4() for _ in range(STREAMS)]
        for stream in streams:
            await group.append(wish(stream))
        yield Race(pool, group, streams)


async def test_our_reader_alone_meets_every_event_once_and_in_order(
    race: Race,
) -> None:
    seen = await race.run()
    log = await race.pool.fetch("SELECT pos, stream_id, version FROM kernel.events")
    assert race.acknowledged <= {(row["stream_id"], row["version"]) for row in log}
    assert race.verdicts["rolled back"] and race.verdicts["order"]
    there = {row["pos"] for row in log}
    assert there - seen["position"].positions
    below = seen["position below the fence"]
    assert there - below.positions or below.turned_round
    assert seen["ours"].positions == there
    assert seen["ours"].turned_round == 0


async def test_without_the_guard_even_our_reader_meets_events_turned_round(
    race: Race,
) -> None:
    await patch_append(race.pool, GUARD, "true")
    seen = await race.run()
    assert seen["ours"].turned_round > 0


async def test_without_the_fence_our_order_alone_loses_events(
    race: Race, monkeypatch: pytest.MonkeyPatch
) -> None:
    fence = "e.xid < pg_snapshot_xmin(pg_current_snapshot())"
    assert fence in tail._TAIL
    monkeypatch.setattr(tail, "_TAIL", tail._TAIL.replace(fence, "true"))
    seen = await race.run()
    there = await race.pool.fetch("SELECT pos FROM kernel.events")
    assert {row["pos"] for row in there} - seen["ours"].positions


async def _appended(connection: Connection, append: Append) -> str:
    record = await connection.fetchrow(
        statement(()), *arguments(1, [append], (), wait=True)
    )
    assert record is not None
    outcome: str = record["verdict"]
    return outcome
