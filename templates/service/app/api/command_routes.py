"""The short way of a command: from the request to the bus without detours.

Routes are declared and documented as FastAPI has it. FastAPI then solves a tree of
dependencies for every request, which costs more than the command itself. A route that
does nothing but send a command is found here by its path, and a request that is in
order is carried out at once. Who carries no valid token is refused before the body is
read. Whatever else is not in order goes the long way, so that every refusal is
FastAPI's own, to the letter.
"""

import inspect
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final, TypeAlias
from uuid import UUID

from fastapi import FastAPI
from fastapi.datastructures import DefaultPlaceholder
from fastapi.routing import RouteContext, iter_route_contexts
from pydantic import TypeAdapter, ValidationError
from starlette.datastructures import MutableHeaders, URLPath
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Match, NoMatchFound
from starlette.types import Message as Received
from starlette.types import Receive, Scope
from starlette.types import Send as Answer

from app.api.dependencies import (
    IdempotencyKey,
    PublicSend,
    Send,
    Sender,
    anyone,
    bearer,
    service_of,
    somebody,
)
from app.api.json_bodies import JsonRoute, read
from app.api.models.common import CommandResult
from app.common.ids import new_id
from app.common.messages import Message
from app.infra.logging.requests import correlation_of

# What a route may be told to do with its answer, or before it: FastAPI's business.
SPECIAL: Final = (
    "dependencies",
    "response_model_include",
    "response_model_exclude",
    "response_model_exclude_unset",
    "response_model_exclude_defaults",
    "response_model_exclude_none",
)
SHORT: Final = "app.short_way"
LONG: Final = "app.long_way"

_ID: Final = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
_PARAMETER: Final = re.compile(r"\{(\w+)\}")

Shape: TypeAlias = tuple[str | None, ...]
"""The segments of a path, with None where an id stands."""

_key: TypeAdapter[str | None] = TypeAdapter(IdempotencyKey)


class _NotInOrder(Exception):
    """The request needs a refusal, or more than the short way can do."""


@dataclass(frozen=True, slots=True)
class _Command:
    """A route that only sends a command, and what its function asks for."""

    context: RouteContext
    ids: Sequence[str]
    body: tuple[str, type[Message]] | None
    sender: str
    public: bool

    async def answer(self, request: Request, ids: Sequence[UUID]) -> Response:
        """The answer to a request that is in order."""
        arguments: dict[str, Any] = dict(zip(self.ids, ids, strict=True))
        headers = MutableHeaders()
        # Before the body: that of somebody unknown is neither read nor parsed.
        arguments[self.sender] = await self._sender(request, headers)
        if self.body is not None:
            name, wanted = self.body
            arguments[name] = await _read(request, wanted)
        assert self.context.endpoint is not None
        result: CommandResult = await self.context.endpoint(**arguments)
        return Response(
            result.model_dump_json(),
            self.context.status_code or 200,
            headers,
            media_type="application/json",
        )

    async def _sender(self, request: Request, headers: MutableHeaders) -> Sender:
        service = await service_of(request)
        if self.public:
            actor = await anyone(request, service)
        else:
            actor = await somebody(await bearer(request), service)
        try:
            key = _key.validate_python(request.headers.get("idempotency-key"))
        except ValidationError as error:
            raise _NotInOrder from error
        correlation_id = correlation_of(request.scope) or new_id()
        return Sender(service, actor, key, correlation_id, headers)


class CommandRoutes(BaseRoute):
    """All routes that only send a command, found by their paths at once."""

    def __init__(self, app: FastAPI) -> None:
        self._app = app
        self._commands = dict(_commands(iter_route_contexts(app.routes)))

    def __len__(self) -> int:
        return len(self._commands)

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        """Nothing is refused here: what does not match exactly is left to others."""
        if (
            scope["type"] != "http"
            or scope["method"] != "POST"
            or scope.get("root_path")
            or LONG in scope
            or self._app.dependency_overrides
        ):
            return Match.NONE, {}
        segments = scope["path"].split("/")
        found = [_ID.fullmatch(segment) is not None for segment in segments]
        pairs = list(zip(segments, found, strict=True))
        shape = tuple(None if is_id else segment for segment, is_id in pairs)
        command = self._commands.get(shape)
        if command is None:
            return Match.NONE, {}
        ids = [UUID(segment) for segment, is_id in pairs if is_id]
        return Match.FULL, {
            "endpoint": command.context.endpoint,
            "route": command.context.original_route,
            SHORT: (command, ids),
        }

    async def handle(self, scope: Scope, receive: Receive, send: Answer) -> None:
        request = Request(scope, receive)
        command, ids = scope[SHORT]
        try:
            response = await command.answer(request, ids)
        except _NotInOrder:
            scope[LONG] = True
            await self._app.router(scope, _again(request, receive), send)
        except ClientDisconnect:
            return
        else:
            await response(scope, receive, send)

    def url_path_for(self, name: str, /, **path_params: Any) -> URLPath:
        """The routes that are declared know their own paths."""
        raise NoMatchFound(name, path_params)


def install(app: FastAPI) -> None:
    """Put the short way in front of all routes that `app` has by now."""
    app.router.routes.insert(0, CommandRoutes(app))


def _commands(contexts: Iterator[RouteContext]) -> Iterator[tuple[Shape, _Command]]:
    """The routes to be found here; of equal paths the first, as everywhere."""
    seen: set[Shape] = set()
    for context in contexts:
        shape = _shape(context.path_format or "")
        if "POST" in (context.methods or ()) and shape not in seen:
            seen.add(shape)
            command = _command(context)
            if command is not None:
                yield shape, command


def _shape(path: str) -> Shape:
    return tuple(
        None if _PARAMETER.fullmatch(segment) else segment
        for segment in path.split("/")
    )


def _command(context: RouteContext) -> _Command | None:
    """What the function of a route asks for; None where that is anything more."""
    if (
        type(context.original_route) is not JsonRoute
        or context.methods != {"POST"}
        or context.response_model is not CommandResult
        or context.max_body_size is not None
        or not isinstance(context.response_class, DefaultPlaceholder)
        or any(getattr(context, name) for name in SPECIAL)
    ):
        return None
    ids = _PARAMETER.findall(context.path_format or "")
    body: list[tuple[str, type[Message]]] = []
    senders: dict[str, bool] = {}
    known: set[str] = set()
    parameters = inspect.signature(context.original_route.endpoint, eval_str=True)
    for name, parameter in parameters.parameters.items():
        wanted = parameter.annotation
        if parameter.default is not parameter.empty:
            return None
        if wanted in (Send, PublicSend):
            senders[name] = wanted == PublicSend
        elif name in ids and wanted is UUID:
            known.add(name)
        elif isinstance(wanted, type) and issubclass(wanted, Message):
            body.append((name, wanted))
        else:
            return None
    if len(senders) != 1 or len(body) > 1 or known != set(ids):
        return None
    [(sender, public)] = senders.items()
    return _Command(context, ids, body[0] if body else None, sender, public)


async def _read(request: Request, wanted: type[Message]) -> Message:
    media_type, _, _ = request.headers.get("content-type", "").partition(";")
    if media_type != "application/json":
        raise _NotInOrder
    try:
        return read(await request.body(), wanted)
    except (ValueError, RecursionError) as error:  # of JSON, and of the message
        raise _NotInOrder from error


def _again(request: Request, receive: Receive) -> Receive:
    """What the client sends, with what has been read of it once more."""
    taken = getattr(request, "_body", None)

    async def replay() -> Received:
        nonlocal taken
        if taken is None:
            return await receive()
        body, taken = taken, None
        return {"type": "http.request", "body": body, "more_body": False}

    return replay
