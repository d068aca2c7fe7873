"""Appending: one call that records a command, its events, keys and rows, or nothing."""

import asyncio
import random
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any, Final, Literal, Protocol
from uuid import UUID

import asyncpg
import msgspec

from app.common.aggregate import UniqueKey
from app.common.errors import Busy, InvalidInput, OutcomeUnknown
from app.common.events import Event
from app.common.read_models import Table
from app.infra.event_store.codec import Meta, encode
from app.infra.event_store.tokens import Token
from app.infra.persistence.failures import CONTENTION, LOST
from app.infra.persistence.postgres import Pool
from app.infra.projections.folding import Standing
from app.infra.projections.rows import parameter_count, row_arguments, upsert

Outcome = Literal["ok", "conflict", "order", "busy", "duplicate", "mismatch", "taken"]

ATTEMPTS: Final = 8
FIRST_DELAY: Final = 0.02
EPOCH_CHANGED: Final = "ES001"

_CALL: Final = """
SELECT * FROM kernel.append(
    $1::int, $2::boolean,
    $3::uuid[], $4::bytea[], $5::uuid[], $6::text[], $7::bigint[], $8::int[],
    $9::jsonb[], $10::timestamptz[],
    $11::int[], $12::uuid[], $13::text[], $14::int[], $15::jsonb[], $16::jsonb[],
    $17::int[], $18::text[], $19::text[], $20::boolean[]
)
"""
_CALL_PARAMETERS: Final = 20


class EpochChanged(Exception):
    """The store was restored while this process ran; the process must start anew."""


@dataclass(frozen=True, slots=True)
class Row:
    """A row to be written with the events that it already contains."""

    table: Table[Any]
    standing: Standing[Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Append:
    """One command's wish: all of it is recorded, or nothing."""

    command_id: UUID
    request_hash: bytes
    stream_id: UUID
    kind: str
    expected: int
    at: datetime
    meta: Meta
    events: Sequence[tuple[UUID, Event]]
    take: frozenset[UniqueKey] = frozenset()
    drop: frozenset[UniqueKey] = frozenset()
    rows: Sequence[Row] = ()

    @property
    def version(self) -> int:
        """The version of the stream once this is recorded."""
        return self.expected + len(self.events)


@dataclass(frozen=True, slots=True)
class Verdict:
    """How the store answered one command."""

    outcome: Outcome
    token: Token | None
    version: int
    result: Any
    detail: str | None
    resent: bool = False
    """Whether an earlier try was lost, so that a duplicate may be our own."""


class Appender(Protocol):
    """Whatever can bring a command into the log."""

    async def append(self, append: Append) -> Verdict: ...


class DirectAppender:
    """One call a command, on a connection of the pool."""

    def __init__(self, pool: Pool, epoch: int) -> None:
        self._pool = pool
        self._epoch = epoch

    async def append(self, append: Append, *, lost: bool = False) -> Verdict:
        """Append, again where that may help.

        A lost connection leaves the outcome unknown. The same command id settles it:
        the store waits for the lost call, and answers `duplicate` if it was applied.
        `lost` says that this has happened to the command before it came here.
        """
        tables = tuple(dict.fromkeys(row.table for row in append.rows))
        sent = False
        for attempt in range(ATTEMPTS):
            if attempt:
                await asyncio.sleep(pause(attempt))
            try:
                async with self._pool.acquire() as connection:
                    sent = True
                    record = await connection.fetchrow(
                        statement(tables),
                        *arguments(self._epoch, [append], tables, wait=True),
                    )
            except CONTENTION:
                continue
            except LOST:
                lost = lost or sent
                continue
            except asyncpg.PostgresError as error:
                raise understood(error) from error.__cause__
            assert record is not None
            if record["verdict"] != "order":
                return verdict_of(record, resent=lost)
        raise OutcomeUnknown() if lost else Busy()


def pause(attempt: int) -> float:
    """Seconds before the next attempt: longer each time, and never in step."""
    longest: float = FIRST_DELAY * 2**attempt
    return longest * random.uniform(0.5, 1)


def understood(error: Exception) -> Exception:
    """What an error that the same call would meet again means to the caller."""
    if isinstance(error, asyncpg.DataError | asyncpg.ProgramLimitExceededError):
        return InvalidInput("The store cannot hold a value that this leads to.")
    if isinstance(error, asyncpg.PostgresError) and error.sqlstate == EPOCH_CHANGED:
        return EpochChanged(str(error))
    return error


def verdict_of(record: asyncpg.Record, *, resent: bool) -> Verdict:
    """The store's answer to one command of a call."""
    epoch, xid, pos = record["token_epoch"], record["token_xid"], record["token_pos"]
    return Verdict(
        record["verdict"],
        None if epoch is None else Token(epoch, xid, pos),
        record["version"],
        record["result"],
        record["detail"],
        resent,
    )


@lru_cache(maxsize=256)
def statement(tables: tuple[Table[Any], ...]) -> str:
    """The append, and in the same statement the rows of those who won."""
    parts = [f"v AS MATERIALIZED ({_CALL})"]
    first = _CALL_PARAMETERS + 1
    for number, table in enumerate(tables):
        permit = "JOIN v ON v.ord = u.number AND v.verdict = 'ok'"
        parts.append(f"rows_{number} AS ({upsert(table, first, permit)})")
        first += parameter_count(table)
    return (
        f"WITH {', '.join(parts)} SELECT verdict, token_epoch,"
        " token_xid::text::bigint AS token_xid, token_pos, version, result, detail"
        " FROM v ORDER BY ord"
    )


def arguments(
    epoch: int,
    appends: Sequence[Append],
    tables: Sequence[Table[Any]],
    *,
    wait: bool,
) -> list[Any]:
    """The arrays of the call; events, keys and rows name their command by number."""
    numbered = list(enumerate(appends, 1))
    events = [(n, id, event) for n, append in numbered for id, event in append.events]
    keys = [
        (number, key, gone)
        for number, append in numbered
        for gone, some in ((False, append.take), (True, append.drop))
        for key in some
    ]
    metas = [msgspec.Raw(msgspec.json.encode(append.meta)) for append in appends]
    arrays: list[Any] = [
        epoch,
        wait,
        [append.command_id for append in appends],
        [append.request_hash for append in appends],
        [append.stream_id for append in appends],
        [append.kind for append in appends],
        [append.expected for append in appends],
        [len(append.events) for append in appends],
        [{"id": append.stream_id, "version": append.version} for append in appends],
        [append.at for append in appends],
        [number for number, _, _ in events],
        [event_id for _, event_id, _ in events],
        [event.event_type for _, _, event in events],
        [event.schema_version for _, _, event in events],
        [encode(event) for _, _, event in events],
        [metas[number - 1] for number, _, _ in events],
        [number for number, _, _ in keys],
        [key.scope for _, key, _ in keys],
        [key.text for _, key, _ in keys],
        [gone for _, _, gone in keys],
    ]
    rows: dict[str, list[tuple[int, Standing[Any]]]] = {t.name: [] for t in tables}
    for number, append in numbered:
        for row in append.rows:
            rows[row.table.name].append((number, row.standing))
    for table in tables:
        arrays += row_arguments(table, rows[table.name])
    return arrays
