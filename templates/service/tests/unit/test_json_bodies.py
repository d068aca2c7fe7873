"""A body says what it means, and is taken at its word."""

import json
from collections.abc import AsyncIterator
from datetime import date, datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import Annotated, Any
from uuid import UUID

import pytest
from fastapi import APIRouter, FastAPI, Query
from httpx2 import ASGITransport, AsyncClient
from pydantic import Field
from pydantic.dataclasses import dataclass

from app.api import errors
from app.api.json_bodies import JsonRoute
from app.api.models.common import Body
from app.common import messages
from app.common.types import Bytes, Json

ID = "0190a7f0-0000-7000-8000-0000000000ee"


class Shelf(StrEnum):
    """Where a thing lies."""

    FRONT = "front"


@dataclass(frozen=True, kw_only=True)
class Size:
    """A value with a part that is no text."""

    width: int


class Thing(Body):
    """One field of each kind."""

    whole: int = 0
    real: float = 0
    yes: bool = False
    text: str = ""
    amount: Decimal = Decimal(0)
    day: date | None = None
    moment: datetime | None = None
    time: timedelta | None = None
    id: UUID | None = None
    shelf: Shelf | None = None
    size: Size | None = None
    sizes: list[Size] = Field(default_factory=list)
    counts: dict[str, int] = Field(default_factory=dict)
    picture: Bytes = b""
    anything: Json = None


class Question(messages.Query):
    """What a query string asks."""

    whole: int
    yes: bool


@pytest.fixture
async def client() -> AsyncIterator[AsyncClient]:
    """A service that takes things."""
    router = APIRouter(route_class=JsonRoute)

    @router.post("/things/{number}")
    async def take(number: int, thing: Thing) -> dict[str, Any]:
        return {
            "number": number,
            "thing": thing.model_dump(mode="json", exclude_unset=True),
        }

    @router.get("/things")
    async def ask(question: Annotated[Question, Query()]) -> dict[str, Any]:
        return question.model_dump()

    app = FastAPI()
    app.include_router(router)
    errors.install(app)
    async with AsyncClient(
        transport=ASGITransport(app), base_url="http://test"
    ) as client:
        yield client


@pytest.mark.parametrize(
    ("text", "taken"),
    [
        ('{"whole": 3}', 3),
        ('{"real": 3.5}', 3.5),
        ('{"real": 3}', 3),
        ('{"yes": true}', True),
        ('{"text": "3"}', "3"),
        ('{"amount": "3.10"}', "3.10"),
        ('{"amount": 3.1}', "3.1"),
        ('{"amount": 3}', "3"),
        ('{"day": "2030-01-22"}', "2030-01-22"),
        ('{"moment": "2030-01-22T10:00:00Z"}', "2030-01-22T10:00:00Z"),
        ('{"time": "PT1H"}', "PT1H"),
        (f'{{"id": "{ID}"}}', ID),
        ('{"shelf": "front"}', "front"),
        ('{"size": {"width": 3}}', {"width": 3}),
        ('{"sizes": [{"width": 3}]}', [{"width": 3}]),
        ('{"counts": {"a": 3}}', {"a": 3}),
        ('{"picture": "YQ=="}', "YQ=="),
        ('{"anything": {"a": [1, "b", null, true]}}', {"a": [1, "b", None, True]}),
    ],
)
async def test_what_means_what_is_wanted_is_taken(
    client: AsyncClient, text: str, taken: object
) -> None:
    answer = await _sent(client, text)
    assert answer == (200, {"number": 1, "thing": {_first(text): taken}})


@pytest.mark.parametrize(
    "text",
    [
        *('{"whole": "3"}', '{"whole": true}', '{"whole": 3.0}', '{"whole": 1e2}'),
        *('{"real": "3"}', '{"real": true}', '{"real": NaN}'),
        *('{"yes": 1}', '{"yes": "yes"}', '{"yes": 1.0}', '{"yes": "true"}'),
        *('{"text": 3}', '{"text": true}'),
        *('{"amount": true}', '{"amount": "three"}'),
        *('{"day": 0}', '{"day": "2030-01-22T00:00:00"}'),
        *('{"moment": 1700000000}', '{"moment": "2030-01-22"}', '{"time": 3}'),
        *('{"id": 3}', '{"shelf": 0}', '{"size": {"width": "3"}}'),
        *('{"sizes": [{"width": true}]}', '{"counts": {"a": "3"}}', '{"picture": 3}'),
    ],
)
async def test_what_means_something_else_is_refused_at_its_place(
    client: AsyncClient, text: str
) -> None:
    status, problem = await _sent(client, text)
    assert (status, problem["code"]) == (422, "InvalidRequest"), problem
    assert problem["errors"][0]["loc"][:2] == ["body", _first(text)]


async def test_every_kind_of_json_is_read_alike(client: AsyncClient) -> None:
    for media_type in ("application/json; charset=utf-8", "application/vnd.thing+json"):
        status, _ = await _sent(client, '{"whole": "3"}', media_type=media_type)
        assert status == 422


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ('{"whole": 1, "text": "", "whole": 1}', '"whole"'),
        ('{"sizes": [{"width": 1}, {"width": 1, "width": 2}]}', '"width"'),
        ('{"anything": {"a": {"b": 1, "\\u0062": 2}}}', '"b"'),
        ('{"\\ud800": 1, "\\ud800": 2}', r'"\ud800"'),
    ],
)
async def test_a_key_that_stands_there_twice_is_refused_by_its_name(
    client: AsyncClient, text: str, key: str
) -> None:
    status, problem = await _sent(client, text)
    assert (status, problem["code"]) == (422, "InvalidRequest")
    assert problem["detail"] == f"body: the key {key} stands there more than once"


async def test_all_that_is_wrong_is_told_at_once(client: AsyncClient) -> None:
    _, problem = await _sent(client, '{"whole": "3", "yes": 1}', path="/things/x")
    places = [tuple(each["loc"]) for each in problem["errors"]]
    assert places == [("path", "number"), ("body", "whole"), ("body", "yes")]


@pytest.mark.parametrize("text", ["{", '{"text": "\\ud800"}', '{"text": "\n"}'])
async def test_what_is_no_json_is_said_to_be_none(
    client: AsyncClient, text: str
) -> None:
    status, problem = await _sent(client, text)
    assert (status, problem["code"]) == (400, "MalformedJson")
    assert problem["detail"].startswith("The body is not valid JSON: ")


async def test_a_body_that_is_no_object_or_missing_is_told(client: AsyncClient) -> None:
    for text in ("null", "[]", '""', ""):
        status, problem = await _sent(client, text)
        assert status == 422
        assert problem["errors"][0]["loc"] == ["body"]


@pytest.mark.parametrize("media_type", ["text/plain", ""])
async def test_a_body_that_is_not_said_to_be_json_is_told_how(
    client: AsyncClient, media_type: str
) -> None:
    status, problem = await _sent(client, '{"whole": 3}', media_type=media_type)
    assert (status, problem["code"]) == (422, "InvalidRequest")
    assert "Content-Type: application/json" in problem["detail"]


async def test_a_query_string_is_text_and_read_as_what_it_spells(
    client: AsyncClient,
) -> None:
    answer = await client.get("/things", params={"whole": "3", "yes": "yes"})
    assert answer.json() == {"whole": 3, "yes": True}


async def _sent(
    client: AsyncClient,
    text: str,
    *,
    path: str = "/things/1",
    media_type: str = "application/json",
) -> tuple[int, dict[str, Any]]:
    headers = {"Content-Type": media_type}
    answer = await client.post(path, content=text.encode(), headers=headers)
    body: dict[str, Any] = answer.json()
    return answer.status_code, body


def _first(text: str) -> str:
    name: str = next(iter(json.loads(text)))
    return name
