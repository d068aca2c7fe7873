"""A policy as a subscription: commands are settled first, the checkpoint moves then."""

import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final
from uuid import UUID

import structlog

from app.common.policies import Policy
from app.infra.cqrs.commands import CommandBus
from app.infra.event_store.tail import StoredEvent, read_tail
from app.infra.persistence.postgres import Pool
from app.infra.policies.reactions import TRY_AGAIN, Happened, Reactions, Refusal
from app.infra.subscriptions.checkpoints import (
    MOVE,
    MOVE_PARAMETERS,
    Ownership,
    OwnershipLost,
    move_arguments,
)
from app.infra.subscriptions.subscription import Poisoned

FIRST_PAUSE: Final = 0.05
LONGEST_PAUSE: Final = 5.0

# Of all streams only events of one type are read, so none has this kind.
_NO_KIND: Final = ""

_P = MOVE_PARAMETERS
_MOVE: Final = f"""
WITH moved AS ({MOVE}), timers AS (
    INSERT INTO kernel.timers (timer_id, policy, stream_id, version, due_at)
    SELECT u.id, ${_P + 1}, u.stream, u.version, u.due
    FROM unnest(
        ${_P + 2}::uuid[], ${_P + 3}::uuid[], ${_P + 4}::bigint[],
        ${_P + 5}::timestamptz[]
    ) AS u(id, stream, version, due) CROSS JOIN moved
    ON CONFLICT DO NOTHING
), refusals AS (
    INSERT INTO kernel.policy_refusals (command_id, policy, event_id, code, message)
    SELECT u.id, ${_P + 1}, u.event, u.code, u.message
    FROM unnest(
        ${_P + 6}::uuid[], ${_P + 7}::uuid[], ${_P + 8}::text[], ${_P + 9}::text[]
    ) AS u(id, event, code, message) CROSS JOIN moved
    ON CONFLICT DO NOTHING
)
SELECT count(*) FROM moved
"""

log: structlog.stdlib.BoundLogger = structlog.get_logger(__name__)


@dataclass(slots=True)
class _Progress:
    """How far a batch has come, and what is to be written with the checkpoint."""

    reached: StoredEvent | None = None
    timers: list[tuple[UUID, UUID, int, datetime]] = field(default_factory=list)
    refusals: list[Refusal] = field(default_factory=list)
    failed: StoredEvent | None = None
    cause: Exception | None = None


class PolicySubscription:
    """Carries one policy forward, for whoever owns its checkpoint.

    What is read again after a crash sends the same command ids, which the command log
    knows: so each event has its effect once. A failure of the infrastructure stops at
    its event, which is tried again after a growing pause.
    """

    def __init__(
        self,
        pool: Pool,
        policy: Policy[Any],
        commands: CommandBus,
        *,
        size: int,
        lease: float,
    ) -> None:
        self._pool = pool
        self._policy = policy
        self._reactions = Reactions(policy, commands)
        self._size = size
        self._lease = lease
        self._pause = FIRST_PAUSE
        self._not_before = 0.0

    @property
    def name(self) -> str:
        return self._policy.name

    async def next(self, owned: Ownership) -> Ownership:
        """React to the next events, then move the checkpoint behind them."""
        if time.monotonic() < self._not_before:
            return owned
        events = await read_tail(
            self._pool,
            owned.place,
            kind=_NO_KIND,
            types=[self._policy.event.event_type],
            limit=self._size,
        )
        progress = await self._react(events)
        if progress.reached is not None:
            owned = await self._move(owned, progress, progress.reached)
        if progress.failed is not None and progress.cause is not None:
            if not isinstance(progress.cause, TRY_AGAIN):
                raise Poisoned(
                    owned, progress.failed, progress.cause
                ) from progress.cause
            self._wait(progress.failed, progress.cause)
        elif events:
            self._pause = FIRST_PAUSE
        return owned

    async def _react(self, events: Sequence[StoredEvent]) -> _Progress:
        """Settle event after event, until one fails or the lease wants renewing."""
        progress = _Progress()
        enough = time.monotonic() + self._lease / 3
        for event in events:
            try:
                if event.data is not None:
                    await self._settle(_happened(event, event.data), progress)
            except Exception as error:  # who called knows which of them to wait out
                progress.failed, progress.cause = event, error
                break
            progress.reached = event
            if time.monotonic() > enough:
                break
        return progress

    async def _settle(self, happened: Happened, progress: _Progress) -> None:
        reactions = self._reactions.to(happened)
        if isinstance(reactions, Refusal):
            progress.refusals.append(reactions)
            return
        for each in reactions:
            if each.due is not None:
                place = (happened.stream_id, happened.version)
                progress.timers.append((each.command_id, *place, each.due))
            elif refusal := await self._reactions.send(each, happened):
                progress.refusals.append(refusal)

    async def _move(
        self, owned: Ownership, progress: _Progress, reached: StoredEvent
    ) -> Ownership:
        """Only the owner moves the checkpoint; timers and refusals go with it."""
        timers, refusals = progress.timers, progress.refusals
        moved = await self._pool.fetchval(
            _MOVE,
            *move_arguments(owned, reached, self._lease),
            self._policy.name,
            [id for id, _, _, _ in timers],
            [stream for _, stream, _, _ in timers],
            [version for _, _, version, _ in timers],
            [due for _, _, _, due in timers],
            [each.command_id for each in refusals],
            [each.event_id for each in refusals],
            [each.code for each in refusals],
            [each.message for each in refusals],
        )
        if moved != 1:
            raise OwnershipLost(owned.name)
        return owned.at(reached.place)

    def _wait(self, event: StoredEvent, cause: Exception) -> None:
        log.warning(
            "policy waits",
            policy=self._policy.name,
            event_id=str(event.event_id),
            seconds=self._pause,
            error=f"{type(cause).__name__}: {cause}",
        )
        self._not_before = time.monotonic() + self._pause
        self._pause = min(self._pause * 2, LONGEST_PAUSE)


def _happened(event: StoredEvent, data: str) -> Happened:
    return Happened(
        event.event_id,
        event.stream_id,
        event.version,
        event.schema_version,
        event.at,
        data,
        event.meta,
    )
