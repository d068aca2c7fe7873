"""One real PostgreSQL for each test process, and a database for each test."""

from __future__ import annotations

import itertools
import multiprocessing
import shutil
import signal
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import asyncpg
import pytest

from app.config.database import DatabaseSettings
from app.dev import postgres
from app.infra.persistence.migrations import migrate
from app.infra.persistence.postgres import Pool, create_pool
from tests.infra import lending
from tests.infra.service import Service

MIGRATIONS = Path(__file__).parents[2] / "templates/service/migrations"
TEMPLATE = "template_kernel"
SHORT_AND_FAST = next(p for p in (Path("/dev/shm"), Path("/tmp")) if p.is_dir())

Process = multiprocessing.process.BaseProcess
CreateDatabase = Callable[..., Awaitable[str]]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker("infra")


@dataclass
class Databases:
    """The databases of one running server."""

    url: str
    admin: asyncpg.Connection[asyncpg.Record]
    numbers: Iterator[int] = field(default_factory=itertools.count)

    def address(self, name: str) -> str:
        return self.url.replace("/postgres?", f"/{name}?")

    async def create(self, template: str) -> str:
        """A copy: of files, which is fastest where nothing is ever synced."""
        name = f"test_{next(self.numbers)}"
        await self.admin.execute(
            f"CREATE DATABASE {name} TEMPLATE {template} STRATEGY file_copy"
        )
        return name


@pytest.fixture(scope="session")
async def databases() -> AsyncIterator[Databases]:
    """A running server with a migrated template; gone at the end, SIGTERM included."""
    with suppress(ValueError):  # outside of the main thread signals are not ours
        signal.signal(signal.SIGTERM, signal.default_int_handler)
    folder = Path(tempfile.mkdtemp(prefix="pg-", dir=SHORT_AND_FAST))
    try:
        async with postgres.running(folder, postgres.FORGETFUL) as running:
            admin = await asyncpg.connect(running.url)
            databases = Databases(running.url, admin)
            await admin.execute(f"CREATE DATABASE {TEMPLATE}")
            await migrate(databases.address(TEMPLATE), MIGRATIONS)
            tables = await asyncpg.connect(databases.address(TEMPLATE))
            await tables.execute(lending.TABLES)
            await tables.close()
            yield databases
            await admin.close()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
async def create_database(databases: Databases) -> AsyncIterator[CreateDatabase]:
    """Makes databases that are gone after the test: migrated ones, or others."""
    names: list[str] = []

    async def create(template: str = TEMPLATE) -> str:
        names.append(await databases.create(template))
        return databases.address(names[-1])

    yield create
    for name in names:
        await databases.admin.execute(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
async def database(create_database: CreateDatabase) -> str:
    """The address of a migrated database that no other test sees."""
    return await create_database()


@asynccontextmanager
async def pool_of(url: str, **settings: float) -> AsyncIterator[Pool]:
    settings = {"pool_min": 0, "pool_max": 10, **settings}
    pool = await create_pool(DatabaseSettings(url=url, **settings))  # type: ignore[arg-type]
    try:
        yield pool
    finally:
        pool.terminate()


@pytest.fixture
async def pool(database: str) -> AsyncIterator[Pool]:
    async with pool_of(database) as pool:
        yield pool


@pytest.fixture
async def service(pool: Pool) -> Service:
    """The sample domain on its own store, with buses, a reader and a clock."""
    return await Service.on(pool)


@pytest.fixture(scope="session")
def processes() -> Any:
    """Starts processes of their own quickly: all has been imported before."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(
        ["tests.infra.forked", "tests.infra.killed", "tests.infra.killed_relay"]
    )
    return context


@pytest.fixture
def started() -> Iterator[list[Process]]:
    """Processes that do not outlive the test."""
    running: list[Process] = []
    yield running
    for process in running:
        process.kill()
        process.join()
