"""How large the body of a request may be, whichever route it is for."""

from typing import ClassVar

from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.api.errors import refused
from app.common.errors import DomainError


class BodyTooLarge(DomainError):
    """The body of the request is larger than the service takes."""

    status: ClassVar[int] = 413


class BodyLimit:
    """Refuses what is too large before it is in memory.

    A body that tells its length is not read at all. Of one that comes in chunks, no
    more is read than it takes to see that there is too much.
    """

    def __init__(self, app: ASGIApp, most: int) -> None:
        self._app = app
        self._most = most

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        told = Headers(scope=scope).get("content-length", "")
        if told.isdecimal() and int(told) > self._most:
            answer = await refused(Request(scope), self._refusal())
            await answer(scope, receive, send)
            return
        taken = 0

        async def counted() -> Message:
            nonlocal taken
            message = await receive()
            taken += len(message.get("body", b""))
            if taken > self._most:
                # While it reads a body, FastAPI lets nothing else through as it is.
                raise HTTPException(BodyTooLarge.status) from self._refusal()
            return message

        await self._app(scope, counted, send)

    def _refusal(self) -> BodyTooLarge:
        return BodyTooLarge(f"The body may have {self._most:,} bytes at most.")
