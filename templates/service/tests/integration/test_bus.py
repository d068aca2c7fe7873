"""What is recorded travels on the bus; without one, the service does its work too."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import ClassVar
from uuid import UUID

from confluent_kafka import OFFSET_BEGINNING, Consumer, TopicPartition

from app.bootstrap import Service, Settings, opened
from app.common.actor import SYSTEM
from app.common.aggregate import Aggregate
from app.common.context import Context
from app.common.events import Event
from app.common.ids import new_id
from app.config.bus import BusSettings
from app.dev.broker import Broker
from app.infra.domain import Domain
from app.infra.event_store.accepted import Accepted
from app.infra.event_store.repository import Repository
from app.worker import run

SECONDS = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Rang(Event):
    """The bell rang."""

    event_type: ClassVar[str] = "door_bell.Rang"
    times: int


class Bell(Aggregate[int, Rang]):
    """Rings, for the sake of an event."""

    kind = "door_bell.Bell"
    state_type = int
    event_types = (Rang,)

    def ring(self) -> None:
        """Ring once more."""
        self._record(Rang(times=(self.state or 0) + 1))

    @staticmethod
    def evolve(state: int | None, event: Rang) -> int:
        return event.times


DOOR_BELL = Domain(
    name="door_bell",
    aggregates=(Bell,),
    projections=(),
    sync_events=frozenset(),
    register_commands=(),
    register_queries=(),
)


@asynccontextmanager
async def working(settings: Settings) -> AsyncIterator[Service]:
    """A service with its worker."""
    async with opened(settings, domains=(DOOR_BELL,)) as service:
        stop = asyncio.Event()
        worker = asyncio.create_task(run(service, stop))
        try:
            yield service
        finally:
            stop.set()
            await worker


async def ring(service: Service, bell: UUID) -> Accepted:
    bells = Repository(service.store, Bell)
    loaded = await bells.load(bell)
    loaded.ring()
    command = new_id()
    context = Context(datetime.now(UTC), SYSTEM, command, command)
    return await bells.save(loaded, context)


def heard(servers: str, topic: str, number: int) -> list[tuple[str, bytes]]:
    """So many messages of a topic: key and value."""
    settings = {"bootstrap.servers": servers, "group.id": "none"}
    consumer = Consumer({**settings, "allow.auto.create.topics": True})
    try:
        known = consumer.list_topics(topic, timeout=SECONDS).topics[topic].partitions
        consumer.assign([TopicPartition(topic, n, OFFSET_BEGINNING) for n in known])
        messages = consumer.consume(number, SECONDS)
        return [((m.key() or b"").decode(), m.value() or b"") for m in messages]
    finally:
        consumer.close()


async def test_events_travel_in_the_order_of_their_stream(
    settings: Settings, broker: Broker
) -> None:
    bus = BusSettings(servers=broker.servers, fetch_wait=0.01)
    async with working(replace(settings, bus=bus)) as service:
        bell = new_id()
        for _ in range(3):
            await ring(service, bell)
        topic = "transport.door-bell-events"
        messages = await asyncio.to_thread(heard, broker.servers, topic, 3)
    assert messages == [(str(bell), b'{"times": %d}' % number) for number in (1, 2, 3)]


async def test_without_a_broker_commands_are_accepted(settings: Settings) -> None:
    async with working(settings) as service:
        assert service.transport is None
        assert (await ring(service, new_id())).version == 1
