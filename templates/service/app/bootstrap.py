"""The one place where things are built and joined."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from app.about import NAME, TIMEZONE
from app.common.clock import Clock, SystemClock
from app.common.policies import Policy
from app.config.append import AppendSettings
from app.config.bus import BusSettings
from app.config.cache import CacheSettings
from app.config.database import DatabaseSettings
from app.config.http import HttpSettings
from app.config.metrics import MetricsSettings
from app.config.security import SecuritySettings
from app.config.service import ServiceSettings
from app.config.worker import WorkerSettings
from app.domain_registry import DOMAINS
from app.infra.cqrs.commands import CommandBus
from app.infra.cqrs.queries import QueryBus
from app.infra.domain import Domain
from app.infra.event_bus.kafka import KafkaTransport
from app.infra.event_bus.topics import topics_of
from app.infra.event_bus.transport import Transport
from app.infra.event_store.append import Appender
from app.infra.event_store.appenders import appending
from app.infra.event_store.states import States
from app.infra.event_store.store import EventStore
from app.infra.event_store.turns import Turns
from app.infra.persistence.cache import Cache
from app.infra.persistence.postgres import Pool, create_pool
from app.infra.projections.projection import AnyProjection
from app.infra.projections.reader import Reader
from app.infra.projections.waiting import Waiting
from app.infra.subscriptions import checkpoints
from app.security.tokens import Tokens


@dataclass(frozen=True, slots=True)
class Settings:
    """Everything that the environment decides."""

    append: AppendSettings = field(default_factory=AppendSettings)
    bus: BusSettings = field(default_factory=BusSettings)
    cache: CacheSettings = field(default_factory=CacheSettings)
    database: DatabaseSettings = field(default_factory=DatabaseSettings)
    http: HttpSettings = field(default_factory=HttpSettings)
    metrics: MetricsSettings = field(default_factory=MetricsSettings)
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
    projections: Sequence[AnyProjection]
    policies: Sequence[Policy[Any]]
    topics: Sequence[str]
    transport: Transport | None
    """The way to the bus; None where there is no broker."""


@asynccontextmanager
async def opened(
    settings: Settings,
    *,
    domains: Sequence[Domain] = DOMAINS,
    clock: Clock | None = None,
) -> AsyncIterator[Service]:
    """The service, with its connections open."""
    pool = await create_pool(settings.database)
    cache = Cache.of(settings.cache, prefix=f"{NAME}:")
    clock = clock or SystemClock()
    reader = Reader(pool, cache=cache, clock=clock, timezone=TIMEZONE)
    transport = KafkaTransport(settings.bus) if settings.bus.servers else None
    try:
        async with appending(pool, settings.database, settings.append) as appender:
            yield await _joined(
                settings, pool, appender, reader, transport, domains, clock
            )
    finally:
        if transport is not None:
            await asyncio.to_thread(transport.close)
        if cache is not None:
            await cache.close()
        await pool.close()


async def _joined(
    settings: Settings,
    pool: Pool,
    appender: Appender,
    reader: Reader,
    transport: Transport | None,
    domains: Sequence[Domain],
    clock: Clock,
) -> Service:
    projections = tuple(each for domain in domains for each in domain.projections)
    store = EventStore(
        pool,
        appender,
        projections=projections,
        sync_events=frozenset[Any]().union(*(each.sync_events for each in domains)),
        max_event_bytes=settings.append.max_event_bytes,
        snapshot_every=settings.database.snapshot_every,
        states=States(
            streams=settings.append.remember, size=settings.append.remember_bytes
        ),
        turns=Turns(seconds=settings.append.deadline, most=settings.append.queue),
    )
    policies = tuple(each for domain in domains for each in domain.policies)
    # Before the first command: a policy misses nothing that happens from now on.
    await checkpoints.enter_at_head(pool, (each.name for each in policies))
    commands = CommandBus(store, clock=clock, timezone=TIMEZONE)
    queries = QueryBus(Waiting(pool, settings.http.wait_for_timeout))
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
        policies=policies,
        topics=topics_of(domains),
        transport=transport,
    )
