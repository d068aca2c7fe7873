"""A real PostgreSQL for the tests that want one, and the service on top of it."""

import asyncio
import itertools
import secrets
import shutil
import tempfile
from collections.abc import AsyncIterator, Callable
from datetime import timedelta
from pathlib import Path
from typing import TypeAlias
from uuid import UUID

import asyncpg
import pytest
from fastapi import FastAPI
from httpx2 import ASGITransport, AsyncClient
from pydantic import SecretStr

from app.bootstrap import Settings
from app.common.clock import FixedClock
from app.config.bus import BusSettings
from app.config.database import DatabaseSettings
from app.config.security import SecuritySettings
from app.config.service import Environment, ServiceSettings
from app.dev import postgres
from app.dev.broker import Broker
from app.dev.broker import running as running_broker
from app.infra.logging import configure_logging
from app.operations import migrate
from app.security.tokens import Tokens
from app.server import create_app
from app.worker import run
from tests.spec import NOW

TEMPLATE = "template_migrated"
TOKEN_LIFETIME = timedelta(hours=1)

DatabaseUrl: TypeAlias = Callable[[str], str]
TokenFor: TypeAlias = Callable[[str, UUID], dict[str, str]]


@pytest.fixture(scope="session", autouse=True)
def quiet() -> None:
    """Only what is truly alarming is logged."""
    configure_logging(ServiceSettings(log_level="critical"))


@pytest.fixture(scope="session")
async def server() -> AsyncIterator[DatabaseUrl]:
    """An embedded server with a migrated template; gives the address of a database."""
    folder = Path(tempfile.mkdtemp(prefix="test-"))
    try:
        async with postgres.running(folder, postgres.FORGETFUL) as running:

            def address(database: str) -> str:
                return running.url.replace("/postgres?", f"/{database}?")

            await _execute(running.url, f"CREATE DATABASE {TEMPLATE}")
            await migrate(_settings(address(TEMPLATE)).database)
            yield address
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
async def broker() -> AsyncIterator[Broker]:
    """A broker that keeps what it is told in memory."""
    async with running_broker() as broker:
        yield broker


@pytest.fixture(scope="session")
def numbers() -> "itertools.count[int]":
    """Names for databases."""
    return itertools.count(1)


@pytest.fixture
async def settings(
    server: DatabaseUrl, numbers: "itertools.count[int]"
) -> AsyncIterator[Settings]:
    """Settings that name a fresh, migrated database."""
    name = f"test_{next(numbers)}"
    await _execute(server("postgres"), f"CREATE DATABASE {name} TEMPLATE {TEMPLATE}")
    yield _settings(server(name))
    await _execute(server("postgres"), f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
async def app(settings: Settings) -> AsyncIterator[FastAPI]:
    """The whole service: API and worker on one database, in the examples' time."""
    app = create_app(settings, clock=FixedClock(NOW))
    async with app.router.lifespan_context(app):
        stop = asyncio.Event()
        worker = asyncio.create_task(run(app.state.service, stop))
        try:
            yield app
        finally:
            stop.set()
            await worker


@pytest.fixture
async def client(app: FastAPI) -> AsyncIterator[AsyncClient]:
    """A client of the whole service."""
    transport = ASGITransport(app)
    async with AsyncClient(transport=transport, base_url="http://test") as http:
        yield http


@pytest.fixture
def token_for(settings: Settings) -> TokenFor:
    """The headers of a caller with this role and subject."""

    def headers(role: str, subject: UUID) -> dict[str, str]:
        token = Tokens(settings.security).issue(str(subject), [role], TOKEN_LIFETIME)
        return {"Authorization": f"Bearer {token}"}

    return headers


def _settings(url: str) -> Settings:
    return Settings(
        bus=BusSettings(servers=""),
        database=DatabaseSettings(url=SecretStr(url), pool_min=0, pool_max=8),
        security=SecuritySettings(jwt_secret=SecretStr(secrets.token_urlsafe(48))),
        service=ServiceSettings(environment=Environment.TEST),
    )


async def _execute(url: str, statement: str) -> None:
    connection = await asyncpg.connect(url)
    try:
        await connection.execute(statement)
    finally:
        await connection.close()
