"""One batch of a projection: read, fold, and write rows and checkpoint as one."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, Final
from uuid import UUID

from app.common.read_models import Table
from app.infra.event_store.codec import codec_of, envelope
from app.infra.event_store.tail import StoredEvent, read_tail
from app.infra.persistence.failures import REJECTED
from app.infra.persistence.postgres import Pool
from app.infra.projections.checkpoints import (
    MOVE,
    Ownership,
    OwnershipLost,
    move_arguments,
)
from app.infra.projections.folding import Standing, advance
from app.infra.projections.projection import Projection
from app.infra.projections.rows import load_standings, row_arguments, upsert

_MOVE_PARAMETERS: Final = 10


class Poisoned(Exception):
    """An event that cannot be projected; everything before it has been written."""

    def __init__(self, owned: Ownership, event: StoredEvent, cause: Exception) -> None:
        super().__init__(f"{type(cause).__name__}: {cause}")
        self.owned = owned
        self.event = event


@dataclass(frozen=True, slots=True)
class _Folded:
    """The rows that a run of events leads to, and what stopped the run, if anything."""

    standings: list[Standing[Any]]
    reached: StoredEvent | None
    failed: StoredEvent | None = None
    cause: Exception | None = None


class Batches:
    """Carries one projection forward, for whoever owns its checkpoint."""

    def __init__(
        self, pool: Pool, projection: Projection[Any, Any], *, size: int, lease: float
    ) -> None:
        self._pool = pool
        self._projection = projection
        self._codec = codec_of(projection.aggregate)
        self._size = size
        self._lease = lease

    async def next(self, owned: Ownership) -> Ownership:
        """Project the next events; the place stays the same when there are none."""
        events = await read_tail(
            self._pool,
            owned.place,
            kind=self._projection.aggregate.kind,
            types=self._codec.types,
            limit=self._size,
        )
        if not events:
            return owned
        try:
            return await self._project(owned, events)
        except REJECTED as error:
            if len(events) == 1:
                raise Poisoned(owned, events[0], error) from error
        # The database rejects a row of the batch: one by one shows which.
        for event in events:
            try:
                owned = await self._project(owned, [event])
            except REJECTED as error:
                raise Poisoned(owned, event, error) from error
        return owned

    async def _project(
        self, owned: Ownership, events: Sequence[StoredEvent]
    ) -> Ownership:
        folded = await self._folded(events)
        if folded.reached is not None:
            owned = await self._write(owned, folded.standings, folded.reached)
        if folded.failed is not None and folded.cause is not None:
            raise Poisoned(owned, folded.failed, folded.cause) from folded.cause
        return owned

    async def _folded(self, events: Sequence[StoredEvent]) -> _Folded:
        ours = sorted({event.stream_id for event in events if event.data is not None})
        before = (
            await load_standings(self._pool, self._projection.table, ours)
            if ours
            else {}
        )
        after: dict[UUID, Standing[Any]] = {}
        reached: StoredEvent | None = None
        for event in events:
            if event.data is not None:
                at = after.get(event.stream_id) or before.get(event.stream_id)
                try:
                    after[event.stream_id] = self._fold(at or Standing(), event)
                except Exception as error:  # whatever a fold raises is poison
                    return _Folded(_changed(before, after), reached, event, error)
            reached = event
        return _Folded(_changed(before, after), reached)

    def _fold(self, standing: Standing[Any], stored: StoredEvent) -> Standing[Any]:
        event = self._codec.decode(stored.type, stored.data or "")
        header = envelope(
            stored.event_id, stored.stream_id, stored.version, stored.at, stored.meta
        )
        return advance(self._projection, standing, [(event, header)])

    async def _write(
        self, owned: Ownership, standings: list[Standing[Any]], reached: StoredEvent
    ) -> Ownership:
        table = self._projection.table
        moved = await self._pool.fetchval(
            _statement(table),
            *move_arguments(owned, reached, self._lease),
            *row_arguments(table, enumerate(standings)),
        )
        if moved != 1:
            raise OwnershipLost(owned.name)
        return owned.at(reached.place)


def _changed(
    before: dict[UUID, Standing[Any]], after: dict[UUID, Standing[Any]]
) -> list[Standing[Any]]:
    return [
        standing for id, standing in after.items() if standing is not before.get(id)
    ]


@cache
def _statement(table: Table[Any]) -> str:
    """Rows are written only by whoever moves the checkpoint, in the same statement."""
    rows = upsert(table, _MOVE_PARAMETERS + 1, "CROSS JOIN moved")
    return f"WITH moved AS ({MOVE}), rows AS ({rows}) SELECT count(*) FROM moved"
