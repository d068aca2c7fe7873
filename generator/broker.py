"""The broker of the running demo: taken away, given back, and listened to."""

from __future__ import annotations

import contextlib
import os
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import cast

from generator.diagnostics import ScaffoldError
from generator.interrupts import interruptible

SECONDS = 30
POLL_SECONDS = 0.1


class BrokerFailed(ScaffoldError):
    """The broker did not have what it must have."""


class Broker:
    """A broker that another process runs."""

    def __init__(self, servers: str, pid: int) -> None:
        self._servers = servers
        self._pid = pid

    @contextmanager
    def away(self) -> Iterator[None]:
        """As if the network had swallowed it: it is frozen, and answers nobody."""
        os.kill(self._pid, signal.SIGSTOP)
        try:
            yield
        finally:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self._pid, signal.SIGCONT)

    def events(self, topic: str, stream: str, number: int) -> list[str]:
        """So many events of a stream, by type, as they first came; waits for them."""
        # Part of the service's libraries, which the rest of the tool does without.
        from confluent_kafka import OFFSET_BEGINNING, Consumer, TopicPartition

        consumer = Consumer({"bootstrap.servers": self._servers, "group.id": "demo"})
        deadline = time.monotonic() + SECONDS
        found: dict[str, str] = {}
        try:
            known = consumer.list_topics(topic, timeout=SECONDS).topics[topic]
            places = [
                TopicPartition(topic, n, OFFSET_BEGINNING) for n in known.partitions
            ]
            consumer.assign(places)
            while len(found) < number:
                if time.monotonic() > deadline:
                    raise BrokerFailed(f"{topic} has {len(found)} events, not {number}")
                with interruptible():
                    message = consumer.poll(POLL_SECONDS)
                if message is None or (message.key() or b"").decode() != stream:
                    continue
                headers = dict(cast("list[tuple[str, bytes]]", message.headers()))
                version = headers["stream_version"].decode()
                found.setdefault(version, headers["event_type"].decode())
        finally:
            consumer.close()
        return list(found.values())
