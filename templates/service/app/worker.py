"""The worker: read models, policies and the bus; any number of copies may run."""

import asyncio
import signal

import structlog

from app.bootstrap import Service, Settings, opened
from app.infra.event_bus.worker import run_relay, wake_by_topics
from app.infra.event_store.retention import Retention
from app.infra.logging import configure_logging
from app.infra.metrics.endpoint import serve_metrics
from app.infra.policies.worker import run_policies
from app.infra.projections.batch import Batches
from app.infra.worker import kept_running, run_subscriptions, watch_fence

log: structlog.stdlib.BoundLogger = structlog.get_logger(__name__)


async def work() -> None:
    """Work until SIGTERM or SIGINT."""
    settings = Settings()
    configure_logging(settings.service)
    stop = asyncio.Event()
    for each in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(each, stop.set)
    async with opened(settings) as service:
        log.info(
            "worker started",
            environment=settings.service.environment,
            projections=[each.name for each in service.projections],
            policies=[each.name for each in service.policies],
            bus=settings.bus.servers or "none",
        )
        await run(service, stop)
    log.info("worker stopped")


async def run(service: Service, stop: asyncio.Event) -> None:
    """Run every subscription of the service until told to stop."""
    settings, wake = service.settings, service.store.wake
    worker = settings.worker
    projections = [
        Batches(service.pool, each, size=worker.batch, lease=worker.lease)
        for each in service.projections
    ]
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(watch_fence(service.pool, worker, stop))
        if worker.command_retention_days:
            retention = Retention(
                service.pool,
                days=worker.command_retention_days,
                policies=[each.name for each in service.policies],
            )
            tasks.create_task(kept_running(retention, "command log", stop))
        tasks.create_task(
            run_subscriptions(service.pool, projections, worker, stop=stop, wake=wake)
        )
        tasks.create_task(
            run_policies(
                service.pool,
                service.policies,
                service.commands,
                worker,
                stop=stop,
                wake=wake,
            )
        )
        if settings.metrics.port:
            tasks.create_task(
                serve_metrics(
                    service.pool, settings.metrics.host, settings.metrics.port, stop
                )
            )
        if service.transport is not None:
            tasks.create_task(
                run_relay(
                    service.pool,
                    service.transport,
                    settings.bus,
                    worker,
                    stop=stop,
                    wake=wake,
                )
            )
            tasks.create_task(
                wake_by_topics(service.transport, service.topics, stop=stop, wake=wake)
            )
