"""Many single questions become few queries, and everyone gets his own answer."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import pytest

from app.common.errors import Busy
from app.infra.event_store.store import EventStore
from app.infra.persistence.gathered import LANES, TOGETHER, Gathered
from tests.infra.lending import Loan, WriteNote
from tests.infra.service import Service, eventually


class Teller:
    """Answers when told to, and remembers what it was asked together."""

    def __init__(self) -> None:
        self.asked: list[list[int]] = []
        self.open = asyncio.Event()
        self.wrong: set[int] = set()

    async def __call__(self, keys: Sequence[int]) -> list[str]:
        self.asked.append(list(keys))
        await self.open.wait()
        if self.wrong & set(keys):
            raise ConnectionResetError("gone")
        return [f"answer {key}" for key in keys]


def ask(gathered: Gathered[int, str], *keys: int) -> list[asyncio.Task[str]]:
    return [asyncio.create_task(gathered.get(key)) for key in keys]


async def test_what_is_asked_meanwhile_is_asked_together() -> None:
    teller = Teller()
    gathered = Gathered(teller)
    first = ask(gathered, 0)
    await eventually(lambda: len(teller.asked) == 1)
    rest = ask(gathered, *range(1, 2 * TOGETHER + 1))
    await eventually(lambda: len(teller.asked) == LANES)
    teller.open.set()
    answers = await asyncio.gather(*first, *rest)
    assert answers == [f"answer {key}" for key in range(2 * TOGETHER + 1)]
    assert [len(keys) for keys in teller.asked] == [1, TOGETHER, TOGETHER]


async def test_a_failure_is_of_its_own_query_only() -> None:
    teller = Teller()
    teller.wrong = {1}
    gathered = Gathered(teller)
    tasks = ask(gathered, 0)
    await eventually(lambda: len(teller.asked) == 1)
    tasks += ask(gathered, 1, 2)
    await eventually(lambda: len(teller.asked) == 2)
    tasks += ask(gathered, 3)
    teller.open.set()
    answers = await asyncio.gather(*tasks, return_exceptions=True)
    assert [type(answer).__name__ for answer in answers] == [
        "str",
        "ConnectionResetError",
        "ConnectionResetError",
        "str",
    ]


async def test_nobody_is_left_waiting_when_a_lane_is_ended() -> None:
    teller = Teller()
    gathered = Gathered(teller)
    tasks = ask(gathered, 0)
    await eventually(lambda: len(teller.asked) == 1)
    tasks += ask(gathered, 1)
    await eventually(lambda: len(teller.asked) == 2)
    tasks += ask(gathered, 2)
    await asyncio.sleep(0)
    for lane in list(gathered._lanes):
        lane.cancel()
    answers = await asyncio.gather(*tasks, return_exceptions=True)
    assert {type(answer) for answer in answers} == {Busy}
    teller.open.set()
    assert await gathered.get(3) == "answer 3"


@pytest.mark.parametrize("snapshot_every", [0, 3])
async def test_streams_that_are_loaded_together_are_not_mixed_up(
    service: Service, snapshot_every: int
) -> None:
    kept = await Service.on(service.pool, snapshot_every=snapshot_every)
    loans = [await kept.open_loan() for _ in range(12)]
    for number, loan in enumerate(loans):
        for _ in range(number):
            await kept.send(WriteNote(loan_id=loan, note="n"))
    store: EventStore = kept.store
    wanted = loans + loans[:3]
    loaded = await asyncio.gather(*(store.load(Loan, loan) for loan in wanted))
    assert [each.id for each in loaded] == wanted
    assert [each.version for each in loaded] == [*range(1, 13), 1, 2, 3]
    assert all(each.state is not None for each in loaded)
