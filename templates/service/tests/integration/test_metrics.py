"""`/metrics` tells Prometheus what happens here, and lets no caller add labels."""

from httpx2 import AsyncClient


async def test_requests_are_counted_by_route(client: AsyncClient) -> None:
    await client.get("/health/live")
    await client.get("/there/is/no/such/path")
    answer = await client.get("/metrics")
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/plain")
    assert 'route="/health/live"' in answer.text
    assert 'method="any",route="none",status="404"' in answer.text
    assert "such" not in answer.text


async def test_it_is_not_part_of_the_documented_api(client: AsyncClient) -> None:
    assert "/metrics" not in (await client.get("/openapi.json")).json()["paths"]


async def test_the_database_is_told_to_answer(client: AsyncClient) -> None:
    assert "\ndatabase_up 1.0\n" in (await client.get("/metrics")).text
