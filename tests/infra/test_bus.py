"""The bus: the log is its outbox. It wakes, it may go away, and nothing is lost."""

from __future__ import annotations

import asyncio
import json
import os
import time
from collections.abc import AsyncIterator
from uuid import UUID, uuid4

import pytest
import structlog
from confluent_kafka import Consumer

from app.dev import broker as mock
from app.infra.event_bus.kafka import KafkaTransport
from app.infra.event_bus.messages import Message
from app.infra.event_bus.relay import RELAY, Relay
from app.infra.event_bus.topics import topic_of, topics_of
from app.infra.event_bus.worker import wake_by_topics
from app.infra.subscriptions import checkpoints
from app.infra.subscriptions.checkpoints import OwnershipLost
from app.infra.wakeup import WakeUp
from tests.infra.brokers import (
    TOPIC,
    Broker,
    a_broker,
    bus_settings,
    messages_of,
)
from tests.infra.kafka_node import PLACE
from tests.infra.lending import JOURNAL, LENDING, WriteNote
from tests.infra.relaying import (
    all_relayed,
    logged,
    must_be_complete,
    relayed,
    relaying,
    write,
)
from tests.infra.service import Service, eventually, runner_of, worker_settings

BATCH = 20


@pytest.fixture
async def broker() -> AsyncIterator[Broker]:
    async with a_broker() as broker:
        yield broker


@pytest.fixture
async def transport(broker: Broker) -> AsyncIterator[KafkaTransport]:
    transport = KafkaTransport(bus_settings(broker.servers))
    yield transport
    await asyncio.to_thread(transport.close)


def test_topics_have_the_names_of_tradecore() -> None:
    assert topic_of("broker_account") == "transport.broker-account-events"
    assert topics_of([LENDING]) == (TOPIC,)


async def test_every_event_is_once_on_the_topic_and_its_stream_in_order(
    service: Service, broker: Broker, transport: KafkaTransport
) -> None:
    async with relaying(service, transport, broker.servers):
        await write(service, loans=12, notes=9)
        await eventually(lambda: all_relayed(service))
    assert await must_be_complete(service, broker.servers) == 0


async def test_a_message_tells_outsiders_what_they_need(
    service: Service, broker: Broker, transport: KafkaTransport
) -> None:
    loan = await service.open_loan()
    accepted = await service.send(WriteNote(loan_id=loan, note="für Ärzte"))
    async with relaying(service, transport, broker.servers):
        await eventually(lambda: all_relayed(service))
    [_, message] = await messages_of(await logged(service), broker.servers)
    stored = await service.pool.fetchrow(
        "SELECT * FROM kernel.events WHERE version = 2"
    )
    assert stored is not None
    assert message.key == loan
    assert json.loads(message.value) == {"loan_id": str(loan), "note": "für Ärzte"}
    assert message.headers == {
        "token": str(accepted.token),
        "event_id": str(stored["event_id"]),
        "stream_version": "2",
        "event_type": "lending.NoteWritten",
        "schema_version": "1",
        "occurred_at": stored["occurred_at"].isoformat(),
        "correlation_id": stored["meta"]["correlation_id"],
    }


async def test_a_zombie_publishes_its_running_batch_and_moves_nothing(
    service: Service, broker: Broker, transport: KafkaTransport
) -> None:
    await write(service, loans=5, notes=9)
    take = {"connection": service.pool, "name": RELAY}
    zombie = await checkpoints.acquire(**take, holder="zombie", lease=-1)  # type: ignore[arg-type]
    heir = await checkpoints.acquire(**take, holder="heir", lease=60)  # type: ignore[arg-type]
    assert zombie is not None and heir is not None
    heirs = Relay(service.pool, transport, size=BATCH, lease=60)
    owned = await heirs.next(heir)
    with pytest.raises(OwnershipLost):
        await Relay(service.pool, transport, size=BATCH, lease=60).next(zombie)
    assert await relayed(service) == owned.place
    while (moved := await heirs.next(owned)) != owned:
        owned = moved
    assert await must_be_complete(service, broker.servers) == BATCH


async def test_a_broker_that_goes_away_delays_nobody_and_loses_nothing(
    service: Service, broker: Broker
) -> None:
    transport = KafkaTransport(bus_settings(broker.servers, delivery_timeout=2))
    runner = runner_of(service.pool, JOURNAL, worker_settings())
    stop = asyncio.Event()
    projecting = asyncio.create_task(runner.run(stop))
    with structlog.testing.capture_logs() as logs:
        async with relaying(service, transport, broker.servers, max_attempts=1):
            await write(service, loans=3, notes=5)
            await eventually(lambda: all_relayed(service))
            await broker.away()
            await write(service, loans=3, notes=15)
            notes = "SELECT sum(notes) = 60 FROM loan_journal"
            await eventually(lambda: service.pool.fetchval(notes))
            waits = {"event": "subscription waits", "subscription": RELAY}
            await eventually(lambda: sum(waits.items() <= x.items() for x in logs) > 1)
            assert not await all_relayed(service)
            await broker.back()
            await eventually(lambda: all_relayed(service), 60)
    stop.set()
    await projecting
    await asyncio.to_thread(transport.close)
    assert not await checkpoints.stopped(service.pool)
    assert await must_be_complete(service, broker.servers) <= len(await logged(service))


async def test_a_broker_that_has_forgotten_everything_goes_on_from_here(
    service: Service,
) -> None:
    """The mock cluster forgets when it ends; a new one has another address."""
    before: list[UUID] = []
    for round_ in range(2):
        async with mock.running() as running:
            transport = KafkaTransport(bus_settings(running.servers))
            async with relaying(service, transport, running.servers):
                await write(service, loans=2, notes=3)
                await eventually(lambda: all_relayed(service))
            await asyncio.to_thread(transport.close)
            heard = await messages_of(await logged(service), running.servers)
            ids = {message.event_id for message in heard}
            assert ids == set(await logged(service)) - set(before), round_
            before = await logged(service)


@pytest.mark.skipif(PLACE not in os.environ, reason="the mock makes all topics itself")
async def test_missing_topics_are_made_as_the_settings_say(broker: Broker) -> None:
    topic = f"transport.made-{uuid4().hex}-events"
    transport = KafkaTransport(bus_settings(broker.servers, partitions=3))
    message = Message(topic, b"key", b"value", {})
    for _ in range(2):
        await transport.publish([message])
    await asyncio.to_thread(transport.close)
    known = Consumer({"bootstrap.servers": broker.servers, "group.id": "none"})
    assert len(known.list_topics(topic, timeout=10).topics[topic].partitions) == 3
    known.close()


async def test_a_message_wakes_those_who_read_the_log(
    service: Service, broker: Broker, transport: KafkaTransport
) -> None:
    """Nobody looks by itself here: without the message this would take a minute."""
    deaf, stop = WakeUp(), asyncio.Event()
    settings = worker_settings(poll_min=60, poll_max=60)
    runner = runner_of(service.pool, JOURNAL, settings, deaf)
    projecting = asyncio.create_task(runner.run(stop))
    hearing = asyncio.create_task(
        wake_by_topics(transport, [TOPIC], stop=stop, wake=deaf)
    )
    async with relaying(service, transport, broker.servers):
        loan = await service.open_loan()
        took: list[float] = []
        for number in range(1, 11):
            began = time.perf_counter()
            await service.send(WriteNote(loan_id=loan, note=str(number)))
            await eventually(lambda n=number: _has_notes(service, loan, n))  # type: ignore[misc]
            took.append(time.perf_counter() - began)
        stop.set()
        deaf.notify()
        await asyncio.gather(projecting, hearing)
    print(f"woken after {sorted(took)[5] * 1000:.1f} ms (median), {max(took):.3f} s")


async def _has_notes(service: Service, loan: UUID, number: int) -> bool:
    query = "SELECT notes FROM loan_journal WHERE loan_id = $1"
    return bool(await service.pool.fetchval(query, loan) == number)
