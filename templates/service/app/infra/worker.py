"""The worker: runs subscriptions, and watches what holds the log's readers up."""

import asyncio
from collections.abc import Iterable
from typing import Protocol

import structlog

from app.config.worker import WorkerSettings
from app.infra.event_store.tail import fence_holder, fence_wait
from app.infra.persistence.failures import LOST
from app.infra.persistence.postgres import Pool
from app.infra.subscriptions.runner import Runner
from app.infra.subscriptions.subscription import Subscription
from app.infra.wakeup import WakeUp

RESTART_PAUSE = 1.0

log: structlog.stdlib.BoundLogger = structlog.get_logger(__name__)


async def run_subscriptions(
    pool: Pool,
    subscriptions: Iterable[Subscription],
    settings: WorkerSettings,
    *,
    stop: asyncio.Event,
    wake: WakeUp | None = None,
) -> None:
    """Run until told to stop; the trouble of one is not that of another."""
    wake = wake or WakeUp()
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(_wake_at(stop, wake))
        for subscription in subscriptions:
            runner = Runner(pool, subscription, settings, wake=wake)
            tasks.create_task(kept_running(runner, subscription.name, stop))


async def watch_fence(
    pool: Pool, settings: WorkerSettings, stop: asyncio.Event
) -> None:
    """Raise an alarm that names the session for which all readers have waited long."""
    while not stop.is_set():
        try:
            waited = await fence_wait(pool)
            if waited > settings.fence_alarm:
                holder = await fence_holder(pool)
                log.critical(
                    "readers of the log wait for an open transaction",
                    seconds=round(waited, 1),
                    holder=str(holder) if holder else "not visible to this role",
                    pid=holder.pid if holder else None,
                )
        except LOST as error:
            log.warning("fence not checked", error=str(error))
        await _pause(stop, settings.fence_alarm / 2)


async def _wake_at(stop: asyncio.Event, wake: WakeUp) -> None:
    await stop.wait()
    wake.notify()


class Running(Protocol):
    """Whatever works until it is told to stop."""

    async def run(self, stop: asyncio.Event) -> None: ...


async def kept_running(runner: Running, name: str, stop: asyncio.Event) -> None:
    """Run until told to stop; what fails unexpectedly is started anew."""
    while not stop.is_set():
        try:
            await runner.run(stop)
        except Exception:  # a mistake of ours must not take the others along
            log.exception("subscription failed", subscription=name)
            await _pause(stop, RESTART_PAUSE)


async def _pause(stop: asyncio.Event, seconds: float) -> None:
    try:
        await asyncio.wait_for(stop.wait(), seconds)
    except TimeoutError:
        return
