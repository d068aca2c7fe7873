"""Runners: each keeps one projection up to date, as long as it owns its checkpoint."""

import asyncio
import os
import socket
import time
from typing import Any
from uuid import UUID

import structlog

from app.common.ids import new_id
from app.config.worker import WorkerSettings
from app.infra.persistence.failures import CONTENTION, LOST
from app.infra.persistence.postgres import Pool
from app.infra.projections import checkpoints
from app.infra.projections.batch import Batches, Poisoned
from app.infra.projections.checkpoints import Ownership, OwnershipLost
from app.infra.projections.projection import Projection
from app.infra.wakeup import WakeUp

log: structlog.stdlib.BoundLogger = structlog.get_logger(__name__)


class SubscriptionStopped(Exception):
    """An event cannot be projected; the checkpoint says which, and why."""


class Runner:
    """Reads the log from the checkpoint on, folds, writes, and waits for more.

    Any number of copies may run: one owns the checkpoint, the others stand by. An event
    that cannot be projected stops the subscription; it is never skipped. Every process
    tries such an event once, so that a new version of the code goes on by itself.
    """

    def __init__(
        self,
        pool: Pool,
        projection: Projection[Any, Any],
        settings: WorkerSettings,
        *,
        wake: WakeUp | None = None,
    ) -> None:
        self._pool = pool
        self._name = projection.name
        self._settings = settings
        self._wake = wake or WakeUp()
        self._batches = Batches(
            pool, projection, size=settings.batch, lease=settings.lease
        )
        self._holder = f"{socket.gethostname()}:{os.getpid()}:{new_id().hex[-6:]}"
        self._tried: set[UUID] = set()

    async def run(self, stop: asyncio.Event) -> None:
        """Work until told to stop; failures of the database are waited out."""
        while not stop.is_set():
            try:
                owned = await self._acquire()
                if owned is not None:
                    await self._work(owned, stop)
            except OwnershipLost:
                log.warning("projection taken over", projection=self._name)
            except (*CONTENTION, *LOST) as error:
                log.warning("projection waits", projection=self._name, error=str(error))
            if not stop.is_set():
                await self._wake.wait(self._settings.poll_max)

    async def catch_up(self) -> None:
        """Project all that there is to read, then let go; for tests and rebuilds."""
        owned = await self._acquire()
        if owned is None:
            raise OwnershipLost(self._name)
        while (moved := await self._step(owned)) != owned:
            if moved is None:
                raise SubscriptionStopped(self._name)
            owned = moved
        await checkpoints.release(self._pool, owned)

    async def _acquire(self) -> Ownership | None:
        owned = await checkpoints.acquire(
            self._pool,
            self._name,
            holder=self._holder,
            lease=self._settings.lease,
            tried=self._tried,
        )
        if owned is None or owned.attempts <= self._settings.max_attempts:
            return owned
        error = f"{owned.attempts - 1} starts ended without progress or an error"
        await checkpoints.stop(self._pool, owned, None, error)
        log.critical("projection stopped", projection=self._name, error=error)
        return None

    async def _work(self, owned: Ownership, stop: asyncio.Event) -> None:
        pause = self._settings.poll_min
        renew_at = time.monotonic()
        while not stop.is_set():
            moved = await self._step(owned)
            if moved is None:
                return
            if moved != owned:
                owned, pause = moved, self._settings.poll_min
                continue
            if time.monotonic() >= renew_at:
                await checkpoints.renew(self._pool, owned, self._settings.lease)
                renew_at = time.monotonic() + self._settings.lease / 3
            await self._wake.wait(pause)
            pause = min(pause * 2, self._settings.poll_max)
        await checkpoints.release(self._pool, owned)

    async def _step(self, owned: Ownership) -> Ownership | None:
        """One batch; None when an event has stopped the subscription."""
        try:
            return await self._batches.next(owned)
        except Poisoned as poison:
            event = poison.event
            self._tried.add(event.event_id)
            await checkpoints.stop(
                self._pool, poison.owned, event.event_id, str(poison)
            )
            log.critical(
                "projection stopped",
                projection=self._name,
                event_id=str(event.event_id),
                event_type=event.type,
                stream=str(event.stream_id),
                version=event.version,
                error=str(poison),
                exc_info=poison.__cause__,
            )
            return None
