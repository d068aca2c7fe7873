"""Rows to be seen with their events: folded before the append, sent with it."""

from typing import Any
from uuid import UUID

from app.common.aggregate import Aggregate
from app.common.context import Context
from app.common.events import Envelope, Event
from app.infra.event_store.append import Row
from app.infra.event_store.codec import envelopes
from app.infra.event_store.store import EventStore
from app.infra.event_store.verdicts import VersionConflict
from app.infra.projections.folding import advance, unwritten
from app.infra.projections.projection import Folding


async def sync_rows(
    store: EventStore,
    aggregate: Aggregate[Any, Any],
    events: list[tuple[UUID, Event]],
    context: Context,
) -> list[Row]:
    """The stream's own rows of every projection, with all up to `events` folded in.

    No transaction is open here. The append proves that the stream still stands where
    the aggregate was loaded; a row that another writer moved on meanwhile is older than
    this one, because this one contains everything up to the new events.
    """
    projections = store.projections_to_sync(type(aggregate), (e for _, e in events))
    if not projections:
        return []
    headers = envelopes(
        aggregate.id, aggregate.version, (i for i, _ in events), context
    )
    new = [(event, header) for (_, event), header in zip(events, headers, strict=True)]
    return [
        row
        for projection in projections
        for row in await _brought_up(store, aggregate, projection, new)
    ]


async def _brought_up(
    store: EventStore,
    aggregate: Aggregate[Any, Any],
    projection: Folding,
    new: list[tuple[Event, Envelope]],
) -> list[Row]:
    before = standing = unwritten(projection)
    if aggregate.version:
        before = standing = await store.standing(projection, aggregate.id)
        if standing.version > aggregate.version:
            raise VersionConflict(aggregate.id)
        if standing.version < aggregate.version:
            missing = await store.happened(
                type(aggregate), aggregate.id, standing.version, aggregate.version
            )
            standing = advance(projection, standing, missing)
    after = advance(projection, standing, new)
    return [Row(projection.table, each) for each in after.since(before)]
