"""Runners: one owner at a time, nothing skipped, nothing applied twice."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any
from uuid import UUID

import pytest
import structlog

from app.common.errors import ReadModelBehind
from app.common.events import Envelope
from app.infra import worker
from app.infra.event_store.tokens import Token
from app.infra.persistence.postgres import Pool
from app.infra.projections.batch import Batches
from app.infra.projections.projection import Projection
from app.infra.projections.waiting import Waiting
from app.infra.subscriptions import checkpoints
from app.infra.subscriptions.checkpoints import Ownership, OwnershipLost
from app.infra.subscriptions.runner import Runner, SubscriptionStopped
from app.infra.wakeup import WakeUp
from app.infra.worker import run_subscriptions
from tests.infra.conftest import pool_of
from tests.infra.lending import (
    JOURNAL,
    LENDING,
    VIEW,
    GetLoan,
    LoanEvent,
    LoanJournal,
    NoteWritten,
    WriteNote,
    project_loan_journal,
)
from tests.infra.service import (
    STAFF,
    Service,
    eventually,
    runner_of,
    worker_settings,
)

FOREVER = Token(9, 9, 9)


class Fold:
    """The journal's fold, which fails at the notes it is told to fail at."""

    def __init__(self, *poison: str) -> None:
        self.poison = set(poison)
        self.seen: list[str] = []

    def __call__(
        self, row: LoanJournal | None, event: LoanEvent, envelope: Envelope
    ) -> LoanJournal | None:
        if isinstance(event, NoteWritten):
            self.seen.append(event.note)
            if event.note in self.poison:
                raise RuntimeError(f"cannot fold {event.note}")
        return project_loan_journal(row, event, envelope)

    @property
    def projection(self) -> Projection[Any, Any]:
        return replace(JOURNAL, fold=self)


@asynccontextmanager
async def running(*runners: Runner) -> AsyncIterator[None]:
    stop = asyncio.Event()
    async with asyncio.TaskGroup() as tasks:
        for runner in runners:
            tasks.create_task(runner.run(stop))
        try:
            yield
        finally:
            stop.set()


async def write_notes(service: Service, *notes: str) -> UUID:
    loan = await service.open_loan()
    for note in notes:
        await service.send(WriteNote(loan_id=loan, note=note))
    return loan


async def notes_of(service: Service, loan: UUID) -> int | None:
    count: int | None = await service.pool.fetchval(
        "SELECT notes FROM loan_journal WHERE loan_id = $1", loan
    )
    return count


async def test_a_reader_waits_for_its_own_command_to_be_projected(
    service: Service,
) -> None:
    loan = await service.open_loan()
    accepted = await service.send(WriteNote(loan_id=loan, note="mine"))
    query = GetLoan(loan_id=loan)
    async with running(service.runner(VIEW)):
        view: Any = await service.queries.ask(
            query, actor=STAFF, wait_for=accepted.token
        )
    assert view.note == "mine"


async def test_a_reader_that_waits_in_vain_is_told_to_come_back(pool: Pool) -> None:
    with pytest.raises(ReadModelBehind) as refusal:
        await Waiting(pool, timeout=0.02).until("loan_view", FOREVER)
    assert refusal.value.status == 503
    assert refusal.value.retry_after > 0


async def test_an_owner_shut_out_by_a_higher_fence_changes_nothing(
    service: Service,
) -> None:
    loan = await write_notes(service, "a", "b")
    zombie = await checkpoints.acquire(
        service.pool, JOURNAL.name, holder="zombie", lease=-1
    )
    assert zombie is not None
    heir = await checkpoints.acquire(
        service.pool, JOURNAL.name, holder="heir", lease=60
    )
    assert heir is not None and heir.fence > zombie.fence

    batches = Batches(service.pool, JOURNAL, size=10, lease=60)
    with pytest.raises(OwnershipLost):
        await batches.next(zombie)
    assert await notes_of(service, loan) is None
    with pytest.raises(OwnershipLost):
        await checkpoints.renew(service.pool, zombie, 60)
    with pytest.raises(OwnershipLost):
        await checkpoints.stop(service.pool, zombie, None, "never")

    await batches.next(heir)
    assert await notes_of(service, loan) == 2


async def test_a_batch_written_twice_moves_the_checkpoint_once(
    service: Service,
) -> None:
    loan = await write_notes(service, "a")
    owned = await checkpoints.acquire(service.pool, JOURNAL.name, holder="me", lease=60)
    assert owned is not None
    batches = Batches(service.pool, JOURNAL, size=10, lease=60)
    await batches.next(owned)
    with pytest.raises(OwnershipLost):
        await batches.next(owned)
    assert await notes_of(service, loan) == 1


async def test_nobody_takes_over_while_the_lease_lasts(service: Service) -> None:
    take = {"name": "x", "lease": 60}
    assert await checkpoints.acquire(service.pool, holder="one", **take)  # type: ignore[arg-type]
    assert not await checkpoints.acquire(service.pool, holder="two", **take)  # type: ignore[arg-type]


async def test_another_copy_takes_over_when_the_owner_falls_silent(
    service: Service,
) -> None:
    await checkpoints.acquire(service.pool, JOURNAL.name, holder="gone", lease=0.05)
    loan = await write_notes(service, "a")
    async with running(service.runner(JOURNAL), service.runner(JOURNAL)):
        await eventually(lambda: notes_of(service, loan))


async def test_an_event_that_cannot_be_folded_stops_the_subscription(
    service: Service,
) -> None:
    before = await write_notes(service, "good")
    after = await write_notes(service, "poison", "later")
    other = await write_notes(service, "elsewhere")
    fold = Fold("poison")
    runner = service.runner(fold.projection)
    with (
        structlog.testing.capture_logs() as logs,
        pytest.raises(SubscriptionStopped),
    ):
        await runner.catch_up()

    event = await service.pool.fetchval(
        "SELECT event_id FROM kernel.events WHERE data->>'note' = 'poison'"
    )
    [halt] = await checkpoints.stopped(service.pool)
    assert (halt.name, halt.event_id) == ("loan_journal", event)
    assert halt.error == "RuntimeError"
    assert [line["log_level"] for line in logs] == ["critical"]
    assert "cannot fold poison" in str(logs[0]["exc_info"])

    with pytest.raises(OwnershipLost):
        await runner.catch_up()
    assert fold.seen == ["good", "poison"]
    assert await notes_of(service, before) == 1
    assert await notes_of(service, after) is None
    assert await notes_of(service, other) is None


async def test_a_stopped_subscription_goes_on_when_it_is_resumed(
    service: Service,
) -> None:
    loan = await write_notes(service, "a", "poison", "b")
    fold = Fold("poison")
    async with running(service.runner(fold.projection)):
        await eventually(lambda: checkpoints.stopped(service.pool))
        fold.poison.clear()
        assert await checkpoints.resume(service.pool, "loan_journal")
        await eventually(lambda: _is(notes_of(service, loan), 3))
    assert not await checkpoints.stopped(service.pool)
    assert not await checkpoints.resume(service.pool, "loan_journal")


async def test_every_process_tries_a_stopped_subscription_once(
    service: Service,
) -> None:
    await write_notes(service, "poison")
    fold = Fold("poison")
    one, other = service.runner(fold.projection), service.runner(fold.projection)
    for runner in (one, other):
        with pytest.raises(SubscriptionStopped):
            await runner.catch_up()
    for runner in (one, other):
        with pytest.raises(OwnershipLost):
            await runner.catch_up()
    assert fold.seen == ["poison", "poison"]

    fold.poison.clear()
    await service.runner(fold.projection).catch_up()
    assert not await checkpoints.stopped(service.pool)


async def test_starts_that_end_without_a_word_are_counted(service: Service) -> None:
    """A fold that kills its process leaves no error, only attempts."""
    await write_notes(service, "deadly")
    for process in ("one", "two", "three"):
        await checkpoints.acquire(service.pool, JOURNAL.name, holder=process, lease=-1)
    fold = Fold()
    runner = service.runner(fold.projection, max_attempts=3)
    with pytest.raises(OwnershipLost):
        await runner.catch_up()
    [halt] = await checkpoints.stopped(service.pool)
    assert halt.event_id is None
    assert "3 starts" in halt.error
    assert fold.seen == []

    await checkpoints.resume(service.pool, JOURNAL.name)
    await service.runner(fold.projection, max_attempts=3).catch_up()
    assert fold.seen == ["deadly"]


async def test_a_subscription_that_stopped_without_an_event_alarms_once(
    service: Service,
) -> None:
    await write_notes(service, "deadly")
    for process in ("one", "two", "three"):
        await checkpoints.acquire(service.pool, JOURNAL.name, holder=process, lease=-1)
    runners = [service.runner(JOURNAL, max_attempts=3) for _ in range(2)]
    with structlog.testing.capture_logs() as logs:
        async with running(*runners):
            [halt] = await eventually(lambda: checkpoints.stopped(service.pool))
            await asyncio.sleep(0.3)
    assert [line["log_level"] for line in logs] == ["critical"]
    assert await checkpoints.stopped(service.pool) == [halt]


async def test_a_value_too_long_for_an_index_stops_at_its_event(
    service: Service,
) -> None:
    await service.pool.execute("CREATE INDEX by_note ON loan_view (note)")
    too_long = random.Random(1).randbytes(9_000).hex()
    loan = await write_notes(service, "short", too_long)
    async with running(service.runner(VIEW, batch=100)):
        [halt] = await eventually(lambda: checkpoints.stopped(service.pool))
    assert halt.error == "ProgramLimitExceededError"
    assert halt.event_id == await service.pool.fetchval(
        "SELECT event_id FROM kernel.events WHERE stream_id = $1 AND version = 3", loan
    )
    note = "SELECT note FROM loan_view WHERE loan_id = $1"
    assert await service.pool.fetchval(note, loan) == "short"


async def test_a_hashed_index_takes_and_finds_a_value_of_any_length(
    service: Service,
) -> None:
    await service.pool.execute("CREATE INDEX by_note ON loan_view USING hash (note)")
    long = random.Random(1).randbytes(9_000).hex()
    loan = await write_notes(service, "short", long)
    async with running(service.runner(VIEW, batch=100)):
        await eventually(lambda: _found(service, long))
    assert await _found(service, long) == loan
    assert await checkpoints.stopped(service.pool) == []


async def _found(service: Service, note: str) -> UUID | None:
    """By the index alone, however few rows there are."""
    async with service.pool.acquire() as connection, connection.transaction():
        await connection.execute("SET LOCAL enable_seqscan = off")
        query = "SELECT loan_id FROM loan_view WHERE note = $1"
        plan = await connection.fetch(f"EXPLAIN {query}", note)
        assert "by_note" in str(plan)
        found: UUID | None = await connection.fetchval(query, note)
        return found


class Failing:
    """A subscription whose every batch raises."""

    name = "failing"

    def __init__(self, error: Exception) -> None:
        self.error = error
        self.times = 0

    async def next(self, owned: Ownership) -> Ownership:
        self.times += 1
        raise self.error


async def test_unexpected_failures_are_attempts_and_stop_in_the_end(
    pool: Pool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(worker, "RESTART_PAUSE", 0.01)
    failing, stop = Failing(LookupError("a mistake of ours")), asyncio.Event()
    settings = worker_settings(max_attempts=3)
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(run_subscriptions(pool, [failing], settings, stop=stop))
        [halt] = await eventually(lambda: checkpoints.stopped(pool))
        stop.set()
    assert failing.times == 3
    assert (halt.event_id, "3 starts" in halt.error) == (None, True)
    assert "LookupError" in halt.error


async def test_waiting_in_vain_is_counted_and_becomes_an_alarm(pool: Pool) -> None:
    failing = Failing(TimeoutError())
    settings = worker_settings(max_attempts=3, poll_max=0.01)
    with structlog.testing.capture_logs() as logs:
        async with running(Runner(pool, failing, settings)):
            await eventually(lambda: failing.times > 3)
    said = [(line["times"], line["log_level"]) for line in logs[:4]]
    alarms = [(3, "critical"), (4, "critical")]
    assert said == [(1, "warning"), (2, "warning"), *alarms]
    assert not await checkpoints.stopped(pool)


async def test_a_process_that_comes_back_does_not_count_as_a_failed_start(
    service: Service,
) -> None:
    for fence in range(1, 5):
        owned = await checkpoints.acquire(
            service.pool, JOURNAL.name, holder="me", lease=60
        )
        assert owned is not None
        assert (owned.fence, owned.attempts) == (fence, 1)


async def test_an_idle_runner_does_not_count_as_a_failed_start(
    service: Service,
) -> None:
    for _ in range(10):
        await service.runner(JOURNAL, max_attempts=2).catch_up()
    assert not await checkpoints.stopped(service.pool)


async def test_an_event_that_newer_code_recorded_is_not_skipped(
    service: Service,
) -> None:
    loan = await write_notes(service, "a", "b", "c")
    await service.pool.execute(
        "UPDATE kernel.events SET type = 'lending.Unheard' WHERE data->>'note' = 'b'"
    )
    async with running(service.runner(JOURNAL)):
        [halt] = await eventually(lambda: checkpoints.stopped(service.pool))
    assert halt.error == "UnknownEvent"
    assert await notes_of(service, loan) == 1


async def test_a_row_that_the_database_refuses_stops_at_its_event(
    service: Service,
) -> None:
    await service.pool.execute("ALTER TABLE loan_journal ADD CHECK (notes < 3)")
    first = await write_notes(service, "a")
    loan = await write_notes(service, "b", "c", "d")
    with structlog.testing.capture_logs() as logs:
        async with running(service.runner(JOURNAL, batch=100)):
            [halt] = await eventually(lambda: checkpoints.stopped(service.pool))
    assert halt.error == "CheckViolationError"
    assert "violates" in str(logs[-1]["exc_info"])
    assert str(loan) not in str(logs[-1]["exc_info"])
    assert await notes_of(service, first) == 1
    assert await notes_of(service, loan) == 2


async def test_a_runner_survives_the_loss_of_its_connections(
    service: Service, database: str
) -> None:
    async with pool_of(database) as other:
        runner = runner_of(other, JOURNAL, worker_settings())
        loan = await write_notes(service, "a")
        async with running(runner):
            await eventually(lambda: notes_of(service, loan))
            await service.pool.fetch(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )
            await service.send(WriteNote(loan_id=loan, note="b"))
            await eventually(lambda: _is(notes_of(service, loan), 2))


class Lookout:
    """Finds nothing, and is nudged while it looks for the first time."""

    name = "lookout"

    def __init__(self, wake: WakeUp) -> None:
        self.wake = wake
        self.looks = 0

    async def next(self, owned: Ownership) -> Ownership:
        self.looks += 1
        if self.looks == 1:
            self.wake.notify()
        return owned


async def test_a_nudge_that_comes_while_one_looks_is_not_missed(pool: Pool) -> None:
    wake = WakeUp()
    lookout = Lookout(wake)
    runner = Runner(pool, lookout, worker_settings(poll_min=60, poll_max=60), wake=wake)
    stop = asyncio.Event()
    task = asyncio.create_task(runner.run(stop))
    await eventually(lambda: lookout.looks > 1)
    stop.set()
    wake.notify()
    await task


async def test_the_worker_runs_every_projection_and_stops_when_told(
    service: Service,
) -> None:
    stop = asyncio.Event()
    working = asyncio.create_task(
        run_subscriptions(
            service.pool,
            [
                Batches(service.pool, each, size=500, lease=5)
                for each in LENDING.projections
            ],
            worker_settings(),
            stop=stop,
            wake=service.store.wake,
        )
    )
    loan = await write_notes(service, "a")
    await eventually(lambda: notes_of(service, loan))
    stop.set()
    await asyncio.wait_for(working, 5)
    free = "SELECT bool_and(lease_until < clock_timestamp()) FROM kernel.checkpoints"
    assert await service.pool.fetchval(free)


async def _is(value: Any, wanted: object) -> bool:
    return bool(await value == wanted)
