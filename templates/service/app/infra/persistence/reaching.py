"""The first connection of a process: it works, or people are told what is missing."""

import os
import re
from typing import Final
from urllib.parse import parse_qs, urlsplit

import asyncpg

from app.infra.persistence.postgres import Connection

SECONDS: Final = 10


class Unreachable(Exception):
    """There is no way to the database; says to which one, and why."""


async def reached(url: str) -> Connection:
    """A connection; where there is none, nothing is told of how one would get in."""
    try:
        connection: Connection = await asyncpg.connect(url, timeout=SECONDS)
        return connection
    except ValueError:  # of asyncpg, which quotes what it was given
        raise Unreachable(
            "DATABASE_URL lacks a name, or has an option that is unknown."
        ) from None
    except (asyncpg.PostgresError, asyncpg.InterfaceError, OSError) as error:
        raise Unreachable(
            f"The database {_place(url)} cannot be reached: {reason(error)}. Start it,"
            " or name another one in DATABASE_URL."
        ) from None


def reason(error: Exception) -> str:
    """Why something failed, in the words of the system."""
    number = getattr(error, "errno", None)
    if number is not None and number > 0:
        return os.strerror(number)
    return getattr(error, "strerror", None) or str(error) or "no answer"


def _place(url: str) -> str:
    parts = urlsplit(url)
    named = parse_qs(parts.query).get("host", ["localhost"])
    host = parts.netloc.rpartition("@")[2] or named[0]
    port = "" if host.startswith("/") or re.search(r":\d+$", host) else ":5432"
    return f'"{parts.path.strip("/") or "postgres"}" at {host}{port}'
