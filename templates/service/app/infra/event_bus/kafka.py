"""The bus on brokers that speak the Kafka protocol: Redpanda, Kafka, the mock cluster.

librdkafka works in threads of its own; ours wait for it beside the event loop.
"""

import asyncio
import logging
import threading
import time
from collections.abc import Callable, Iterable, Sequence
from typing import Any, Final

import structlog
from confluent_kafka import (
    OFFSET_END,
    Consumer,
    KafkaError,
    KafkaException,
    Producer,
    TopicPartition,
)
from confluent_kafka.admin import AdminClient
from confluent_kafka.cimpl import NewTopic

from app.config.bus import BusSettings
from app.infra.event_bus.messages import Message
from app.infra.event_bus.transport import Undelivered

DISCOVERY_SECONDS: Final = 5.0
MISSING_SECONDS: Final = 0.5
POLL_SECONDS: Final = 0.1
BURST: Final = 1000
LARGEST_MESSAGE: Final = 100 * 2**20

log: structlog.stdlib.BoundLogger = structlog.get_logger(__name__)


class KafkaTransport:
    """Publishes with an idempotent producer, listens without a consumer group."""

    def __init__(self, settings: BusSettings) -> None:
        self._settings = settings
        self._producer: Producer | None = None
        self._publishing = threading.Lock()
        self._made: set[str] = set()

    async def publish(self, messages: Sequence[Message]) -> None:
        """One batch at a time; a failed one takes its producer along."""
        await asyncio.to_thread(self._publish, messages)

    def listen(
        self, topics: Sequence[str], heard: Callable[[], None], ended: threading.Event
    ) -> None:
        """Read the ends of all partitions: who owns what work is decided elsewhere."""
        consumer = Consumer(self._listening())
        ears = _Ears(consumer, topics)
        try:
            while not ended.is_set():
                try:
                    ears.keep_open()
                    if ears.hear():
                        heard()
                except KafkaException as error:
                    log.info("bus does not answer", error=_words(error.args[0]))
                    ended.wait(self._settings.fetch_wait)
        finally:
            consumer.close()

    def close(self) -> None:
        with self._publishing:
            self._forget()

    def _publish(self, messages: Sequence[Message]) -> None:
        failures: list[KafkaError] = []

        def answered(error: KafkaError | None, _: object) -> None:
            if error is not None:
                failures.append(error)

        with self._publishing:
            try:
                self._make_topics(message.topic for message in messages)
                producer = self._producer = self._producer or Producer(self._sending())
                for message in messages:
                    producer.produce(
                        message.topic,
                        message.value,
                        message.key,
                        headers=dict(message.headers),
                        on_delivery=answered,
                    )
                missing = producer.flush(self._settings.delivery_timeout)
            except (KafkaException, BufferError) as error:
                self._forget()
                raise Undelivered(_words(error)) from error
            if failures or missing:
                self._forget()
                reason = failures[0].str() if failures else "no answer"
                raise Undelivered(f"{len(failures) + missing} messages: {reason}")

    def _make_topics(self, topics: Iterable[str]) -> None:
        """Make those that are missing, if that is not left to the broker."""
        wanted = sorted(set(topics) - self._made)
        if not wanted or not self._settings.partitions:
            return
        size = self._settings.partitions, self._settings.replication
        admin = AdminClient(self._common())
        asked = admin.create_topics(
            [NewTopic(topic, *size) for topic in wanted],
            request_timeout=self._settings.delivery_timeout,
        )
        for topic, answer in asked.items():
            try:
                answer.result()
            except KafkaException as error:
                if error.args[0].code() != KafkaError.TOPIC_ALREADY_EXISTS:
                    raise
            self._made.add(topic)

    def _forget(self) -> None:
        """What an old producer still holds must not overtake what a new one sends."""
        self._made.clear()
        if self._producer is not None:
            self._producer.purge()
            self._producer.flush(1)
            self._producer = None

    def _common(self) -> dict[str, Any]:
        return {
            "bootstrap.servers": self._settings.servers,
            "logger": _quiet_logger(),
            "error_cb": _ignore,  # the calls themselves fail, or are tried again
            "reconnect.backoff.max.ms": 1000,
        }

    def _sending(self) -> dict[str, Any]:
        return {
            **self._common(),
            "enable.idempotence": True,
            "acks": "all",
            "linger.ms": 1,
            # A message that fails alone would be overtaken by the next of its stream:
            # a batch fails as a whole, with its producer.
            "enable.gapless.guarantee": True,
            "message.timeout.ms": 0,
            # What is too large is not recorded, by the settings of the append.
            "message.max.bytes": LARGEST_MESSAGE,
        }

    def _listening(self) -> dict[str, Any]:
        return {
            **self._common(),
            "group.id": "none",  # demanded, though there is no group
            "enable.auto.commit": False,
            "auto.offset.reset": "latest",
            "allow.auto.create.topics": not self._settings.partitions,
            "fetch.wait.max.ms": round(self._settings.fetch_wait * 1000),
        }


class _Ears:
    """The partitions that a consumer listens to."""

    def __init__(self, consumer: Consumer, topics: Sequence[str]) -> None:
        self._consumer = consumer
        self._topics = topics
        self._assigned: set[tuple[str, int]] = set()
        self._look_at = 0.0

    def keep_open(self) -> None:
        """Look now and then whether there are partitions that we do not know."""
        if time.monotonic() < self._look_at:
            return
        found = {pair for topic in self._topics for pair in self._partitions(topic)}
        if found != self._assigned:
            self._consumer.assign(
                [TopicPartition(topic, number, OFFSET_END) for topic, number in found]
            )
            self._assigned = found
        complete = len({topic for topic, _ in found}) == len(set(self._topics))
        pause = DISCOVERY_SECONDS if complete else MISSING_SECONDS
        self._look_at = time.monotonic() + pause

    def hear(self) -> bool:
        """Wait a moment for a message; whatever else has come counts with it."""
        first = self._consumer.poll(POLL_SECONDS)
        if first is None:
            return False
        self._consumer.consume(BURST, 0)
        return first.error() is None

    def _partitions(self, topic: str) -> set[tuple[str, int]]:
        known = self._consumer.list_topics(topic, timeout=1).topics[topic]
        return {(topic, number) for number in known.partitions}


def _words(error: BaseException | KafkaError) -> str:
    return error.str() if isinstance(error, KafkaError) else str(error)


def _ignore(_: KafkaError) -> None:
    return


def _quiet_logger() -> logging.Logger:
    """librdkafka tells every failed connection; what matters we say ourselves."""
    logger = logging.getLogger("librdkafka")
    logger.setLevel(logging.CRITICAL + 1)
    return logger
