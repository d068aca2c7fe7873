"""Reading together: what is asked while others are under way is asked in one query.

A query costs a round trip and the waking of a server process, whatever it reads. The
first to ask leaves at once; nobody waits for company, only for a free lane.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Final, Generic, TypeVar

from app.common.errors import Busy

K = TypeVar("K")
V = TypeVar("V")

LANES: Final = 2
TOGETHER: Final = 64


class Gathered(Generic[K, V]):
    """Answers many single questions by few queries: one answer a key, in order.

    A query is sent after its questions were asked, so that each sees what had been
    committed by then. Its failure is that of everyone in it.
    """

    def __init__(self, ask: Callable[[Sequence[K]], Awaitable[Sequence[V]]]) -> None:
        self._ask = ask
        self._waiting: list[tuple[K, asyncio.Future[V]]] = []
        self._lanes: set[asyncio.Task[None]] = set()

    async def get(self, key: K) -> V:
        """The answer for one key."""
        answer: asyncio.Future[V] = asyncio.get_running_loop().create_future()
        self._waiting.append((key, answer))
        if len(self._lanes) < LANES:
            lane = asyncio.create_task(self._keep_asking())
            self._lanes.add(lane)
        return await answer

    async def _keep_asking(self) -> None:
        asked: list[tuple[K, asyncio.Future[V]]] = []
        try:
            while self._waiting:
                asked, self._waiting = (
                    self._waiting[:TOGETHER],
                    self._waiting[TOGETHER:],
                )
                await self._answer([each for each in asked if not each[1].done()])
        except asyncio.CancelledError:
            # Nobody may be left without an answer, whoever has ended this.
            _fail([*asked, *self._waiting], Busy())
            self._waiting = []
            raise
        finally:
            # At once, not when the task is done: whoever asks now must find it gone.
            self._lanes.discard(asyncio.current_task())

    async def _answer(self, asked: list[tuple[K, asyncio.Future[V]]]) -> None:
        if not asked:
            return
        try:
            values = await self._ask([key for key, _ in asked])
            for (_, answer), value in zip(asked, values, strict=True):
                if not answer.done():
                    answer.set_result(value)
        except Exception as error:
            _fail(asked, error)


def _fail(asked: Sequence[tuple[K, asyncio.Future[V]]], error: Exception) -> None:
    for _, answer in asked:
        if not answer.done():
            answer.set_exception(error)
