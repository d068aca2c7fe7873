"""Timers: what policies send when its time has come, by the clock of the database.

A due timer is claimed for a while by one of any number of workers. Whoever dies with it
lets the claim run out; whoever comes back too late finds a higher fencing number. The
command that a timer sends always has the same id, so it is carried out once.
"""

import asyncio
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

import structlog

from app.common.policies import Policy
from app.config.worker import WorkerSettings
from app.infra.cqrs.commands import CommandBus
from app.infra.persistence.failures import PASSING, without_values
from app.infra.persistence.postgres import Connection, Pool
from app.infra.policies.reactions import TRY_AGAIN, Happened, Reactions, Refusal

AT_ONCE: Final = 16
RETRY_PAUSE: Final = 1.0

_CLAIM: Final = """
UPDATE kernel.timers t SET fence = t.fence + 1, attempts = t.attempts + 1,
    claimed_until = clock_timestamp() + make_interval(secs => $3)
FROM (
    SELECT w.timer_id, e.event_id, e.schema_version, e.occurred_at,
        e.data::text AS data, e.meta::text AS meta
    FROM kernel.timers w
    JOIN kernel.events e ON e.stream_id = w.stream_id AND e.version = w.version
    WHERE w.due_at <= clock_timestamp() AND w.claimed_until < clock_timestamp()
        AND w.stopped_at IS NULL AND w.policy = ANY ($1::text[])
    ORDER BY w.due_at LIMIT $2 FOR UPDATE OF w SKIP LOCKED
) AS due
WHERE t.timer_id = due.timer_id
RETURNING t.timer_id, t.policy, t.stream_id, t.version, t.due_at, t.fence, t.attempts,
    due.event_id, due.schema_version, due.occurred_at, due.data, due.meta
"""

_SETTLE: Final = """
WITH gone AS (
    DELETE FROM kernel.timers WHERE timer_id = $1 AND fence = $2 RETURNING policy
)
INSERT INTO kernel.policy_refusals (command_id, policy, event_id, code, message)
SELECT $1, gone.policy, $3, $4, $5 FROM gone WHERE $4::text IS NOT NULL
ON CONFLICT DO NOTHING
"""

_PUT_OFF: Final = """
UPDATE kernel.timers SET attempts = 0,
    claimed_until = clock_timestamp() + make_interval(secs => $3)
WHERE timer_id = $1 AND fence = $2
"""

_STOP: Final = """
UPDATE kernel.timers SET stopped_at = clock_timestamp(), error = $3
WHERE timer_id = $1 AND fence = $2
"""

_RESUME: Final = """
UPDATE kernel.timers SET stopped_at = NULL, error = NULL, attempts = 0,
    claimed_until = '-infinity'
WHERE policy = $1 AND stopped_at IS NOT NULL
"""

_STOPPED: Final = """
SELECT policy, count(*) AS number, min(error) AS error FROM kernel.timers
WHERE stopped_at IS NOT NULL GROUP BY policy ORDER BY policy
"""

log: structlog.stdlib.BoundLogger = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Claim:
    """A due timer, held until the claim runs out."""

    timer_id: UUID
    policy: str
    due: datetime
    fence: int
    attempts: int
    happened: Happened


class Timers:
    """Sends what is due; any number of copies may run."""

    def __init__(
        self,
        pool: Pool,
        policies: Iterable[Policy[Any]],
        commands: CommandBus,
        settings: WorkerSettings,
    ) -> None:
        self._pool = pool
        self._settings = settings
        self._reactions: Mapping[str, Reactions] = {
            policy.name: Reactions(policy, commands) for policy in policies
        }

    async def run(self, stop: asyncio.Event) -> None:
        """Work until told to stop; failures of the database are waited out."""
        while not stop.is_set():
            fired = 0
            try:
                fired = await self.fire()
            except* PASSING as errors:
                log.warning("timers wait", error=str(errors.exceptions[0]))
            if not fired:
                await _pause(stop, self._settings.poll_max)

    async def fire(self) -> int:
        """Send one round of what is due; how many timers that were."""
        claims = await self.claim()
        async with asyncio.TaskGroup() as tasks:
            for each in claims:
                tasks.create_task(self.settle(each))
        return len(claims)

    async def claim(self) -> list[Claim]:
        """Hold what is due and held by nobody; the attempt is counted first."""
        records = await self._pool.fetch(
            _CLAIM, list(self._reactions), AT_ONCE, self._settings.lease
        )
        return [
            Claim(
                r["timer_id"],
                r["policy"],
                r["due_at"],
                r["fence"],
                r["attempts"],
                Happened(
                    r["event_id"],
                    r["stream_id"],
                    r["version"],
                    r["schema_version"],
                    r["occurred_at"],
                    r["data"],
                    r["meta"],
                ),
            )
            for r in records
        ]

    async def settle(self, claim: Claim) -> None:
        """Send the command of a timer; it is gone once that is answered."""
        if claim.attempts > self._settings.max_attempts:
            await self._stop(claim, f"{claim.attempts - 1} claims ended without a word")
            return
        try:
            refusal = await self._send(claim)
        except TRY_AGAIN as error:
            log.warning("timer waits", policy=claim.policy, error=str(error))
            await self._pool.execute(_PUT_OFF, *_held(claim), RETRY_PAUSE)
        except Exception as error:  # whatever else is raised would be raised again
            # No more than its type: everybody is shown why a timer has stopped.
            await self._stop(claim, type(error).__name__, error)
        else:
            await self._pool.execute(
                _SETTLE,
                *_held(claim),
                claim.happened.event_id,
                refusal and refusal.code,
                refusal and refusal.message,
            )

    async def _send(self, claim: Claim) -> Refusal | None:
        """What the event leads to by the code of today, at the time set then."""
        reactions = self._reactions[claim.policy]
        wanted = reactions.to(claim.happened)
        if isinstance(wanted, Refusal):
            return wanted
        for each in wanted:
            if each.command_id == claim.timer_id:
                return await reactions.send(each, claim.happened, not_before=claim.due)
        log.info("timer sends nothing any more", policy=claim.policy)
        return None

    async def _stop(
        self, claim: Claim, reason: str, error: Exception | None = None
    ) -> None:
        await self._pool.execute(_STOP, *_held(claim), reason)
        log.critical(
            "timer stopped",
            policy=claim.policy,
            timer_id=str(claim.timer_id),
            event_id=str(claim.happened.event_id),
            error=reason,
            exc_info=without_values(error),
        )


async def resume(connection: Pool | Connection, policy: str) -> bool:
    """Let the stopped timers of a policy go on; False if there were none."""
    return await connection.execute(_RESUME, policy) != "UPDATE 0"


async def stopped(connection: Pool | Connection) -> dict[str, str]:
    """The policies with timers that stand still, and how many for which reason."""
    records = await connection.fetch(_STOPPED)
    return {r["policy"]: f"{r['number']} stopped: {r['error']}" for r in records}


def _held(claim: Claim) -> tuple[UUID, int]:
    return claim.timer_id, claim.fence


async def _pause(stop: asyncio.Event, seconds: float) -> None:
    try:
        await asyncio.wait_for(stop.wait(), seconds)
    except TimeoutError:
        return
