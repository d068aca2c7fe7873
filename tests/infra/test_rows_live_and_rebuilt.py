"""Sync and async events mixed on one read model: live rows equal the rebuild."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest

from app.common.errors import InvalidTransition, NotFound, RuleViolated
from app.common.events import Envelope
from app.common.messages import Command
from app.infra.projections import batch
from app.infra.projections.folding import (
    RowOfAnotherStream,
    Standing,
    Standings,
    advance,
    unwritten,
)
from app.infra.projections.projection import Folding, Projection
from app.infra.projections.rows import load_standings
from app.infra.subscriptions.checkpoints import acquire
from tests.infra.lending import (
    JOURNAL,
    LENDING,
    VIEW,
    ChargeFee,
    FeeCharged,
    LoanEvent,
    LoanOpened,
    LoanRenewed,
    LoanReopened,
    LoanReturned,
    NoteWritten,
    ReopenLoan,
    ReturnLoan,
    WriteNote,
)
from tests.infra.service import NOON, PERIOD, Service, again, eventually, open_loan

HISTORIES = 4000
LOAN = UUID(int=1)
NOTED = ("late", "torn", "wet")

Happened = tuple[LoanEvent, Envelope]


def happened(event: LoanEvent, version: int) -> Happened:
    return event, Envelope(
        event_id=UUID(int=version),
        stream_id=LOAN,
        version=version,
        at=NOON + timedelta(minutes=version),
        actor="alice",
        command_id=UUID(int=version),
        correlation_id=UUID(int=version),
    )


def any_event(chance: random.Random) -> LoanEvent:
    opened = LoanOpened(
        loan_id=LOAN,
        copy_id=LOAN,
        reader_id=LOAN,
        period=PERIOD,
        fee=Decimal(1),
        tags=chance.choices(NOTED, k=chance.randint(0, 3)),
    )
    events: list[LoanEvent] = [
        opened,
        LoanRenewed(loan_id=LOAN, due_on=date(2030, 1, chance.randint(1, 28))),
        FeeCharged(loan_id=LOAN, fee=Decimal(chance.randint(1, 99))),
        NoteWritten(loan_id=LOAN, note=chance.choice(NOTED)),
        NoteWritten(loan_id=LOAN, note=chance.choice(NOTED)),
        LoanReturned(loan_id=LOAN),
        LoanReopened(loan_id=LOAN, copy_id=LOAN, reader_id=LOAN),
    ]
    return chance.choice(events)


@dataclass
class Model:
    """A stream, its rows, a sync writer and a runner that is often late."""

    projection: Folding
    log: list[Happened] = field(default_factory=list)
    rows: dict[tuple[Any, ...], Standing[Any]] = field(default_factory=dict)
    place: int = 0
    in_flight: tuple[int, list[Standing[Any]]] = (0, [])

    def standing(self) -> Any:
        """What a reader of the table finds."""
        if isinstance(self.projection, Projection):
            return self.rows.get((), Standing())
        version = max((row.version for row in self.rows.values()), default=0)
        return Standings(version, dict(self.rows))

    def write(self, changed: list[Standing[Any]]) -> None:
        """What the upsert does: never over a newer row, never a row that was not."""
        for row in changed:
            if row.last is not None:
                element = self.projection.table.element(row.last)
                if row.version > self.rows.get(element, Standing()).version:
                    self.rows[element] = row

    def save(self, event: LoanEvent) -> None:
        self.log.append(happened(event, len(self.log) + 1))
        if type(event) in LENDING.sync_events:
            self.write(self.folded(self.log))

    def folded(self, events: list[Happened]) -> list[Standing[Any]]:
        before = self.standing()
        return list(advance(self.projection, before, events).since(before))

    def fold_batch(self, size: int) -> None:
        batch = self.log[self.place : self.place + size]
        self.in_flight = (self.place + len(batch), self.folded(batch))

    def write_batch(self) -> None:
        place, changed = self.in_flight
        self.place = max(self.place, place)
        self.write(changed)
        self.in_flight = (0, [])

    def catch_up(self) -> None:
        self.write_batch()
        self.fold_batch(len(self.log))
        self.write_batch()


@pytest.mark.parametrize("projection", LENDING.projections, ids=lambda p: p.name)
def test_live_rows_equal_the_rebuild_in_thousands_of_histories(
    projection: Folding,
) -> None:
    for seed in range(HISTORIES):
        chance = random.Random(seed)
        model = Model(projection)
        for _ in range(chance.randint(1, 14)):
            match chance.randrange(4):
                case 0 | 1:
                    model.save(any_event(chance))
                case 2:
                    model.fold_batch(chance.randint(1, 4))
                case 3:
                    model.write_batch()
        model.catch_up()
        rebuilt = Model(projection, model.log)
        rebuilt.catch_up()
        assert model.rows == rebuilt.rows, f"seed {seed}"


@pytest.mark.parametrize("projection", LENDING.projections, ids=lambda p: p.name)
def test_folding_the_same_events_twice_changes_nothing(projection: Folding) -> None:
    events = [happened(any_event(random.Random(i)), i + 1) for i in range(50)]
    once = advance(projection, unwritten(projection), events)
    assert advance(projection, once, events) == once


def test_a_row_of_another_stream_is_refused() -> None:
    event, envelope = happened(NoteWritten(loan_id=LOAN, note="x"), 1)
    row = JOURNAL.fold(None, event, envelope)
    wrong = Standing(0, row, row)
    foreign = Envelope(
        event_id=envelope.event_id,
        stream_id=UUID(int=2),
        version=1,
        at=NOON,
        actor="alice",
        command_id=LOAN,
        correlation_id=LOAN,
    )
    with pytest.raises(RowOfAnotherStream):
        advance(JOURNAL, wrong, [(event, foreign)])


async def test_a_sync_event_brings_its_row_up_to_date_at_once(
    service: Service,
) -> None:
    loan = await service.open_loan()
    await service.send(WriteNote(loan_id=loan, note="first"))
    await service.send(WriteNote(loan_id=loan, note="second"))
    [row] = await service.rows(VIEW.table)
    assert (row["stream_version"], row["note"]) == (1, None)

    charged = await service.send(ChargeFee(loan_id=loan, amount=Decimal("0.50")))

    [row] = await service.rows(VIEW.table)
    assert row["stream_version"] == charged.version == 4
    assert (row["fee"], row["note"]) == (Decimal("3.00"), "second")
    assert row["tags"] == ["first", "second"]
    [journal] = await service.rows(JOURNAL.table)
    assert (journal["notes"], journal["events"]) == (2, 3)


async def test_a_row_that_an_event_ended_is_a_tombstone_and_cannot_be_read(
    service: Service,
) -> None:
    loan = await service.open_loan()
    await service.send(ReturnLoan(loan_id=loan))
    await service.send(ChargeFee(loan_id=loan, amount=Decimal(1)))

    [row] = await service.rows(VIEW.table)
    assert (row["live"], row["stream_version"]) == (False, 3)
    with pytest.raises(NotFound):
        await service.reader.one(VIEW.table)

    await service.catch_up(VIEW)
    assert await service.rows(VIEW.table) == [row]


async def test_a_late_runner_does_not_bring_an_ended_row_back(service: Service) -> None:
    loan = await service.open_loan()
    await service.send(WriteNote(loan_id=loan, note="n"))
    await service.send(ReturnLoan(loan_id=loan))
    await service.send(ChargeFee(loan_id=loan, amount=Decimal(1)))
    await service.runner(VIEW, batch=1).catch_up()
    [row] = await service.rows(VIEW.table)
    assert row["live"] is False


async def test_a_runner_overtaken_by_a_sync_event_writes_nothing_older(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    loan = await service.open_loan()
    await service.send(WriteNote(loan_id=loan, note="n"))

    async def overtaken(*arguments: Any) -> dict[UUID, Standing[Any]]:
        before = await load_standings(*arguments)
        await service.send(ChargeFee(loan_id=loan, amount=Decimal(1)))
        return before

    monkeypatch.setattr(batch, "load_standings", overtaken)
    owned = await acquire(service.pool, VIEW.name, holder="me", lease=60)
    assert owned is not None
    await batch.Batches(service.pool, VIEW, size=2, lease=60).next(owned)
    [row] = await service.rows(VIEW.table)
    assert (row["stream_version"], row["fee"]) == (3, Decimal("3.50"))


async def test_live_rows_equal_the_rebuild_while_writers_and_runners_race(
    service: Service,
) -> None:
    stop = asyncio.Event()
    async with asyncio.TaskGroup() as tasks:
        for projection in LENDING.projections:
            tasks.create_task(service.runner(projection, batch=3).run(stop))
        async with asyncio.TaskGroup() as writers:
            for seed in range(24):
                writers.create_task(_live(service, random.Random(seed)))
        token = (await service.send(open_loan())).token
        await eventually(lambda: _all_reached(service, token))
        stop.set()

    for projection in LENDING.projections:
        rebuilt = again(projection)
        await service.runner(rebuilt, batch=7).catch_up()
        live = await service.rows(projection.table)
        assert live == await service.rows(rebuilt.table)
        assert len(live) >= 24
    assert {row["live"] for row in await service.rows(VIEW.table)} == {True, False}


async def _live(service: Service, chance: random.Random) -> None:
    """One reader's loans, with what may happen to them in any order."""
    loan = await service.open_loan()
    for command in _commands(loan, chance):
        try:
            accepted = await service.send(command)
        except (RuleViolated, InvalidTransition):
            continue
        if isinstance(command, ChargeFee):
            row = await service.pool.fetchrow(
                "SELECT stream_version FROM loan_view WHERE loan_id = $1", loan
            )
            assert row is not None and row["stream_version"] >= accepted.version


def _commands(loan: UUID, chance: random.Random) -> Iterator[Command]:
    for number in range(30):
        yield chance.choice(
            [
                ChargeFee(loan_id=loan, amount=Decimal(chance.randint(1, 9))),
                WriteNote(loan_id=loan, note=f"note {number % 4}"),
                ReturnLoan(loan_id=loan),
                ReopenLoan(loan_id=loan),
            ]
        )


async def _all_reached(service: Service, token: object) -> bool:
    places = await service.pool.fetch("SELECT epoch, xid, pos FROM kernel.checkpoints")
    tokens = {f"{p['epoch']}-{p['xid']}-{p['pos']}" for p in places}
    return tokens == {str(token)}
