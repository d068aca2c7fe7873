"""Histories by chance, for every read model of the service that stands in the path.

    python tests/service/histories.py DATABASE SEED

Run with a generated project on PYTHONPATH: `app` is that project's. Rows that were kept
up to date live, caught up with in batches of any size, and rebuilt from the log must be
the same rows: first in memory, where thousands of histories are cheap, then through the
database, with many writers of few streams and a runner for each projection.
"""

from __future__ import annotations

import asyncio
import dataclasses
import random
import sys
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from enum import Enum
from types import NoneType, UnionType
from typing import Annotated, Any, Union, get_args, get_origin, get_type_hints
from uuid import UUID, uuid4

from pydantic import SecretStr

from app.common.actor import SYSTEM
from app.common.aggregate import Aggregate
from app.common.context import Context
from app.common.events import Envelope, Event
from app.config.database import DatabaseSettings
from app.config.service import ServiceSettings
from app.config.worker import WorkerSettings
from app.domain_registry import DOMAINS
from app.infra.event_store.append import Append, DirectAppender
from app.infra.event_store.codec import Meta, event_codec
from app.infra.event_store.codec import envelope as read_envelope
from app.infra.event_store.epoch import check_epoch
from app.infra.event_store.store import EventStore
from app.infra.event_store.sync_rows import sync_rows
from app.infra.event_store.verdicts import VersionConflict
from app.infra.logging import configure_logging
from app.infra.persistence.postgres import Pool, create_pool
from app.infra.projections import batch
from app.infra.projections.batch import Batches
from app.infra.projections.folding import Standing, Standings, advance
from app.infra.projections.projection import (
    AnyProjection,
    ChildRows,
    Counting,
    Folding,
)
from app.infra.projections.rows import load_standings
from app.infra.subscriptions.runner import Runner
from app.infra.worker import run_subscriptions
from app.operations import migrate

IN_MEMORY = 250
APPENDS = 25
WRITERS = 6
STREAMS = 4
SLOW = 0.1
NOON = datetime(2030, 1, 15, 12, tzinfo=UTC)
IDS = [UUID(int=number) for number in range(1, STREAMS + 1)]

# Few values of each type, so that keys meet again and rows are found by them.
FEW: dict[object, list[Any]] = {
    str: ["a", "b", "ß"],
    int: [0, 1, 2, -3],
    bool: [True, False],
    float: [0.5, -2.0],
    bytes: [b"", b"\x00\xff"],
    Decimal: [Decimal("0.10"), Decimal("1.00"), Decimal(7)],
    UUID: IDS,
    date: [date(2030, 1, 15) + timedelta(days=day) for day in range(4)],
    datetime: [NOON + timedelta(hours=hour) for hour in range(3)],
    timedelta: [timedelta(), timedelta(days=1, microseconds=1)],
    Any: [None, 1, True, {"a": [1, "b", None]}],
}

Happened = tuple[Any, Envelope]


def value(hint: Any, chance: random.Random) -> Any:
    """Any value of a type."""
    if hint in FEW:
        return chance.choice(FEW[hint])
    origin, arguments = get_origin(hint), get_args(hint)
    if origin is Annotated:
        return value(arguments[0], chance)
    if origin in (Union, UnionType):
        member = chance.choice(arguments)
        return None if member is NoneType else value(member, chance)
    if origin is list:
        return [value(arguments[0], chance) for _ in range(chance.randrange(4))]
    if origin is dict:
        pairs = range(chance.randrange(3))
        return {value(arguments[0], chance): value(arguments[1], chance) for _ in pairs}
    if isinstance(hint, type) and issubclass(hint, Enum):
        return chance.choice(list(hint))
    hints = get_type_hints(hint, include_extras=True)
    names = [field.name for field in dataclasses.fields(hint)]
    return hint(**{name: value(hints[name], chance) for name in names})


def any_event(types: tuple[type[Event], ...], id: UUID, chance: random.Random) -> Any:
    """Any event of a stream; the first of its fields is the stream's id."""
    type_ = chance.choice(types)
    own = dataclasses.fields(type_)[0].name
    return dataclasses.replace(value(type_, chance), **{own: id})


def envelope(id: UUID, version: int) -> Envelope:
    return Envelope(
        event_id=UUID(int=version),
        stream_id=id,
        version=version,
        at=NOON + timedelta(minutes=version),
        actor="somebody",
        command_id=UUID(int=version),
        correlation_id=UUID(int=version),
    )


class Table:
    """A table in memory, and how the upsert writes into it."""

    def __init__(self, projection: Folding) -> None:
        self.projection = projection
        self.rows: dict[tuple[Any, ...], Standing[Any]] = {}

    def standing(self) -> Any:
        if not isinstance(self.projection, ChildRows):
            return self.rows.get((), Standing())
        version = max((row.version for row in self.rows.values()), default=0)
        return Standings(version, dict(self.rows))

    def folded(self, events: list[Happened]) -> list[Standing[Any]]:
        before = self.standing()
        return list(advance(self.projection, before, events).since(before))

    def write(self, changed: list[Standing[Any]]) -> None:
        for row in changed:
            if row.last is not None:
                element = self.projection.table.element(row.last)
                if row.version > self.rows.get(element, Standing()).version:
                    self.rows[element] = row


def try_in_memory(projection: Folding, seed: int) -> None:
    """A writer that takes rows along, a runner that is late: the same as a rebuild."""
    chance = random.Random(seed)
    types, id = projection.aggregate.event_types, IDS[0]
    live, log, place = Table(projection), [], 0
    late: tuple[int, list[Standing[Any]]] = (0, [])
    for _ in range(chance.randint(1, 16)):
        match chance.randrange(5):
            case 0 | 1 | 2:
                log.append((any_event(types, id, chance), envelope(id, len(log) + 1)))
                if chance.random() < 0.4:
                    live.write(live.folded(log))
            case 3:
                upto = min(len(log), place + chance.randint(1, 4))
                late = (upto, live.folded(log[place:upto]))
            case 4:
                place = max(place, late[0])
                live.write(late[1])
                late = (0, [])
    live.write(late[1])
    live.write(live.folded(log[max(place, late[0]) :]))
    rebuilt = Table(projection)
    rebuilt.write(rebuilt.folded(log))
    assert live.rows == rebuilt.rows, f"{projection.name}, seed {seed}"


class Service:
    """The streams of a service in a database, and who writes them."""

    def __init__(self, pool: Pool, store: EventStore) -> None:
        self.pool = pool
        self.store = store
        self.conflicts = 0

    async def write(self, chance: random.Random) -> None:
        aggregates = [each for domain in DOMAINS for each in domain.aggregates]
        for _ in range(APPENDS):
            aggregate = chance.choice(aggregates)
            id = _stream_of(aggregates.index(aggregate), chance)
            types = aggregate.event_types
            events = [any_event(types, id, chance) for _ in range(chance.randint(1, 3))]
            while not await self._appended(aggregate, id, events):
                self.conflicts += 1

    async def _appended(
        self, aggregate: type[Aggregate[Any, Any]], id: UUID, events: list[Any]
    ) -> bool:
        """Bring events into the log that no command would have decided so."""
        version = await self.pool.fetchval(
            "SELECT version FROM kernel.streams WHERE stream_id = $1", id
        )
        loaded = aggregate(id, version=version or 0)
        command, numbered = uuid4(), [(uuid4(), event) for event in events]
        context = Context(NOON, SYSTEM, command, command)
        try:
            rows = await sync_rows(self.store, loaded, numbered, context)
        except VersionConflict:
            return False
        append = Append(
            command_id=command,
            request_hash=b"",
            stream_id=id,
            kind=aggregate.kind,
            expected=loaded.version,
            at=NOON,
            meta=Meta.of(context),
            events=numbered,
            rows=rows,
        )
        return (await self.store.append(append)).outcome == "ok"


def _stream_of(kind: int, chance: random.Random) -> UUID:
    """References are to `IDS`, so the first kind of stream is often referred to."""
    return UUID(int=kind << 64 | chance.choice(IDS).int)


def dawdle(chance: random.Random) -> None:
    """Let runners be slow between what they read and what they write."""

    async def slowly(*arguments: Any) -> dict[UUID, Any]:
        found = await load_standings(*arguments)
        await asyncio.sleep(chance.random() * SLOW)
        return found

    batch.load_standings = slowly


async def watch(pool: Pool, projections: list[Folding], stop: asyncio.Event) -> None:
    """No row may ever go back to what it was before."""
    seen: dict[tuple[Any, ...], int] = {}
    while not stop.is_set():
        for table in (each.table for each in projections):
            key = ", ".join(f'"{name}"' for name in table.keys)
            rows = await pool.fetch(f'SELECT stream_version, {key} FROM "{table.name}"')
            for version, *keys in rows:
                before = seen.get((table.name, *keys), 0)
                assert before <= version, f"{table.name} went back to {version}"
                seen[(table.name, *keys)] = version
        await asyncio.sleep(0.01)


async def try_in_the_database(url: str, seed: int) -> None:
    settings = DatabaseSettings(url=SecretStr(url), pool_min=0, pool_max=12)
    dawdle(random.Random(seed))
    await migrate(settings)
    projections = [each for domain in DOMAINS for each in domain.projections]
    folds = [each for each in projections if not isinstance(each, Counting)]
    sync = frozenset[Any]().union(*(domain.sync_events for domain in DOMAINS))
    pool = await create_pool(settings)
    try:
        appender = DirectAppender(pool, await check_epoch(pool))
        store = EventStore(pool, appender, projections=projections, sync_events=sync)
        service, chance, stop = (
            Service(pool, store),
            random.Random(seed),
            asyncio.Event(),
        )
        worker = WorkerSettings(poll_max=0.02)
        live = [
            Batches(pool, each, size=chance.randint(2, 30), lease=30)
            for each in projections
        ]
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(run_subscriptions(pool, live, worker, stop=stop))
            tasks.create_task(watch(pool, folds, stop))
            async with asyncio.TaskGroup() as writers:
                for number in range(WRITERS):
                    writers.create_task(service.write(random.Random(seed + number)))
            stop.set()
        batch.load_standings = load_standings
        for batches in live:
            await Runner(pool, batches, worker).catch_up()
        stored = await pool.fetchval("SELECT count(*) FROM kernel.events")
        assert stored >= WRITERS * APPENDS
        for each in projections:
            await _must_be_rebuilt(pool, each, worker, chance.randint(2, 40))
            if isinstance(each, Counting):
                await _must_count(pool, each)
            else:
                await _must_follow(pool, each)
        print(f"{stored} events, {service.conflicts} conflicts")
    finally:
        await pool.close()


async def _must_be_rebuilt(
    pool: Pool, live: AnyProjection, worker: WorkerSettings, size: int
) -> None:
    """The live table is the one that is rebuilt in batches of this size."""
    again, keys = _again(live, f"again_{size}")
    key = ", ".join(f'"{name}"' for name in keys)
    await pool.execute(f'CREATE TABLE "{again.name}" (LIKE "{live.name}")')
    await pool.execute(f'ALTER TABLE "{again.name}" ADD PRIMARY KEY ({key})')
    batches = Batches(pool, again, size=size, lease=30)
    await Runner(pool, batches, worker).catch_up()
    ours, rebuilt = [
        [dict(row) for row in await pool.fetch(f'SELECT * FROM "{n}" ORDER BY {key}')]
        for n in (live.name, again.name)
    ]
    assert ours == rebuilt, live.name


def _again(live: AnyProjection, suffix: str) -> tuple[AnyProjection, tuple[str, ...]]:
    """The projection into a table of another name, and the key of that."""
    name = f"{live.name[:40]}_{suffix}"
    if isinstance(live, Counting):
        tally = dataclasses.replace(live.tally, name=name)
        return dataclasses.replace(live, tally=tally), (tally.key,)
    table = dataclasses.replace(live.table, name=name)
    return dataclasses.replace(live, table=table), table.keys


async def _log(pool: Pool, projection: AnyProjection) -> dict[UUID, list[Happened]]:
    """What happened to the streams that a projection follows."""
    source = projection.aggregate
    codec = event_codec(source.event_types)
    records = await pool.fetch(
        "SELECT e.*, e.data::text AS text, e.meta::text AS why"
        " FROM kernel.events e JOIN kernel.streams s USING (stream_id)"
        " WHERE s.kind = $1 ORDER BY e.stream_id, e.version",
        source.kind,
    )
    log: dict[UUID, list[Happened]] = {}
    for r in records:
        header = read_envelope(
            r["event_id"], r["stream_id"], r["version"], r["occurred_at"], r["why"]
        )
        event = codec.decode(r["type"], r["schema_version"], r["text"])
        log.setdefault(r["stream_id"], []).append((event, header))
    return log


async def _must_follow(pool: Pool, projection: Folding) -> None:
    """Each row is what folding its stream in memory makes of it."""
    log = await _log(pool, projection)
    stored = await load_standings(pool, projection, list(log))
    for stream, events in log.items():
        alone = Table(projection)
        alone.write(alone.folded(events))
        assert stored[stream] == alone.standing(), (projection.name, stream)


async def _must_count(pool: Pool, counting: Counting[Any, Any]) -> None:
    """Each count is what adding up by hand makes of it."""
    tally = counting.tally
    expected: dict[UUID, dict[str, Any]] = {}
    for events in (await _log(pool, counting)).values():
        for added in (each for pair in events for each in counting.count(*pair)):
            row = expected.setdefault(getattr(added, tally.key), {})
            for count in tally.counts:
                new, old = getattr(added, count.name), row.get(count.name)
                values = [each for each in (old, new) if each is not None]
                join = {"sum": _sum, "min": min, "max": max}[count.how]
                row[count.name] = join(values) if values else None
    stored = {
        row[tally.key]: {count.name: row[count.name] for count in tally.counts}
        for row in await pool.fetch(f'SELECT * FROM "{tally.name}"')
    }
    assert stored == expected, tally.name


def _sum(values: list[Any]) -> Any:
    first, *rest = values
    return sum(rest, first)


def main(url: str, seed: int) -> None:
    configure_logging(ServiceSettings(log_level="critical"))
    projections = [each for domain in DOMAINS for each in domain.projections]
    folds = [each for each in projections if not isinstance(each, Counting)]
    for projection in folds:
        for number in range(IN_MEMORY):
            try_in_memory(projection, seed + number)
    print(f"{len(folds) * IN_MEMORY} histories in memory")
    if projections:
        asyncio.run(try_in_the_database(url, seed))


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
