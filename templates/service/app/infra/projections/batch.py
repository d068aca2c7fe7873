"""One batch of a projection: read, fold, and write rows and checkpoint as one."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, Protocol
from uuid import UUID

from app.common.events import Envelope
from app.common.read_models import Table, Tally
from app.infra.event_store.codec import envelope, event_codec
from app.infra.event_store.tail import StoredEvent, read_tail
from app.infra.persistence.failures import PASSING
from app.infra.persistence.postgres import Pool
from app.infra.projections.folding import advance
from app.infra.projections.projection import AnyProjection, Counting, Folding
from app.infra.projections.rows import load_standings, row_arguments, upsert
from app.infra.projections.tallies import addition, addition_arguments
from app.infra.subscriptions.checkpoints import (
    MOVE,
    MOVE_PARAMETERS,
    Ownership,
    OwnershipLost,
    move_arguments,
)
from app.infra.subscriptions.subscription import Poisoned


@dataclass(frozen=True, slots=True)
class _Change:
    """What a run of events writes, how far it went, and what stopped it, if anything.

    `rows` is the part of the statement that writes, and needs what `moved` returns.
    """

    rows: str
    arguments: list[Any]
    reached: StoredEvent | None
    failed: StoredEvent | None = None
    cause: Exception | None = None


class _Work(Protocol):
    """How events become a change: by folding rows, or by counting."""

    async def change(self, events: Sequence[StoredEvent]) -> _Change:
        """What these events write; what one of them raises stops before it."""


class Batches:
    """Carries one projection forward, for whoever owns its checkpoint."""

    def __init__(
        self, pool: Pool, projection: AnyProjection, *, size: int, lease: float
    ) -> None:
        self._pool = pool
        self._name = projection.name
        self._source = projection.aggregate
        self._types = event_codec(projection.aggregate.event_types).types
        self._work: _Work = (
            _Counted(projection)
            if isinstance(projection, Counting)
            else _Folded(pool, projection)
        )
        self._size = size
        self._lease = lease

    @property
    def name(self) -> str:
        return self._name

    async def next(self, owned: Ownership) -> Ownership:
        """Project the next events; the place stays the same when there are none."""
        events = await read_tail(
            self._pool,
            owned.place,
            kind=self._source.kind,
            types=self._types,
            limit=self._size,
        )
        if not events:
            return owned
        try:
            return await self._project(owned, events)
        except (Poisoned, OwnershipLost, *PASSING):
            raise
        except Exception as error:  # whatever else a row is refused for is poison
            if len(events) == 1:
                raise Poisoned(owned, events[0], error) from error
        # A row of the batch is refused: one by one shows which.
        for event in events:
            try:
                owned = await self._project(owned, [event])
            except (Poisoned, OwnershipLost, *PASSING):
                raise
            except Exception as error:
                raise Poisoned(owned, event, error) from error
        return owned

    async def _project(
        self, owned: Ownership, events: Sequence[StoredEvent]
    ) -> Ownership:
        change = await self._work.change(events)
        if change.reached is not None:
            owned = await self._write(owned, change, change.reached)
        if change.failed is not None and change.cause is not None:
            raise Poisoned(owned, change.failed, change.cause) from change.cause
        return owned

    async def _write(
        self, owned: Ownership, change: _Change, reached: StoredEvent
    ) -> Ownership:
        """Write only if this moves the checkpoint, in the same statement."""
        moved = await self._pool.fetchval(
            f"WITH moved AS ({MOVE}), rows AS ({change.rows})"
            " SELECT count(*) FROM moved",
            *move_arguments(owned, reached, self._lease),
            *change.arguments,
        )
        if moved != 1:
            raise OwnershipLost(owned.name)
        return owned.at(reached.place)


class _Folded:
    """Rows that are folds of their streams: what they stood at, and what follows."""

    def __init__(self, pool: Pool, projection: Folding) -> None:
        self._pool = pool
        self._projection = projection

    async def change(self, events: Sequence[StoredEvent]) -> _Change:
        ours = sorted({event.stream_id for event in events if event.data is not None})
        before = (
            await load_standings(self._pool, self._projection, ours) if ours else {}
        )
        after = dict(before)
        reached: StoredEvent | None = None
        for event in events:
            if event.data is not None:
                try:
                    happened = _read(self._projection, event)
                    after[event.stream_id] = advance(
                        self._projection, after[event.stream_id], [happened]
                    )
                except Exception as error:  # whatever a fold raises is poison
                    return self._change(before, after, reached, event, error)
            reached = event
        return self._change(before, after, reached)

    def _change(
        self,
        before: dict[UUID, Any],
        after: dict[UUID, Any],
        reached: StoredEvent | None,
        failed: StoredEvent | None = None,
        cause: Exception | None = None,
    ) -> _Change:
        table = self._projection.table
        changed = [row for id, at in after.items() for row in at.since(before[id])]
        arguments = row_arguments(table, enumerate(changed))
        return _Change(_upsert(table), arguments, reached, failed, cause)


class _Counted:
    """Rows that grow by what each event adds, whatever they stand at."""

    def __init__(self, projection: Counting[Any, Any]) -> None:
        self._projection = projection

    async def change(self, events: Sequence[StoredEvent]) -> _Change:
        added: list[Any] = []
        reached: StoredEvent | None = None
        for event in events:
            if event.data is not None:
                try:
                    happened, header = _read(self._projection, event)
                    # Whole before it is kept: an event adds all that it says, or stops.
                    added += list(self._projection.count(happened, header))
                except Exception as error:  # whatever counting raises is poison
                    return self._change(added, reached, event, error)
            reached = event
        return self._change(added, reached)

    def _change(
        self,
        added: list[Any],
        reached: StoredEvent | None,
        failed: StoredEvent | None = None,
        cause: Exception | None = None,
    ) -> _Change:
        tally = self._projection.tally
        arguments = addition_arguments(tally, added)
        return _Change(_addition(tally), arguments, reached, failed, cause)


def _read(projection: AnyProjection, stored: StoredEvent) -> tuple[Any, Envelope]:
    codec = event_codec(projection.aggregate.event_types)
    header = envelope(
        stored.event_id, stored.stream_id, stored.version, stored.at, stored.meta
    )
    event = codec.decode(stored.type, stored.schema_version, stored.data or "")
    return event, header


@cache
def _upsert(table: Table[Any]) -> str:
    return upsert(table, MOVE_PARAMETERS + 1, "CROSS JOIN moved")


@cache
def _addition(tally: Tally[Any]) -> str:
    return addition(tally, MOVE_PARAMETERS + 1, "CROSS JOIN moved")
