"""A correlation id and one log line for every request."""

import time
from collections.abc import MutableMapping
from typing import Any
from uuid import UUID

import structlog
from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.common.ids import new_id
from app.infra.metrics.measures import REQUESTS

CORRELATION_HEADER = "X-Correlation-Id"

log: structlog.stdlib.BoundLogger = structlog.get_logger(__name__)


class RequestLog:
    """Gives a request its correlation id, answers with it, and logs the outcome."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        correlation_id = _asked_for(Headers(scope=scope)) or new_id()
        scope["correlation_id"] = correlation_id
        structlog.contextvars.clear_contextvars()
        structlog.contextvars.bind_contextvars(correlation_id=str(correlation_id))
        status = 0

        async def answer(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                MutableHeaders(scope=message)[CORRELATION_HEADER] = str(correlation_id)
            await send(message)

        started = time.perf_counter()
        try:
            await self._app(scope, receive, answer)
        finally:
            _report(scope, status, time.perf_counter() - started)
            structlog.contextvars.clear_contextvars()


def correlation_of(scope: MutableMapping[str, Any]) -> UUID | None:
    """The correlation id of a request, when `RequestLog` has seen it."""
    found = scope.get("correlation_id")
    return found if isinstance(found, UUID) else None


def _asked_for(headers: Headers) -> UUID | None:
    try:
        return UUID(headers.get(CORRELATION_HEADER, ""))
    except ValueError:
        return None


def _report(scope: Scope, status: int, seconds: float) -> None:
    # Whatever fits no route counts as one: a caller must not be able to add labels.
    route = getattr(scope.get("route"), "path", None)
    method = scope["method"] if route else "any"
    REQUESTS.labels(method, route or "none", status or "aborted").observe(seconds)
    probe = scope["path"].startswith(("/health/", "/metrics")) and status < 400
    report = log.debug if probe else log.info
    report(
        "request",
        method=scope["method"],
        path=scope["path"],
        status=status or "aborted",
        milliseconds=round(seconds * 1000, 1),
    )
