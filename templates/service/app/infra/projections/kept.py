"""Answers that are kept for a while: read through the cache, never older than asked."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta
from hashlib import sha256
from types import GenericAlias
from typing import Any, TypeVar

import msgspec

from app.infra.event_store.tokens import Token
from app.infra.persistence.cache import Cache
from app.infra.projections.waiting import known

T = TypeVar("T")


class _Entry(msgspec.Struct, array_like=True):
    """What is kept: whose it is, how fresh it was, and the rows."""

    key: str
    place: tuple[int, int, int]
    rows: msgspec.Raw


@dataclass(frozen=True, slots=True)
class Kept:
    """The rows of one statement in the cache.

    The key is the statement with all its values. The filter that access puts on the
    rows is one of its conditions: who sees something else asks something else.
    """

    cache: Cache
    statement: str
    values: tuple[Any, ...]
    row: type[Any]
    kept_for: timedelta

    @property
    def key(self) -> str:
        """Differs wherever the answer may."""
        shape = f"{self.row.__module__}.{self.row.__qualname__}"
        values = [[type(each).__name__, each] for each in self.values]
        return sha256(msgspec.json.encode([shape, self.statement, values])).hexdigest()

    async def or_read(
        self,
        reached: Callable[[], Awaitable[Token]],
        read: Callable[[], Awaitable[list[T]]],
    ) -> list[T]:
        """What is kept, if it is fresh enough; else what is read, kept from now on."""
        key = self.key
        found = await self.cache.get(key)
        rows = None if found is None else self._fresh(key, found)
        if rows is not None:
            return rows
        # The place first: whatever is read after it contains all that led there.
        place = await reached()
        rows = await read()
        if found is None:
            self.cache.note("missing")
        if not rows:
            # What is missing may be made at any moment: nobody is told so for longer.
            return rows
        kept = (place.epoch, place.xid, place.pos)
        entry = _Entry(key, kept, msgspec.Raw(msgspec.json.encode(rows)))
        await self.cache.put(
            key, msgspec.json.encode(entry), self.kept_for.total_seconds()
        )
        return rows

    def _fresh(self, key: str, found: bytes) -> list[Any] | None:
        try:
            entry = msgspec.json.decode(found, type=_Entry)
            rows = msgspec.json.decode(entry.rows, type=GenericAlias(list, self.row))
        except (ValueError, msgspec.MsgspecError):
            self.cache.note("broken")
            return None
        if entry.key != key:
            self.cache.note("broken")
            return None
        if Token(*entry.place) < known():
            self.cache.note("outdated")
            return None
        self.cache.note("found")
        return list(rows)
