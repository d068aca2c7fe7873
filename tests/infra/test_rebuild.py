"""A rebuild makes the rows that live projecting makes, also after it was killed."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from app.infra.projections import rebuild as module
from app.infra.projections.projection import AnyProjection, Counting
from app.infra.projections.rebuild import InUse, Stuck, rebuild
from app.infra.subscriptions import checkpoints
from tests.infra import borrowers
from tests.infra.borrowers import READERS_LOANS
from tests.infra.lending import JOURNAL, NOTES, VIEW, ChargeFee, ReturnLoan, WriteNote
from tests.infra.service import Service, worker_settings

ALL: tuple[AnyProjection, ...] = (VIEW, JOURNAL, NOTES, READERS_LOANS)


class Killed(BaseException):
    """What nothing catches, as nothing catches a kill."""


@pytest.fixture
async def loans(service: Service) -> Service:
    """The service with some history, projected as it happened."""
    await service.pool.execute(borrowers.TABLES)
    for number in range(6):
        await add_loan(service, number)
        await caught_up(service)
    return service


async def add_loan(service: Service, number: int) -> None:
    loan = await service.open_loan()
    for note in ("torn", "wet", "late")[: number % 4]:
        await service.send(WriteNote(loan_id=loan, note=note))
    await service.send(ChargeFee(loan_id=loan, amount=number + 1))
    if number % 2:
        await service.send(ReturnLoan(loan_id=loan))


async def caught_up(service: Service) -> None:
    for projection in ALL:
        await service.runner(projection).catch_up()


def table(projection: AnyProjection) -> str:
    if isinstance(projection, Counting):
        return projection.tally.name
    return projection.table.name


async def rows(service: Service, projection: AnyProjection) -> list[dict[str, Any]]:
    query = f"SELECT * FROM {table(projection)}"
    found = [dict(record) for record in await service.pool.fetch(query)]
    return sorted(found, key=repr)


async def rebuilt(service: Service, projection: AnyProjection, **settings: Any) -> None:
    await rebuild(
        service.pool, projection, worker_settings(**settings), lambda at, end: None
    )


@pytest.mark.parametrize("projection", ALL, ids=table)
async def test_what_is_rebuilt_is_what_was_there(
    loans: Service, projection: AnyProjection
) -> None:
    before = await rows(loans, projection)
    assert before
    spoil = "UPDATE loan_view SET fee = 99"
    if projection is not VIEW:
        spoil = f"DELETE FROM {table(projection)}"
    await loans.pool.execute(spoil)
    assert await rows(loans, projection) != before
    await rebuilt(loans, projection, batch=3)
    assert await rows(loans, projection) == before
    await loans.runner(projection).catch_up()
    assert await rows(loans, projection) == before


@pytest.mark.parametrize("again", ["rebuilt", "left to a worker"])
@pytest.mark.parametrize("projection", ALL, ids=table)
async def test_one_that_was_killed_ends_in_the_same_rows(
    loans: Service,
    projection: AnyProjection,
    again: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    before = await rows(loans, projection)
    places = []

    def kill(at: int, end: int) -> None:
        places.append((at, end))
        if len(places) == 4:
            raise Killed

    monkeypatch.setattr(module, "TELL_EVERY", 0)
    settings = worker_settings(batch=1, lease=0.5)
    with pytest.raises(Killed):
        await rebuild(loans.pool, projection, settings, kill)
    assert 0 < places[-1][0] < places[-1][1]
    assert await rows(loans, projection) != before

    if again == "rebuilt":
        await rebuilt(loans, projection, lease=0.5)
    else:
        await asyncio.wait_for(_free(loans, projection), 10)
        await loans.runner(projection).catch_up()
    assert await rows(loans, projection) == before


async def _free(service: Service, projection: AnyProjection) -> None:
    free = (
        "SELECT lease_until < clock_timestamp() FROM kernel.checkpoints WHERE name = $1"
    )
    while not await service.pool.fetchval(free, projection.name):
        await asyncio.sleep(0.02)


async def test_rows_that_appends_write_meanwhile_are_right(
    loans: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    def kill(at: int, end: int) -> None:
        raise Killed

    monkeypatch.setattr(module, "TELL_EVERY", 0)
    for projection in (VIEW, NOTES):
        with pytest.raises(Killed):
            await rebuild(
                loans.pool, projection, worker_settings(batch=1, lease=0.1), kill
            )
    loan = await loans.pool.fetchval(
        "SELECT stream_id FROM kernel.events ORDER BY pos DESC LIMIT 1"
    )
    await loans.send(WriteNote(loan_id=loan, note="found"))
    await loans.send(ChargeFee(loan_id=loan, amount=50))
    for projection in (VIEW, NOTES):
        await asyncio.wait_for(_free(loans, projection), 10)
        await loans.runner(projection).catch_up()
        mixed = await rows(loans, projection)
        await rebuilt(loans, projection)
        assert await rows(loans, projection) == mixed


async def test_nothing_is_emptied_while_a_worker_carries_it_on(loans: Service) -> None:
    before = await rows(loans, VIEW)
    owned = await checkpoints.acquire(loans.pool, VIEW.name, holder="it", lease=0.3)
    assert owned is not None
    stop = asyncio.Event()

    async def work() -> None:
        while not stop.is_set():
            await checkpoints.renew(loans.pool, owned, 0.3)
            await asyncio.sleep(0.02)

    worker = asyncio.create_task(work())
    with pytest.raises(InUse):
        await rebuilt(loans, VIEW, lease=0.3)
    stop.set()
    await worker
    assert await rows(loans, VIEW) == before


async def test_an_event_that_cannot_be_folded_is_named(loans: Service) -> None:
    broken = "type = 'lending.LoanOpened' AND version = 1"
    stored = await loans.pool.fetch(
        f"SELECT pos, data FROM kernel.events WHERE {broken}"
    )
    await loans.pool.execute(f"UPDATE kernel.events SET data = '{{}}' WHERE {broken}")
    with pytest.raises(Stuck, match=r"lending\.LoanOpened .+ of stream .+"):
        await rebuilt(loans, JOURNAL)
    (stopped,) = await checkpoints.stopped(loans.pool)
    assert stopped.name == JOURNAL.name
    await loans.pool.executemany(
        "UPDATE kernel.events SET data = $2 WHERE pos = $1", [tuple(r) for r in stored]
    )
    await rebuilt(loans, JOURNAL)
    assert not await checkpoints.stopped(loans.pool)
