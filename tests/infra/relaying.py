"""A relay at work on a log: what is written, how far it came, what a topic holds."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any
from uuid import UUID

from app.infra.event_bus.kafka import KafkaTransport
from app.infra.event_bus.relay import RELAY
from app.infra.event_bus.worker import run_relay
from app.infra.event_store.tokens import START, Token
from tests.infra.brokers import Heard, bus_settings, messages_of
from tests.infra.lending import WriteNote
from tests.infra.service import Service, worker_settings


@asynccontextmanager
async def relaying(
    service: Service, transport: KafkaTransport, servers: str, **settings: Any
) -> AsyncIterator[None]:
    stop = asyncio.Event()
    relay = asyncio.create_task(
        run_relay(
            service.pool,
            transport,
            bus_settings(servers),
            worker_settings(**settings),
            stop=stop,
            wake=service.store.wake,
        )
    )
    try:
        yield
    finally:
        stop.set()
        await relay


async def write(service: Service, loans: int, notes: int) -> list[UUID]:
    """Loans with notes, written at once; the ids of the loans."""

    async def one(number: int) -> UUID:
        loan = await service.open_loan()
        for note in range(notes):
            await service.send(WriteNote(loan_id=loan, note=f"{number}.{note}"))
        return loan

    return await asyncio.gather(*(one(number) for number in range(loans)))


async def logged(service: Service) -> list[UUID]:
    records = await service.pool.fetch(
        "SELECT event_id FROM kernel.events ORDER BY epoch, xid, pos"
    )
    return [record["event_id"] for record in records]


async def relayed(service: Service) -> Token:
    """Where the relay's checkpoint stands."""
    record = await service.pool.fetchrow(
        "SELECT epoch, xid::text::bigint, pos FROM kernel.checkpoints WHERE name = $1",
        RELAY,
    )
    return START if record is None else Token(*record)


async def all_relayed(service: Service) -> bool:
    record = await service.pool.fetchrow(
        "SELECT epoch, xid::text::bigint, pos FROM kernel.events"
        " ORDER BY epoch DESC, xid DESC, pos DESC LIMIT 1"
    )
    return await relayed(service) == Token(*record)


def first_versions(heard: Sequence[Heard]) -> dict[UUID, list[int]]:
    """For each stream the versions in the order in which they were first heard."""
    versions: dict[UUID, list[int]] = defaultdict(list)
    for message in heard:
        if message.version not in versions[message.key]:
            versions[message.key].append(message.version)
    return versions


async def must_be_complete(service: Service, servers: str) -> int:
    """Everything is on the topic, each stream in order; the number of repeats."""
    events = await logged(service)
    heard = await messages_of(events, servers)
    assert {message.event_id for message in heard} == set(events)
    for versions in first_versions(heard).values():
        assert versions == list(range(1, len(versions) + 1))
    return len(heard) - len(events)
