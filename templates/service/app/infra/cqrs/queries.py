"""The query bus: every question goes through here, and may wait for its answer."""

from asyncio import gather
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias, TypeVar

from app.common.actor import Actor
from app.common.errors import Busy
from app.common.messages import Query
from app.common.read_models import Table
from app.infra.cqrs.middleware import Middleware, Step, chained
from app.infra.event_store.tokens import Token
from app.infra.persistence.failures import LOST
from app.infra.projections.waiting import Waiting, knowing

Q = TypeVar("Q", bound=Query)

QueryStep: TypeAlias = Step[Query, Actor, object]
QueryMiddleware: TypeAlias = Middleware[Query, Actor, object]


@dataclass(frozen=True, slots=True)
class _Registration:
    handler: Callable[[Any, Actor], Awaitable[object]]
    reads: Table[Any]


class QueryBus:
    """Finds who answers a query, after the read model has seen what the asker has."""

    def __init__(
        self, waiting: Waiting, *, middlewares: Sequence[QueryMiddleware] = ()
    ) -> None:
        self._waiting = waiting
        self._registrations: dict[type[Query], _Registration] = {}
        self._step = chained(middlewares, self._handle)

    def register(
        self,
        query: type[Q],
        handler: Callable[[Q, Actor], Awaitable[object]],
        *,
        reads: Table[Any],
    ) -> None:
        """Say who answers a query, and from which table."""
        if query in self._registrations:
            raise ValueError(f"{query.__name__} has a handler already.")
        self._registrations[query] = _Registration(handler, reads)

    async def ask(
        self, query: Query, *, actor: Actor, wait_for: Token | None = None
    ) -> object:
        """The answer, no older than the token that the asker got from a command."""
        try:
            if wait_for is not None:
                # At the same time: all of them have the one timeout.
                feeds = self._of(query).reads.feeds
                await gather(*(self._waiting.until(each, wait_for) for each in feeds))
            with knowing(wait_for):
                return await self._step(query, actor)
        except LOST as error:
            raise Busy() from error

    async def _handle(self, query: Query, actor: Actor) -> object:
        return await self._of(query).handler(query, actor)

    def _of(self, query: Query) -> _Registration:
        registration = self._registrations.get(type(query))
        if registration is None:
            raise LookupError(f"Nobody answers {type(query).__name__}.")
        return registration
