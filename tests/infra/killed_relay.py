"""A relay in a process of its own, which dies in the batch in which it is told to."""

from __future__ import annotations

import asyncio
import os
import signal
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from app.config.database import DatabaseSettings
from app.infra.event_bus.kafka import KafkaTransport
from app.infra.event_bus.messages import Message
from app.infra.event_bus.worker import run_relay
from app.infra.persistence.postgres import create_pool
from app.infra.wakeup import WakeUp
from tests.infra.brokers import bus_settings
from tests.infra.service import worker_settings


@dataclass(frozen=True, slots=True)
class Death:
    """When a relay dies: in its `batch`-th batch, with a `share` of it published.

    With a `delay` it dies so many seconds after it began to publish that, wherever that
    may be; without, as soon as the broker has acknowledged it.
    """

    batch: int
    share: float
    delay: float | None


class Deadly(KafkaTransport):
    """Kills its process."""

    def __init__(self, death: Death, *arguments: Any) -> None:
        super().__init__(*arguments)
        self._death = death
        self._batch = 0

    async def publish(self, messages: Sequence[Message]) -> None:
        self._batch += 1
        if self._batch < self._death.batch:
            await super().publish(messages)
            return
        if self._death.delay is not None:
            threading.Timer(self._death.delay, _die).start()
        if published := messages[: round(self._death.share * len(messages))]:
            await super().publish(published)
        if self._death.delay is None:
            _die()
        await asyncio.Event().wait()


def relay(url: str, servers: str, batch: int, death: Death) -> None:
    """Put the log on the bus until death."""
    asyncio.run(_relay(url, Deadly(death, bus_settings(servers)), batch))


async def _relay(url: str, transport: KafkaTransport, batch: int) -> None:
    pool = await create_pool(
        DatabaseSettings.model_validate({"url": url, "pool_min": 0, "pool_max": 3})
    )
    await run_relay(
        pool,
        transport,
        bus_settings("", batch=batch),
        # Each kill is a start without progress, unless a batch came before it.
        worker_settings(lease=0.05, max_attempts=100),
        stop=asyncio.Event(),
        wake=WakeUp(),
    )


def _die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)
