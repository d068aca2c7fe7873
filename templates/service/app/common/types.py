"""Types that a blueprint can name and Python has no single word for.

Each is a plain `str` or `bytes` once accepted, so that the store can always read it.
"""

from base64 import b64decode, b64encode
from typing import TYPE_CHECKING, Annotated, Any, Final, TypeAlias

from pydantic import (
    AfterValidator,
    AnyUrl,
    BeforeValidator,
    Field,
    PlainSerializer,
    TypeAdapter,
    WithJsonSchema,
    validate_email,
)

MAX_BYTES: Final = 64 * 1024

_urls: Final[TypeAdapter[AnyUrl]] = TypeAdapter(AnyUrl)


def _email(value: str) -> str:
    return validate_email(value)[1]


def _url(value: str) -> str:
    _urls.validate_python(value)
    return value


def _decoded(value: object) -> object:
    return b64decode(value, validate=True) if isinstance(value, str) else value


def _encoded(value: bytes) -> str:
    return b64encode(value).decode()


Email = Annotated[
    str,
    AfterValidator(_email),
    WithJsonSchema({"type": "string", "format": "email"}),
]
Url = Annotated[
    str,
    AfterValidator(_url),
    WithJsonSchema({"type": "string", "format": "uri"}),
]
Bytes = Annotated[
    bytes,
    Field(max_length=MAX_BYTES),
    BeforeValidator(_decoded),
    PlainSerializer(_encoded, return_type=str, when_used="json"),
    WithJsonSchema({"type": "string", "contentEncoding": "base64"}),
]

if TYPE_CHECKING:
    from pydantic import JsonValue

    Json: TypeAlias = JsonValue
else:
    # msgspec reads any JSON into Any, and cannot resolve the recursive alias.
    Json = Any
