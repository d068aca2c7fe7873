"""Retention: the command log forgets what nobody will repeat any more.

Within the retention a repeat is recognised, and gets the first answer. After it, the
same key is that of a new command. What a policy may still send again is kept, however
long it has stood still: its commands came after its event, or after their time.
"""

import asyncio
from collections.abc import Iterable
from typing import Final

import structlog

from app.infra.metrics.measures import FORGOTTEN
from app.infra.persistence.failures import PASSING
from app.infra.persistence.postgres import Pool

BATCH: Final = 1000
"""Few enough that readers of the log hardly wait for the transaction."""
PAUSE: Final = 60.0

# One copy at a time: the lock ends with the transaction, whatever becomes of the copy.
_LOCK: Final = 0x636F6D6D616E6473
_FORGET: Final = """
WITH turn AS MATERIALIZED (
    SELECT least(
        clock_timestamp() - make_interval(days => $2),
        (
            SELECT min(e.recorded_at) FROM kernel.checkpoints c CROSS JOIN LATERAL (
                SELECT e.recorded_at FROM kernel.events e
                WHERE (e.epoch, e.xid, e.pos) > (c.epoch, c.xid, c.pos)
                ORDER BY e.epoch, e.xid, e.pos LIMIT 1
            ) AS e
            WHERE c.name = ANY ($3::text[])
        ),
        (SELECT min(t.due_at) FROM kernel.timers t WHERE t.policy = ANY ($3::text[]))
    ) AS before
    WHERE pg_try_advisory_xact_lock($1)
), gone AS (
    DELETE FROM kernel.command_log WHERE command_id = ANY (ARRAY(
        SELECT l.command_id FROM kernel.command_log l
        WHERE l.recorded_at < (SELECT before FROM turn)
        ORDER BY l.recorded_at LIMIT $4
    ))
    RETURNING 1
)
SELECT count(*) FROM gone
"""

log: structlog.stdlib.BoundLogger = structlog.get_logger(__name__)


class Retention:
    """Forgets commands after so many days; any number of copies may run.

    `policies` are the names of those that may send a command once more.
    """

    def __init__(
        self, pool: Pool, *, days: int, policies: Iterable[str] = (), batch: int = BATCH
    ) -> None:
        self._pool = pool
        self._days = days
        self._policies = list(policies)
        self._batch = batch

    async def run(self, stop: asyncio.Event) -> None:
        """Work until told to stop; failures of the database are waited out."""
        while not stop.is_set():
            forgotten = 0
            try:
                forgotten = await self.forget()
            except PASSING as error:
                log.warning("command log waits", error=str(error))
            if forgotten < self._batch:
                await _pause(stop)

    async def forget(self) -> int:
        """Forget the oldest, one batch; how many they were."""
        forgotten: int = await self._pool.fetchval(
            _FORGET, _LOCK, self._days, self._policies, self._batch
        )
        FORGOTTEN.inc(forgotten)
        return forgotten


async def _pause(stop: asyncio.Event) -> None:
    try:
        await asyncio.wait_for(stop.wait(), PAUSE)
    except TimeoutError:
        return
