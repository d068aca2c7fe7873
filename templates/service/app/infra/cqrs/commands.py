"""The command bus: every wish goes through here, whoever sends it."""

from collections.abc import Awaitable, Callable, Sequence
from functools import cache
from hashlib import sha256
from typing import Any, TypeVar
from uuid import UUID

from app.common.actor import SYSTEM, Actor
from app.common.clock import Clock, SystemClock
from app.common.context import Cause, Context
from app.common.ids import derived_id, new_id
from app.common.messages import Command
from app.infra.cqrs.command_middleware import (
    CommandMiddleware,
    Idempotent,
    Retried,
    logged,
)
from app.infra.cqrs.middleware import chained
from app.infra.event_store.accepted import Accepted
from app.infra.event_store.store import EventStore
from app.infra.metrics.commands import measured

C = TypeVar("C", bound=Command)


class CommandBus:
    """Finds the handler of a command, and gives it the context to decide in."""

    def __init__(
        self,
        store: EventStore,
        *,
        clock: Clock | None = None,
        timezone: str = "UTC",
        middlewares: Sequence[CommandMiddleware] | None = None,
    ) -> None:
        if middlewares is None:
            middlewares = (measured, logged, Idempotent(store), Retried(store.turns))
        self._clock = clock or SystemClock()
        self._timezone = timezone
        self._handlers: dict[
            type[Command], Callable[[Any, Context], Awaitable[Accepted]]
        ] = {}
        self._step = chained(middlewares, self._handle)

    def register(
        self, command: type[C], handler: Callable[[C, Context], Awaitable[Accepted]]
    ) -> None:
        """Say who handles a command; there is one handler for each."""
        if command in self._handlers:
            raise ValueError(f"{command.__name__} has a handler already.")
        self._handlers[command] = handler

    async def send(
        self,
        command: Command,
        *,
        actor: Actor,
        idempotency_key: str | None = None,
        correlation_id: UUID | None = None,
    ) -> Accepted:
        """Carry the command out, at most once for each key of an actor."""
        command_id = (
            new_id()
            if idempotency_key is None
            else derived_id("command", actor.subject, idempotency_key)
        )
        context = Context(
            now=self._clock.now(),
            actor=actor,
            command_id=command_id,
            correlation_id=correlation_id or command_id,
            timezone=self._timezone,
            request_hash=request_hash(command),
            repeatable=idempotency_key is not None,
        )
        return await self._step(command, context)

    async def send_because(self, command: Command, cause: Cause) -> Accepted:
        """Carry out what the service itself wants, at most once for each cause.

        A deadline is never decided before its time, though the clock of this machine
        may be behind the one that found it due.
        """
        now = self._clock.now()
        context = Context(
            now=now if cause.not_before is None else max(now, cause.not_before),
            actor=SYSTEM,
            command_id=cause.command_id,
            correlation_id=cause.correlation_id,
            timezone=self._timezone,
            request_hash=request_hash(command),
            repeatable=True,
            cause=cause,
        )
        return await self._step(command, context)

    async def _handle(self, command: Command, context: Context) -> Accepted:
        handler = self._handlers.get(type(command))
        if handler is None:
            raise LookupError(f"Nobody handles {type(command).__name__}.")
        return await handler(command, context)


def request_hash(command: Command) -> bytes:
    """What equal requests have in common: what the caller wrote, without secrets."""
    kind = type(command)
    body = command.model_dump_json(exclude_unset=True, exclude=_secrets(kind))
    return sha256(f"{kind.__module__}.{kind.__qualname__}\n{body}".encode()).digest()


@cache
def _secrets(command: type[Command]) -> set[str]:
    return {name for name, field in command.model_fields.items() if not field.repr}
