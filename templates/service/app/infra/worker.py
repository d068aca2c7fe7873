"""The worker: runs every projection, and watches what holds the log's readers up."""

import asyncio
from collections.abc import Iterable
from typing import Any

import structlog

from app.config.worker import WorkerSettings
from app.infra.event_store.tail import fence_holder, fence_wait
from app.infra.persistence.failures import LOST
from app.infra.persistence.postgres import Pool
from app.infra.projections.projection import Projection
from app.infra.projections.runner import Runner
from app.infra.wakeup import WakeUp

RESTART_PAUSE = 1.0

log: structlog.stdlib.BoundLogger = structlog.get_logger(__name__)


async def run_projections(
    pool: Pool,
    projections: Iterable[Projection[Any, Any]],
    settings: WorkerSettings,
    *,
    stop: asyncio.Event,
    wake: WakeUp | None = None,
) -> None:
    """Run until told to stop; one projection's trouble is not another's."""
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(watch_fence(pool, settings, stop))
        for projection in projections:
            runner = Runner(pool, projection, settings, wake=wake)
            tasks.create_task(_kept_running(runner, projection.name, stop))


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


async def _kept_running(runner: Runner, name: str, stop: asyncio.Event) -> None:
    while not stop.is_set():
        try:
            await runner.run(stop)
        except Exception:  # a mistake of ours must not take the other projections along
            log.exception("projection runner failed", projection=name)
            await _pause(stop, RESTART_PAUSE)


async def _pause(stop: asyncio.Event, seconds: float) -> None:
    try:
        await asyncio.wait_for(stop.wait(), seconds)
    except TimeoutError:
        return
