"""Runners: each carries one subscription on, as long as it owns its checkpoint."""

import asyncio
import os
import socket
import time
from uuid import UUID

import structlog

from app.common.ids import new_id
from app.config.worker import WorkerSettings
from app.infra.persistence.failures import PASSING, without_values
from app.infra.persistence.postgres import Pool
from app.infra.subscriptions import checkpoints
from app.infra.subscriptions.checkpoints import Ownership, OwnershipLost
from app.infra.subscriptions.subscription import Interrupted, Poisoned, Subscription
from app.infra.wakeup import WakeUp

log: structlog.stdlib.BoundLogger = structlog.get_logger(__name__)


class SubscriptionStopped(Exception):
    """An event cannot be dealt with; the checkpoint says which, and why."""


class Runner:
    """Deals with the log from the checkpoint on, batch by batch, and waits for more.

    Any number of copies may run: one owns the checkpoint, the others stand by. An event
    that cannot be dealt with stops the subscription; it is never skipped. Every process
    tries such an event once, so that a new version of the code goes on by itself.
    What is merely interrupted is tried again for as long as it takes, and is an alarm
    from the `max_attempts`th time in a row on. An unexpected failure is an attempt.
    """

    def __init__(
        self,
        pool: Pool,
        subscription: Subscription,
        settings: WorkerSettings,
        *,
        wake: WakeUp | None = None,
    ) -> None:
        self._pool = pool
        self._subscription = subscription
        self._name = subscription.name
        self._settings = settings
        self._wake = wake or WakeUp()
        self._holder = f"{socket.gethostname()}:{os.getpid()}:{new_id().hex[-6:]}"
        self._tried: set[UUID] = set()
        self._waited = 0
        self._failed: str | None = None

    async def run(self, stop: asyncio.Event) -> None:
        """Work until told to stop; failures of the database are waited out."""
        while not stop.is_set():
            try:
                owned = await self._acquire()
                if owned is not None:
                    await self._work(owned, stop)
            except OwnershipLost:
                log.warning("subscription taken over", subscription=self._name)
            except PASSING as error:
                self._waits(error)
            except Exception as error:
                self._failed = type(error).__name__
                raise
            if not stop.is_set():
                await self._wake.wait(self._settings.poll_max)

    async def catch_up(self) -> None:
        """Deal with all that there is to read, then let go; for tests and rebuilds."""
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
            failed=self._failed is not None,
        )
        if owned is None:
            return None
        failed, self._failed = self._failed, None
        if owned.attempts <= self._settings.max_attempts:
            return owned
        error = f"{owned.attempts - 1} starts ended without progress"
        if failed is not None:
            error += f", the last by {failed}"
        await checkpoints.stop(self._pool, owned, None, error)
        log.critical("subscription stopped", subscription=self._name, error=error)
        return None

    async def _work(self, owned: Ownership, stop: asyncio.Event) -> None:
        pause = self._settings.poll_min
        renew_at = time.monotonic()
        while not stop.is_set():
            seen = self._wake.nudges
            try:
                moved = await self._step(owned)
            except Interrupted as error:
                self._waits(error)
                await self._stay(owned)
                continue
            if moved is None:
                return
            if moved != owned:
                owned, pause = moved, self._settings.poll_min
                continue
            if time.monotonic() >= renew_at:
                await checkpoints.renew(self._pool, owned, self._settings.lease)
                renew_at = time.monotonic() + self._settings.lease / 3
            await self._wake.wait(pause, seen=seen)
            pause = min(pause * 2, self._settings.poll_max)
        await checkpoints.release(self._pool, owned)

    async def _stay(self, owned: Ownership) -> None:
        """Remain the owner while something outside is away: waiting is no failure."""
        await checkpoints.renew(self._pool, owned, self._settings.lease)
        await asyncio.sleep(self._settings.poll_max)

    def _waits(self, error: Exception) -> None:
        self._waited += 1
        tell = log.warning
        if self._waited >= self._settings.max_attempts:
            tell = log.critical
        tell(
            "subscription waits",
            subscription=self._name,
            times=self._waited,
            error=f"{type(error).__name__}: {error}",
        )

    async def _step(self, owned: Ownership) -> Ownership | None:
        """One batch; None when an event has stopped the subscription."""
        try:
            moved = await self._subscription.next(owned)
            self._waited = 0
            return moved
        except Poisoned as poison:
            event = poison.event
            self._tried.add(event.event_id)
            await checkpoints.stop(
                self._pool, poison.owned, event.event_id, str(poison)
            )
            log.critical(
                "subscription stopped",
                subscription=self._name,
                event_id=str(event.event_id),
                event_type=event.type,
                stream=str(event.stream_id),
                version=event.version,
                error=str(poison),
                exc_info=without_values(poison.__cause__),
            )
            return None
