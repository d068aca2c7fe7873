"""Policies: one effect an event, whatever is killed, repeated, refused or away."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import pytest
import structlog

from app.common.actor import SYSTEM
from app.common.context import Context
from app.common.errors import Busy
from app.common.events import Envelope
from app.common.ids import derived_id
from app.common.messages import Command
from app.common.policies import Due, Policy
from app.infra.cqrs.commands import CommandBus
from app.infra.event_store.accepted import Accepted
from app.infra.persistence.postgres import Pool
from app.infra.policies.subscription import PolicySubscription
from app.infra.policies.timers import Timers, resume, stopped
from app.infra.policies.worker import run_policies
from app.infra.subscriptions import checkpoints
from app.infra.subscriptions.checkpoints import Ownership, OwnershipLost
from app.infra.subscriptions.runner import Runner, SubscriptionStopped
from tests.infra.lending import (
    LENDING,
    LoanReturned,
    NoteWritten,
    OpenLoan,
    ReopenLoan,
    ReturnLoan,
    WriteNote,
)
from tests.infra.service import PERIOD, STAFF, Service, eventually, worker_settings

NAME = "lending.ThankReader"
FUTURE = timedelta(hours=1)


def thank(event: LoanReturned, envelope: Envelope) -> Iterator[Command | Due]:
    """Whenever a copy comes back, somebody writes it down."""
    yield WriteNote(loan_id=event.loan_id, note=f"thanks to {envelope.actor}")


THANK = Policy(name=NAME, event=LoanReturned, react=thank)


def thank_at(at: datetime) -> Policy[Any]:
    def later(event: LoanReturned, envelope: Envelope) -> Iterator[Command | Due]:
        yield Due(at, WriteNote(loan_id=event.loan_id, note="later"))

    return replace(THANK, react=later)


@dataclass
class Bus:
    """The command bus, which does first what a test wants of it."""

    commands: CommandBus
    before: Callable[[Command], None] = lambda command: None
    after: Callable[[Command], None] = lambda command: None
    sent: list[Command] = field(default_factory=list)

    async def send_because(self, command: Command, cause: Any) -> Accepted:
        self.sent.append(command)
        self.before(command)
        accepted = await self.commands.send_because(command, cause)
        self.after(command)
        return accepted


class Killed(BaseException):
    """The process is gone at this point."""


def kill(command: Command) -> None:
    raise Killed


def subscription(
    service: Service, policy: Policy[Any] = THANK, bus: Any = None, **settings: Any
) -> PolicySubscription:
    worker = worker_settings(**settings)
    return PolicySubscription(
        service.pool,
        policy,
        bus or service.commands,
        size=worker.batch,
        lease=worker.lease,
    )


def runner(service: Service, policy: Policy[Any] = THANK, bus: Any = None) -> Runner:
    reacting = subscription(service, policy, bus)
    return Runner(service.pool, reacting, worker_settings(), wake=service.store.wake)


def timers(service: Service, policy: Policy[Any], bus: Any = None, **s: Any) -> Timers:
    settings = worker_settings(**s)
    return Timers(service.pool, [policy], bus or service.commands, settings)


async def owned_by(service: Service, holder: str, lease: float = 60) -> Ownership:
    owned = await checkpoints.acquire(service.pool, NAME, holder=holder, lease=lease)
    assert owned is not None
    return owned


@asynccontextmanager
async def running(*runners: Any) -> AsyncIterator[None]:
    stop = asyncio.Event()
    async with asyncio.TaskGroup() as tasks:
        for each in runners:
            tasks.create_task(each.run(stop))
        try:
            yield
        finally:
            stop.set()


async def returned(service: Service) -> UUID:
    loan = await service.open_loan()
    await service.send(ReturnLoan(loan_id=loan), actor=STAFF)
    return loan


async def notes(service: Service, loan: UUID | None = None) -> int:
    number: int = await service.pool.fetchval(
        "SELECT count(*) FROM kernel.events WHERE type = 'lending.NoteWritten'"
        " AND ($1::uuid IS NULL OR stream_id = $1)",
        loan,
    )
    return number


async def timers_left(service: Service) -> int:
    return await service.count("kernel.timers")


async def refusals(service: Service) -> list[tuple[str, str]]:
    records = await service.pool.fetch(
        "SELECT policy, code FROM kernel.policy_refusals ORDER BY refused_at"
    )
    return [tuple(record) for record in records]


async def test_an_event_sends_a_command_for_whoever_caused_it(
    service: Service,
) -> None:
    loan = await returned(service)
    await runner(service).catch_up()
    cause, effect = await service.pool.fetch(
        "SELECT event_id, meta FROM kernel.events WHERE stream_id = $1"
        " AND version > 1 ORDER BY version",
        loan,
    )
    assert effect["meta"] == {
        "command_id": str(derived_id("policy", NAME, cause["event_id"], 0)),
        "correlation_id": cause["meta"]["correlation_id"],
        "actor": SYSTEM.subject,
        "causation_id": str(cause["event_id"]),
        "caused_by": STAFF.subject,
    }


async def test_whoever_began_stays_the_one_behind_a_chain_of_policies(
    service: Service,
) -> None:
    """What the service did because of what the service did is still the actor's."""

    def reopen(event: NoteWritten, envelope: Envelope) -> Iterator[Command | Due]:
        assert (envelope.actor, envelope.caused_by) == ("system", STAFF.subject)
        yield OpenLoan(
            loan_id=derived_id(envelope.event_id),
            copy_id=uuid4(),
            reader_id=uuid4(),
            period=PERIOD,
        )

    loan = await returned(service)
    await runner(service).catch_up()
    second = Policy(name="lending.Second", event=NoteWritten, react=reopen)
    await runner(service, second).catch_up()
    metas = await service.pool.fetch(
        "SELECT meta FROM kernel.events ORDER BY pos DESC LIMIT 3"
    )
    opened, noted, came_back = (record["meta"] for record in metas)
    assert opened["caused_by"] == noted["caused_by"] == STAFF.subject
    assert opened["correlation_id"] == came_back["correlation_id"]
    assert "caused_by" not in came_back
    assert await notes(service, loan) == 1


async def test_events_that_are_read_again_have_no_second_effect(
    service: Service,
) -> None:
    loan = await returned(service)
    for _ in range(3):
        await service.pool.execute("DELETE FROM kernel.checkpoints")
        await runner(service).catch_up()
    assert await notes(service, loan) == 1


async def test_what_was_accepted_once_is_not_refused_when_it_is_sent_again(
    service: Service,
) -> None:
    """Its own first effect would be what refuses it."""

    def reopen(event: LoanReturned, envelope: Envelope) -> Iterator[Command | Due]:
        yield ReopenLoan(loan_id=event.loan_id)

    await returned(service)
    for _ in range(2):
        await service.pool.execute("DELETE FROM kernel.checkpoints")
        await runner(service, replace(THANK, react=reopen)).catch_up()
    assert await refusals(service) == []


async def test_a_worker_killed_between_command_and_checkpoint_repeats_itself(
    service: Service,
) -> None:
    loans = [await returned(service), await returned(service)]
    bus = Bus(service.commands, after=kill)
    with pytest.raises(BaseExceptionGroup):
        async with running(runner(service, bus=bus)):
            await asyncio.sleep(3600)
    assert [await notes(service, each) for each in loans] == [1, 0]
    await service.pool.execute(
        "UPDATE kernel.checkpoints SET lease_until = '-infinity'"
    )
    await runner(service).catch_up()
    assert [await notes(service, each) for each in loans] == [1, 1]


async def test_a_worker_killed_before_the_command_loses_nothing(
    service: Service,
) -> None:
    loan = await returned(service)
    with pytest.raises(Killed):
        bus = Bus(service.commands, before=kill)
        await subscription(service, bus=bus).next(await owned_by(service, "me", -1))
    await runner(service).catch_up()
    assert await notes(service, loan) == 1


async def test_a_zombie_sends_what_was_sent_and_moves_nothing(
    service: Service,
) -> None:
    loan = await returned(service)
    zombie = await owned_by(service, "zombie", -1)
    heir = await owned_by(service, "heir")
    moved = await subscription(service).next(heir)
    with pytest.raises(OwnershipLost):
        await subscription(service).next(zombie)
    assert await notes(service, loan) == 1
    place = await service.pool.fetchrow("SELECT fence, pos FROM kernel.checkpoints")
    assert place is not None
    assert tuple(place) == (heir.fence, moved.place.pos)


async def test_a_zombie_sets_no_timer_and_records_no_refusal(
    service: Service,
) -> None:
    loan = await returned(service)
    zombie = await owned_by(service, "zombie", -1)
    await owned_by(service, "heir")
    due = thank_at(datetime.now(UTC) + FUTURE)
    with pytest.raises(OwnershipLost):
        await subscription(service, due).next(zombie)
    with pytest.raises(OwnershipLost):
        await subscription(service, replace(THANK, react=give_back)).next(zombie)
    assert await timers_left(service) == 0
    assert await refusals(service) == []
    assert await notes(service, loan) == 0


def give_back(event: LoanReturned, envelope: Envelope) -> Iterator[Command | Due]:
    """Refused, for it is back already."""
    yield ReturnLoan(loan_id=event.loan_id)


async def test_a_refusal_is_final_recorded_and_passed(service: Service) -> None:
    await returned(service)
    await returned(service)
    policy = replace(THANK, react=give_back)
    bus = Bus(service.commands)
    with structlog.testing.capture_logs() as logs:
        await runner(service, policy, bus).catch_up()
        await runner(service, policy, bus).catch_up()
    assert len(bus.sent) == 2
    assert await refusals(service) == [(NAME, "AlreadyReturned")] * 2
    assert [line["event"] for line in logs].count("policy refused") == 2


async def test_values_that_the_command_does_not_admit_are_a_refusal(
    service: Service,
) -> None:
    def wrong(event: LoanReturned, envelope: Envelope) -> Iterator[Command | Due]:
        values: dict[str, Any] = {"loan_id": event.loan_id, "note": None}
        yield WriteNote(**values)

    await returned(service)
    await runner(service, replace(THANK, react=wrong)).catch_up()
    assert await refusals(service) == [(NAME, "WriteNote")]


async def test_what_the_infrastructure_fails_is_tried_again_in_order(
    service: Service,
) -> None:
    failures: list[Exception] = [Busy(), asyncpg.InterfaceError("gone"), OSError()]
    loans = [await returned(service) for _ in range(3)]

    def fail(command: Command) -> None:
        if failures and command.loan_id == loans[1]:  # type: ignore[attr-defined]
            raise failures.pop()

    bus = Bus(service.commands, before=fail)
    async with running(runner(service, bus=bus)):
        await eventually(lambda: _is(notes(service), 3))
    order = [command.loan_id for command in bus.sent]  # type: ignore[attr-defined]
    assert order == [loans[0], *[loans[1]] * 4, loans[2]]
    assert await refusals(service) == []
    assert not await checkpoints.stopped(service.pool)


async def test_a_failure_is_waited_out_longer_each_time(service: Service) -> None:
    await returned(service)

    def fail(command: Command) -> None:
        raise Busy()

    bus = Bus(service.commands, before=fail)
    with structlog.testing.capture_logs() as logs:
        async with running(runner(service, bus=bus)):
            await eventually(lambda: len(bus.sent) >= 3)
    waited = [line["seconds"] for line in logs if line["event"] == "policy waits"]
    assert waited[:3] == sorted(waited[:3]) and len(set(waited[:3])) == 3


async def test_a_policy_that_raises_stops_and_says_where(service: Service) -> None:
    loan = await returned(service)

    def broken(event: LoanReturned, envelope: Envelope) -> Iterator[Command | Due]:
        raise RuntimeError("a mistake")
        yield

    with pytest.raises(SubscriptionStopped):
        await runner(service, replace(THANK, react=broken)).catch_up()
    [halt] = await checkpoints.stopped(service.pool)
    assert (halt.name, halt.error) == (NAME, "RuntimeError")
    await runner(service).catch_up()
    assert await notes(service, loan) == 1


async def test_a_policy_begins_with_what_happens_after_its_first_start(
    service: Service,
) -> None:
    before = await returned(service)
    await checkpoints.enter_at_head(service.pool, [NAME])
    after = await returned(service)
    await checkpoints.enter_at_head(service.pool, [NAME])
    await runner(service).catch_up()
    assert await notes(service, before) == 0
    assert await notes(service, after) == 1


async def test_what_is_not_settled_when_a_policy_begins_is_not_missed(
    service: Service, pool: Pool
) -> None:
    """An append that is under way then has an older transaction, and comes later."""
    loan = await service.open_loan()
    async with pool.acquire() as connection, connection.transaction():
        await connection.execute(
            "INSERT INTO kernel.events (epoch, xid, stream_id, version, event_id, type,"
            " data, meta, occurred_at) SELECT 1, pg_current_xact_id(), $1, 2, $2,"
            " 'lending.LoanReturned', $3, meta, occurred_at FROM kernel.events",
            loan,
            uuid4(),
            {"loan_id": loan},
        )
        await service.open_loan()  # younger, and settled before it
        await checkpoints.enter_at_head(pool, [NAME])
    await service.pool.execute(
        "UPDATE kernel.streams SET version = 2 WHERE stream_id = $1", loan
    )
    await runner(service).catch_up()
    assert await notes(service, loan) == 1


async def test_a_deadline_is_not_kept_before_its_time(service: Service) -> None:
    loan = await returned(service)
    policy = thank_at(datetime.now(UTC) + FUTURE)
    await runner(service, policy).catch_up()
    assert await timers(service, policy).fire() == 0
    assert await notes(service, loan) == 0
    await service.pool.execute("UPDATE kernel.timers SET due_at = clock_timestamp()")
    assert await timers(service, policy).fire() == 1
    assert await timers(service, policy).fire() == 0
    assert await notes(service, loan) == 1
    assert await timers_left(service) == 0


async def test_a_deadline_is_kept_by_whoever_runs_when_it_comes(
    service: Service,
) -> None:
    loan = await returned(service)
    due = datetime.now(UTC) + timedelta(seconds=0.3)
    policy = thank_at(due)
    await runner(service, policy).catch_up()
    async with running(timers(service, policy), timers(service, policy)):
        await eventually(lambda: notes(service, loan))
        await eventually(lambda: _is(timers_left(service), 0))
    at = await service.pool.fetchval(
        "SELECT recorded_at FROM kernel.events WHERE type = 'lending.NoteWritten'"
    )
    assert at >= due
    assert await notes(service, loan) == 1


async def test_an_event_that_is_read_again_sets_no_second_deadline(
    service: Service,
) -> None:
    loan = await returned(service)
    policy = thank_at(datetime.now(UTC))
    for _ in range(2):
        await service.pool.execute("DELETE FROM kernel.checkpoints")
        await runner(service, policy).catch_up()
        await timers(service, policy).fire()
    assert await notes(service, loan) == 1
    assert await timers_left(service) == 0


async def test_a_timer_whose_worker_was_killed_fires_once(service: Service) -> None:
    loan = await returned(service)
    policy = thank_at(datetime.now(UTC))
    await runner(service, policy).catch_up()
    for moment in ("before", "after"):
        bus = Bus(service.commands, **{moment: kill})  # type: ignore[arg-type]
        with pytest.raises(BaseExceptionGroup):
            await timers(service, policy, bus, lease=0.01).fire()
        assert await timers_left(service) == 1
        await eventually(lambda: free(service))
    await timers(service, policy).fire()
    assert await notes(service, loan) == 1
    assert await timers_left(service) == 0


async def test_a_timer_that_is_being_claimed_is_left_to_its_worker(
    service: Service, pool: Pool
) -> None:
    await returned(service)
    policy = thank_at(datetime.now(UTC))
    await runner(service, policy).catch_up()
    other = timers(service, policy)
    async with pool.acquire() as connection:
        slow: Any = replace(service, pool=connection)
        async with connection.transaction():
            assert len(await timers(slow, policy).claim()) == 1
            assert await asyncio.wait_for(other.claim(), 2) == []
    assert await other.claim() == []


async def test_a_zombie_with_an_old_claim_settles_nothing(service: Service) -> None:
    loan = await returned(service)
    policy = thank_at(datetime.now(UTC))
    await runner(service, policy).catch_up()
    [old] = await timers(service, policy, lease=0.001).claim()
    await eventually(lambda: free(service))
    [new] = await timers(service, policy).claim()
    assert new.fence > old.fence
    await timers(service, policy).settle(old)
    assert await timers_left(service) == 1
    await timers(service, policy).settle(new)
    assert await timers_left(service) == 0
    assert await notes(service, loan) == 1


async def test_a_refused_deadline_is_recorded_and_gone(service: Service) -> None:
    await returned(service)

    def late(event: LoanReturned, envelope: Envelope) -> Iterator[Command | Due]:
        yield Due(datetime.now(UTC), ReturnLoan(loan_id=event.loan_id))

    policy = replace(THANK, react=late)
    await runner(service, policy).catch_up()
    await timers(service, policy).fire()
    assert await refusals(service) == [(NAME, "AlreadyReturned")]
    assert await timers_left(service) == 0


async def test_a_deadline_that_finds_nobody_is_tried_again(service: Service) -> None:
    loan = await returned(service)
    policy = thank_at(datetime.now(UTC))
    await runner(service, policy).catch_up()

    def fail(command: Command) -> None:
        raise Busy()

    await timers(service, policy, Bus(service.commands, before=fail)).fire()
    assert await timers(service, policy).fire() == 0
    async with running(timers(service, policy)):
        await eventually(lambda: notes(service, loan))


async def test_a_timer_that_cannot_be_sent_stops_alone(service: Service) -> None:
    loans = [await returned(service), await returned(service)]
    policy = thank_at(datetime.now(UTC))
    await runner(service, policy).catch_up()

    def fail(command: Command) -> None:
        if command.loan_id == loans[0]:  # type: ignore[attr-defined]
            raise RuntimeError("a mistake")

    await timers(service, policy, Bus(service.commands, before=fail)).fire()
    assert [await notes(service, each) for each in loans] == [0, 1]
    assert (await stopped(service.pool))[NAME] == "1 stopped: RuntimeError"
    assert await resume(service.pool, NAME)
    await timers(service, policy).fire()
    assert [await notes(service, each) for each in loans] == [1, 1]


async def test_a_timer_that_kills_its_workers_is_stopped(service: Service) -> None:
    await returned(service)
    policy = thank_at(datetime.now(UTC))
    await runner(service, policy).catch_up()
    for _ in range(3):
        await timers(service, policy, lease=0.001).claim()
        await eventually(lambda: free(service))
    await timers(service, policy, max_attempts=3).fire()
    assert "3 claims" in (await stopped(service.pool))[NAME]


async def test_a_deadline_is_decided_at_its_time_or_later(service: Service) -> None:
    """The clock of the machine may be behind that of the database."""
    seen: list[Context] = []

    async def look(command: Command, context: Context, next: Any) -> Accepted:
        seen.append(context)
        accepted: Accepted = await next(command, context)
        return accepted

    service.clock.time = datetime.now(UTC) - FUTURE
    bus = CommandBus(service.store, clock=service.clock, middlewares=[look])
    for register in LENDING.register_commands:
        register(bus, service.store)
    await returned(service)
    due = datetime.now(UTC)
    policy = thank_at(due)
    await runner(service, policy).catch_up()
    await timers(service, policy, bus).fire()
    assert [each.now for each in seen] == [due]


async def test_the_worker_runs_policies_and_timers_and_stops_when_told(
    service: Service,
) -> None:
    later = replace(thank_at(datetime.now(UTC)), name="lending.Later")
    stop = asyncio.Event()
    worker = asyncio.create_task(
        run_policies(
            service.pool,
            [THANK, later],
            service.commands,
            worker_settings(),
            stop=stop,
            wake=service.store.wake,
        )
    )
    loan = await returned(service)
    await eventually(lambda: _is(notes(service, loan), 2))
    stop.set()
    await asyncio.wait_for(worker, 5)


async def _is(value: Any, wanted: object) -> bool:
    return bool(await value == wanted)


async def free(service: Service) -> bool:
    are_free: bool = await service.pool.fetchval(
        "SELECT bool_and(claimed_until < clock_timestamp()) FROM kernel.timers"
    )
    return are_free
