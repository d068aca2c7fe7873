"""A relay in a process of its own, which dies where it is told to.

    python tests/infra/relay_process.py DATABASE SERVERS BATCH MOMENT COUNT

At the COUNT-th batch it kills itself before publishing it, with half of it published,
or with all of it published and the checkpoint not yet moved.
"""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import Sequence

from app.config.bus import BusSettings
from app.config.database import DatabaseSettings
from app.config.worker import WorkerSettings
from app.infra.event_bus.kafka import KafkaTransport
from app.infra.event_bus.messages import Message
from app.infra.event_bus.worker import run_relay
from app.infra.persistence.postgres import create_pool
from app.infra.wakeup import WakeUp


class Deadly(KafkaTransport):
    """Dies at a moment of its COUNT-th batch."""

    moment = "never"
    count = 0

    async def publish(self, messages: Sequence[Message]) -> None:
        self.count -= 1
        doomed = self.count == 0
        if doomed and self.moment == "before":
            os.kill(os.getpid(), signal.SIGKILL)
        if doomed and self.moment == "half":
            messages = messages[: len(messages) // 2]
        await super().publish(messages)
        if doomed:
            os.kill(os.getpid(), signal.SIGKILL)


async def main(url: str, servers: str, batch: str, moment: str, count: str) -> None:
    pool = await create_pool(DatabaseSettings.model_validate({"url": url}))
    settings = BusSettings.model_validate({"servers": servers, "batch": batch})
    transport = Deadly(settings)
    transport.moment, transport.count = moment, int(count)
    stop, wake = asyncio.Event(), WakeUp()
    worker = WorkerSettings(lease=0.5, poll_max=0.02)
    await run_relay(pool, transport, settings, worker, stop=stop, wake=wake)


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
