"""Processes killed at any moment: what was answered is there once, in every row."""

from __future__ import annotations

import asyncio
import random
import signal
from multiprocessing.connection import Connection
from typing import Any
from uuid import UUID

from app.infra.persistence.postgres import Pool
from app.infra.projections.projection import Projection
from tests.infra import killed
from tests.infra.conftest import Process
from tests.infra.lending import JOURNAL, VIEW
from tests.infra.service import Service, again, eventually

ROUNDS = 15
SEED = 20


async def test_what_was_answered_survives_thirty_kills_once_and_in_every_row(
    database: str, pool: Pool, processes: Any, started: list[Process]
) -> None:
    dice = random.Random(SEED)
    answered: set[tuple[UUID, int]] = set()
    for _ in range(ROUNDS):
        hears, says = processes.Pipe(duplex=False)
        writer = processes.Process(target=killed.write, args=(database, says))
        worker = processes.Process(target=killed.project, args=(database,))
        for process in (writer, worker):
            process.start()
            started.append(process)
        says.close()
        answered |= await _killed_while_writing(writer, hears, dice)
        await _killed_while_projecting(worker, pool, dice)
    await eventually(lambda: _backends_are_gone(pool))
    await eventually(lambda: _leases_are_over(pool))

    log = await pool.fetch("SELECT stream_id, version FROM kernel.events")
    recorded = [(row["stream_id"], row["version"]) for row in log]
    assert len(set(recorded)) == len(recorded)
    assert answered <= set(recorded)
    assert len(answered) > ROUNDS

    service = await Service.on(pool)
    for projection in (VIEW, JOURNAL):
        for each in (projection, again(projection)):
            await service.runner(each, max_attempts=killed.MAX_ATTEMPTS).catch_up()
        assert await _rows(service, projection) == await _rows(
            service, again(projection)
        )
    newest = "SELECT stream_id, max(version) FROM kernel.events GROUP BY 1"
    standing = "SELECT loan_id, stream_version FROM loan_view"
    assert dict(await pool.fetch(newest)) == dict(await pool.fetch(standing))  # type: ignore[call-overload]
    notes = "SELECT count(*) FROM kernel.events WHERE type = 'lending.NoteWritten'"
    folded = "SELECT sum(notes) FROM loan_journal"
    assert await pool.fetchval(notes) == await pool.fetchval(folded)


async def _killed_while_writing(
    writer: Process, hears: Connection, dice: random.Random
) -> set[tuple[UUID, int]]:
    """What had been answered when it was killed."""
    enough = dice.randrange(1, 200)
    news: set[tuple[UUID, int]] = set()
    await eventually(lambda: len(_hear(hears, news)) > enough, 30)
    await _kill(writer, dice)
    return _hear(hears, news)


async def _killed_while_projecting(
    worker: Process, pool: Pool, dice: random.Random
) -> None:
    for _ in range(dice.randrange(1, 6)):
        place = await _place(pool)
        await eventually(lambda before=place: _moved(pool, before), 30)
    await _kill(worker, dice)


async def _kill(process: Process, dice: random.Random) -> None:
    await asyncio.sleep(dice.random() * 0.01)
    process.kill()
    await asyncio.to_thread(process.join)
    assert process.exitcode == -signal.SIGKILL


def _hear(hears: Connection, news: set[tuple[UUID, int]]) -> set[tuple[UUID, int]]:
    """Everything that was said so far; the last word may have been cut off."""
    try:
        while hears.poll():
            news.add(hears.recv())
    except (EOFError, OSError):
        pass
    return news


async def _place(pool: Pool) -> list[Any]:
    return await pool.fetch(
        "SELECT name, xid::text::bigint, pos FROM kernel.checkpoints ORDER BY name"
    )


async def _moved(pool: Pool, before: list[Any]) -> list[Any] | None:
    now = await _place(pool)
    done = await pool.fetchval(
        "SELECT coalesce(min(pos), 0) = (SELECT coalesce(max(pos), 0)"
        " FROM kernel.events) FROM kernel.checkpoints"
    )
    return now if now != before or done else None


async def _leases_are_over(pool: Pool) -> bool:
    """A killed worker owns its checkpoints until its lease ends."""
    held = await pool.fetchval(
        "SELECT count(*) FROM kernel.checkpoints WHERE lease_until > clock_timestamp()"
    )
    return bool(held == 0)


async def _backends_are_gone(pool: Pool) -> bool:
    left = await pool.fetchval(
        "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
        " AND application_name IN ($1, 'group commit')",
        killed.NAME,
    )
    return bool(left == 0)


async def _rows(
    service: Service, projection: Projection[Any, Any]
) -> list[dict[str, Any]]:
    return await service.rows(projection.table)
