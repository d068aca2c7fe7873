"""The short way of commands: as FastAPI answers, only without it."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any, NamedTuple
from uuid import UUID

import pytest
from fastapi import APIRouter, Depends, FastAPI
from fastapi.responses import PlainTextResponse
from fastapi.routing import APIRoute
from httpx2 import ASGITransport, AsyncClient, Response

from app.api.command_routes import CommandRoutes
from app.api.dependencies import PublicSend, Send
from app.api.json_bodies import JsonRoute
from app.api.models.common import Body, CommandResult
from app.bootstrap import Settings
from app.common.clock import FixedClock
from app.common.messages import Command as Wish
from app.common.roles import Role
from app.security.tokens import Tokens
from app.server import create_app
from tests.conftest import TOKEN_LIFETIME
from tests.spec import NOW

SOMEBODY = UUID("0190a7f0-0000-7000-8000-0000000000dd")
ID = "0190a7f0-0000-7000-8000-0000000000ee"
CORRELATION = {"X-Correlation-Id": "0190a7f0-0000-7000-8000-0000000000cc"}
JSON = {"Content-Type": "application/json"}


class Command(NamedTuple):
    """A command as the document describes it."""

    path: str
    body: dict[str, Any] | None


@pytest.fixture
async def commands(client: AsyncClient) -> list[Command]:
    """Every command that has a route."""
    document = (await client.get("/openapi.json")).json()
    posts = {path: methods.get("post") for path, methods in document["paths"].items()}
    return [
        Command(path, _example(document, operation))
        for path, operation in posts.items()
        if operation
    ]


@pytest.fixture
def allowed(settings: Settings) -> dict[str, str]:
    """The headers of somebody with every role there is."""
    roles = [role.value for role in Role]
    token = Tokens(settings.security).issue(str(SOMEBODY), roles, TOKEN_LIFETIME)
    return {"Authorization": f"Bearer {token}", **CORRELATION}


async def test_every_command_has_a_short_way(
    app: FastAPI, commands: list[Command]
) -> None:
    assert len(_short(app)) == len(commands)


async def test_a_request_in_order_needs_no_other_route(
    app: FastAPI, client: AsyncClient, commands: list[Command], allowed: dict[str, str]
) -> None:
    app.router.routes[:] = [_short(app)]
    for path, body in commands:
        for key in ({}, {"Idempotency-Key": path}):
            answer = await _post(client, path, body, allowed | key)
            # A refusal is one of the domain; without a route there would be no code.
            known = answer.status_code < 300 or answer.json()["detail"] != "Not Found"
            assert known, answer.text


async def test_both_ways_answer_alike(
    app: FastAPI, client: AsyncClient, commands: list[Command], allowed: dict[str, str]
) -> None:
    for path, body in commands:
        key = {"Idempotency-Key": path}
        await _post(client, path, body, allowed | key)
        short = await _post(client, path, body, allowed | key)
        with _only_the_long_way(app):
            long = await _post(client, path, body, allowed | key)
        assert _told(short) == _told(long)


async def test_both_ways_refuse_alike(
    app: FastAPI, client: AsyncClient, commands: list[Command], allowed: dict[str, str]
) -> None:
    for command in commands:
        for number, mistake in enumerate(_mistakes(command, allowed)):
            path, given, content = mistake
            headers = {"Idempotency-Key": f"{command.path}{number}"} | given
            short = await client.post(path, headers=headers, content=content)
            if short.is_success:  # no mistake for this one; a repeat is answered alike
                short = await client.post(path, headers=headers, content=content)
            with _only_the_long_way(app):
                long = await client.post(path, headers=headers, content=content)
            assert _told(short) == _told(long), (path, headers, content)


async def test_an_event_that_is_too_large_is_refused(
    settings: Settings,
    client: AsyncClient,
    commands: list[Command],
    allowed: dict[str, str],
) -> None:
    append = settings.append.model_copy(update={"max_event_bytes": 1})
    strict = create_app(replace(settings, append=append), clock=FixedClock(NOW))
    async with (
        strict.router.lifespan_context(strict),
        AsyncClient(
            transport=ASGITransport(strict), base_url="http://test"
        ) as refusing,
    ):
        for path, body in commands:
            refused = await _post(refusing, path, body, allowed)
            accepted = await _post(client, path, body, allowed)
            if refused.is_success:  # there was no event
                assert refused.json()["version"] == accepted.json()["version"]
            elif accepted.is_success:
                assert refused.status_code == 413, refused.text
                assert refused.json()["code"] == "EventTooLarge"


async def test_an_override_of_a_dependency_counts(
    app: FastAPI, client: AsyncClient, commands: list[Command], allowed: dict[str, str]
) -> None:
    app.dependency_overrides[object] = object
    app.router.routes[:] = [_short(app)]
    for path, body in commands:
        answer = await _post(client, path, body, allowed)
        assert (answer.status_code, answer.json()["detail"]) == (404, "Not Found")


def test_what_asks_for_more_than_sending_has_no_short_way() -> None:
    async def plain(thing: UUID, body: Body, send: Send) -> CommandResult:
        return await send(Wish())

    async def asking(thing: UUID, send: Send, how: str = "") -> CommandResult:
        return await send(Wish())

    async def answering_otherwise(thing: UUID, send: PublicSend) -> str:
        return (await send(Wish())).id.hex

    async def of_two_bodies(one: Body, two: Body, send: Send) -> CommandResult:
        return await send(Wish())

    def short(path: str, function: Any, **options: Any) -> int:
        app = FastAPI()
        app.router.route_class = options.pop("route_class", JsonRoute)
        app.post(path, **options)(function)
        return len(CommandRoutes(app))

    assert short("/{thing}/do", plain) == 1
    assert short("/{thing}/do", plain, route_class=APIRoute) == 0
    assert short("/{thing}/do", asking) == 0
    assert short("/{thing}/do", answering_otherwise) == 0
    assert short("/do", of_two_bodies) == 0
    assert short("/{thing}/do", plain, response_model_exclude={"token"}) == 0
    assert short("/{thing}/do", plain, response_class=PlainTextResponse) == 0


def test_a_dependency_of_a_router_has_no_short_way_around_it() -> None:
    async def plain(thing: UUID, send: Send) -> CommandResult:
        return await send(Wish())

    def short(**options: Any) -> int:
        app = FastAPI()
        router = APIRouter(prefix="/things", route_class=JsonRoute)
        router.post("/{thing}/do")(plain)
        app.include_router(router, **options)
        return len(CommandRoutes(app))

    assert short() == 1
    assert short(dependencies=[Depends(object)]) == 0


def test_of_equal_paths_the_first_one_counts() -> None:
    async def plain(thing: UUID, send: Send) -> CommandResult:
        return await send(Wish())

    async def special(thing: str) -> str:
        return thing

    app = FastAPI()
    app.router.route_class = JsonRoute
    app.post("/{thing}/do")(special)
    app.post("/{thing}/do")(plain)
    assert len(CommandRoutes(app)) == 0


def _mistakes(
    command: Command, allowed: dict[str, str]
) -> Iterator[tuple[str, dict[str, str], bytes]]:
    """Requests that are not quite in order, and how they are sent."""
    path = _filled(command.path)
    right = json.dumps(command.body).encode()
    given = allowed | JSON
    token = given["Authorization"].partition(" ")[2]
    for authorization in (
        "",
        "Bearer",
        "Bearer x.y.z",
        f"bearer {token}",
        "Basic eDp5",
    ):
        yield path, given | {"Authorization": authorization}, right
    yield path, CORRELATION | JSON, right
    for media_type in ("text/plain", "application/problem+json", "application/json; x"):
        yield path, given | {"Content-Type": media_type}, right
    yield path, allowed, right
    for key in ("a b", "x" * 201, ""):
        yield path, given | {"Idempotency-Key": key}, right
    yield command.path.replace("{", "").replace("}", ""), given, right
    yield f"{path}/", given, right
    for text in (b"", b"{", b"\xff", b"null", b"[]", b"[" * 100_000, b'{"a": NaN}'):
        yield path, given, text
    body = command.body or {}
    for changed in (
        {**body, "no_such_field": 1},
        *({k: v for k, v in body.items() if k != name} for name in body),
        *({**body, name: None} for name in body),
        *({**body, name: ["\x00"]} for name in body),
        *({**body, name: "\ud800"} for name in body),
        *({**body, name: wrong} for name in body for wrong in (1, 1.0, "1", True)),
    ):
        # What has no body of its own takes no notice of one.
        if command.body is not None:
            yield path, given, json.dumps(changed).encode()
    twice = b"," + right[1:] if body else b"}"
    yield path, given, right[:-1] + twice


async def _post(
    client: AsyncClient,
    path: str,
    body: dict[str, Any] | None,
    headers: dict[str, str],
) -> Response:
    return await client.post(_filled(path), json=body, headers=headers)


def _filled(path: str) -> str:
    return "/".join(
        ID if segment.startswith("{") else segment for segment in path.split("/")
    )


def _told(response: Response) -> tuple[int, dict[str, str], object]:
    """What an answer tells; the members of its body in whatever order."""
    text = response.text
    return response.status_code, dict(response.headers), json.loads(text or "null")


def _short(app: FastAPI) -> CommandRoutes:
    [short] = [each for each in app.router.routes if isinstance(each, CommandRoutes)]
    return short


@contextmanager
def _only_the_long_way(app: FastAPI) -> Iterator[None]:
    short = _short(app)
    app.router.routes.remove(short)
    try:
        yield
    finally:
        app.router.routes.insert(0, short)


def _example(
    document: dict[str, Any], operation: dict[str, Any]
) -> dict[str, Any] | None:
    """The example of the body that an operation wants, if it wants one."""
    if "requestBody" not in operation:
        return None
    content = operation["requestBody"]["content"]["application/json"]
    name = content["schema"]["$ref"].rpartition("/")[2]
    schema: dict[str, Any] = document["components"]["schemas"][name]
    example: dict[str, Any] = schema.get("examples", [{}])[0]
    return example
