"""The ASGI application, and Granian serving it."""

import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import structlog
from fastapi import FastAPI
from granian.constants import Interfaces
from granian.log import LogLevels
from granian.server import Server

from app.about import SUMMARY, TITLE
from app.api import ROUTERS, command_routes, errors
from app.api.body_limit import BodyLimit
from app.api.errors import problems
from app.api.openapi import Api, operation_id
from app.api.routers import health, metrics
from app.bootstrap import Settings, opened
from app.common.clock import Clock
from app.common.errors import Busy
from app.infra.logging import RequestLog, configure_logging
from app.infra.logging.setup import logging_config

WORKER_KILL_SECONDS = 10

log: structlog.stdlib.BoundLogger = structlog.get_logger(__name__)


def create_app(
    settings: Settings | None = None, *, clock: Clock | None = None
) -> FastAPI:
    """The API; its parts are opened when it starts and closed when it ends."""
    settings = settings or Settings()

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        async with opened(settings, clock=clock) as service:
            app.state.service = service
            yield

    app = Api(
        title=TITLE,
        summary=SUMMARY,
        lifespan=lifespan,
        generate_unique_id_function=operation_id,
    )
    errors.install(app)
    app.add_middleware(BodyLimit, most=settings.http.max_body_bytes)
    app.add_middleware(RequestLog)
    app.include_router(health.router)
    app.include_router(metrics.router)
    for router in ROUTERS:
        app.include_router(router, responses=problems(Busy))
    command_routes.install(app)
    return app


def worker_app() -> FastAPI:
    """The application in a worker process of Granian.

    A forked worker inherits signal handlers that only raise flags of its parent, so
    that a signal would be lost until the application has been loaded.
    """
    for each in (signal.SIGINT, signal.SIGTERM):
        signal.signal(each, signal.SIG_DFL)
    settings = Settings()
    configure_logging(settings.service)
    return create_app(settings)


def serve() -> None:
    """Serve until SIGTERM or SIGINT."""
    settings = Settings()
    configure_logging(settings.service)
    log.info(
        "api starts",
        environment=settings.service.environment,
        host=settings.http.host,
        port=settings.http.port,
    )
    Server(
        "app.server:worker_app",
        factory=True,
        interface=Interfaces.ASGI,
        address=settings.http.host,
        port=settings.http.port,
        workers=settings.http.workers,
        workers_kill_timeout=WORKER_KILL_SECONDS,
        websockets=False,
        log_level=LogLevels.warning,
        log_dictconfig=logging_config(settings.service),
    ).serve()
