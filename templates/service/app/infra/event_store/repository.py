"""Repositories: aggregates as their handlers see them, loaded and saved."""

from typing import Any, Generic, TypeVar
from uuid import UUID

from app.common.aggregate import Aggregate
from app.common.context import Context
from app.common.ids import new_id
from app.infra.event_store.accepted import Accepted
from app.infra.event_store.append import Append
from app.infra.event_store.codec import Meta
from app.infra.event_store.store import EventStore
from app.infra.event_store.sync_rows import sync_rows
from app.infra.event_store.verdicts import VersionConflict, answer

__all__ = ["Accepted", "Repository"]

A = TypeVar("A", bound=Aggregate[Any, Any])


class Repository(Generic[A]):
    """All aggregates of one type."""

    def __init__(self, store: EventStore, aggregate: type[A]) -> None:
        self._store = store
        self._aggregate = aggregate

    async def load(self, id: UUID, context: Context | None = None) -> A:
        """The aggregate of this id; without a stream, one that has no state yet.

        With the context of the command that will be saved, a remembered state will do:
        the append notices if it is the past, and the bus has the command decided again.
        What is only looked at has no such safety, and is loaded without. A stream that
        others have raced for has moved on by the time it could be decided on.
        """
        if context is None:
            return await self._store.load(self._aggregate, id)
        if self._store.turns.waited_for(id):
            raise VersionConflict(id)
        if not context.afresh:
            found = self._store.states.find(self._aggregate.kind, id)
            if found is not None:
                context.remembered = True
                state, version = found
                return self._aggregate(id, state=state, version=version)
        loaded = await self._store.load(self._aggregate, id)
        self._store.states.keep(loaded, loaded.version)
        return loaded

    async def new(self, id: UUID, context: Context) -> A:
        """The aggregate of an id that should be free, which the append will tell.

        The stream is read only if the id, which may come from a caller, is in use.
        """
        if context.afresh:
            return await self.load(id, context)
        context.remembered = True
        return self._aggregate(id)

    async def save(self, aggregate: A, context: Context) -> Accepted:
        """Record what the aggregate decided, all of it or nothing.

        A decision without an event is logged too, so that a repeat is answered alike.
        """
        events = [(new_id(), event) for event in aggregate.pending]
        take, drop = aggregate.key_changes()
        append = Append(
            command_id=context.command_id,
            request_hash=context.request_hash,
            stream_id=aggregate.id,
            kind=aggregate.kind,
            expected=aggregate.version,
            at=context.now,
            meta=Meta.of(context),
            events=events,
            take=take,
            drop=drop,
            rows=await sync_rows(self._store, aggregate, events, context),
        )
        verdict = await self._store.append(append)
        if verdict.outcome == "ok":
            self._store.states.keep(aggregate, append.version)
        else:
            self._store.states.forget(aggregate.id, aggregate.version)
        accepted = answer(aggregate, verdict)
        if verdict.outcome == "ok":
            await self._store.snapshots.after_save(
                aggregate, before=append.expected, version=append.version
            )
        return accepted
