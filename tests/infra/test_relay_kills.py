"""A relay killed at any moment: nothing is missing, and little comes twice."""

from __future__ import annotations

import asyncio
import random
import signal
from collections import Counter
from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID

import pytest

from app.infra.event_bus.kafka import KafkaTransport
from tests.infra import killed_relay
from tests.infra.brokers import Broker, a_broker, bus_settings, messages_of
from tests.infra.conftest import Process
from tests.infra.killed_relay import Death
from tests.infra.relaying import (
    all_relayed,
    logged,
    must_be_complete,
    relayed,
    relaying,
    write,
)
from tests.infra.service import Service, eventually

KILLS = 30
SEED = 20
BATCH = 10


@pytest.fixture
async def broker() -> AsyncIterator[Broker]:
    async with a_broker() as broker:
        yield broker


async def test_thirty_kills_of_the_relay_repeat_at_most_a_batch_each(
    service: Service,
    database: str,
    broker: Broker,
    processes: Any,
    started: list[Process],
) -> None:
    await write(service, loans=20, notes=30)
    dice, allowed, certain = random.Random(SEED), Counter[UUID](), 0
    for _ in range(KILLS):
        death = _death(dice)
        relay = processes.Process(
            target=killed_relay.relay, args=(database, broker.servers, BATCH, death)
        )
        relay.start()
        started.append(relay)
        await asyncio.wait_for(asyncio.to_thread(relay.join), 60)
        assert relay.exitcode == -signal.SIGKILL
        allowed.update(await _next_batch(service))
        certain += round(death.share * BATCH) if death.delay is None else 0
    transport = KafkaTransport(bus_settings(broker.servers))
    async with relaying(service, transport, broker.servers):
        await eventually(lambda: all_relayed(service), 60)
    await asyncio.to_thread(transport.close)

    repeats = await must_be_complete(service, broker.servers)
    events = await logged(service)
    heard = await messages_of(events, broker.servers)
    twice = Counter(message.event_id for message in heard) - Counter(events)
    assert twice <= allowed
    assert certain <= repeats <= KILLS * BATCH
    print(f"{repeats} repeats by {KILLS} kills, {certain} of them certain")


def _death(dice: random.Random) -> Death:
    """Half of them right after an acknowledgement, half wherever a moment finds them.

    The first batch of a process has to wait for the broker, so a moment is of a later.
    """
    share = dice.randint(0, BATCH) / BATCH
    if dice.random() < 0.5:
        return Death(dice.randint(1, 2), share, delay=None)
    return Death(2, share, delay=dice.random() * 0.005)


async def _next_batch(service: Service) -> list[UUID]:
    """What a relay that died may have published without a word in the checkpoint."""
    place = await relayed(service)
    records = await service.pool.fetch(
        "SELECT event_id FROM kernel.events"
        " WHERE (epoch, xid, pos) > ($1, $2::text::xid8, $3)"
        " ORDER BY epoch, xid, pos LIMIT $4",
        *(place.epoch, str(place.xid), place.pos, BATCH),
    )
    return [record["event_id"] for record in records]
