"""Migrations: once, in order, all of a file or nothing of it."""

from __future__ import annotations

import asyncio
from pathlib import Path

import asyncpg
import pytest

from app.infra.persistence.migrations import MigrationError, migrate, migrations_in
from tests.infra.conftest import MIGRATIONS, CreateDatabase


@pytest.fixture
async def empty(create_database: CreateDatabase) -> str:
    return await create_database("template1")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    write(tmp_path, "kernel/0001_one.sql", "CREATE TABLE one (n int);")
    write(tmp_path, "kernel/0002_two.sql", "INSERT INTO one VALUES (1);")
    write(tmp_path, "billing/0001_bill.sql", "INSERT INTO one VALUES (2);")
    return tmp_path


def write(folder: Path, name: str, sql: str) -> None:
    (folder / name).parent.mkdir(exist_ok=True)
    (folder / name).write_text(sql)


async def numbers(database: str) -> list[int]:
    connection = await asyncpg.connect(database)
    try:
        return [row["n"] for row in await connection.fetch("SELECT n FROM one")]
    finally:
        await connection.close()


def test_the_kernel_comes_first_then_the_groups_by_name(folder: Path) -> None:
    assert [migration.id for migration in migrations_in(folder)] == [
        "kernel/0001_one.sql",
        "kernel/0002_two.sql",
        "billing/0001_bill.sql",
    ]


async def test_processes_that_start_together_apply_each_file_once(
    empty: str, folder: Path
) -> None:
    applied = await asyncio.gather(*(migrate(empty, folder) for _ in range(4)))
    assert sorted(len(ids) for ids in applied) == [0, 0, 0, 3]
    assert await numbers(empty) == [1, 2]


async def test_a_new_file_is_applied_and_the_old_ones_are_left(
    empty: str, folder: Path
) -> None:
    await migrate(empty, folder)
    write(folder, "billing/0002_more.sql", "INSERT INTO one VALUES (3);")
    assert await migrate(empty, folder) == ["billing/0002_more.sql"]


async def test_a_file_edited_after_it_was_applied_is_refused(
    empty: str, folder: Path
) -> None:
    await migrate(empty, folder)
    write(folder, "billing/0001_bill.sql", "INSERT INTO one VALUES (99);")
    write(folder, "billing/0002_more.sql", "INSERT INTO one VALUES (3);")
    with pytest.raises(MigrationError, match=r"billing/0001_bill\.sql"):
        await migrate(empty, folder)
    assert await numbers(empty) == [1, 2]


async def test_a_file_of_comments_alone_is_applied(empty: str, folder: Path) -> None:
    write(folder, "billing/0002_later.sql", "-- nothing yet, and no line end")
    assert "billing/0002_later.sql" in await migrate(empty, folder)


async def test_a_file_that_fails_leaves_nothing_behind(
    empty: str, folder: Path
) -> None:
    write(folder, "billing/0002_bad.sql", "INSERT INTO one VALUES (3); SELECT 1 / 0;")
    with pytest.raises(MigrationError, match=r"billing/0002_bad\.sql.*division"):
        await migrate(empty, folder)
    assert await numbers(empty) == [1, 2]
    write(folder, "billing/0002_bad.sql", "INSERT INTO one VALUES (3);")
    assert await migrate(empty, folder) == ["billing/0002_bad.sql"]


async def test_a_file_that_cannot_be_recorded_leaves_nothing_behind(
    empty: str, folder: Path
) -> None:
    refusing = "ALTER TABLE kernel.migrations ADD CHECK (id NOT LIKE '%refused%')"
    write(folder, "billing/0002_refused.sql", f"INSERT INTO one VALUES (3); {refusing}")
    with pytest.raises(MigrationError, match="check constraint"):
        await migrate(empty, folder)
    assert await numbers(empty) == [1, 2]


async def test_the_migrations_of_the_service_apply_to_an_empty_database(
    empty: str,
) -> None:
    assert (await migrate(empty, MIGRATIONS))[0] == "kernel/0001_event_store.sql"
    assert await migrate(empty, MIGRATIONS) == []
