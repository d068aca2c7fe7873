"""What operators do, and what they want to know."""

import socket
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path

import asyncpg

from app.bootstrap import Service
from app.config.database import DatabaseSettings
from app.config.worker import WorkerSettings
from app.domain_registry import DOMAINS
from app.infra.event_store import epoch
from app.infra.event_store.epoch import EpochMismatch, check_epoch
from app.infra.persistence import migrations
from app.infra.persistence.failures import LOST
from app.infra.persistence.postgres import Pool, create_pool
from app.infra.persistence.reaching import reached, reason
from app.infra.policies import timers
from app.infra.projections import rebuild as rebuilding
from app.infra.projections.projection import AnyProjection, Counting
from app.infra.subscriptions import checkpoints

Say = Callable[[str], None]

MIGRATIONS = Path(__file__).parents[1] / "migrations"


class Refused(Exception):
    """The operation makes no sense here; says why."""


def check_port(what: str, host: str, port: int) -> None:
    """Refuse to start where somebody listens, with whom Granian would share."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        socket.create_server((host, port), family=family).close()
    except OSError as error:
        raise Refused(
            f"{what}_HOST and {what}_PORT name {host}:{port}, which cannot be listened"
            f" on: {reason(error)}."
        ) from None


async def check_start(settings: DatabaseSettings) -> None:
    """Refuse to start on a database that is not there, or not such as is needed."""
    connection = await reached(settings.url.get_secret_value())
    try:
        await check_epoch(connection)
    except EpochMismatch as error:
        raise Refused(str(error)) from error
    except asyncpg.UndefinedTableError as error:
        raise Refused(
            "The database has no schema yet: run `python -m app migrate` first."
        ) from error
    finally:
        await connection.close()


async def migrate(settings: DatabaseSettings) -> list[str]:
    """Bring the database to the current schema; the migrations that were missing."""
    return await migrations.migrate(settings.url.get_secret_value(), MIGRATIONS)


async def resume(settings: DatabaseSettings, name: str) -> None:
    """Let a stopped projection or policy try its event again."""
    connection = await reached(settings.url.get_secret_value())
    try:
        went_on = await checkpoints.resume(connection, name)
        if not await timers.resume(connection, name) and not went_on:
            raise Refused(f'No projection or policy "{name}" has stopped.')
    finally:
        await connection.close()


async def rebuild(settings: DatabaseSettings, name: str, say: Say) -> None:
    """Make a read model, or one of its projections, anew from the first event."""
    wanted = _wanted(name)
    await check_start(settings)
    pool = await create_pool(settings)
    try:
        for projection in wanted:

            def tell(at: int, end: int, of: str = projection.name) -> None:
                say(f"{of}: {at} of {end}")

            await rebuilding.rebuild(pool, projection, WorkerSettings(), tell)
    except rebuilding.InUse as error:
        raise Refused(f"A worker carries {error} on: stop the workers first.") from None
    except rebuilding.Stuck as error:
        raise Refused(f"It has stopped at {error}") from error
    finally:
        await pool.close()


def _wanted(name: str) -> list[AnyProjection]:
    """The projections that a name means: a table, or a read model with all it joins."""
    known = {each.name: each for domain in DOMAINS for each in domain.projections}
    if name in known:
        return [known[name]]
    for projection in known.values():
        if isinstance(projection, Counting):
            continue
        if projection.table.row.__name__ == name:
            return [known[feed] for feed in projection.table.feeds]
    raise Refused(f'There is no "{name}"; there are: {", ".join(sorted(known))}.')


async def bump_epoch(settings: DatabaseSettings) -> int:
    """Begin a new epoch after a restore; its number."""
    connection = await reached(settings.url.get_secret_value())
    try:
        return await epoch.bump_epoch(connection)
    finally:
        await connection.close()


async def ailments(service: Service) -> Mapping[str, str]:
    """What keeps the service from doing its work, by part; empty when it is well."""
    try:
        return await hindrances(service) or await _stopped(service.pool)
    except LOST as error:
        return {"database": f"does not answer: {type(error).__name__}"}


async def hindrances(service: Service) -> Mapping[str, str]:
    """What keeps it from answering at all; a projection that stopped does not."""
    try:
        missing = await _missing_migrations(service.pool)
        if missing:
            return {"migrations": f"not applied: {', '.join(missing)}"}
        await check_epoch(service.pool)
        return {}
    except EpochMismatch as error:
        return {"epoch": str(error)}
    except LOST as error:
        return {"database": f"does not answer: {type(error).__name__}"}


async def _missing_migrations(pool: Pool) -> list[str]:
    applied = {
        row["id"] for row in await pool.fetch("SELECT id FROM kernel.migrations")
    }
    return [each for each in _migration_ids() if each not in applied]


@cache
def _migration_ids() -> tuple[str, ...]:
    return tuple(each.id for each in migrations.migrations_in(MIGRATIONS))


async def _stopped(pool: Pool) -> dict[str, str]:
    standing = {
        f"subscription {each.name}": f"stopped at event {each.event_id}: {each.error}"
        for each in await checkpoints.stopped(pool)
    }
    for policy, said in (await timers.stopped(pool)).items():
        standing[f"timers of {policy}"] = said
    return standing
