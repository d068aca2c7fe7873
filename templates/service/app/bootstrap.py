"""The one place where things are built and joined."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from app.about import TIMEZONE
from app.common.clock import Clock, SystemClock
from app.config.database import DatabaseSettings
from app.config.http import HttpSettings
from app.config.security import SecuritySettings
from app.config.service import ServiceSettings
from app.config.worker import WorkerSettings
from app.domain_registry import DOMAINS
from app.infra.cqrs.commands import CommandBus
from app.infra.cqrs.queries import QueryBus
from app.infra.domain import Domain
from app.infra.event_store.store import EventStore
from app.infra.persistence.postgres import Pool, create_pool
from app.infra.projections.projection import Projection
from app.infra.projections.reader import Reader
from app.infra.projections.waiting import Waiting
from app.security.tokens import Tokens


@dataclass(frozen=True, slots=True)
class Settings:
    """Everything that the environment decides."""

    database: DatabaseSettings = field(default_factory=DatabaseSettings)
    http: HttpSettings = field(default_factory=HttpSettings)
    security: SecuritySettings = field(default_factory=SecuritySettings)
    service: ServiceSettings = field(default_factory=ServiceSettings)
    worker: WorkerSettings = field(default_factory=WorkerSettings)


@dataclass(frozen=True, slots=True)
class Service:
    """The parts of a running service that its entrances use."""

    settings: Settings
    pool: Pool
    store: EventStore
    commands: CommandBus
    queries: QueryBus
    tokens: Tokens
    projections: Sequence[Projection[Any, Any]]


@asynccontextmanager
async def opened(
    settings: Settings,
    *,
    domains: Sequence[Domain] = DOMAINS,
    clock: Clock | None = None,
) -> AsyncIterator[Service]:
    """The service, with its connections open."""
    pool = await create_pool(settings.database)
    try:
        yield await _joined(settings, pool, domains, clock or SystemClock())
    finally:
        await pool.close()


async def _joined(
    settings: Settings, pool: Pool, domains: Sequence[Domain], clock: Clock
) -> Service:
    projections = tuple(each for domain in domains for each in domain.projections)
    store = await EventStore.open(
        pool,
        projections=projections,
        sync_events=frozenset[Any]().union(*(each.sync_events for each in domains)),
        snapshot_every=settings.database.snapshot_every,
    )
    commands = CommandBus(store, clock=clock, timezone=TIMEZONE)
    queries = QueryBus(Waiting(pool, settings.http.wait_for_timeout))
    reader = Reader(pool)
    for domain in domains:
        for register_commands in domain.register_commands:
            register_commands(commands, store)
        for register_queries in domain.register_queries:
            register_queries(queries, reader)
    return Service(
        settings=settings,
        pool=pool,
        store=store,
        commands=commands,
        queries=queries,
        tokens=Tokens(settings.security),
        projections=projections,
    )
