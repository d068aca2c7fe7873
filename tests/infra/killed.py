"""What runs in processes that are killed: a writer, and a worker."""

from __future__ import annotations

import asyncio
from decimal import Decimal
from multiprocessing.connection import Connection
from uuid import UUID

from pydantic import SecretStr

from app.common.errors import Unavailable
from app.config.append import AppendSettings
from app.config.database import DatabaseSettings
from app.infra.event_store.appenders import appending
from app.infra.persistence.postgres import create_pool
from app.infra.projections.batch import Batches
from app.infra.worker import run_subscriptions
from tests.infra.lending import JOURNAL, VIEW, ChargeFee, WriteNote
from tests.infra.service import Service, open_loan, worker_settings

WRITERS = 16
NAME = "killed"
# Each kill is a start without progress, until a batch has been written.
MAX_ATTEMPTS = 100


def write(url: str, says: Connection) -> None:
    """Send commands through a group commit, and say which were answered."""
    asyncio.run(_write(url, says))


def project(url: str) -> None:
    """Run the projections, a few events at a time."""
    asyncio.run(_project(url))


def settings_of(url: str) -> DatabaseSettings:
    return DatabaseSettings(url=SecretStr(url), pool_min=0, pool_max=8)


async def _write(url: str, says: Connection) -> None:
    settings = settings_of(url)
    pool = await create_pool(settings, name=NAME)
    async with appending(pool, settings, AppendSettings()) as appender:
        service = await Service.on(pool, appender=appender)
        await asyncio.gather(*(_keep_writing(service, says) for _ in range(WRITERS)))


async def _keep_writing(service: Service, says: Connection) -> None:
    while True:
        try:
            loan: UUID = (await service.send(open_loan())).id
            says.send((loan, 1))
            for command in (
                WriteNote(loan_id=loan, note="a"),
                ChargeFee(loan_id=loan, amount=Decimal(1)),
                WriteNote(loan_id=loan, note="b"),
            ):
                says.send((loan, (await service.send(command)).version))
        except Unavailable:
            continue


async def _project(url: str) -> None:
    pool = await create_pool(settings_of(url), name=NAME)
    settings = worker_settings(batch=20, lease=0.05, max_attempts=MAX_ATTEMPTS)
    batches = [
        Batches(pool, each, size=settings.batch, lease=settings.lease)
        for each in (VIEW, JOURNAL)
    ]
    await run_subscriptions(pool, batches, settings, stop=asyncio.Event())
