"""Migrations: numbered SQL files, applied once, in order, by one process at a time."""

from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Final

import asyncpg

from app.infra.persistence.postgres import Connection
from app.infra.persistence.reaching import reached

KERNEL: Final = "kernel"
LOCK: Final = int.from_bytes(sha256(b"migrations").digest()[:8], signed=True)

_SET_UP: Final = """
CREATE SCHEMA IF NOT EXISTS kernel;
CREATE TABLE IF NOT EXISTS kernel.migrations (
    id text PRIMARY KEY,
    sha256 text NOT NULL,
    applied_at timestamptz NOT NULL DEFAULT clock_timestamp()
);
"""


class MigrationError(Exception):
    """The migrations on disk do not lead on from those in the database."""


@dataclass(frozen=True, slots=True)
class Migration:
    """One file: `<group>/<number>_<name>.sql`."""

    id: str
    sql: str

    @property
    def sha256(self) -> str:
        return sha256(self.sql.encode()).hexdigest()


def migrations_in(folder: Path) -> list[Migration]:
    """All migrations of a folder: the kernel's first, then group by group."""
    groups = sorted(
        (path for path in folder.iterdir() if path.is_dir()),
        key=lambda path: (path.name != KERNEL, path.name),
    )
    return [
        Migration(f"{group.name}/{file.name}", file.read_text(encoding="utf-8"))
        for group in groups
        for file in sorted(group.glob("[0-9]*.sql"))
    ]


async def migrate(url: str, folder: Path) -> list[str]:
    """Apply what is missing; a file that was edited after it was applied is refused.

    The lock belongs to the session: who comes second waits, and finds nothing to do.
    """
    connection = await reached(url)
    try:
        await connection.execute("SELECT pg_advisory_lock($1)", LOCK)
        await connection.execute(_SET_UP)
        rows = await connection.fetch("SELECT id, sha256 FROM kernel.migrations")
        return await _apply(connection, migrations_in(folder), dict(map(tuple, rows)))
    finally:
        await connection.close()


async def _apply(
    connection: Connection, migrations: list[Migration], done: dict[str, str]
) -> list[str]:
    edited = [m.id for m in migrations if done.get(m.id, m.sha256) != m.sha256]
    if edited:
        raise MigrationError(
            f"Edited after it was applied: {', '.join(edited)}. "
            "Restore the file, and write the change as a new migration; a database for "
            "development is made anew by `make reset`."
        )
    missing = [m for m in migrations if m.id not in done]
    for migration in missing:
        try:
            async with connection.transaction():
                # asyncpg cannot answer a text without any statement; this is one.
                await connection.execute(f"{migration.sql}\n;SELECT")
                await connection.execute(
                    "INSERT INTO kernel.migrations (id, sha256) VALUES ($1, $2)",
                    migration.id,
                    migration.sha256,
                )
        except asyncpg.PostgresError as error:
            raise MigrationError(f"{migration.id}: {error}") from error
    return [migration.id for migration in missing]
