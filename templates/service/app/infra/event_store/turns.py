"""Turns: who has lost a race for a stream once is not overtaken again.

Nobody waits to decide on a stream, which is fastest while nobody else does. After a
lost race the commands of this process queue up for the stream: each is decided when the
one before it is in the log, and newcomers queue behind. Other processes may still be
faster.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Final
from uuid import UUID

from app.common.errors import Busy

_HELD: Final[ContextVar[frozenset[UUID]]] = ContextVar("held", default=frozenset())
"""The streams whose turn the present task has: it must not wait for itself."""


@dataclass(slots=True)
class _Queue:
    turn: asyncio.Lock = field(default_factory=asyncio.Lock)
    length: int = 0


class Turns:
    """The queues of a process, one for each stream that is raced for."""

    def __init__(self, *, seconds: float = 5.0, most: int = 4096) -> None:
        self.seconds = seconds
        """How long a command that has lost a race may go on trying."""
        self._most = most
        self._queues: dict[UUID, _Queue] = {}
        self._length = 0

    def __len__(self) -> int:
        """How many commands have a turn or wait for one, whatever their stream."""
        return self._length

    def waited_for(self, stream: UUID) -> bool:
        """Whether whoever comes to this stream has to queue."""
        return stream in self._queues and stream not in _HELD.get()

    @asynccontextmanager
    async def of(self, stream: UUID, *, until: float) -> AsyncIterator[None]:
        """Have the turn, once it comes; where it does not come in time, nothing."""
        held = _HELD.get()
        if stream in held:
            yield
            return
        if self._length >= self._most:
            raise Busy()
        queue = self._queues.setdefault(stream, _Queue())
        queue.length += 1
        self._length += 1
        try:
            await _acquired(queue.turn, until)
            token = _HELD.set(held | {stream})
            try:
                yield
            finally:
                _HELD.reset(token)
                queue.turn.release()
        finally:
            self._length -= 1
            queue.length -= 1
            if not queue.length:
                del self._queues[stream]


async def _acquired(turn: asyncio.Lock, until: float) -> None:
    try:
        async with asyncio.timeout_at(until):
            await turn.acquire()
    except TimeoutError:
        raise Busy() from None
