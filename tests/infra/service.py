"""The sample domain joined to a database, and the words that tests say to it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any, TypeVar
from uuid import UUID, uuid4

from app.common.actor import SYSTEM, Actor
from app.common.clock import FixedClock
from app.common.messages import Command
from app.common.read_models import Table
from app.config.worker import WorkerSettings
from app.infra.cqrs.commands import CommandBus
from app.infra.cqrs.queries import QueryBus
from app.infra.event_store.accepted import Accepted
from app.infra.event_store.append import Appender, DirectAppender
from app.infra.event_store.epoch import check_epoch
from app.infra.event_store.states import States
from app.infra.event_store.store import EventStore
from app.infra.persistence.postgres import Pool
from app.infra.projections.batch import Batches
from app.infra.projections.projection import (
    AnyProjection,
    ChildRows,
    Folding,
    Projection,
)
from app.infra.projections.reader import Reader
from app.infra.projections.waiting import Waiting
from app.infra.subscriptions.runner import Runner
from app.infra.wakeup import WakeUp
from tests.infra.lending import LENDING, VIEW, OpenLoan, Period

NOON = datetime(2030, 1, 15, 12, tzinfo=UTC)
PERIOD = Period(starts_on=date(2030, 1, 15), due_on=date(2030, 2, 15))
STAFF = Actor("alice", frozenset({"staff"}))
F = TypeVar("F", Projection[Any, Any], ChildRows[Any, Any])


@dataclass(slots=True)
class Service:
    """What the entrances of a service use."""

    pool: Pool
    store: EventStore
    commands: CommandBus
    queries: QueryBus
    reader: Reader
    clock: FixedClock

    @classmethod
    async def on(
        cls,
        pool: Pool,
        *,
        appender: Appender | None = None,
        snapshot_every: int = 0,
        states: States | None = None,
        wait: float = 5.0,
        **store: Any,
    ) -> Service:
        clock = FixedClock(NOON)
        store = EventStore(
            pool,
            appender or DirectAppender(pool, await check_epoch(pool)),
            projections=LENDING.projections,
            sync_events=LENDING.sync_events,
            snapshot_every=snapshot_every,
            states=States(streams=1_000, size=2**20) if states is None else states,
            **store,
        )
        commands = CommandBus(store, clock=clock)
        queries = QueryBus(Waiting(pool, wait))
        reader = Reader(pool)
        for register_commands in LENDING.register_commands:
            register_commands(commands, store)
        for register_queries in LENDING.register_queries:
            register_queries(queries, reader)
        return cls(pool, store, commands, queries, reader, clock)

    async def send(
        self, command: Command, *, key: str | None = None, actor: Actor = SYSTEM
    ) -> Accepted:
        return await self.commands.send(command, actor=actor, idempotency_key=key)

    async def open_loan(self, copy: UUID | None = None) -> UUID:
        return (await self.send(open_loan(copy))).id

    def runner(self, projection: AnyProjection = VIEW, **settings: Any) -> Runner:
        return runner_of(
            self.pool, projection, worker_settings(**settings), self.store.wake
        )

    async def catch_up(self, *projections: Folding) -> None:
        for projection in projections:
            await self.runner(projection).catch_up()

    async def rows(self, table: Table[Any]) -> list[dict[str, Any]]:
        query = f"SELECT * FROM {table.name} ORDER BY {', '.join(table.keys)}"
        return [dict(record) for record in await self.pool.fetch(query)]

    async def count(self, table: str) -> int:
        number: int = await self.pool.fetchval(f"SELECT count(*) FROM {table}")
        return number


def open_loan(copy: UUID | None = None, **fields: Any) -> OpenLoan:
    return OpenLoan(
        copy_id=copy or uuid4(),
        **{"reader_id": uuid4(), "period": PERIOD, "fee": Decimal("2.50"), **fields},
    )


def runner_of(
    pool: Pool,
    projection: AnyProjection,
    settings: WorkerSettings,
    wake: WakeUp | None = None,
) -> Runner:
    batches = Batches(pool, projection, size=settings.batch, lease=settings.lease)
    return Runner(pool, batches, settings, wake=wake)


def worker_settings(**settings: Any) -> WorkerSettings:
    return WorkerSettings(**{"poll_max": 0.02, "lease": 5.0, **settings})


def again(projection: F) -> F:
    """The same projection into an empty table, from the start: a rebuild."""
    table = replace(projection.table, name=f"{projection.table.name}_again")
    return replace(projection, table=table)


async def eventually(holds: Callable[[], Any], seconds: float = 10.0) -> Any:
    """Wait until a condition holds, and give back what made it hold."""
    async with asyncio.timeout(seconds):
        while True:
            result = holds()
            result = await result if asyncio.iscoroutine(result) else result
            if result:
                return result
            await asyncio.sleep(0.005)
