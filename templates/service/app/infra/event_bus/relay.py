"""The relay: the subscription that puts the whole log on the bus.

The checkpoint moves when the broker has acknowledged a batch. Whatever ends the relay
in between has the batch sent once more, and no more than that.
"""

import asyncio
from collections.abc import Coroutine
from typing import Any, Final, TypeVar, cast

from app.infra.event_bus.messages import message_of
from app.infra.event_bus.transport import Transport
from app.infra.event_store.tail import StoredEvent, read_tail
from app.infra.event_store.tokens import Token
from app.infra.metrics.measures import PUBLISHED
from app.infra.persistence.postgres import Pool
from app.infra.subscriptions.checkpoints import (
    MOVE,
    Ownership,
    OwnershipLost,
    move_arguments,
)

R = TypeVar("R")

RELAY: Final = "event bus"
"""A name that no read model can have."""


class Relay:
    """Publishes the log in its order, for whoever owns the relay's checkpoint."""

    def __init__(
        self, pool: Pool, transport: Transport, *, size: int, lease: float
    ) -> None:
        self._pool = pool
        self._transport = transport
        self._size = size
        self._lease = lease
        self._ahead: tuple[Token, list[StoredEvent]] | None = None

    @property
    def name(self) -> str:
        return RELAY

    async def next(self, owned: Ownership) -> Ownership:
        """Publish the next batch, and read the one after it meanwhile."""
        events = await self._after(owned.place)
        if not events:
            return owned
        reached = events[-1]
        publishing = self._transport.publish([message_of(event) for event in events])
        if len(events) < self._size:
            await publishing
        else:
            self._ahead = (
                reached.place,
                await _both(publishing, self._read(reached.place)),
            )
        PUBLISHED.inc(len(events))
        arguments = move_arguments(owned, reached, self._lease)
        if await self._pool.fetchval(MOVE, *arguments) != 1:
            raise OwnershipLost(owned.name)
        return owned.at(reached.place)

    async def _after(self, place: Token) -> list[StoredEvent]:
        ahead, self._ahead = self._ahead, None
        if ahead is not None and ahead[0] == place and ahead[1]:
            return ahead[1]
        return await self._read(place)

    async def _read(self, place: Token) -> list[StoredEvent]:
        return await read_tail(self._pool, place, limit=self._size)


async def _both(first: Coroutine[Any, Any, None], second: Coroutine[Any, Any, R]) -> R:
    """What the second gives, once both have ended: a failure leaves none alone."""
    done, result = await asyncio.gather(first, second, return_exceptions=True)
    for outcome in (done, result):
        if isinstance(outcome, BaseException):
            raise outcome
    return cast(R, result)
