"""The event store: streams in, streams out, and the commands it remembers."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final, TypeVar
from uuid import UUID

import msgspec
import structlog

from app.common.aggregate import Aggregate
from app.common.events import Envelope, Event
from app.infra.event_store.accepted import Accepted
from app.infra.event_store.append import Append, Appender, DirectAppender, Verdict
from app.infra.event_store.codec import codec_of, envelope
from app.infra.event_store.epoch import check_epoch
from app.infra.event_store.snapshots import Snapshots, fingerprint
from app.infra.event_store.tokens import Token
from app.infra.persistence.postgres import Pool
from app.infra.projections.projection import Projection
from app.infra.wakeup import WakeUp

A = TypeVar("A", bound=Aggregate[Any, Any])

# A stream of another kind is no stream of this aggregate: ids may come from callers.
_LOAD: Final = """
WITH snapshot AS (
    SELECT s.version, s.state FROM kernel.snapshots s
    WHERE s.stream_id = $1 AND s.fingerprint = $2
)
SELECT version, NULL AS type, state::text AS data FROM snapshot
UNION ALL
SELECT e.version, e.type, e.data::text FROM kernel.events e
WHERE e.stream_id = $1 AND e.version > coalesce((SELECT version FROM snapshot), 0)
    AND EXISTS (
        SELECT FROM kernel.streams t WHERE t.stream_id = $1 AND t.kind = $3
    )
ORDER BY version
"""

_HAPPENED: Final = """
SELECT event_id, version, type, occurred_at, data::text AS data, meta::text AS meta
FROM kernel.events WHERE stream_id = $1 AND version > $2 AND version <= $3
ORDER BY version
"""

_FIND: Final = """
SELECT l.request_hash, l.result, e.epoch, e.xid::text::bigint AS xid_number, e.pos
FROM kernel.command_log l
LEFT JOIN kernel.events e ON e.stream_id = l.stream_id AND e.version = l.last_version
WHERE l.command_id = $1
"""

log: structlog.stdlib.BoundLogger = structlog.get_logger(__name__)


class UnreadableSnapshot(Exception):
    """A snapshot whose state the code cannot read; the events say the same."""


@dataclass(frozen=True, slots=True)
class Recorded:
    """A command of the past: what was asked, and the answer it got."""

    request_hash: bytes
    answer: Accepted


class EventStore:
    """The log of one service, and which rows its events keep up to date."""

    def __init__(
        self,
        pool: Pool,
        appender: Appender,
        *,
        projections: Iterable[Projection[Any, Any]] = (),
        sync_events: Iterable[type[Event]] = (),
        snapshot_every: int = 0,
        wake: WakeUp | None = None,
    ) -> None:
        self.pool = pool
        self.wake = wake or WakeUp()
        self.snapshots = Snapshots(pool, snapshot_every)
        self._appender = appender
        self._projections = tuple(projections)
        self._sync_events = frozenset(sync_events)

    @classmethod
    async def open(
        cls,
        pool: Pool,
        *,
        projections: Iterable[Projection[Any, Any]] = (),
        sync_events: Iterable[type[Event]] = (),
        snapshot_every: int = 0,
        wake: WakeUp | None = None,
    ) -> "EventStore":
        """The store of this database; refuses one that was restored from elsewhere."""
        return cls(
            pool,
            DirectAppender(pool, await check_epoch(pool)),
            projections=projections,
            sync_events=sync_events,
            snapshot_every=snapshot_every,
            wake=wake,
        )

    async def load(self, aggregate: type[A], id: UUID) -> A:
        """The aggregate where its stream stands; no state where there is no stream."""
        try:
            return await self._load(aggregate, id, fingerprint(aggregate))
        except UnreadableSnapshot as error:
            log.warning("snapshot ignored", stream=str(id), error=str(error))
            return await self._load(aggregate, id, "")

    async def happened(
        self, aggregate: type[A], id: UUID, after: int, upto: int
    ) -> list[tuple[Any, Envelope]]:
        """The events of a stream between two versions, with their envelopes."""
        codec = codec_of(aggregate)
        records = await self.pool.fetch(_HAPPENED, id, after, upto)
        return [
            (
                codec.decode(record["type"], record["data"]),
                envelope(
                    record["event_id"],
                    id,
                    record["version"],
                    record["occurred_at"],
                    record["meta"],
                ),
            )
            for record in records
        ]

    async def find(self, command_id: UUID) -> Recorded | None:
        """The stored answer to a command, if it was accepted before."""
        record = await self.pool.fetchrow(_FIND, command_id)
        if record is None:
            return None
        epoch, xid, pos = record["epoch"], record["xid_number"], record["pos"]
        token = None if epoch is None else Token(epoch, xid, pos)
        return Recorded(record["request_hash"], stored_answer(record["result"], token))

    async def append(self, append: Append) -> Verdict:
        """Bring a command into the log, and wake those who read it."""
        verdict = await self._appender.append(append)
        if verdict.outcome == "ok" and append.events:
            self.wake.notify()
        return verdict

    def projections_to_sync(
        self, aggregate: type[A], events: Iterable[Event]
    ) -> tuple[Projection[Any, Any], ...]:
        """The projections whose rows must go in together with these events."""
        if not any(type(event) in self._sync_events for event in events):
            return ()
        return tuple(p for p in self._projections if p.aggregate is aggregate)

    async def _load(self, aggregate: type[A], id: UUID, print_: str) -> A:
        codec = codec_of(aggregate)
        records = await self.pool.fetch(_LOAD, id, print_, aggregate.kind)
        loaded = aggregate(id)
        if records and records[0]["type"] is None:
            snapshot = records.pop(0)
            try:
                state = codec.decode_state(snapshot["data"])
            except msgspec.MsgspecError as error:
                raise UnreadableSnapshot(str(error)) from error
            loaded = aggregate(id, state=state, version=snapshot["version"])
        loaded.replay(codec.decode(r["type"], r["data"]) for r in records)
        return loaded


def stored_answer(result: Any, token: Token | None) -> Accepted:
    """The answer that the command log keeps, given once more."""
    return Accepted(UUID(result["id"]), result["version"], token, replayed=True)
