"""PostgreSQL runs what is printed after a release, and code finds its columns."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import asyncpg
import pytest

from app.infra.persistence.migrations import migrate
from tests.evolution.test_migrations import (
    NOTE,
    NOTED,
    NOTED_EVENT,
    NOTED_ROW,
    Change,
    History,
)
from tests.infra.conftest import MIGRATIONS, CreateDatabase

RANK = (
    "buyer_id: Buyer, place: Place, name",
    "buyer_id: Buyer, place: Place, rank: int = 3, name",
)
MORE = [
    NOTED,
    NOTED_EVENT,
    NOTE,
    NOTED_ROW,
    RANK,
    ("[open, closed]", "[open, held, closed]"),
    ("indexes: [[price]]", "indexes: [[status]]"),
]
DEARER = ("DealRaised: update", "DealRaised: {update: {price: price + 1}}")
DEAREST = ("DealRaised: update", "DealRaised: {update: {price: price + 2}}")
ROW = """
INSERT INTO deal_view (deal_id, price, status, buyer_id, place, stream_version)
VALUES (gen_random_uuid(), 1, 'open', gen_random_uuid(), '{}', 1)
"""


@pytest.mark.parametrize(
    "releases", [[MORE], [[DEARER], [DEAREST]]], ids=["in place", "anew"]
)
async def test_a_database_of_one_release_follows_the_next(
    create_database: CreateDatabase, tmp_path: Path, releases: list[list[Change]]
) -> None:
    url = await create_database("template1")
    folder = tmp_path / "migrations"
    shutil.copytree(MIGRATIONS, folder)
    (folder / "shop").mkdir()
    history = History()
    history.release()
    put(history, tmp_path)
    await migrate(url, folder)
    connection = await asyncpg.connect(url)
    try:
        await connection.execute(ROW)
        for changes in releases:
            printed = history.printed(*changes)["app/shop/read_models.py"]
            history.release(*changes)
            put(history, tmp_path)
            assert len(await migrate(url, folder)) == 1
            for table, columns in tables(printed).items():
                await connection.fetch(f'SELECT {columns} FROM "{table}"')
        if releases == [MORE]:
            row = await connection.fetchrow("SELECT note, rank FROM deal_view")
            assert tuple(row or ()) == (None, 3)
            await connection.execute("UPDATE deal_view SET status = 'held'")
        else:
            gone = await connection.fetchval("SELECT to_regclass('deal_view')")
            assert gone is None
    finally:
        await connection.close()


def put(history: History, root: Path) -> None:
    for path, sql in history.files.items():
        (root / path).write_text(sql)


def tables(module: str) -> dict[str, str]:
    """The columns of every table that a module of read models declares."""
    found = re.findall(r'name="(\w+)",(.*?)\n\)', module, re.DOTALL)
    return {
        name: ", ".join(re.findall(r'Co(?:lumn|unt)\("(\w+)"', body))
        for name, body in found
    }
