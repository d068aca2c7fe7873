"""Brokers for tests: the mock cluster, or a real Kafka node where one is given.

Both can be taken away and given back. A test reads a topic from its beginning and keeps
what belongs to its own log, for a real broker outlives a test.
"""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Protocol
from uuid import UUID

from confluent_kafka import OFFSET_BEGINNING, Consumer, KafkaError, TopicPartition

from app.config.bus import BusSettings
from app.dev import broker as mock
from tests.infra import kafka_node

TOPIC = "transport.lending-events"


class Broker(Protocol):
    """A broker that a test can take away."""

    @property
    def servers(self) -> str: ...

    async def away(self) -> None: ...

    async def back(self) -> None: ...


@dataclass
class MockBroker:
    """Taken away by freezing it: connections stay, answers do not come."""

    running: mock.Broker

    @property
    def servers(self) -> str:
        return self.running.servers

    async def away(self) -> None:
        self.running.process.send_signal(signal.SIGSTOP)

    async def back(self) -> None:
        self.running.process.send_signal(signal.SIGCONT)


@asynccontextmanager
async def a_broker() -> AsyncIterator[Broker]:
    """The node that `make test-kafka` started, or a mock cluster of our own."""
    if place := os.environ.get(kafka_node.PLACE):
        yield kafka_node.Node.in_(place)
        return
    async with mock.running() as running:
        try:
            yield MockBroker(running)
        finally:
            running.process.send_signal(signal.SIGCONT)


def bus_settings(servers: str, **settings: object) -> BusSettings:
    values = {"delivery_timeout": 15.0, "fetch_wait": 0.01, "batch": 20, **settings}
    return BusSettings.model_validate({"servers": servers, **values})


@dataclass(frozen=True, slots=True)
class Heard:
    """A message as a service outside would see it."""

    key: UUID
    value: bytes
    headers: Mapping[str, str]

    @property
    def event_id(self) -> UUID:
        return UUID(self.headers["event_id"])

    @property
    def version(self) -> int:
        return int(self.headers["stream_version"])


async def messages_of(
    events: Sequence[UUID], servers: str, topic: str = TOPIC, seconds: float = 20
) -> list[Heard]:
    """What the topic holds of these events, repeats included, in partition order."""
    return await asyncio.to_thread(_read, set(events), servers, topic, seconds)


def _read(events: set[UUID], servers: str, topic: str, seconds: float) -> list[Heard]:
    consumer = Consumer(
        {
            "bootstrap.servers": servers,
            "group.id": "none",
            "enable.auto.commit": False,
            "enable.partition.eof": True,
            "fetch.wait.max.ms": 10,
        }
    )
    found: list[Heard] = []
    try:
        known = consumer.list_topics(topic, timeout=seconds).topics[topic].partitions
        open_ = set(known)
        consumer.assign([TopicPartition(topic, n, OFFSET_BEGINNING) for n in known])
        while open_:
            message = consumer.poll(seconds)
            assert message is not None, "the broker is silent"
            error = message.error()
            if error is None:
                found.append(_heard(message))
            elif error.code() == KafkaError._PARTITION_EOF:
                open_.discard(message.partition())
            else:
                raise AssertionError(error)
    finally:
        consumer.close()
    return [each for each in found if each.event_id in events]


def _heard(message: object) -> Heard:
    headers = {name: value.decode() for name, value in message.headers()}  # type: ignore[attr-defined]
    return Heard(
        UUID(message.key().decode()),  # type: ignore[attr-defined]
        message.value(),  # type: ignore[attr-defined]
        headers,
    )
