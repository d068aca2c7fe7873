"""The tail: the log as every reader must read it, in order and without a gap.

Events become visible in another order than that of their positions. Everything below
the oldest open transaction is settled, so readers stay below it: whatever sorts before
their place has been seen. An open transaction delays all readers; none ever skips.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

import asyncpg

from app.infra.event_store.tokens import Token
from app.infra.persistence.postgres import Connection, Pool

BATCH_BYTES: Final = 8 * 2**20
"""Of data in one batch: a thousand events may be as large as they like."""

# One statement: its own snapshot is the fence. Columns are qualified, or ORDER BY would
# sort by the text that the output alias names. Data is opened last, of what is sent.
_TAIL: Final = """
SELECT t.epoch, t.xid::text::bigint AS xid_number, t.pos, t.event_id, t.stream_id,
    t.version, t.type, t.schema_version, t.occurred_at, t.meta::text AS meta,
    CASE WHEN t.wanted THEN t.data::text END AS data
FROM (
    SELECT a.*, sum(a.wanted::int * a.bytes)
        OVER (ORDER BY a.epoch, a.xid, a.pos) - a.wanted::int * a.bytes AS before
    FROM (
        SELECT e.*, $4::text[] IS NULL OR e.type = ANY ($4) OR EXISTS (
            SELECT FROM kernel.streams s WHERE s.stream_id = e.stream_id AND s.kind = $5
        ) AS wanted
        FROM kernel.events e
        WHERE (e.epoch, e.xid, e.pos) > ($1::int, $2::text::xid8, $3::bigint)
            AND (e.epoch < (SELECT s.epoch FROM kernel.store s)
                OR e.xid < pg_snapshot_xmin(pg_current_snapshot()))
        ORDER BY e.epoch, e.xid, e.pos
        LIMIT $6
    ) AS a
) AS t
WHERE t.before < $7
ORDER BY t.epoch, t.xid, t.pos
"""

# The session may be one of another database: the fence spans the whole cluster. Seeing
# it needs the role pg_read_all_stats.
_HOLDER: Final = """
SELECT pid, datname, usename, application_name, state,
    extract(epoch FROM clock_timestamp() - xact_start)::float AS seconds
FROM pg_stat_activity
WHERE backend_xid =
    (pg_snapshot_xmin(pg_current_snapshot())::text::bigint % 4294967296)::text::xid
"""

_WAITING: Final = """
SELECT coalesce(extract(epoch FROM clock_timestamp() - min(w.recorded_at)), 0)::float
FROM (
    SELECT e.recorded_at FROM kernel.events e
    WHERE e.epoch = (SELECT s.epoch FROM kernel.store s)
        AND e.xid >= pg_snapshot_xmin(pg_current_snapshot())
    ORDER BY e.epoch, e.xid, e.pos LIMIT 100
) AS w
"""


@dataclass(frozen=True, slots=True)
class StoredEvent:
    """An event as it lies in the log; `data` is None where the reader ignores it."""

    place: Token
    event_id: UUID
    stream_id: UUID
    version: int
    type: str
    schema_version: int
    at: datetime
    meta: str
    data: str | None


@dataclass(frozen=True, slots=True)
class FenceHolder:
    """The session whose open transaction every reader of the log waits for."""

    pid: int
    database: str | None
    user: str | None
    application: str | None
    state: str | None
    seconds: float | None

    def __str__(self) -> str:
        return (
            f"pid {self.pid} of database {self.database} ({self.application or '-'}, "
            f"{self.state}, open for {self.seconds or 0:.1f} s)"
        )


async def read_tail(
    connection: Pool | Connection,
    after: Token,
    *,
    limit: int,
    kind: str = "",
    types: list[str] | None = None,
    budget: int = BATCH_BYTES,
) -> list[StoredEvent]:
    """The next events after a place: all, or with the data of one kind of stream only.

    At most `limit` of them, and none after `budget` bytes of data, but for the first.

    Where types are named, the others come too, for a reader moves over them. What is of
    this kind but not of these types comes with its data: the reader must stop there,
    for it may not skip what newer code has recorded.
    """
    records = await connection.fetch(
        _TAIL, after.epoch, str(after.xid), after.pos, types, kind, limit, budget
    )
    return [_stored(record) for record in records]


async def fence_holder(connection: Pool | Connection) -> FenceHolder | None:
    """Who holds the fence, as far as this role may see it."""
    record = await connection.fetchrow(_HOLDER)
    if record is None:
        return None
    return FenceHolder(
        pid=record["pid"],
        database=record["datname"],
        user=record["usename"],
        application=record["application_name"],
        state=record["state"],
        seconds=record["seconds"],
    )


async def fence_wait(connection: Pool | Connection) -> float:
    """For how many seconds a recorded event has been waiting behind the fence."""
    seconds: float = await connection.fetchval(_WAITING)
    return seconds


def _stored(record: asyncpg.Record) -> StoredEvent:
    return StoredEvent(
        place=Token(record["epoch"], record["xid_number"], record["pos"]),
        event_id=record["event_id"],
        stream_id=record["stream_id"],
        version=record["version"],
        type=record["type"],
        schema_version=record["schema_version"],
        at=record["occurred_at"],
        meta=record["meta"],
        data=record["data"],
    )
