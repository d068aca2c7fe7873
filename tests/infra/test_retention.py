"""The command log forgets, and only what nobody can repeat any more."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from datetime import timedelta
from uuid import uuid4

import pytest

from app.common.events import Envelope
from app.common.messages import Command
from app.common.policies import Due, Policy
from app.infra.event_store import retention
from app.infra.event_store.append import DirectAppender
from app.infra.event_store.retention import Retention
from app.infra.metrics.measures import FORGOTTEN
from app.infra.persistence.postgres import Pool
from app.infra.policies.subscription import PolicySubscription
from app.infra.subscriptions import checkpoints
from app.infra.subscriptions.runner import Runner
from tests.infra.group import wish
from tests.infra.lending import LoanReturned, ReturnLoan, WriteNote
from tests.infra.service import NOON, Service, eventually, worker_settings

DAYS = 30
LONGER = timedelta(days=DAYS, seconds=1)


async def age(pool: Pool, by: timedelta, tables: str = "command_log events") -> None:
    """Let time go by for what has been recorded so far."""
    for table in tables.split():
        await pool.execute(
            f"UPDATE kernel.{table} SET recorded_at = recorded_at - $1::interval", by
        )


async def test_only_what_is_old_is_forgotten_batch_by_batch(
    service: Service,
) -> None:
    loan = await service.open_loan()
    for number in range(4):
        await service.send(WriteNote(loan_id=loan, note="old"), key=f"old {number}")
    await age(service.pool, LONGER)
    recent = await service.send(WriteNote(loan_id=loan, note="new"), key="new")
    before = FORGOTTEN._value.get()
    ages = Retention(service.pool, days=DAYS, batch=3)
    assert [await ages.forget() for _ in range(3)] == [3, 2, 0]
    assert FORGOTTEN._value.get() - before == 5

    repeat = await service.send(WriteNote(loan_id=loan, note="new"), key="new")
    assert repeat.replayed and repeat.version == recent.version
    anew = await service.send(WriteNote(loan_id=loan, note="old"), key="old 0")
    assert not anew.replayed and anew.version == recent.version + 1


async def test_a_worker_forgets_until_it_is_told_to_stop(service: Service) -> None:
    for _ in range(5):
        await service.open_loan()
    await age(service.pool, LONGER)
    stop = asyncio.Event()
    ages = Retention(service.pool, days=DAYS, batch=2)
    working = asyncio.create_task(ages.run(stop))
    log = "SELECT count(*) = 0 FROM kernel.command_log"
    await eventually(lambda: service.pool.fetchval(log))
    stop.set()
    await asyncio.wait_for(working, 10)


async def test_one_copy_forgets_at_a_time(service: Service) -> None:
    await service.open_loan()
    await age(service.pool, LONGER)
    ages = Retention(service.pool, days=DAYS)
    async with service.pool.acquire() as other, other.transaction():
        await other.execute("SELECT pg_advisory_xact_lock($1)", retention._LOCK)
        assert await ages.forget() == 0
    assert await ages.forget() == 1


async def test_appends_go_on_while_the_past_is_forgotten(service: Service) -> None:
    loan = await service.open_loan()
    for number in range(100):
        await service.send(WriteNote(loan_id=loan, note="old"), key=f"old {number}")
    await age(service.pool, LONGER)
    ages = Retention(service.pool, days=DAYS, batch=5)

    async def write(key: int) -> None:
        mine = await service.open_loan()
        for _ in range(3):
            await service.send(WriteNote(loan_id=mine, note="n"), key=f"new {key}")

    async def forget() -> int:
        total = 0
        while forgotten := await ages.forget():
            total += forgotten
        return total

    forgotten, *_ = await asyncio.gather(forget(), *(write(key) for key in range(20)))
    assert forgotten == 101
    new = "SELECT count(*) FROM kernel.events WHERE stream_id <> $1 AND version = $2"
    assert await service.pool.fetchval(new, loan, 2) == 20
    assert await service.pool.fetchval(new, loan, 3) == 0
    assert await service.count("kernel.command_log") == 40


async def test_a_repeat_whose_first_is_forgotten_meanwhile_is_a_new_command(
    service: Service,
) -> None:
    """It has seen that it is a repeat, and waits for its stream: then it is none."""
    direct, stream, asked = DirectAppender(service.pool, 1), uuid4(), uuid4()
    await direct.append(wish(stream))
    await direct.append(wish(stream, 1, id=asked))
    await age(service.pool, LONGER)
    async with service.pool.acquire() as other, other.transaction():
        lock = "SELECT FROM kernel.streams WHERE stream_id = $1 FOR UPDATE"
        await other.execute(lock, stream)
        repeat = asyncio.create_task(direct.append(wish(stream, 2, id=asked)))
        waits = "SELECT count(*) = 1 FROM pg_locks WHERE NOT granted"
        await eventually(lambda: service.pool.fetchval(waits))
        assert await Retention(service.pool, days=DAYS).forget() == 2
    verdict = await repeat
    assert (verdict.outcome, verdict.version) == ("ok", 3)


@pytest.mark.parametrize("later", [False, True])
async def test_what_a_policy_may_send_again_is_kept(
    service: Service, later: bool
) -> None:
    """It has sent its command, and died before it could say so."""

    def react(event: LoanReturned, envelope: Envelope) -> Iterator[Command | Due]:
        note = WriteNote(loan_id=event.loan_id, note="thanks")
        yield Due(NOON, note) if later else note

    policy = Policy(name="lending.ThankReader", event=LoanReturned, react=react)
    await checkpoints.enter_at_head(service.pool, [policy.name])
    loan = await service.open_loan()
    await service.send(ReturnLoan(loan_id=loan))
    reacting = PolicySubscription(
        service.pool, policy, service.commands, size=10, lease=5
    )
    runner = Runner(service.pool, reacting, worker_settings())
    if later:
        await runner.catch_up()
        await service.pool.execute(
            "UPDATE kernel.timers SET due_at = clock_timestamp() - $1::interval"
            " - interval '1 day'",
            LONGER,
        )
    await age(service.pool, LONGER)
    kept = Retention(service.pool, days=DAYS, policies=[policy.name])
    last = "SELECT min(recorded_at) FROM kernel.command_log"
    oldest = await service.pool.fetchval(last)
    assert await kept.forget() == (0 if later else 1)
    if later:
        await service.pool.execute("DELETE FROM kernel.timers")
    else:
        assert await service.pool.fetchval(last) > oldest
        await runner.catch_up()
    assert await kept.forget() > 0
