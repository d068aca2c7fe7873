"""A stream that many want: who has lost a race for it once has a turn of its own."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager
from contextvars import Context
from dataclasses import dataclass
from typing import Any, TypeVar
from uuid import UUID, uuid4

import pytest
from pydantic import SecretStr

from app.common.errors import Busy
from app.config.append import AppendSettings
from app.config.database import DatabaseSettings
from app.infra.event_store.append import Append, Appender, Verdict
from app.infra.event_store.appenders import appending
from app.infra.event_store.turns import Turns
from app.infra.persistence.postgres import Pool
from tests.infra.lending import WriteNote
from tests.infra.service import Service, eventually

CLIENTS = 16
COMMANDS = 10
T = TypeVar("T")
STREAM, OTHER = uuid4(), uuid4()


@dataclass
class Counting:
    """An appender that counts how often a decision came too late."""

    inner: Appender
    late: int = 0

    async def append(self, append: Append) -> Verdict:
        verdict = await self.inner.append(append)
        self.late += verdict.outcome == "conflict"
        return verdict


@pytest.mark.parametrize("taken_out", [False, True])
async def test_clients_of_one_stream_lose_few_races(
    pool: Pool, database: str, monkeypatch: pytest.MonkeyPatch, taken_out: bool
) -> None:
    if taken_out:
        monkeypatch.setattr(Turns, "waited_for", lambda *_: False)
    settings = DatabaseSettings(url=SecretStr(database))
    async with appending(pool, settings, AppendSettings()) as inner:
        counting = Counting(inner)
        service = await Service.on(pool, appender=counting)
        loan = await service.open_loan()

        async def client(number: int) -> None:
            for each in range(COMMANDS):
                note = f"{number} {each}"
                await service.send(WriteNote(loan_id=loan, note=note))

        await asyncio.gather(*map(client, range(CLIENTS)))
    assert await service.count("kernel.events") == CLIENTS * COMMANDS + 1
    assert len(service.store.turns) == 0
    assert (counting.late < 2 * CLIENTS) is not taken_out


async def test_turns_come_in_the_order_of_asking_and_leave_nothing_behind() -> None:
    turns, order = Turns(), list[int]()

    async def wanting(number: int) -> None:
        async with having(turns):
            order.append(number)

    async with having(turns):
        waiting = [elsewhere(wanting(number)) for number in range(4)]
        await eventually(lambda: len(turns) == 5)
        waiting[1].cancel()
        await asyncio.wait(waiting[1:2])
        assert order == []
        async with having(turns, OTHER):  # another stream is nobody's business
            assert len(turns) == 5
    await asyncio.wait(waiting)
    assert (order, len(turns)) == ([0, 2, 3], 0)


async def test_who_is_cancelled_while_it_has_the_turn_gives_it_back() -> None:
    turns, has_it = Turns(), asyncio.Event()

    async def stuck() -> None:
        async with having(turns):
            has_it.set()
            await asyncio.Event().wait()

    async def next_one() -> int:
        async with having(turns):
            return len(turns)

    task = elsewhere(stuck())
    await has_it.wait()
    waiting = elsewhere(next_one())
    await eventually(lambda: len(turns) == 2)
    task.cancel()
    assert await waiting == 1


async def test_a_turn_that_does_not_come_in_time_is_a_busy_service() -> None:
    turns = Turns()

    async def impatient() -> None:
        async with having(turns, seconds=0.01):
            raise AssertionError("two have the turn")

    async with having(turns):
        with pytest.raises(Busy):
            await asyncio.wait_for(elsewhere(impatient()), 10)
        assert len(turns) == 1


async def test_no_more_wait_than_may() -> None:
    turns = Turns(most=1)

    async def one_too_many() -> None:
        async with having(turns, OTHER):
            raise AssertionError("there is room")

    async with having(turns):
        with pytest.raises(Busy):
            await elsewhere(one_too_many())


async def test_whoever_has_the_turn_waits_for_itself_neither_now_nor_below() -> None:
    turns = Turns()
    async with having(turns):
        assert not turns.waited_for(STREAM)
        async with having(turns):
            assert len(turns) == 1

        async def newcomer() -> bool:
            return turns.waited_for(STREAM)

        assert await elsewhere(newcomer())
    assert not turns.waited_for(STREAM)


@asynccontextmanager
async def having(
    turns: Turns, stream: UUID = STREAM, *, seconds: float = 10
) -> AsyncIterator[None]:
    until = asyncio.get_running_loop().time() + seconds
    async with turns.of(stream, until=until):
        yield


def elsewhere(work: Coroutine[Any, Any, T]) -> asyncio.Task[T]:
    """A task that has nothing of this one, as another request has nothing."""
    return asyncio.create_task(work, context=Context())
