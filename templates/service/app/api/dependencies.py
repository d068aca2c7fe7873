"""What a route asks for: a way to send commands, a way to ask queries."""

from dataclasses import dataclass
from typing import Annotated, TypeAlias
from uuid import UUID

import msgspec
import structlog
from fastapi import Depends, Header, Request, Response, Security
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from starlette.datastructures import MutableHeaders

from app.api.errors import NotAuthenticated
from app.api.models.common import CommandResult
from app.bootstrap import Service
from app.common.actor import ANONYMOUS, Actor
from app.common.ids import new_id
from app.common.messages import Command, Query
from app.infra.event_store.tokens import Token
from app.infra.logging.requests import correlation_of
from app.security.tokens import InvalidToken

bearer = HTTPBearer(
    auto_error=False,
    scheme_name="bearer",
    bearerFormat="JWT",
    description="A signed token; in development `python -m app token` prints one.",
)

IdempotencyKey: TypeAlias = Annotated[
    str | None,
    Header(
        alias="Idempotency-Key",
        description="The same key with the same request changes nothing and gives the "
        "first answer again.",
        max_length=200,
        pattern=r"^[\x21-\x7e]+$",
        examples=["5b1f7d1c-4f4e-4b36-9d0e-3f1f0a8c2f55"],
    ),
]

WaitFor: TypeAlias = Annotated[
    str | None,
    Header(
        alias="X-Wait-For",
        description="The `token` of a command: the answer contains what it wrote.",
        max_length=60,
        examples=["1-1042-77"],
    ),
]

Credentials: TypeAlias = HTTPAuthorizationCredentials | None


async def service_of(request: Request) -> Service:
    """The service behind this application."""
    service: Service = request.app.state.service
    return service


InService: TypeAlias = Annotated[Service, Depends(service_of)]


async def anyone(request: Request, service: InService) -> Actor:
    """Whoever calls; without a token nobody in particular."""
    actor = _actor(await bearer(request), service) or ANONYMOUS
    structlog.contextvars.bind_contextvars(actor=actor.subject)
    return actor


async def somebody(
    credentials: Annotated[Credentials, Security(bearer)], service: InService
) -> Actor:
    """The caller, who must carry a valid token."""
    actor = _actor(credentials, service)
    if actor is None:
        raise NotAuthenticated("A bearer token is needed.")
    structlog.contextvars.bind_contextvars(actor=actor.subject)
    return actor


Anyone: TypeAlias = Annotated[Actor, Depends(anyone)]
Somebody: TypeAlias = Annotated[Actor, Depends(somebody)]


@dataclass(frozen=True, slots=True)
class Sender:
    """Sends commands for one request."""

    service: Service
    actor: Actor
    idempotency_key: str | None
    correlation_id: UUID
    headers: MutableHeaders
    """The headers of the answer."""

    async def __call__(self, command: Command) -> CommandResult:
        """Send the command; a repeated request gets the first answer again."""
        accepted = await self.service.commands.send(
            command,
            actor=self.actor,
            idempotency_key=self.idempotency_key,
            correlation_id=self.correlation_id,
        )
        if accepted.replayed:
            self.headers["Idempotency-Replayed"] = "true"
        return CommandResult(
            id=accepted.id,
            version=accepted.version,
            token=None if accepted.token is None else str(accepted.token),
        )


@dataclass(frozen=True, slots=True)
class Asker:
    """Asks queries for one request."""

    service: Service
    actor: Actor
    wait_for: Token | None

    async def __call__(self, query: Query) -> Response:
        """Answer the query as JSON, just as its rows are stored."""
        answer = await self.service.queries.ask(
            query, actor=self.actor, wait_for=self.wait_for
        )
        return Response(msgspec.json.encode(answer), media_type="application/json")


async def public_sender(
    request: Request,
    response: Response,
    service: InService,
    actor: Anyone,
    idempotency_key: IdempotencyKey = None,
) -> Sender:
    """For commands that need no token."""
    correlation_id = correlation_of(request.scope) or new_id()
    return Sender(service, actor, idempotency_key, correlation_id, response.headers)


async def sender(
    request: Request,
    response: Response,
    service: InService,
    actor: Somebody,
    idempotency_key: IdempotencyKey = None,
) -> Sender:
    """For commands of a known caller."""
    return await public_sender(request, response, service, actor, idempotency_key)


async def public_asker(
    service: InService, actor: Anyone, wait_for: WaitFor = None
) -> Asker:
    """For queries that need no token."""
    return Asker(service, actor, None if wait_for is None else Token.parse(wait_for))


async def asker(service: InService, actor: Somebody, wait_for: WaitFor = None) -> Asker:
    """For queries of a known caller."""
    return await public_asker(service, actor, wait_for)


Send: TypeAlias = Annotated[Sender, Depends(sender)]
PublicSend: TypeAlias = Annotated[Sender, Depends(public_sender)]
Ask: TypeAlias = Annotated[Asker, Depends(asker)]
PublicAsk: TypeAlias = Annotated[Asker, Depends(public_asker)]


def _actor(credentials: Credentials, service: Service) -> Actor | None:
    if credentials is None:
        return None
    try:
        return service.tokens.read(credentials.credentials)
    except InvalidToken as error:
        raise NotAuthenticated(f"The bearer token is not valid: {error}") from error
