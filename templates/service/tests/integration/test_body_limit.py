"""What is too large for the service is refused before it has been read."""

import re
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import pytest
from fastapi import FastAPI
from httpx2 import AsyncClient, Response

from app.bootstrap import Settings
from app.common.roles import Role
from tests.conftest import TokenFor

CHUNK = b" " * 10_000
FAR_TOO_MUCH = 10 * 2**20
JSON = {"Content-Type": "application/json"}
SOMEBODY = UUID("0190a7f0-0000-7000-8000-0000000000dd")


@dataclass
class Body:
    """A body of far too much, and how much of it was taken."""

    taken: int = 0

    async def __aiter__(self) -> AsyncIterator[bytes]:
        while self.taken < FAR_TOO_MUCH:
            self.taken += len(CHUNK)
            yield CHUNK


@pytest.fixture
def most(settings: Settings) -> int:
    return settings.http.max_body_bytes


@pytest.fixture
def headers(token_for: TokenFor) -> dict[str, str]:
    """Of somebody who is known, and has a role if there are any."""
    return JSON | token_for(next((role.value for role in Role), ""), SOMEBODY)


async def test_what_says_that_it_is_too_large_is_not_read(
    client: AsyncClient, most: int, headers: dict[str, str]
) -> None:
    told = headers | {"Content-Length": str(most + 1)}
    for method, url, _ in await _operations(client):
        body = Body()
        response = await client.request(method, url, content=body, headers=told)
        assert body.taken == 0
        _is_too_large(response)


async def test_what_turns_out_to_be_too_large_is_read_no_further(
    app: FastAPI, client: AsyncClient, most: int, headers: dict[str, str]
) -> None:
    _with_a_route_of_ones_own(app)
    for method, url, operation in await _operations(client):
        if "requestBody" in operation:
            body = Body()
            response = await client.request(method, url, content=body, headers=headers)
            assert most < body.taken <= most + len(CHUNK)
            _is_too_large(response)
            assert "413" in operation["responses"]


async def test_what_is_as_large_as_can_be_is_taken(
    app: FastAPI, client: AsyncClient, most: int
) -> None:
    _with_a_route_of_ones_own(app)
    response = await client.post("/taking", content=b"[]".ljust(most), headers=JSON)
    assert (response.status_code, response.json()) == (200, 0)


async def test_of_somebody_unknown_no_command_is_read(client: AsyncClient) -> None:
    for method, url, operation in await _operations(client):
        if method == "post" and operation.get("security"):
            body = Body()
            response = await client.post(url, content=body, headers=JSON)
            assert (response.status_code, body.taken) == (401, 0)


def _with_a_route_of_ones_own(app: FastAPI) -> None:
    @app.post("/taking", summary="Count")
    async def taking(body: list[int]) -> int:
        return len(body)


async def _operations(client: AsyncClient) -> list[tuple[str, str, dict[str, Any]]]:
    """Every operation there is: its method, a path for it, and what is said of it."""
    document = (await client.get("/openapi.json")).json()
    return [
        (method, re.sub(r"\{\w+\}", str(SOMEBODY), path), operation)
        for path, operations in document["paths"].items()
        for method, operation in operations.items()
    ]


def _is_too_large(response: Response) -> None:
    problem = response.json()
    assert (response.status_code, problem["code"]) == (413, "BodyTooLarge")
    assert response.headers["content-type"] == "application/problem+json"
    assert problem["correlation_id"] == response.headers["x-correlation-id"]
