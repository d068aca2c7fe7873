"""Health: alive as long as the process runs, ready as long as it can work."""

from uuid import UUID

from fastapi import FastAPI
from httpx2 import AsyncClient

from app.bootstrap import Service
from app.infra.subscriptions import checkpoints

EVENT = UUID("0190a7f0-0000-7000-8000-0000000000dd")


async def ailments(client: AsyncClient) -> dict[str, str]:
    """What readiness complains about; liveness never complains."""
    assert (await client.get("/health/live")).json() == {"status": "ok"}
    response = await client.get("/health/ready")
    body = response.json()
    healthy = (response.status_code, body["status"]) == (200, "ok")
    assert healthy or (response.status_code, body["status"]) == (503, "unavailable")
    found: dict[str, str] = body["ailments"]
    assert healthy == (not found)
    return found


async def serving(client: AsyncClient) -> int:
    """Whether requests may come, as a status."""
    return (await client.get("/health/serving")).status_code


async def test_a_service_in_order_is_ready(client: AsyncClient) -> None:
    assert await ailments(client) == {}
    assert await serving(client) == 200


async def test_a_stopped_projection_is_named_with_its_event(
    app: FastAPI, client: AsyncClient
) -> None:
    service: Service = app.state.service
    name = "a_view_of_nobody"
    owned = await checkpoints.acquire(service.pool, name, holder="test", lease=60)
    assert owned is not None
    await checkpoints.stop(service.pool, owned, EVENT, "KeyError: 'rate'")
    found = await ailments(client)
    assert list(found) == [f"subscription {name}"]
    assert str(EVENT) in found[f"subscription {name}"]
    assert await serving(client) == 200
    assert await checkpoints.resume(service.pool, name)
    assert await ailments(client) == {}


async def test_a_missing_migration_is_named(app: FastAPI, client: AsyncClient) -> None:
    service: Service = app.state.service
    await service.pool.execute("DELETE FROM kernel.migrations WHERE id LIKE '%0002%'")
    assert "kernel/0002_projections.sql" in (await ailments(client))["migrations"]
    assert await serving(client) == 503


async def test_a_restored_log_is_noticed(app: FastAPI, client: AsyncClient) -> None:
    service: Service = app.state.service
    await service.pool.execute("UPDATE kernel.store SET system_identifier = 1")
    assert list(await ailments(client)) == ["epoch"]


async def test_a_database_that_is_away_is_named(
    app: FastAPI, client: AsyncClient
) -> None:
    service: Service = app.state.service
    service.pool.terminate()
    assert list(await ailments(client)) == ["database"]
    assert await serving(client) == 503
