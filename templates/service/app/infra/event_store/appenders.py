"""Which appender a process uses, and its life."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from app.config.append import AppendSettings
from app.config.database import DatabaseSettings
from app.infra.event_store.append import Appender, DirectAppender
from app.infra.event_store.epoch import check_epoch
from app.infra.event_store.group_commit import GroupCommit
from app.infra.persistence.postgres import Connection, Pool, connect, milliseconds

CONNECTION_NAME = "group commit"


@asynccontextmanager
async def appending(
    pool: Pool, database: DatabaseSettings, settings: AppendSettings
) -> AsyncIterator[Appender]:
    """The appender to use; at the end everybody who waits for it is answered."""
    epoch = await check_epoch(pool)
    direct = DirectAppender(pool, epoch)
    if not settings.group_commit:
        yield direct
        return

    async def connection() -> Connection:
        # Arrays come in every length; a plan for each would cost more than the call.
        return await connect(
            database,
            name=CONNECTION_NAME,
            lock_timeout=milliseconds(settings.lock_timeout),
            plan_cache_mode="force_generic_plan",
        )

    grouped = GroupCommit(connection, direct, epoch, settings)
    try:
        yield grouped
    finally:
        await grouped.close()
