"""Request bodies, read as JSON means them: a number is a number, a text is a text.

Pydantic is lenient by itself, which suits a query string: "3" is 3 there, and "yes" is
true. A body can say what it means. FastAPI parses it before pydantic sees it, and then
a date is a text like any other; here pydantic reads the JSON itself, and is strict. It
would let a key that stands there twice pass, and is therefore not the only reader.
"""

import json
from collections.abc import Callable, Coroutine, Iterator, Mapping, Sequence
from typing import Any, Final, TypeAlias, TypeVar

from fastapi import Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute
from pydantic import ValidationError

from app.common.messages import Message

Wanted = TypeVar("Wanted", bound=Message)
Line: TypeAlias = Mapping[str, Any]
"""One thing that is wrong, as pydantic lists it."""


_NOT_SAID_TO_BE_JSON: Final[Line] = {
    "type": "media_type",
    "loc": (),
    "msg": "a body is JSON, sent with Content-Type: application/json",
}


class DuplicateKey(ValueError):
    """An object of JSON has a key twice, and nobody knows which one is meant."""


def read(body: bytes, wanted: type[Wanted]) -> Wanted:
    """The message in a body; a ValueError or a RecursionError where there is none."""
    text = body.decode(json.detect_encoding(body), "surrogatepass")
    _keys_once(text)
    return wanted.model_validate_json(text, strict=True)


class JsonRoute(APIRoute):
    """A route that is strict with the message in its body."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        handle = super().get_route_handler()
        wanted = self.body_field and self.body_field.field_info.annotation
        if not isinstance(wanted, type) or not issubclass(wanted, Message):
            return handle

        async def strictly(request: Request) -> Response:
            asked = _JsonRequest(request, wanted)
            try:
                return await handle(asked)
            except RequestValidationError as error:
                lines = [line for each in error.errors() for line in asked.told(each)]
                raise RequestValidationError(lines, body=error.body) from error

        return strictly


class _JsonRequest(Request):
    """A request whose JSON is a message already, so that FastAPI has none to make.

    What is wrong with the body is told together with whatever else FastAPI finds, and
    after a token that is missing. Until then a text stands for the body, which is no
    message in any case.
    """

    def __init__(self, request: Request, wanted: type[Message]) -> None:
        super().__init__(request.scope, request.receive)
        self._wanted = wanted
        # What is said of a body that FastAPI does not take for JSON, and hands on.
        self._wrong: Sequence[Line] = [_NOT_SAID_TO_BE_JSON]

    async def json(self) -> Any:
        self._wrong = ()
        try:
            return read(await self.body(), self._wanted)
        except DuplicateKey as error:
            self._wrong = [{"type": "duplicate_key", "loc": (), "msg": str(error)}]
        except ValidationError as error:
            self._wrong = error.errors(include_url=False)
        return ""

    def told(self, line: Line) -> Iterator[Line]:
        """`line` of FastAPI, or what it stands for."""
        if self._wrong and line["loc"] == ("body",) and line["type"] != "missing":
            for each in self._wrong:
                yield {**each, "loc": ("body", *each["loc"])}
        else:
            yield line


def _members(pairs: list[tuple[str, Any]]) -> None:
    if len(dict(pairs)) < len(pairs):
        keys = [key for key, _ in pairs]
        twice = next(key for key in keys if keys.count(key) > 1)
        raise DuplicateKey(f'the key "{_shown(twice)}" stands there more than once')


def _shown(key: str) -> str:
    return key.encode("utf-8", "backslashreplace").decode()


_keys_once: Final = json.JSONDecoder(object_pairs_hook=_members).decode
