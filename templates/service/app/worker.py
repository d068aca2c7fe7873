"""The worker: keeps the read models up to date; any number of copies may run."""

import asyncio
import signal

import structlog

from app.bootstrap import Service, Settings, opened
from app.infra.logging import configure_logging
from app.infra.worker import run_projections

log: structlog.stdlib.BoundLogger = structlog.get_logger(__name__)


async def work() -> None:
    """Work until SIGTERM or SIGINT."""
    settings = Settings()
    configure_logging(settings.service)
    stop = asyncio.Event()
    for each in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(each, stop.set)
    async with opened(settings) as service:
        log.info("worker started", projections=[p.name for p in service.projections])
        await run(service, stop)
    log.info("worker stopped")


async def run(service: Service, stop: asyncio.Event) -> None:
    """Run every projection of the service until told to stop."""
    await run_projections(
        service.pool,
        service.projections,
        service.settings.worker,
        stop=stop,
        wake=service.store.wake,
    )
