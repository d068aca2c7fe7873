"""Child rows: several of one stream, each guarded by the version that changed it."""

from __future__ import annotations

import random
from collections.abc import Callable
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4

import pytest

from app.common.errors import NotFound
from app.infra.persistence.postgres import Pool
from app.infra.projections import batch
from app.infra.projections.folding import Standing
from app.infra.projections.reader import Page, Reader, Where
from app.infra.projections.rows import load_standings, row_arguments, upsert
from app.infra.subscriptions.checkpoints import acquire
from tests.infra.lending import (
    LOAN_NOTE,
    NOTES,
    ChargeFee,
    LoanNote,
    ReopenLoan,
    ReturnLoan,
    WriteNote,
)
from tests.infra.service import Service, again, open_loan

ORDERS = ("note", "-note", "times", "-times", "fee", "-loan_id")


async def notes(service: Service) -> dict[str, tuple[int, Decimal, int]]:
    """What is noted: how often, at which fee, and since which version."""
    return {
        row["note"]: (row["times"], row["fee"], row["stream_version"])
        for row in await service.rows(LOAN_NOTE)
        if row["live"]
    }


async def test_each_element_of_a_sync_event_has_its_row_at_once(
    service: Service,
) -> None:
    await service.send(open_loan(tags=["late", "torn"]))
    assert await notes(service) == {
        "late": (0, Decimal("2.50"), 1),
        "torn": (0, Decimal("2.50"), 1),
    }


async def test_of_two_elements_of_one_name_the_later_has_the_last_word(
    service: Service,
) -> None:
    loan = (await service.send(open_loan(tags=["late", "late"]))).id
    assert list(await notes(service)) == ["late"]
    await service.send(WriteNote(loan_id=loan, note="late"))
    await service.catch_up(NOTES, again(NOTES))
    assert await notes(service) == {"late": (1, Decimal("2.50"), 2)}
    assert await service.rows(again(NOTES).table) == await service.rows(LOAN_NOTE)


async def test_an_event_without_elements_makes_no_row(service: Service) -> None:
    loan = (await service.send(open_loan(tags=[]))).id
    await service.send(ChargeFee(loan_id=loan, amount=Decimal(1)))
    assert await service.rows(LOAN_NOTE) == []


async def test_a_sync_event_brings_every_row_of_its_stream_up_to_date(
    service: Service,
) -> None:
    loan = (await service.send(open_loan(tags=["late"]))).id
    await service.send(WriteNote(loan_id=loan, note="torn"))
    await service.send(WriteNote(loan_id=loan, note="late"))
    assert await notes(service) == {"late": (0, Decimal("2.50"), 1)}

    await service.send(ChargeFee(loan_id=loan, amount=Decimal(1)))

    charged = {"late": (1, Decimal("3.50"), 4), "torn": (1, Decimal("3.50"), 4)}
    assert await notes(service) == charged
    await service.catch_up(NOTES)
    assert await notes(service) == charged


async def test_rows_that_an_event_ended_stay_as_tombstones(service: Service) -> None:
    loan = (await service.send(open_loan(tags=["late", "torn"]))).id
    await service.send(ReturnLoan(loan_id=loan))
    await service.send(ReopenLoan(loan_id=loan))
    await service.send(WriteNote(loan_id=loan, note="torn"))
    await service.send(ChargeFee(loan_id=loan, amount=Decimal(1)))
    assert await notes(service) == {"torn": (1, Decimal("3.50"), 5)}
    rows = await service.rows(LOAN_NOTE)
    assert [(r["note"], r["live"], r["stream_version"]) for r in rows] == [
        ("late", False, 2),
        ("torn", True, 5),
    ]
    # A projection that comes late, one event at a time, brings nothing back.
    await service.runner(NOTES, batch=1).catch_up()
    assert await service.rows(LOAN_NOTE) == rows


async def test_a_runner_overtaken_by_a_sync_event_writes_no_row_that_is_older(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    loan = (await service.send(open_loan(tags=["late"]))).id
    await service.send(WriteNote(loan_id=loan, note="torn"))

    async def overtaken(*arguments: Any) -> dict[UUID, Any]:
        before = await load_standings(*arguments)
        await service.send(ReturnLoan(loan_id=loan))
        await service.send(ReopenLoan(loan_id=loan))
        await service.send(WriteNote(loan_id=loan, note="wet"))
        await service.send(ChargeFee(loan_id=loan, amount=Decimal(1)))
        return before

    monkeypatch.setattr(batch, "load_standings", overtaken)
    owned = await acquire(service.pool, NOTES.name, holder="me", lease=60)
    assert owned is not None
    await batch.Batches(service.pool, NOTES, size=2, lease=60).next(owned)
    assert await notes(service) == {"wet": (1, Decimal("3.50"), 6)}


async def test_a_row_is_found_by_its_whole_key(service: Service) -> None:
    loan = (await service.send(open_loan(tags=["late", "torn"]))).id
    by = Where("loan_id", "=", loan)
    torn = await service.reader.one(LOAN_NOTE, by, Where("note", "=", "torn"))
    assert torn == LoanNote(loan_id=loan, note="torn", times=0, fee=Decimal("2.50"))
    with pytest.raises(NotFound):
        await service.reader.one(LOAN_NOTE, by, Where("note", "=", "wet"))


@pytest.mark.parametrize("sort", ORDERS)
async def test_pages_of_child_rows_meet_and_miss_nothing(
    service: Service, sort: str
) -> None:
    """Many rows agree in everything but the last part of their key."""
    chance = random.Random(5)
    loans = [uuid4() for _ in range(4)]
    rows = [
        LoanNote(loan_id=loan, note=note, times=chance.randint(0, 2), fee=Decimal(1))
        for loan in loans
        for note in "abcdefg"
    ]
    await put(service.pool, rows)
    name = sort.removeprefix("-")
    expected = sorted(
        rows,
        key=lambda row: (getattr(row, name), row.loan_id.bytes, row.note),
        reverse=sort.startswith("-"),
    )
    pages = await walk(service.reader, sort, lambda page: page.next_cursor)
    assert [row for page in pages for row in page.items] == expected
    back = await walk(
        service.reader, sort, lambda page: page.previous_cursor, pages[-1]
    )
    assert [row for page in reversed(back) for row in page.items] == expected


async def put(pool: Pool, rows: list[LoanNote]) -> None:
    statement = upsert(LOAN_NOTE, 1, "CROSS JOIN (SELECT 1) AS always")
    standings = enumerate(Standing(1, row, row) for row in rows)
    await pool.execute(statement, *row_arguments(LOAN_NOTE, standings))


async def walk(
    reader: Reader,
    sort: str,
    onward: Callable[[Page[LoanNote]], str | None],
    first: Page[LoanNote] | None = None,
) -> list[Page[LoanNote]]:
    """Page after page, until there are no more."""
    pages = [first or await reader.page(LOAN_NOTE, sort=sort, limit=3)]
    while cursor := onward(pages[-1]):
        page = await reader.page(LOAN_NOTE, sort=sort, limit=3, cursor=cursor)
        pages.append(page)
    return pages
