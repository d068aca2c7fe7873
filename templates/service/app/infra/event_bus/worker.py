"""The part of the worker that needs a broker: the relay, and an ear on the topics."""

import asyncio
import threading
from collections.abc import Sequence

import structlog

from app.config.bus import BusSettings
from app.config.worker import WorkerSettings
from app.infra.event_bus.relay import Relay
from app.infra.event_bus.transport import Transport
from app.infra.persistence.postgres import Pool
from app.infra.wakeup import WakeUp
from app.infra.worker import run_subscriptions

RESTART_SECONDS = 1.0

log: structlog.stdlib.BoundLogger = structlog.get_logger(__name__)


async def run_relay(
    pool: Pool,
    transport: Transport,
    bus: BusSettings,
    worker: WorkerSettings,
    *,
    stop: asyncio.Event,
    wake: WakeUp,
) -> None:
    """Put the log on the bus until told to stop."""
    relay = Relay(pool, transport, size=bus.batch, lease=worker.lease)
    settings = worker.model_copy(
        update={
            "poll_min": min(worker.poll_min, bus.poll_max),
            "poll_max": bus.poll_max,
        }
    )
    await run_subscriptions(pool, [relay], settings, stop=stop, wake=wake)


async def wake_by_topics(
    transport: Transport, topics: Sequence[str], *, stop: asyncio.Event, wake: WakeUp
) -> None:
    """Let a message on a topic say that the log has grown; its content is not read."""
    loop = asyncio.get_running_loop()
    ended = threading.Event()

    def heard() -> None:
        loop.call_soon_threadsafe(wake.notify)

    async def listen() -> None:
        while not ended.is_set():
            try:
                await asyncio.to_thread(transport.listen, topics, heard, ended)
            except Exception:  # the log is read without us, only later
                log.exception("listening to the bus failed")
                await asyncio.sleep(RESTART_SECONDS)

    listening = asyncio.create_task(listen())
    try:
        await stop.wait()
    finally:
        ended.set()
        await listening
