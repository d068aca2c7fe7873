"""Log lines are for programs: one JSON object each, with the ids that connect them."""

import contextlib
import json
import logging
from collections.abc import Iterator
from typing import Any
from uuid import UUID

import pytest
import structlog
from starlette.types import Message, Receive, Scope, Send

from app.config.service import ServiceSettings
from app.infra.logging import RequestLog, configure_logging

CORRELATION = "0190a7f0-0000-7000-8000-0000000000cc"


@contextlib.contextmanager
def logs(captured: pytest.CaptureFixture[str]) -> Iterator[list[dict[str, Any]]]:
    """Logs as they are in production: the lines are in the list afterwards."""
    lines: list[dict[str, Any]] = []
    configure_logging(ServiceSettings(log_level="info", log_format="json"))
    try:
        yield lines
    finally:
        configure_logging(ServiceSettings(log_level="critical"))
        lines.extend(map(json.loads, captured.readouterr().out.splitlines()))


async def handled(headers: dict[str, str]) -> list[Message]:
    """What a client gets from an application behind the request log."""

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        structlog.contextvars.bind_contextvars(actor="somebody")
        await send({"type": "http.response.start", "status": 204, "headers": []})
        await send({"type": "http.response.body", "body": b""})

    async def receive() -> Message:
        return {"type": "http.request", "body": b""}

    sent: list[Message] = []

    async def send(message: Message) -> None:
        sent.append(message)

    raw = [(name.encode(), value.encode()) for name, value in headers.items()]
    scope = {"type": "http", "method": "GET", "path": "/rooms", "headers": raw}
    await RequestLog(app)(scope, receive, send)
    return sent


async def test_a_request_is_one_line_with_its_ids(
    capsys: pytest.CaptureFixture[str],
) -> None:
    with logs(capsys) as lines:
        sent = await handled({"x-correlation-id": CORRELATION})
    (line,) = lines
    assert line["event"] == "request"
    assert (line["method"], line["path"], line["status"]) == ("GET", "/rooms", 204)
    assert (line["correlation_id"], line["actor"]) == (CORRELATION, "somebody")
    assert (b"x-correlation-id", CORRELATION.encode()) in sent[0]["headers"]


async def test_nothing_of_one_request_shows_in_the_next(
    capsys: pytest.CaptureFixture[str],
) -> None:
    with logs(capsys) as lines:
        await handled({"x-correlation-id": CORRELATION})
        structlog.get_logger("test").warning("between two requests")
        await handled({})
    _, between, second = lines
    assert "actor" not in between
    assert UUID(second["correlation_id"]) != UUID(CORRELATION)


def test_a_traceback_tells_no_values(capsys: pytest.CaptureFixture[str]) -> None:
    with logs(capsys) as lines:
        try:
            password = "correct horse"
            int(f"x{password[:0]}")
        except ValueError:
            logging.getLogger("test").exception("failed")
    (line,) = lines
    assert line["exception"][0]["exc_type"] == "ValueError"
    assert "horse" not in json.dumps(line)
