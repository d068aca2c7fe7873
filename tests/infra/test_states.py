"""Remembered states: they spare the load, and decide nothing wrongly."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4

import pytest

from app.common.actor import SYSTEM
from app.common.aggregate import Aggregate
from app.common.context import Context
from app.common.errors import AlreadyExists, DomainError, InvalidTransition, NotFound
from app.infra.event_store.repository import Repository
from app.infra.event_store.states import States
from app.infra.event_store.verdicts import VersionConflict
from app.infra.persistence.postgres import Pool
from tests.infra.conftest import pool_of
from tests.infra.lending import (
    AlreadyReturned,
    ChargeFee,
    CopyIsLent,
    Loan,
    NoteWritten,
    RenewLoan,
    ReopenLoan,
    ReturnLoan,
    WriteNote,
)
from tests.infra.service import Service, open_loan

ROUNDS = 100


@pytest.fixture
async def other(database: str) -> AsyncIterator[Service]:
    """Another process of the service: it remembers what it has seen itself."""
    async with pool_of(database) as pool:
        yield await Service.on(pool)


@pytest.fixture
def loads(service: Service, monkeypatch: pytest.MonkeyPatch) -> list[UUID]:
    """The streams that the service has read."""
    read: list[UUID] = []
    load = service.store.load

    async def counting(aggregate: Any, id: UUID) -> Any:
        read.append(id)
        return await load(aggregate, id)

    monkeypatch.setattr(service.store, "load", counting)
    return read


async def test_what_a_process_has_written_itself_it_need_not_read(
    service: Service, loads: list[UUID]
) -> None:
    loan = await service.open_loan()
    for _ in range(3):
        await service.send(WriteNote(loan_id=loan, note="n"))
    assert loads == []


async def test_an_id_of_a_caller_is_not_read_unless_it_is_in_use(
    service: Service, loads: list[UUID]
) -> None:
    loan = uuid4()
    await service.send(open_loan(loan_id=loan))
    assert loads == []
    with pytest.raises(AlreadyExists):
        await service.send(open_loan(loan_id=loan))
    assert loads == [loan]
    assert await service.count("kernel.events") == 1


async def test_an_id_that_another_process_has_used_is_in_use(
    service: Service, other: Service
) -> None:
    loan = await other.open_loan()
    with pytest.raises(AlreadyExists):
        await service.send(open_loan(loan_id=loan))
    assert await service.count("kernel.events") == 1


async def test_a_remembered_state_that_is_the_past_is_not_decided_on(
    service: Service, other: Service
) -> None:
    loan = await service.open_loan()
    await other.send(ReturnLoan(loan_id=loan))
    with pytest.raises(AlreadyReturned):
        await service.send(ReturnLoan(loan_id=loan))
    accepted = await service.send(ReopenLoan(loan_id=loan))
    assert accepted.version == 3


async def test_a_remembered_state_refuses_nothing_by_itself(
    service: Service, other: Service
) -> None:
    loan = await service.open_loan()
    await service.send(ReturnLoan(loan_id=loan))
    await other.send(ReopenLoan(loan_id=loan))
    # By what this process remembers, the loan has been returned already.
    assert (await service.send(ReturnLoan(loan_id=loan))).version == 4


async def test_a_decision_that_changes_nothing_is_compared_with_the_log_too(
    service: Service, other: Service, loads: list[UUID]
) -> None:
    loan = await service.open_loan()
    await other.send(WriteNote(loan_id=loan, note="n"))
    accepted = await service.send(RenewLoan(loan_id=loan, days=0))
    assert accepted.version == 2
    assert loads == [loan]


async def test_a_refusal_on_what_the_log_holds_is_final(
    service: Service, loads: list[UUID]
) -> None:
    nobody = uuid4()
    with pytest.raises(NotFound):
        await service.send(WriteNote(loan_id=nobody, note="n"))
    assert loads == [nobody]


async def test_a_key_that_is_taken_is_refused_once(
    service: Service, loads: list[UUID]
) -> None:
    copy = uuid4()
    await service.open_loan(copy)
    with pytest.raises(CopyIsLent):
        await service.open_loan(copy)
    assert len(loads) == 1
    assert await service.count("kernel.command_log") == 1


async def test_two_processes_with_memories_decide_as_one_without(
    service: Service, other: Service, pool: Pool
) -> None:
    """Each changes the same streams at the same time; every state is the log's."""
    rng = random.Random(7)
    loans = [await service.open_loan() for _ in range(5)]
    commands = (
        lambda loan: WriteNote(loan_id=loan, note="n"),
        lambda loan: ChargeFee(loan_id=loan, amount=Decimal(1)),
        lambda loan: ReturnLoan(loan_id=loan),
        lambda loan: ReopenLoan(loan_id=loan),
    )

    async def send(sender: Service) -> str | None:
        try:
            await sender.send(rng.choice(commands)(rng.choice(loans)))
        except (AlreadyReturned, InvalidTransition) as error:
            return error.code
        return None

    outcomes = [
        outcome
        for _ in range(ROUNDS)
        for outcome in await asyncio.gather(*(send(s) for s in (service, other) * 2))
    ]
    accepted = outcomes.count(None)
    assert await service.count("kernel.events") == len(loans) + accepted
    assert 0 < accepted < len(outcomes)
    for sender in (service, other):
        for loan in loans:
            held = await sender.store.load(Loan, loan)
            found = sender.store.states.find(Loan.kind, loan)
            assert found is not None
            state, version = found
            assert version <= held.version
            if version == held.version:
                assert state == held.state
    # Returned and reopened in turn: nobody has decided on a state of the past.
    turns = await pool.fetch(
        "SELECT stream_id, array_agg(type ORDER BY version) AS types"
        " FROM kernel.events WHERE type LIKE '%Returned' OR type LIKE '%Reopened'"
        " GROUP BY stream_id"
    )
    assert turns
    for turn in turns:
        assert all(
            a != b for a, b in zip(turn["types"], turn["types"][1:], strict=False)
        )


@pytest.mark.parametrize("taken_out", [False, True])
async def test_deciding_again_afresh_is_what_saves_a_refusal(
    service: Service,
    other: Service,
    monkeypatch: pytest.MonkeyPatch,
    taken_out: bool,
) -> None:
    loan = await service.open_loan()
    await service.send(ReturnLoan(loan_id=loan))
    await other.send(ReopenLoan(loan_id=loan))
    if taken_out:
        again = Context.again

        def believing(context: Context, *, afresh: bool = False) -> Context:
            return again(context)

        monkeypatch.setattr(Context, "again", believing)
    refused = False
    try:
        await asyncio.wait_for(service.send(ReturnLoan(loan_id=loan)), 10)
    except DomainError:
        refused = True
    assert refused is taken_out


@pytest.mark.parametrize("taken_out", [False, True])
async def test_what_a_conflict_has_disproved_is_forgotten(
    service: Service,
    other: Service,
    loads: list[UUID],
    monkeypatch: pytest.MonkeyPatch,
    taken_out: bool,
) -> None:
    loan = await service.open_loan()
    await other.send(WriteNote(loan_id=loan, note="n"))
    if taken_out:
        monkeypatch.setattr(States, "forget", lambda *_: None)
    loans = Repository(service.store, Loan)
    context = _context(service)
    aged = await loans.load(loan, context)
    assert context.remembered
    aged.write_note(WriteNote(loan_id=loan, note="n"), context)
    with pytest.raises(VersionConflict):
        await loans.save(aged, context)
    assert loads == []
    await loans.load(loan, context)
    assert (loads == []) is taken_out


def test_what_is_remembered_is_bounded_in_number_and_size() -> None:
    states = States(streams=3, size=10_000)
    pages = [_page("") for _ in range(4)]
    for page in pages[:3]:
        states.keep(page, 1)
    assert states.find(Page.kind, pages[0].id) is not None
    states.keep(pages[3], 1)
    # The one that was used longest ago has gone.
    known = [states.find(Page.kind, each.id) is not None for each in pages]
    assert known == [True, False, True, True]
    states.keep(_page("x" * 9_980), 1)
    assert len(states) < 3
    states.keep(_page("x" * 20_000), 1)
    assert len(states) == 0
    states.keep(pages[0], 1)
    assert len(states) == 1


def test_what_is_remembered_never_goes_back() -> None:
    states, page = States(streams=3, size=10_000), _page("")
    states.keep(page, 5)
    states.keep(page, 4)
    assert states.find(Page.kind, page.id) == (page.state, 5)
    states.forget(page.id, 4)
    assert states.find(Page.kind, page.id) == (page.state, 5)
    states.forget(page.id, 5)
    assert states.find(Page.kind, page.id) is None


def test_an_id_of_another_kind_is_not_known() -> None:
    states, page = States(streams=3, size=10_000), _page("")
    states.keep(page, 1)
    assert states.find("test.Another", page.id) is None


def test_nothing_is_remembered_where_nothing_may_be() -> None:
    states = States()
    states.keep(_page(""), 1)
    assert len(states) == 0


@dataclass(frozen=True, slots=True)
class Text:
    """A state as large as one likes."""

    text: str


class Page(Aggregate[Text, NoteWritten]):
    """What has such a state."""

    kind = "test.Page"
    state_type = Text
    event_types = (NoteWritten,)

    @staticmethod
    def evolve(state: Text | None, event: NoteWritten) -> Text:
        return Text(event.note)


def _page(text: str) -> Page:
    return Page(uuid4(), state=Text(text), version=1)


def _context(service: Service) -> Context:
    return Context(
        now=service.clock.now(),
        actor=SYSTEM,
        command_id=uuid4(),
        correlation_id=uuid4(),
    )
