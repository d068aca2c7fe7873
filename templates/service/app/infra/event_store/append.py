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
from app.infra.event_store.codec import Meta
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
    $11::int[], $12::uuid[], $13::text[], $14::jsonb[], $15::jsonb[],
    $16::int[], $17::text[], $18::text[], $19::boolean[]
)
"""
_CALL_PARAMETERS: Final = 19


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

    async def append(self, append: Append) -> Verdict:
        """Append, again where that may help.

        A lost connection leaves the outcome unknown. The same command id settles it:
        the store waits for the lost call, and answers `duplicate` if it was applied.
        """
        sent = lost = False
        for attempt in range(ATTEMPTS):
            if attempt:
                await asyncio.sleep(FIRST_DELAY * 2**attempt * random.uniform(0.5, 1))
            try:
                async with self._pool.acquire() as connection:
                    sent = True
                    record = await connection.fetchrow(
                        _statement(tuple(row.table for row in append.rows)),
                        *_arguments(self._epoch, append),
                    )
            except CONTENTION:
                continue
            except LOST:
                lost = sent
                continue
            except asyncpg.DataError as error:
                raise InvalidInput(f"The store cannot hold a value: {error}") from error
            except asyncpg.PostgresError as error:
                if error.sqlstate == EPOCH_CHANGED:
                    raise EpochChanged(str(error)) from error
                raise
            assert record is not None
            if record["verdict"] != "order":
                return _verdict(record, resent=lost)
        raise OutcomeUnknown() if lost else Busy()


def _verdict(record: asyncpg.Record, *, resent: bool) -> Verdict:
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
def _statement(tables: tuple[Table[Any], ...]) -> str:
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


def _arguments(epoch: int, append: Append) -> list[Any]:
    """The arrays of the call, here with a single command."""
    keys = [(key, False) for key in append.take] + [(key, True) for key in append.drop]
    events = append.events
    meta = msgspec.Raw(msgspec.json.encode(append.meta))
    arguments: list[Any] = [
        epoch,
        True,
        [append.command_id],
        [append.request_hash],
        [append.stream_id],
        [append.kind],
        [append.expected],
        [len(events)],
        [{"id": append.stream_id, "version": append.version}],
        [append.at],
        [1] * len(events),
        [event_id for event_id, _ in events],
        [event.event_type for _, event in events],
        [event for _, event in events],
        [meta] * len(events),
        [1] * len(keys),
        [key.scope for key, _ in keys],
        [key.text for key, _ in keys],
        [gone for _, gone in keys],
    ]
    for row in append.rows:
        arguments += row_arguments(row.table, [(1, row.standing)])
    return arguments
