"""Metrics: what is told is what happened, and how things stand now."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Any

import asyncpg
import pytest
from prometheus_client.parser import text_string_to_metric_families

from app.common.errors import DomainError
from app.infra.metrics.endpoint import serve_metrics
from app.infra.metrics.standing import exposition
from app.infra.subscriptions import checkpoints
from tests.infra.lending import JOURNAL, VIEW, WriteNote
from tests.infra.service import Service, eventually, open_loan


async def told(service: Service, sample: str, **labels: str) -> float | None:
    text = (await exposition(service.pool)).decode()
    for family in text_string_to_metric_families(text):
        for one in family.samples:
            if one.name == sample and labels.items() <= one.labels.items():
                return float(one.value)
    return None


async def growth(
    service: Service, before: float | None, *args: Any, **of: str
) -> float:
    return (await told(service, *args, **of) or 0) - (before or 0)


async def test_commands_are_counted_by_what_became_of_them(service: Service) -> None:
    name = "command_seconds_count"
    before = {
        outcome: await told(service, name, command="OpenLoan", outcome=outcome)
        for outcome in ("accepted", "replayed", "AlreadyExists")
    }
    command = open_loan()
    await service.send(command, key="once")
    await service.send(command, key="once")
    with pytest.raises(DomainError):
        await service.send(command)
    for outcome, count in before.items():
        labels = {"command": "OpenLoan", "outcome": outcome}
        assert await growth(service, count, name, **labels) == 1, outcome


async def test_appends_are_counted_by_verdict(service: Service) -> None:
    before = await told(service, "append_seconds_count", verdict="ok")
    await service.open_loan()
    assert await growth(service, before, "append_seconds_count", verdict="ok") == 1


async def test_the_lag_of_a_subscription_is_what_it_has_not_seen(
    service: Service,
) -> None:
    loan = await service.open_loan()
    await service.catch_up(JOURNAL)
    of = {"subscription": JOURNAL.name}
    assert await told(service, "subscription_lag_events", **of) == 0
    assert await told(service, "subscription_lag_seconds", **of) == 0
    for note in "abc":
        await service.send(WriteNote(loan_id=loan, note=note))
    assert await told(service, "subscription_lag_events", **of) == 3
    assert (await told(service, "subscription_lag_seconds", **of) or 0) > 0
    assert await told(service, "subscription_stopped", **of) == 0


async def test_a_stopped_subscription_is_told(service: Service) -> None:
    take = {"holder": "me", "lease": 60}
    owned = await checkpoints.acquire(service.pool, VIEW.name, **take)  # type: ignore[arg-type]
    assert owned is not None
    await checkpoints.stop(service.pool, owned, None, "cannot go on")
    of = {"subscription": VIEW.name}
    assert await told(service, "subscription_stopped", **of) == 1


async def test_the_session_that_holds_the_fence_is_named(
    service: Service, database: str
) -> None:
    assert await told(service, "fence_lag_seconds") == 0
    assert await told(service, "fence_holder_pid") is None
    other = await asyncpg.connect(database)
    await other.execute("BEGIN; SELECT pg_current_xact_id()")
    await service.open_loan()
    assert (await told(service, "fence_lag_seconds") or 0) > 0
    assert await told(service, "fence_holder_pid") == other.get_server_pid()
    await other.close()
    await eventually(lambda: _is_free(service))


async def _is_free(service: Service) -> bool:
    return await told(service, "fence_lag_seconds") == 0


@asynccontextmanager
async def telling(service: Service) -> AsyncIterator[int]:
    """The port at which a worker tells its metrics."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    stop = asyncio.Event()
    serving = asyncio.create_task(serve_metrics(service.pool, "127.0.0.1", port, stop))
    try:
        yield port
    finally:
        stop.set()
        await serving


async def page(port: int, path: bytes = b"/metrics") -> bytes:
    try:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
    except OSError:
        return b""
    writer.write(b"GET " + path + b" HTTP/1.1\r\nHost: x\r\n\r\n")
    answer = await reader.read()
    writer.close()
    return answer


async def test_a_worker_tells_its_metrics_over_http(service: Service) -> None:
    async with telling(service) as port:
        answer: bytes = await eventually(lambda: page(port))
        assert answer.startswith(b"HTTP/1.1 200 OK\r\n")
        assert b"\ndatabase_up 1.0\n" in answer
        assert b'pool_connections{state="allowed"}' in answer
        service.pool.terminate()
        assert b"\ndatabase_up 0.0\n" in await page(port)
        alive = await page(port, b"/health/live")
        assert alive.endswith(b'\r\n\r\n{"status":"ok"}')


async def test_a_request_that_never_ends_is_not_read_to_its_end(
    service: Service, caplog: pytest.LogCaptureFixture
) -> None:
    async with telling(service) as port:
        await eventually(lambda: page(port, b"/health/live"))
        with suppress(ConnectionError):
            path = b"/" + b"x" * 1_000_000
            assert await asyncio.wait_for(page(port, path), 10) == b""
        assert (await page(port, b"/health/live")).startswith(b"HTTP/1.1 200")
    assert caplog.messages == []
