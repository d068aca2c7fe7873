"""The pool of database connections."""

from typing import TYPE_CHECKING, Any, TypeAlias

import asyncpg
import msgspec

from app.config.database import DatabaseSettings

if TYPE_CHECKING:
    Pool: TypeAlias = asyncpg.Pool[asyncpg.Record]
    Connection: TypeAlias = (
        asyncpg.Connection[asyncpg.Record]
        | asyncpg.pool.PoolConnectionProxy[asyncpg.Record]
    )
else:
    Pool = asyncpg.Pool
    Connection = asyncpg.Connection

_JSONB_VERSION = b"\x01"


async def create_pool(settings: DatabaseSettings, *, name: str = "service") -> Pool:
    """Connections that speak JSON by msgspec and give up rather than hold others up.

    An open transaction delays every reader of the log, so none may stay idle.
    """
    return await asyncpg.create_pool(
        settings.url.get_secret_value(),
        min_size=min(settings.pool_min, settings.pool_max),
        max_size=settings.pool_max,
        init=prepare,
        reset=_leave,
        **_options(settings, name),
    )


async def connect(
    settings: DatabaseSettings, *, name: str, **server_settings: str
) -> Connection:
    """A connection of its own, like those of the pool but for these settings."""
    options = _options(settings, name)
    options["server_settings"] |= server_settings
    connection: Connection = await asyncpg.connect(
        settings.url.get_secret_value(), **options
    )
    await prepare(connection)
    return connection


def _options(settings: DatabaseSettings, name: str) -> dict[str, Any]:
    return {
        "timeout": settings.connect_timeout,
        "command_timeout": settings.statement_timeout + settings.lock_timeout,
        "server_settings": {
            "application_name": name,
            "timezone": "UTC",
            "jit": "off",
            "statement_timeout": milliseconds(settings.statement_timeout),
            "lock_timeout": milliseconds(settings.lock_timeout),
            "idle_in_transaction_session_timeout": milliseconds(
                settings.idle_in_transaction_timeout
            ),
        },
    }


async def _leave(connection: Connection) -> None:
    """Nothing to reset, for no session is ever changed: it would cost a round trip."""


async def prepare(connection: Connection) -> None:
    """Teach a new connection to carry any value as jsonb."""
    await connection.set_type_codec(
        "jsonb",
        schema="pg_catalog",
        encoder=_encode_jsonb,
        decoder=_decode_jsonb,
        format="binary",
    )


def _encode_jsonb(value: object) -> bytes:
    return _JSONB_VERSION + msgspec.json.encode(value)


def _decode_jsonb(data: bytes) -> Any:
    return msgspec.json.decode(data[len(_JSONB_VERSION) :])


def milliseconds(seconds: float) -> str:
    """A duration as PostgreSQL reads it; never none at all, which would be for ever."""
    return str(max(1, round(seconds * 1000)))
