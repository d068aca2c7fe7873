"""Rebuilding: a projection's table emptied, and made anew from the first event.

Emptying it and setting its checkpoint back is one transaction. Whoever goes on from
there, this process or a worker, comes to the same rows; so one that was killed is run
again, or left to the worker. Rows that appends write meanwhile hold all that their
stream has said, and are never replaced by older ones.
"""

import asyncio
import os
import socket
import time
from collections.abc import Callable
from datetime import datetime
from typing import Final

from app.common.ids import new_id
from app.config.worker import WorkerSettings
from app.infra.persistence.postgres import Pool
from app.infra.projections.batch import Batches
from app.infra.projections.projection import AnyProjection, Counting
from app.infra.projections.rows import quoted
from app.infra.subscriptions import checkpoints
from app.infra.subscriptions.checkpoints import Ownership, OwnershipLost
from app.infra.subscriptions.subscription import Poisoned

PAUSE: Final = 0.25
TELL_EVERY: Final = 1.0

Tell = Callable[[int, int], None]
"""Told how far in the log a rebuild is, and where the log ended when it began."""


class InUse(Exception):
    """A worker carries the projection on, and does not let go of it."""


class Stuck(Exception):
    """An event cannot be folded; everything before it has been."""


async def rebuild(
    pool: Pool, projection: AnyProjection, settings: WorkerSettings, tell: Tell
) -> None:
    """Empty the table, and fold the log into it from the start."""
    owned = await _emptied(pool, projection, settings.lease)
    batches = Batches(pool, projection, size=settings.batch, lease=settings.lease)
    end: int = await pool.fetchval("SELECT coalesce(max(pos), 0) FROM kernel.events")
    told = time.monotonic()
    try:
        while (moved := await batches.next(owned)) != owned:
            owned = moved
            if time.monotonic() >= told + TELL_EVERY:
                told = time.monotonic()
                tell(owned.place.pos, end)
    except Poisoned as poison:
        event = poison.event
        await checkpoints.stop(pool, poison.owned, event.event_id, str(poison))
        raise Stuck(
            f"{event.type} {event.event_id} of stream {event.stream_id}: {poison}"
        ) from poison
    except OwnershipLost:
        raise InUse(projection.name) from None
    await checkpoints.release(pool, owned)
    tell(end, end)


async def _emptied(pool: Pool, projection: AnyProjection, lease: float) -> Ownership:
    """Become the owner, at the first event, of a table without rows."""
    holder = f"{socket.gethostname()}:{os.getpid()}:{new_id().hex[-6:]}"
    deadline = time.monotonic() + lease + PAUSE
    before: datetime | None = None
    while True:
        async with pool.acquire() as connection, connection.transaction():
            owned = await checkpoints.restart(
                connection, projection.name, holder=holder, lease=lease
            )
            if owned is not None:
                await connection.execute(f"TRUNCATE {quoted(_table(projection))}")
                return owned
            held = await checkpoints.held_until(connection, projection.name)
        # One that was killed leaves a lease behind; a worker that lives renews its own.
        if time.monotonic() > deadline or (before and held and held > before):
            raise InUse(projection.name)
        before = held
        await asyncio.sleep(PAUSE)


def _table(projection: AnyProjection) -> str:
    if isinstance(projection, Counting):
        return projection.tally.name
    return projection.table.name
