"""The event store: streams in, streams out, and the commands it remembers."""

import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Final, TypeVar
from uuid import UUID

import asyncpg
import msgspec
import structlog

from app.common.aggregate import Aggregate
from app.common.events import Envelope, Event
from app.infra.event_store.accepted import Accepted
from app.infra.event_store.append import Append, Appender, Verdict
from app.infra.event_store.codec import codec_of, envelope
from app.infra.event_store.sizes import MAX_EVENT_BYTES, refuse_too_large
from app.infra.event_store.snapshots import Snapshots, fingerprint
from app.infra.event_store.states import States
from app.infra.event_store.tokens import Token
from app.infra.event_store.turns import Turns
from app.infra.metrics.measures import APPENDS
from app.infra.persistence.gathered import Gathered
from app.infra.persistence.postgres import Pool
from app.infra.projections.projection import (
    AnyProjection,
    ChildRows,
    Folding,
    Projection,
)
from app.infra.projections.rows import load_standings
from app.infra.wakeup import WakeUp

A = TypeVar("A", bound=Aggregate[Any, Any])

# A stream of another kind is no stream of this aggregate: ids may come from callers.
# By each stream for itself, so that the plan is the same for few and for many.
_LOAD: Final = """
SELECT w.number::int AS number, found.version, found.type, found.schema_version,
    found.data
FROM unnest($1::uuid[], $2::text[], $3::text[]) WITH ORDINALITY
    AS w(id, fingerprint, kind, number)
LEFT JOIN LATERAL (
    SELECT s.version, s.state FROM kernel.snapshots s
    WHERE s.stream_id = w.id AND s.fingerprint = w.fingerprint LIMIT 1
) AS snapshot ON true
CROSS JOIN LATERAL (
    SELECT snapshot.version, NULL AS type, NULL AS schema_version,
        snapshot.state::text AS data
    WHERE snapshot.version IS NOT NULL
    UNION ALL (
        SELECT e.version, e.type, e.schema_version, e.data::text FROM kernel.events e
        WHERE e.stream_id = w.id AND e.version > coalesce(snapshot.version, 0)
            AND EXISTS (
                SELECT FROM kernel.streams t
                WHERE t.stream_id = w.id AND t.kind = w.kind
            )
        ORDER BY e.version
    )
) AS found
ORDER BY w.number, found.version
"""

_HAPPENED: Final = """
SELECT event_id, version, type, schema_version, occurred_at, data::text AS data,
    meta::text AS meta
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
        projections: Iterable[AnyProjection] = (),
        sync_events: Iterable[type[Event]] = (),
        max_event_bytes: int = MAX_EVENT_BYTES,
        snapshot_every: int = 0,
        states: States | None = None,
        turns: Turns | None = None,
        wake: WakeUp | None = None,
    ) -> None:
        self.pool = pool
        self.states = States() if states is None else states
        self.turns = Turns() if turns is None else turns
        self.wake = wake or WakeUp()
        self.snapshots = Snapshots(pool, snapshot_every)
        self._appender = appender
        self._max_event_bytes = max_event_bytes
        self._projections = tuple(projections)
        self._sync_events = frozenset(sync_events)
        self._streams = Gathered(self._fetch_streams)
        self._standings: dict[str, Gathered[UUID, Any]] = {}

    async def load(self, aggregate: type[A], id: UUID) -> A:
        """The aggregate where its stream stands; no state where there is no stream."""
        try:
            return await self._load(aggregate, id, fingerprint(aggregate))
        except UnreadableSnapshot as error:
            log.warning("snapshot ignored", stream=str(id), error=str(error))
            return await self._load(aggregate, id, "")

    async def standing(self, projection: Folding, id: UUID) -> Any:
        """Where the row of a stream stands, or its child rows."""
        if projection.name not in self._standings:
            self._standings[projection.name] = Gathered(
                partial(self._fetch_standings, projection)
            )
        return await self._standings[projection.name].get(id)

    async def happened(
        self, aggregate: type[A], id: UUID, after: int, upto: int
    ) -> list[tuple[Any, Envelope]]:
        """The events of a stream between two versions, with their envelopes."""
        codec = codec_of(aggregate)
        records = await self.pool.fetch(_HAPPENED, id, after, upto)
        return [
            (
                codec.decode(record["type"], record["schema_version"], record["data"]),
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
        events = [event for _, event in append.events]
        await refuse_too_large(self.pool, events, self._max_event_bytes)
        began = time.perf_counter()
        verdict = await self._appender.append(append)
        APPENDS.labels(verdict.outcome).observe(time.perf_counter() - began)
        if verdict.outcome == "ok" and append.events:
            self.wake.notify()
        return verdict

    def projections_to_sync(
        self, aggregate: type[A], events: Iterable[Event]
    ) -> tuple[Folding, ...]:
        """The projections whose rows must go in together with these events."""
        if not any(type(event) in self._sync_events for event in events):
            return ()
        return tuple(
            each
            for each in self._projections
            if isinstance(each, Projection | ChildRows) and each.aggregate is aggregate
        )

    async def _load(self, aggregate: type[A], id: UUID, print_: str) -> A:
        codec = codec_of(aggregate)
        records = await self._streams.get((id, print_, aggregate.kind))
        loaded = aggregate(id)
        if records and records[0]["type"] is None:
            snapshot = records.pop(0)
            try:
                state = codec.decode_state(snapshot["data"])
            except msgspec.MsgspecError as error:
                raise UnreadableSnapshot(str(error)) from error
            loaded = aggregate(id, state=state, version=snapshot["version"])
        loaded.replay(
            codec.decode(r["type"], r["schema_version"], r["data"]) for r in records
        )
        return loaded

    async def _fetch_streams(
        self, wanted: Sequence[tuple[UUID, str, str]]
    ) -> list[list[asyncpg.Record]]:
        found: list[list[asyncpg.Record]] = [[] for _ in wanted]
        for record in await self.pool.fetch(
            _LOAD, *map(list, zip(*wanted, strict=True))
        ):
            found[record["number"] - 1].append(record)
        return found

    async def _fetch_standings(
        self, projection: Folding, ids: Sequence[UUID]
    ) -> list[Any]:
        found = await load_standings(self.pool, projection, ids)
        return [found[id] for id in ids]


def stored_answer(result: Any, token: Token | None) -> Accepted:
    """The answer that the command log keeps, given once more."""
    return Accepted(UUID(result["id"]), result["version"], token, replayed=True)
