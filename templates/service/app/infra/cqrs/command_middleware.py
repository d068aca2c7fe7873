"""What every command passes through: a log line, the stored answer, a second try."""

import asyncio
import random
import time
from typing import Final, TypeAlias
from uuid import UUID

import structlog
from structlog.contextvars import bound_contextvars

from app.common.context import Context
from app.common.errors import (
    Busy,
    Conflict,
    DomainError,
    IdempotencyMismatch,
    Unavailable,
)
from app.common.messages import Command
from app.infra.cqrs.middleware import Middleware, Step
from app.infra.event_store.accepted import Accepted
from app.infra.event_store.store import EventStore
from app.infra.event_store.turns import Turns
from app.infra.event_store.verdicts import VersionConflict
from app.infra.persistence.failures import LOST

CommandStep: TypeAlias = Step[Command, Context, Accepted]
CommandMiddleware: TypeAlias = Middleware[Command, Context, Accepted]

FIRST_PAUSE: Final = 0.002
LONGEST_PAUSE: Final = 0.02

log: structlog.stdlib.BoundLogger = structlog.get_logger(__name__)


async def logged(command: Command, context: Context, next: CommandStep) -> Accepted:
    """One line a command; all lines below it carry its ids."""
    began = time.perf_counter()
    with bound_contextvars(
        command=type(command).__name__,
        command_id=str(context.command_id),
        correlation_id=str(context.correlation_id),
        actor=context.actor.subject,
    ):
        try:
            accepted = await next(command, context)
        except DomainError as error:
            log.info(
                "command refused", code=error.code, milliseconds=_milliseconds(began)
            )
            raise
        log.info(
            "command accepted",
            stream=str(accepted.id),
            version=accepted.version,
            replayed=accepted.replayed,
            milliseconds=_milliseconds(began),
        )
        return accepted


class Idempotent:
    """Answers a repeated command as it was answered the first time.

    The log is read before anything else, and once more before a refusal: what refuses a
    repeat is mostly the very change that its first sending has made.
    """

    def __init__(self, store: EventStore) -> None:
        self._store = store

    async def __call__(
        self, command: Command, context: Context, next: CommandStep
    ) -> Accepted:
        if not context.repeatable:
            return await next(command, context)
        stored = await self._stored(context.command_id, context.request_hash)
        if stored is not None:
            return stored
        try:
            return await next(command, context)
        except Unavailable:
            raise
        except DomainError:
            stored = await self._stored(context.command_id, context.request_hash)
            if stored is None:
                raise
            return stored

    async def _stored(self, command_id: UUID, request_hash: bytes) -> Accepted | None:
        recorded = await self._store.find(command_id)
        if recorded is None:
            return None
        if recorded.request_hash != request_hash:
            raise IdempotencyMismatch()
        return recorded.answer


class Retried:
    """Decides again when another command was faster, and then in its turn."""

    def __init__(self, turns: Turns) -> None:
        self._turns = turns

    async def __call__(
        self, command: Command, context: Context, next: CommandStep
    ) -> Accepted:
        try:
            return await _decided(command, context.again(), next)
        except VersionConflict as conflict:
            stream = conflict.stream
        now = asyncio.get_running_loop().time
        until = now() + self._turns.seconds
        longest = FIRST_PAUSE
        async with self._turns.of(stream, until=until):
            # What has moved it on in this process is remembered by now.
            decision = context.again()
            while True:
                try:
                    return await _decided(command, decision, next)
                except VersionConflict:
                    if now() > until:
                        raise Conflict() from None
                await asyncio.sleep(random.uniform(0, longest))
                longest = min(LONGEST_PAUSE, 2 * longest)
                decision = context.again(afresh=True)


async def _decided(command: Command, context: Context, next: CommandStep) -> Accepted:
    """Decide, on the log itself if what is remembered leads to a refusal.

    A remembered state may be the past, and no append has compared its version. A
    database that is lost here was only read: the append settles its own losses.
    """
    try:
        try:
            return await next(command, context)
        except (Unavailable, IdempotencyMismatch):
            raise
        except DomainError:
            if not context.remembered:
                raise
        return await next(command, context.again(afresh=True))
    except LOST as error:
        raise Busy() from error


def _milliseconds(began: float) -> float:
    return round((time.perf_counter() - began) * 1000, 1)
