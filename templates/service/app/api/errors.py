"""Every refusal leaves the service as problem+json (RFC 9457)."""

import inspect
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any, ClassVar

import structlog
from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from pydantic import ValidationError
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.api.models.common import InvalidField, Problem
from app.common.errors import DomainError, Unavailable
from app.common.unwritten import unwritten
from app.infra.logging.requests import correlation_of
from app.infra.persistence.failures import LOST

PROBLEM_JSON = "application/problem+json"

# With a dot, which no class of a domain can have in its name.
SCHEMA_REFERENCE = "#/components/schemas/api.{model}"
PROBLEM_SCHEMA = {"$ref": SCHEMA_REFERENCE.format(model=Problem.__name__)}

log: structlog.stdlib.BoundLogger = structlog.get_logger(__name__)


class NotAuthenticated(DomainError):
    """The request carries no valid bearer token."""

    status: ClassVar[int] = 401


class InvalidRequest(DomainError):
    """The request does not have the shape that is asked for."""

    status: ClassVar[int] = 422


def problems(*refusals: type[DomainError]) -> dict[int | str, dict[str, Any]]:
    """The refusals of a route, as its `responses` in the OpenAPI document."""
    everywhere: tuple[type[DomainError], ...] = (NotAuthenticated, InvalidRequest)
    groups: dict[int | str, list[type[DomainError]]] = {}
    for refusal in (*refusals, *everywhere):
        groups.setdefault(refusal.status, []).append(refusal)
    return {status: _described(groups[status]) for status in sorted(groups, key=int)}


def _described(refusals: Sequence[type[DomainError]]) -> dict[str, Any]:
    meanings = {refusal.__name__: inspect.getdoc(refusal) or "" for refusal in refusals}
    examples = {
        refusal.__name__: {
            "value": {
                "type": "about:blank",
                "title": HTTPStatus(refusal.status).phrase,
                "status": refusal.status,
                "detail": meanings[refusal.__name__],
                "code": refusal.__name__,
                "instance": "/",
            }
        }
        for refusal in refusals
    }
    described = {
        "description": "\n\n".join(
            f"`{name}`: {meaning}" for name, meaning in meanings.items()
        ),
        "content": {PROBLEM_JSON: {"schema": PROBLEM_SCHEMA, "examples": examples}},
    }
    passing = [each.__name__ for each in refusals if each.retry_after is not None]
    if passing:
        when = f"Seconds to wait before trying again, with {', '.join(passing)}."
        described["headers"] = {
            "Retry-After": {"description": when, "schema": {"type": "integer"}}
        }
    return described


def install(app: FastAPI) -> None:
    """Answer every failure of `app` with a problem."""
    app.add_exception_handler(DomainError, refused)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(ValidationError, _invalid)
    app.add_exception_handler(HTTPException, _http_error)
    app.add_middleware(UnexpectedErrors)


class UnexpectedErrors:
    """Logs what nobody foresaw, and tells the client nothing but that it happened."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        started = False

        async def watch(message: Message) -> None:
            nonlocal started
            started = True
            await send(message)

        try:
            await self._app(scope, receive, watch)
        except Exception as error:
            if scope["type"] != "http":
                raise
            log.exception("unexpected error")
            if started:
                raise
            answer = _unexpected(Request(scope), error)
            await answer(scope, receive, send)


def _unexpected(request: Request, error: Exception) -> Response:
    if isinstance(error, LOST):
        headers = {"Retry-After": str(Unavailable.retry_after)}
        detail = "The database does not answer."
        return _problem(request, 503, Unavailable.__name__, detail, headers)
    if said := unwritten(error):
        return _problem(request, 501, "NotWritten", f"{said}.")
    detail = "Something went wrong; the correlation id finds it in the log."
    return _problem(request, 500, "InternalError", detail)


async def refused(request: Request, error: Exception) -> Response:
    """The answer to a request that the service refuses."""
    assert isinstance(error, DomainError)
    headers: dict[str, str] = {}
    if isinstance(error, NotAuthenticated):
        headers["WWW-Authenticate"] = "Bearer"
    if error.retry_after is not None:
        headers["Retry-After"] = str(error.retry_after)
    return _problem(request, error.status, error.code, str(error), headers)


async def _invalid(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError | ValidationError)
    lines = error.errors()
    for each in lines:
        if each["type"] == "json_invalid":
            detail = f"The body is not valid JSON: {each['ctx']['error']}."
            return _problem(request, 400, "MalformedJson", detail)
    found = [
        InvalidField(
            loc=list(each["loc"]),
            msg=each["msg"].removeprefix("Value error, "),
            type=each["type"],
        )
        for each in lines
    ]
    detail = "; ".join(
        f"{'.'.join(map(str, each.loc))}: {each.msg}" for each in found[:3]
    )
    return _problem(request, 422, InvalidRequest.__name__, detail, errors=found)


async def _http_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    if isinstance(error.__cause__, DomainError):
        return await refused(request, error.__cause__)
    code = HTTPStatus(error.status_code).phrase.title().replace(" ", "")
    return _problem(request, error.status_code, code, error.detail, error.headers)


def _problem(
    request: Request,
    status: int,
    code: str,
    detail: str,
    headers: Mapping[str, str] | None = None,
    errors: list[InvalidField] | None = None,
) -> Response:
    problem = Problem(
        type="about:blank",
        title=HTTPStatus(status).phrase,
        status=status,
        detail=detail,
        code=code,
        instance=request.url.path,
        correlation_id=correlation_of(request.scope),
        errors=errors,
    )
    body = problem.model_dump_json(exclude_none=True)
    return Response(body, status, headers, media_type=PROBLEM_JSON)
