"""The service as its clients see it, before any domain."""

import re
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from fastapi import FastAPI
from httpx2 import AsyncClient, Response
from pydantic import SecretStr

from app.api import ROUTERS
from app.api.errors import problems
from app.bootstrap import Settings
from app.common.actor import ANONYMOUS, SYSTEM
from app.common.errors import AlreadyExists, Conflict
from app.config.database import DatabaseSettings
from app.domain_registry import DOMAINS
from app.operations import Refused, check_start
from app.security.tokens import InvalidToken, Tokens
from tests.conftest import DatabaseUrl

SUBJECT = UUID("0190a7f0-0000-7000-8000-0000000000bb")
CORRELATION = "0190a7f0-0000-7000-8000-0000000000cc"


def problem(response: Response, status: int, code: str) -> dict[str, Any]:
    """The problem in an answer, which must have all that a problem has."""
    assert response.status_code == status, response.text
    assert response.headers["content-type"] == "application/problem+json"
    body: dict[str, Any] = response.json()
    assert body["status"] == status
    assert body["code"] == code
    assert body["detail"]
    assert body["instance"] == response.request.url.path
    assert body["correlation_id"] == response.headers["x-correlation-id"]
    return body


async def test_an_unknown_path_is_a_problem(client: AsyncClient) -> None:
    problem(await client.get("/no/such/path"), 404, "NotFound")


async def test_a_wrong_method_is_a_problem(client: AsyncClient) -> None:
    response = await client.delete("/health/live")
    problem(response, 405, "MethodNotAllowed")
    assert response.headers["allow"] == "GET"


async def test_an_unexpected_error_tells_nothing(
    app: FastAPI, client: AsyncClient
) -> None:
    @app.get("/broken")
    async def broken() -> None:
        raise RuntimeError("the password is 1234")

    body = problem(await client.get("/broken"), 500, "InternalError")
    assert "1234" not in str(body)


async def test_a_database_that_is_away_is_said_to_be_away(
    app: FastAPI, client: AsyncClient
) -> None:
    @app.get("/asking")
    async def asking() -> None:
        raise ConnectionRefusedError

    response = await client.get("/asking")
    problem(response, 503, "Unavailable")
    assert int(response.headers["retry-after"]) >= 1


async def test_nothing_starts_on_a_database_without_a_schema(
    settings: Settings, server: DatabaseUrl
) -> None:
    await check_start(settings.database)
    empty = DatabaseSettings(url=SecretStr(server("postgres")))
    with pytest.raises(Refused, match="python -m app migrate"):
        await check_start(empty)


async def test_a_race_that_was_lost_may_be_run_again(
    app: FastAPI, client: AsyncClient
) -> None:
    @app.post("/racing", summary="Lose", responses=problems(AlreadyExists))
    async def racing(rule: bool) -> None:
        raise AlreadyExists if rule else Conflict

    lost = await client.post("/racing", params={"rule": False})
    problem(lost, 409, "Conflict")
    assert int(lost.headers["retry-after"]) >= 1
    refused = await client.post("/racing", params={"rule": True})
    problem(refused, 409, "AlreadyExists")
    assert "retry-after" not in refused.headers
    document = (await client.get("/openapi.json")).json()
    for operations in document["paths"].values():
        if post := operations.get("post"):
            told = post["responses"]["409"]
            examples = told["content"]["application/problem+json"]["examples"]
            assert "Conflict" in examples and "`Conflict`" in told["description"]
            assert "Conflict" in told["headers"]["Retry-After"]["description"]
    ours = document["paths"]["/racing"]["post"]["responses"]["409"]
    assert set(ours["content"]["application/problem+json"]["examples"]) == {
        *("AlreadyExists", "Conflict"),
    }


async def test_a_correlation_id_comes_back(client: AsyncClient) -> None:
    given = await client.get("/health/live", headers={"X-Correlation-Id": CORRELATION})
    assert given.headers["x-correlation-id"] == CORRELATION
    made = await client.get("/health/live", headers={"X-Correlation-Id": "not an id"})
    assert UUID(made.headers["x-correlation-id"])


async def test_the_api_describes_itself(client: AsyncClient) -> None:
    document = (await client.get("/openapi.json")).json()
    operations = [
        operation for path in document["paths"].values() for operation in path.values()
    ]
    names = [operation["operationId"] for operation in operations]
    assert len(names) == len(set(names))
    assert all(operation.get("summary") for operation in operations)
    assert "api.Problem" in document["components"]["schemas"]
    assert "HTTPValidationError" not in document["components"]["schemas"]
    assert _references(document) <= {
        f"#/components/schemas/{name}" for name in document["components"]["schemas"]
    }


async def test_every_route_that_is_not_public_wants_a_token(
    client: AsyncClient,
) -> None:
    document = (await client.get("/openapi.json")).json()
    routes = [
        (method, re.sub("[{}]", "", path), bool(operation.get("security")))
        for path, operations in document["paths"].items()
        for method, operation in operations.items()
    ]
    for method, url, guarded in routes:
        bare = await client.request(method, url)
        if not guarded:
            assert bare.status_code != 401, url
            continue
        problem(bare, 401, "NotAuthenticated")
        forged = {"Authorization": "Bearer not.a.token"}
        response = await client.request(method, url, headers=forged)
        problem(response, 401, "NotAuthenticated")
        assert response.headers["www-authenticate"] == "Bearer"


def test_a_token_says_who_speaks(settings: Settings) -> None:
    tokens = Tokens(settings.security)
    hour = timedelta(hours=1)
    actor = tokens.read(tokens.issue(str(SUBJECT), ["no such role"], hour))
    assert (actor.subject, actor.roles) == (str(SUBJECT), frozenset())
    with pytest.raises(InvalidToken):
        tokens.read(tokens.issue(str(SUBJECT), [], -hour))
    other = settings.security.model_copy(update={"jwt_audience": "somebody else"})
    with pytest.raises(InvalidToken):
        Tokens(other).read(tokens.issue(str(SUBJECT), [], hour))
    for nobody in ("", ANONYMOUS.subject, SYSTEM.subject):
        with pytest.raises(InvalidToken):
            tokens.read(tokens.issue(nobody, [], hour))


def test_every_domain_has_routes() -> None:
    assert len(ROUTERS) == len(DOMAINS)


def _references(node: object) -> set[str]:
    if isinstance(node, dict):
        own = {node["$ref"]} if isinstance(node.get("$ref"), str) else set()
        return own.union(*map(_references, node.values()))
    if isinstance(node, list):
        return set[str]().union(*map(_references, node))
    return set()
