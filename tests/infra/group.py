"""A group commit on a test's database, and the ways to get into its way."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any
from uuid import UUID, uuid4

import asyncpg
from pydantic import SecretStr

from app.common.aggregate import UniqueKey
from app.config.append import AppendSettings
from app.config.database import DatabaseSettings
from app.infra.event_store.append import Append, DirectAppender, Row
from app.infra.event_store.codec import Meta
from app.infra.event_store.group_commit import GroupCommit
from app.infra.persistence.postgres import Connection, Pool, connect, milliseconds
from tests.infra.lending import NoteWritten
from tests.infra.service import NOON, eventually

Connect = Callable[[], Awaitable[Connection]]

# Those who write to the log wait for this, and readers do not.
GATE = "LOCK TABLE kernel.command_log IN SHARE MODE"


def wish(
    stream: UUID | None = None,
    expected: int = 0,
    *,
    note: str = "n",
    events: int = 1,
    id: UUID | None = None,
    take: tuple[str, ...] = (),
    rows: tuple[Row, ...] = (),
    **fields: Any,
) -> Append:
    """What a repository would ask for."""
    stream, id = stream or uuid4(), id or uuid4()
    return Append(
        **{
            "command_id": id,
            "request_hash": b"h",
            "stream_id": stream,
            "kind": "lending.Loan",
            "expected": expected,
            "at": NOON,
            "meta": Meta(id, id, "test"),
            "events": [
                (uuid4(), NoteWritten(loan_id=stream, note=note)) for _ in range(events)
            ],
            "take": frozenset(UniqueKey("s", (key,)) for key in take),
            "rows": rows,
            **fields,
        }
    )


def connecting(url: str, lock_timeout: float = 5.0) -> Connect:
    async def connection() -> Connection:
        return await connect(
            DatabaseSettings(url=SecretStr(url)),
            name="group commit",
            lock_timeout=milliseconds(lock_timeout),
        )

    return connection


@asynccontextmanager
async def grouping(
    pool: Pool, connect: Connect, **settings: Any
) -> AsyncIterator[GroupCommit]:
    grouped = GroupCommit(
        connect, DirectAppender(pool, 1), 1, AppendSettings(**settings)
    )
    try:
        yield grouped
    finally:
        async with asyncio.timeout(20):
            await grouped.close()


@asynccontextmanager
async def holding(pool: Pool, *statements: str, **_: Any) -> AsyncIterator[None]:
    """Somebody else's transaction, open until the end of the block."""
    async with pool.acquire() as other, other.transaction():
        for statement in statements:
            await other.execute(statement)
        yield


async def call_under_way(pool: Pool) -> int:
    """Wait until the call of the group waits for somebody; the process that serves it.

    What comes after this is in the next call.
    """
    pid: int = await eventually(
        lambda: pool.fetchval(
            "SELECT pid FROM pg_stat_activity WHERE wait_event_type = 'Lock'"
            " AND application_name = 'group commit' AND datname = current_database()"
        )
    )
    return pid


class LosesAnswers:
    """A connection that dies after the store has applied what it was sent."""

    def __init__(self, connection: Connection, times: list[int]) -> None:
        self._connection = connection
        self._times = times

    def __getattr__(self, name: str) -> Any:
        return getattr(self._connection, name)

    async def fetch(self, *arguments: Any) -> list[asyncpg.Record]:
        records = await self._connection.fetch(*arguments)
        if self._times[0]:
            self._times[0] -= 1
            raise asyncpg.ConnectionDoesNotExistError("the answer was lost")
        return records


async def patch_append(pool: Pool, old: str, new: str) -> None:
    """Take a mechanism out of the append of one database."""
    source: str = await pool.fetchval(
        "SELECT pg_get_functiondef('kernel.append'::regproc)"
    )
    assert old in source
    await pool.execute(source.replace(old, new))
