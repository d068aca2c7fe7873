"""Commands: applied once, answered alike, tried again where that helps."""

from __future__ import annotations

import asyncio
import random
from datetime import timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import pytest

from app.common.actor import ANONYMOUS, Actor
from app.common.context import Context
from app.common.errors import (
    AlreadyExists,
    Busy,
    CannotDecide,
    Conflict,
    EventTooLarge,
    Forbidden,
    IdempotencyMismatch,
    InvalidInput,
    InvalidTransition,
    NotFound,
    OutcomeUnknown,
)
from app.infra.cqrs.commands import CommandBus, request_hash
from app.infra.event_store.accepted import Accepted
from app.infra.event_store.repository import Repository
from app.infra.event_store.states import States
from app.infra.event_store.turns import Turns
from app.infra.persistence.postgres import Pool
from tests.infra.conftest import pool_of
from tests.infra.group import wish
from tests.infra.lending import (
    VIEW,
    AlreadyReturned,
    ChargeFee,
    CopyIsLent,
    GetLoan,
    Loan,
    RenewLoan,
    ReturnLoan,
    SplitFee,
    WriteNote,
)
from tests.infra.service import STAFF, Service, eventually, open_loan


async def test_a_repeat_gets_the_first_answer_although_the_rule_now_refuses(
    service: Service,
) -> None:
    loan = await service.open_loan()
    first = await service.send(ReturnLoan(loan_id=loan), key="k")
    repeat = await service.send(ReturnLoan(loan_id=loan), key="k")
    assert repeat == Accepted(first.id, first.version, first.token, replayed=True)
    with pytest.raises(AlreadyReturned):
        await service.send(ReturnLoan(loan_id=loan), key="another")


async def test_a_repeat_does_not_reach_the_handler(service: Service) -> None:
    loan = await service.open_loan()
    loans = Repository(service.store, Loan)
    handled = 0

    async def counting(command: WriteNote, context: Context) -> Accepted:
        nonlocal handled
        handled += 1
        return await loans.save(await loans.load(loan), context)

    bus = CommandBus(service.store)
    bus.register(WriteNote, counting)
    for _ in range(3):
        command = WriteNote(loan_id=loan, note="n")
        await bus.send(command, actor=STAFF, idempotency_key="k")
    assert handled == 1


async def test_a_repeat_that_made_its_own_id_gets_the_first_id(
    service: Service,
) -> None:
    command = {"copy": uuid4(), "reader_id": uuid4()}
    first = await service.send(open_loan(**command), key="k")
    repeat = await service.send(open_loan(**command), key="k")
    assert repeat.id == first.id
    assert repeat.replayed


async def test_a_key_belongs_to_one_actor(service: Service) -> None:
    bob = Actor("bob", frozenset({"staff"}))
    first = await service.send(open_loan(), key="k", actor=STAFF)
    second = await service.send(open_loan(), key="k", actor=bob)
    assert first.id != second.id


async def test_a_key_used_for_another_body_is_refused(service: Service) -> None:
    loan = await service.open_loan()
    await service.send(WriteNote(loan_id=loan, note="one"), key="k")
    with pytest.raises(IdempotencyMismatch):
        await service.send(WriteNote(loan_id=loan, note="two"), key="k")
    with pytest.raises(IdempotencyMismatch):
        await service.send(ReturnLoan(loan_id=loan), key="k")


async def test_a_refusal_is_not_remembered(service: Service) -> None:
    copy = uuid4()
    holder = await service.open_loan(copy)
    command = open_loan(copy)
    with pytest.raises(CopyIsLent):
        await service.send(command, key="k")
    await service.send(ReturnLoan(loan_id=holder))
    assert not (await service.send(command, key="k")).replayed


async def test_the_command_log_is_asked_again_before_a_refusal(
    service: Service,
) -> None:
    """The first sending commits between the look-up of the second and its decision."""
    loan = await service.open_loan()
    command = ReturnLoan(loan_id=loan)
    first: list[Accepted] = []

    async def overtaken(command: Any, context: Context) -> Accepted:
        if not first:
            context.repeatable = False
            first.append(await handlers.save(await _returned(context), context))
        return await handlers.save(await _returned(context), context)

    async def _returned(context: Context) -> Loan:
        loaded = await handlers.load(loan)
        loaded.return_loan(command, context)
        return loaded

    handlers = Repository(service.store, Loan)
    bus = CommandBus(service.store, clock=service.clock)
    bus.register(ReturnLoan, overtaken)
    answer = await bus.send(command, actor=STAFF, idempotency_key="k")
    assert answer.replayed
    assert answer.token == first[0].token


async def test_a_command_that_changes_nothing_is_logged_but_appends_nothing(
    service: Service,
) -> None:
    loan = await service.open_loan()
    before = await service.send(WriteNote(loan_id=loan, note="n"))
    first = await service.send(RenewLoan(loan_id=loan, days=0), key="k")
    assert (first.version, first.token) == (before.version, before.token)
    await service.send(WriteNote(loan_id=loan, note="more"))
    repeat = await service.send(RenewLoan(loan_id=loan, days=0), key="k")
    assert repeat.replayed
    assert (repeat.version, repeat.token) == (first.version, first.token)
    assert await service.count("kernel.events") == 3


async def test_creating_nothing_makes_no_stream(service: Service) -> None:
    loan = uuid4()
    answer = await service.send(open_loan(loan_id=loan, pretend=True), key="k")
    assert (answer.version, answer.token) == (0, None)
    assert await service.count("kernel.streams") == 0
    assert (await service.send(open_loan(loan_id=loan))).version == 1


async def test_racing_commands_that_may_all_hold_are_all_applied_in_turn(
    service: Service,
) -> None:
    loan = await service.open_loan()
    await asyncio.gather(
        *(service.send(ChargeFee(loan_id=loan, amount=Decimal(1))) for _ in range(6))
    )
    [row] = await service.rows(VIEW.table)
    assert (row["stream_version"], row["fee"]) == (7, Decimal("8.50"))


async def test_a_decision_taken_anew_has_the_same_time_and_makes_the_same_ids(
    service: Service,
) -> None:
    loan = await service.open_loan()
    seen: list[tuple[object, UUID]] = []
    loans = Repository(service.store, Loan)

    async def slow(command: WriteNote, context: Context) -> Accepted:
        loaded = await loans.load(loan)
        seen.append((context.now, context.new_id()))
        service.clock.advance(timedelta(hours=1))
        if len(seen) == 1:
            await service.send(WriteNote(loan_id=loan, note="faster"))
        loaded.write_note(command, context)
        return await loans.save(loaded, context)

    bus = CommandBus(service.store, clock=service.clock)
    bus.register(WriteNote, slow)
    await bus.send(WriteNote(loan_id=loan, note="slower"), actor=STAFF)
    assert len(seen) == 2
    assert seen[0] == seen[1]


async def test_a_command_that_always_loses_the_race_gives_up(pool: Pool) -> None:
    service = await Service.on(pool, turns=Turns(seconds=0.05))
    loan = await service.open_loan()
    loans = Repository(service.store, Loan)

    async def unlucky(command: WriteNote, context: Context) -> Accepted:
        loaded = await loans.load(loan)
        await service.send(WriteNote(loan_id=loan, note="faster"))
        loaded.write_note(command, context)
        return await loans.save(loaded, context)

    bus = CommandBus(service.store)
    bus.register(WriteNote, unlucky)
    slower = bus.send(WriteNote(loan_id=loan, note="slower"), actor=STAFF)
    with pytest.raises(Conflict) as refusal:
        await asyncio.wait_for(slower, 10)
    assert (refusal.value.status, refusal.value.retry_after) == (409, 1)
    assert AlreadyReturned.retry_after is None


async def test_a_connection_killed_before_the_commit_is_sent_again_and_applied_once(
    service: Service, pool: Pool, database: str
) -> None:
    loan = await service.open_loan()
    async with pool_of(database) as breaking, pool.acquire() as holder:
        other = await Service.on(breaking)
        async with holder.transaction():
            await holder.execute("SELECT FROM kernel.streams FOR UPDATE")
            sending = asyncio.create_task(
                other.send(ChargeFee(loan_id=loan, amount=Decimal(1)))
            )
            await eventually(lambda: _killed_while_waiting(pool))
        accepted = await sending
    await _assert_charged_once(service, accepted)


async def test_a_connection_killed_after_the_commit_is_sent_again_and_applied_once(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    loan = await service.open_loan()
    fetchrow = asyncpg.Connection.fetchrow
    losses = 0

    async def losing(connection: Any, query: str, *arguments: Any) -> Any:
        nonlocal losses
        answer = await fetchrow(connection, query, *arguments)
        if "kernel.append" in query and losses == 0:
            losses += 1
            connection.terminate()
            raise asyncpg.ConnectionDoesNotExistError("closed before the answer")
        return answer

    monkeypatch.setattr(asyncpg.Connection, "fetchrow", losing)
    accepted = await service.send(ChargeFee(loan_id=loan, amount=Decimal(1)))
    assert losses == 1
    assert not accepted.replayed
    await _assert_charged_once(service, accepted)


async def _killed_while_waiting(pool: Pool) -> int:
    killed: int = await pool.fetchval(
        "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity"
        " WHERE datname = current_database() AND wait_event_type = 'Lock'"
    )
    return killed


async def _assert_charged_once(service: Service, accepted: Accepted) -> None:
    assert accepted.version == 2
    assert await service.count("kernel.events") == 2
    [row] = await service.rows(VIEW.table)
    assert (row["stream_version"], row["fee"]) == (2, Decimal("3.50"))


async def test_a_database_that_stays_away_is_an_unknown_outcome(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def gone(*_: object, **__: object) -> None:
        raise asyncpg.ConnectionDoesNotExistError("closed in the middle")

    loan = await service.open_loan()
    monkeypatch.setattr("app.infra.event_store.append.FIRST_DELAY", 0.0001)
    monkeypatch.setattr(asyncpg.Connection, "fetchrow", gone)
    with pytest.raises(OutcomeUnknown) as refusal:
        await service.send(ReturnLoan(loan_id=loan))
    assert refusal.value.status == 503


async def test_a_transaction_too_old_for_its_stream_is_followed_by_a_new_one(
    service: Service,
) -> None:
    loan = await service.open_loan()
    await service.pool.execute(
        "UPDATE kernel.streams SET last_xid ="
        " (pg_snapshot_xmax(pg_current_snapshot())::text::bigint + 3)::text::xid8"
    )
    assert (await service.send(ReturnLoan(loan_id=loan))).version == 2


async def test_a_database_lost_while_reading_is_a_busy_service(
    pool: Pool, monkeypatch: pytest.MonkeyPatch
) -> None:
    service = await Service.on(pool, states=States())

    async def gone(*_: object, **__: object) -> None:
        raise asyncpg.ConnectionDoesNotExistError("closed in the middle")

    loan = await service.open_loan()
    monkeypatch.setattr(asyncpg.Connection, "fetch", gone)
    with pytest.raises(Busy):
        await service.send(ReturnLoan(loan_id=loan))
    with pytest.raises(Busy):
        await service.queries.ask(GetLoan(loan_id=loan), actor=STAFF)


async def test_a_stream_held_too_long_is_a_busy_store(
    service: Service, pool: Pool, database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    loan = await service.open_loan()
    monkeypatch.setattr("app.infra.event_store.append.FIRST_DELAY", 0.0001)
    async with pool_of(database, lock_timeout=0.01) as impatient:
        hurried = await Service.on(impatient)
        async with pool.acquire() as holder, holder.transaction():
            await holder.execute("SELECT FROM kernel.streams FOR UPDATE")
            with pytest.raises(Busy):
                await hurried.send(ReturnLoan(loan_id=loan))
        assert (await hurried.send(ReturnLoan(loan_id=loan))).version == 2


async def test_refusals_are_the_ones_that_the_aggregate_means(
    service: Service,
) -> None:
    loan = await service.open_loan()
    with pytest.raises(NotFound):
        await service.send(ReturnLoan(loan_id=uuid4()))
    with pytest.raises(AlreadyExists):
        await service.send(open_loan(loan_id=loan))
    with pytest.raises(CannotDecide):
        await service.send(SplitFee(loan_id=loan, among=0))
    with pytest.raises(Forbidden):
        await service.send(RenewLoan(loan_id=loan, days=1), actor=ANONYMOUS)
    await service.send(RenewLoan(loan_id=loan, days=1), actor=STAFF)
    await service.send(ReturnLoan(loan_id=loan))
    with pytest.raises(InvalidTransition):
        await service.send(RenewLoan(loan_id=loan, days=1))
    assert await service.count("kernel.command_log") == 3


async def test_an_owner_may_do_what_others_may_not(service: Service) -> None:
    reader = uuid4()
    owner = Actor(str(reader), frozenset({"reader"}))
    stranger = Actor(str(uuid4()), frozenset({"reader"}))
    loan = (await service.send(open_loan(reader_id=reader), actor=owner)).id
    with pytest.raises(Forbidden):
        await service.send(RenewLoan(loan_id=loan, days=1), actor=stranger)
    assert (await service.send(RenewLoan(loan_id=loan, days=1), actor=owner)).version


async def test_an_id_in_use_for_something_else_is_refused(service: Service) -> None:
    loan = await service.open_loan()
    await service.pool.execute("UPDATE kernel.streams SET kind = 'other'")
    with pytest.raises(NotFound):
        await service.send(ReturnLoan(loan_id=loan))
    with pytest.raises(AlreadyExists):
        await service.send(open_loan(loan_id=loan))


async def test_an_event_remembers_its_command_correlation_and_actor(
    service: Service,
) -> None:
    cause = uuid4()
    accepted = await service.commands.send(
        open_loan(), actor=STAFF, idempotency_key="k", correlation_id=cause
    )
    [(_, envelope)] = await service.store.happened(Loan, accepted.id, 0, 1)
    assert envelope.actor == "alice"
    assert envelope.correlation_id == cause
    assert await service.store.find(envelope.command_id)
    assert envelope.at == service.clock.now()


async def test_what_the_store_cannot_hold_is_refused_not_failed(
    service: Service,
) -> None:
    loan = await service.open_loan()
    command = WriteNote.model_construct(loan_id=loan, note="nul \x00")
    with pytest.raises(CannotDecide):
        await service.send(command)


async def test_a_row_that_no_table_can_hold_refuses_its_command(
    service: Service,
) -> None:
    """What a driver or a server says about it is not for callers."""
    await service.pool.execute(
        "ALTER TABLE loan_view ALTER fee TYPE numeric(6, 2);"
        "CREATE INDEX by_tags ON loan_view ((tags::text))"
    )
    tags = [random.Random(1).randbytes(9_000).hex()]
    for too_much in ({"fee": Decimal("12345.67")}, {"tags": tags}):
        with pytest.raises(InvalidInput, match="The store cannot hold a value that"):
            await service.send(open_loan(**too_much))
    assert await service.count("kernel.events") == 0


def test_a_secret_takes_no_part_in_the_hash_and_every_other_field_does() -> None:
    loan = uuid4()
    note = WriteNote(loan_id=loan, note="a", pin="1234")
    assert request_hash(note) == request_hash(note.model_copy(update={"pin": "9"}))
    assert request_hash(note) != request_hash(note.model_copy(update={"note": "b"}))
    assert request_hash(open_loan(loan)) != request_hash(open_loan(loan))


def test_a_command_has_one_handler(service: Service) -> None:
    with pytest.raises(ValueError, match="WriteNote"):
        service.commands.register(WriteNote, None)  # type: ignore[arg-type]


async def test_an_event_that_no_broker_takes_is_refused_before_it_is_written(
    pool: Pool,
) -> None:
    service = await Service.on(pool, max_event_bytes=100_000)
    loan = await service.open_loan()
    with pytest.raises(EventTooLarge) as refused:
        await service.send(WriteNote(loan_id=loan, note="x" * 100_000), key="k")
    assert "NoteWritten would have 100," in str(refused.value)
    assert await service.count("kernel.events") == 1
    assert await service.count("kernel.command_log") == 1
    for length in (99_900, 10):  # neither the loan nor the key has suffered
        await service.send(WriteNote(loan_id=loan, note="x" * length), key="k" * length)
    longest = "SELECT max(octet_length(data::text)) FROM kernel.events"
    assert 99_900 < await pool.fetchval(longest) <= 100_000


async def test_an_event_counts_with_all_the_digits_that_the_log_makes_of_it(
    pool: Pool,
) -> None:
    """1e308 is five characters on the way in, and 309 on the way to a broker."""
    service = await Service.on(pool, max_event_bytes=10_000)
    samples: Any = [1e308] * 100
    with pytest.raises(EventTooLarge):
        await service.store.append(wish(note=samples))
    assert await service.count("kernel.events") == 0
