"""Group commit: every state of a command, and every way out of it."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from decimal import Decimal
from typing import Any
from uuid import uuid4

import pytest
from prometheus_client import REGISTRY

from app.common.errors import Busy, OutcomeUnknown
from app.infra.event_store.append import Append, EpochChanged, Row, Verdict
from app.infra.event_store.group_commit import GroupCommit
from app.infra.persistence.postgres import Connection, Pool
from app.infra.projections.folding import Standing
from tests.infra.group import (
    GATE,
    LosesAnswers,
    call_under_way,
    connecting,
    grouping,
    holding,
    wish,
)
from tests.infra.lending import (
    LOAN_JOURNAL,
    LOAN_VIEW,
    ChargeFee,
    CopyIsLent,
    LoanJournal,
    WriteNote,
)
from tests.infra.service import Service, eventually, open_loan


@pytest.fixture
async def group(database: str, pool: Pool) -> AsyncIterator[GroupCommit]:
    async with grouping(pool, connecting(database)) as group:
        yield group


def together(group: GroupCommit, *wishes: Append) -> list[asyncio.Task[Verdict]]:
    return [asyncio.create_task(group.append(each)) for each in wishes]


async def outcomes(tasks: list[asyncio.Task[Verdict]]) -> list[str]:
    answers = await asyncio.gather(*tasks, return_exceptions=True)
    return [a.outcome if isinstance(a, Verdict) else type(a).__name__ for a in answers]


async def count(pool: Pool, table: str = "kernel.events") -> int:
    number: int = await pool.fetchval(f"SELECT count(*) FROM {table}")
    return number


async def test_commands_that_come_during_a_call_share_the_next(
    group: GroupCommit, pool: Pool
) -> None:
    before = REGISTRY.get_sample_value("append_batch_commands_sum") or 0
    async with holding(pool, GATE):
        first = together(group, wish())
        await call_under_way(pool)
        rest = together(group, *(wish() for _ in range(300)))
        await eventually(lambda: group.waiting == 300)
        assert REGISTRY.get_sample_value("append_queue_commands") == 300
    assert set(await outcomes(first + rest)) == {"ok"}
    assert (group.counts.calls, group.counts.commands) == (3, 301)
    told = REGISTRY.get_sample_value("append_batch_commands_sum") or 0
    assert told - before == 301
    assert REGISTRY.get_sample_value("append_queue_commands") == 0
    assert await count(pool) == 301


async def test_a_lone_command_waits_for_nobody(group: GroupCommit) -> None:
    verdicts = [(await group.append(wish())).outcome for _ in range(3)]
    assert verdicts == ["ok"] * 3
    assert group.counts.calls == 3


async def test_a_full_queue_refuses_at_once(database: str, pool: Pool) -> None:
    async with (
        grouping(pool, connecting(database), queue=2, batch=1) as group,
        holding(pool, GATE),
    ):
        sent = together(group, wish())
        await call_under_way(pool)
        queued = together(group, wish(), wish())
        await eventually(lambda: group.waiting == 2)
        with pytest.raises(Busy) as refusal:
            await group.append(wish())
        assert (refusal.value.status, refusal.value.retry_after) == (503, 1)
        [*pending] = sent + queued
    assert await outcomes(pending) == ["ok"] * 3


async def test_a_command_that_waits_past_its_deadline_is_given_back_unsent(
    database: str, pool: Pool
) -> None:
    async with grouping(pool, connecting(database), deadline=0.05) as group:
        async with holding(pool, GATE):
            sent = together(group, wish())
            await call_under_way(pool)
            assert await outcomes(together(group, wish(), wish())) == ["Busy"] * 2
        assert await outcomes(sent) == ["ok"]
        assert await count(pool) == 1


async def test_a_command_that_is_cancelled_while_it_waits_is_not_sent(
    group: GroupCommit, pool: Pool
) -> None:
    async with holding(pool, GATE):
        sent = together(group, wish())
        await call_under_way(pool)
        gone, stays = together(group, wish(), wish())
        await eventually(lambda: group.waiting == 2)
        gone.cancel()
        await asyncio.wait([gone])
        assert group.waiting == 1
    assert await outcomes([*sent, stays]) == ["ok", "ok"]
    assert await count(pool) == 2


async def test_commands_wait_for_a_database_that_is_away_until_their_deadline(
    database: str, pool: Pool
) -> None:
    away = True

    async def connection() -> Connection:
        if away:
            raise ConnectionRefusedError("away")
        return await connecting(database)()

    async with grouping(pool, connection, deadline=0.1) as group:
        assert await outcomes(together(group, wish())) == ["Busy"]
        away = False
        assert (await eventually(lambda: _unless_busy(group))).outcome == "ok"


async def test_a_command_whose_caller_left_after_sending_is_applied_once(
    group: GroupCommit, pool: Pool
) -> None:
    asked = wish()
    async with holding(pool, GATE):
        [left] = together(group, asked)
        await call_under_way(pool)
        left.cancel()
        await asyncio.wait([left])
    assert (await group.append(asked)).outcome == "duplicate"
    assert await count(pool) == 1


async def test_a_loser_fails_alone(group: GroupCommit, pool: Pool) -> None:
    taken, known = wish(take=("k",)), wish()
    await group.append(taken)
    await group.append(known)
    async with holding(pool, GATE):
        first = together(group, wish())
        await call_under_way(pool)
        batch = together(
            group,
            wish(take=("k",)),
            wish(),
            wish(known.stream_id, 5),
            wish(known.stream_id, 1),
            known,
            wish(id=known.command_id, request_hash=b"other"),
            wish(take=("free",)),
            wish(note="not \x00 storable"),
            wish(),
        )
        await eventually(lambda: group.waiting == 9)
    assert await outcomes(first) == ["ok"]
    assert await outcomes(batch) == [
        "taken",
        "ok",
        "conflict",
        "conflict",  # the link before it fell
        "duplicate",
        "mismatch",
        "ok",
        "InvalidInput",
        "ok",
    ]
    assert await count(pool, "kernel.unique_keys") == 2
    assert await count(pool, "kernel.command_log") == await count(pool) == 6


async def test_commands_of_one_stream_share_a_call_as_a_chain(
    group: GroupCommit, pool: Pool
) -> None:
    loan = uuid4()
    async with holding(pool, GATE):
        first = together(group, wish())
        await call_under_way(pool)
        chain = together(
            group, *(wish(loan, n, rows=(_journal(loan, n + 1),)) for n in range(8))
        )
        rivals = together(group, *(wish(loan, 3) for _ in range(3)))
        await eventually(lambda: group.waiting == 11)
    assert await outcomes(first + chain) == ["ok"] * 9
    assert await outcomes(rivals) == ["conflict"] * 3
    assert group.counts.calls == 2
    assert await pool.fetchval("SELECT events FROM loan_journal") == 8


async def test_a_row_that_the_database_rejects_fails_its_own_command_only(
    group: GroupCommit, pool: Pool
) -> None:
    await pool.execute("ALTER TABLE loan_journal ADD CHECK (notes < 100)")
    bad = uuid4()
    async with holding(pool, GATE):
        first = together(group, wish())
        await call_under_way(pool)
        loans = [uuid4() for _ in range(20)]
        batch = together(group, *(wish(x, rows=(_journal(x, 1),)) for x in loans))
        culprit = together(group, wish(bad, rows=(_journal(bad, 1, notes=100),)))
        more = together(group, *(wish() for _ in range(20)))
        await eventually(lambda: group.waiting == 41)
    assert await outcomes(culprit) == ["CheckViolationError"]
    assert set(await outcomes(first + batch + more)) == {"ok"}
    assert (await count(pool), await count(pool, "loan_journal")) == (41, 20)


async def test_a_command_that_cannot_even_be_encoded_fails_alone(
    group: GroupCommit, pool: Pool
) -> None:
    async with holding(pool, GATE):
        first = together(group, wish())
        await call_under_way(pool)
        batch = together(group, wish(), wish(expected="one"), wish(events=0), wish())
        await eventually(lambda: group.waiting == 4)
    assert await outcomes(first + batch) == ["ok", "ok", "TypeError", "ok", "ok"]


async def test_equal_command_ids_never_share_a_call(
    group: GroupCommit, pool: Pool
) -> None:
    asked = wish()
    async with holding(pool, GATE):
        first = together(group, wish())
        await call_under_way(pool)
        same = together(group, asked, asked, asked)
        await eventually(lambda: group.waiting == 3)
    assert sorted(await outcomes(first + same)) == ["duplicate"] * 2 + ["ok"] * 2
    assert await count(pool) == 2


async def test_an_epoch_that_changed_is_told_to_everyone(
    group: GroupCommit, pool: Pool
) -> None:
    await pool.execute("UPDATE kernel.store SET epoch = 2")
    answers = await asyncio.gather(
        *together(group, wish(), wish()), return_exceptions=True
    )
    assert {type(answer) for answer in answers} == {EpochChanged}


async def test_a_held_stream_delays_nobody_else(group: GroupCommit, pool: Pool) -> None:
    held = wish()
    await group.append(held)
    lock = f"SELECT FROM kernel.streams WHERE stream_id = '{held.stream_id}' FOR UPDATE"
    slowest = 0.0
    async with holding(pool, lock):
        [busy] = together(group, wish(held.stream_id, 1))
        until = asyncio.get_running_loop().time() + 0.4
        while (began := asyncio.get_running_loop().time()) < until:
            assert (await group.append(wish())).outcome == "ok"
            slowest = max(slowest, asyncio.get_running_loop().time() - began)
        assert not busy.done()
    assert (await busy).outcome == "ok"
    assert slowest < 0.3
    assert group.counts.slow == 1


async def test_a_key_that_is_being_taken_elsewhere_delays_nobody_else_for_long(
    database: str, pool: Pool
) -> None:
    key = wish(take=("k",)).take
    [text] = [each.text for each in key]
    insert = f"INSERT INTO kernel.unique_keys VALUES ('s', '{text}', '{uuid4()}')"
    async with grouping(pool, connecting(database, lock_timeout=0.05)) as group:
        async with holding(pool, insert):
            [waits] = together(group, wish(take=("k",)))
            neighbours = [wish() for _ in range(20)]
            assert set(await outcomes(together(group, *neighbours))) == {"ok"}
            assert not waits.done()
        assert (await waits).outcome == "taken"


async def test_a_command_that_came_too_early_goes_into_the_next_call(
    group: GroupCommit, pool: Pool
) -> None:
    await group.append(wish(take=("k",)))
    async with holding(pool, GATE):
        first = together(group, wish())
        await call_under_way(pool)
        loser, winner = together(group, wish(take=("k", "free")), wish(take=("free",)))
        await eventually(lambda: group.waiting == 2)
    assert await outcomes([*first, loser, winner]) == ["ok", "taken", "ok"]
    assert group.counts.again == 1


async def test_a_connection_lost_before_the_commit_loses_nothing(
    group: GroupCommit, pool: Pool
) -> None:
    async with holding(pool, GATE):
        sent = together(group, *(wish() for _ in range(10)))
        await pool.execute(
            "SELECT pg_terminate_backend($1)", await call_under_way(pool)
        )
        await eventually(lambda: group.counts.lost == 1)
    assert await outcomes(sent) == ["ok"] * 10
    assert await count(pool) == 10


async def test_an_answer_lost_after_the_commit_is_given_all_the_same(
    database: str, pool: Pool
) -> None:
    lost = [2]

    async def connection() -> Any:
        return LosesAnswers(await connecting(database)(), lost)

    async with grouping(pool, connection) as group:
        sent = together(group, *(wish() for _ in range(10)))
        answers = await asyncio.gather(*sent)
    assert {(a.outcome, a.resent) for a in answers} == {("duplicate", True)}
    assert [a.token is not None and a.version for a in answers] == [1] * 10
    assert await count(pool) == 10


async def test_what_cannot_be_settled_is_said_to_be_unknown(
    database: str, pool: Pool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.infra.event_store.group_commit.pause", lambda _: 0.0)
    lost, asked = [1_000], wish()

    async def connection() -> Any:
        return LosesAnswers(await connecting(database)(), lost)

    async with grouping(pool, connection) as group:
        with pytest.raises(OutcomeUnknown, match="not known") as unknown:
            await group.append(asked)
        assert unknown.value.status == 503
        lost[0] = 0
        assert (await group.append(asked)).outcome == "duplicate"
    assert await count(pool) == 1


async def test_connections_killed_again_and_again_lose_and_double_nothing(
    group: GroupCommit, pool: Pool
) -> None:
    applied: Counter[Any] = Counter()
    done = asyncio.Event()

    async def write() -> None:
        for number in range(40):
            stream = wish()
            for version in range(2):
                verdict = await group.append(wish(stream.stream_id, version))
                assert verdict.outcome == "ok" or verdict.resent, (number, verdict)
                applied[stream.stream_id] += 1

    async def kill() -> None:
        while not done.is_set():
            seen = group.counts.calls
            await pool.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE"
                " application_name = 'group commit' AND datname = current_database()"
            )
            await eventually(
                lambda seen=seen: group.counts.calls > seen + 3 or done.is_set()
            )

    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(kill())
        await asyncio.gather(*(write() for _ in range(24)))
        done.set()
    assert group.counts.lost > 3
    log = await pool.fetch(
        "SELECT stream_id, count(*) AS n, max(version) AS last FROM kernel.events"
        " GROUP BY stream_id"
    )
    assert {row["stream_id"]: row["n"] for row in log} == dict(applied)
    assert all(row["n"] == row["last"] == 2 for row in log)


@pytest.mark.parametrize("cancelled", [False, True])
async def test_a_flusher_that_ends_leaves_nobody_waiting(
    group: GroupCommit, pool: Pool, monkeypatch: pytest.MonkeyPatch, cancelled: bool
) -> None:
    async with holding(pool, GATE):
        sent = together(group, wish())
        await call_under_way(pool)
        queued = together(group, wish())
        await eventually(lambda: group.waiting == 1)
        if cancelled:
            assert group._flusher is not None
            group._flusher.cancel()
        else:
            monkeypatch.setattr(group, "_settle", None)
            monkeypatch.setattr(group, "_next_batch", None)
    assert await outcomes(sent + queued) == ["OutcomeUnknown", "Busy"]
    monkeypatch.undo()
    assert (await group.append(wish())).outcome == "ok"


async def test_closing_answers_everyone_and_takes_nobody(
    database: str, pool: Pool
) -> None:
    async with grouping(pool, connecting(database)) as group:
        async with holding(pool, GATE):
            sent = together(group, wish())
            await call_under_way(pool)
            queued = together(group, *(wish() for _ in range(5)))
            await eventually(lambda: group.waiting == 5)
            closing = asyncio.create_task(group.close())
            await asyncio.sleep(0)
            with pytest.raises(Busy):
                await group.append(wish())
        await closing
        assert await outcomes(sent + queued) == ["ok"] * 6
    statement = (
        "SELECT count(*) FROM pg_stat_activity"
        " WHERE application_name = 'group commit' AND datname = current_database()"
    )
    await eventually(lambda: _none(pool, statement))


async def test_the_bus_meets_rules_keys_and_rows_through_a_group(
    group: GroupCommit, pool: Pool
) -> None:
    service = await Service.on(pool, appender=group)
    copies = [uuid4() for _ in range(20)]
    answers = await asyncio.gather(
        *(service.send(open_loan(copy)) for copy in copies * 2), return_exceptions=True
    )
    kinds = Counter(type(answer) for answer in answers)
    assert kinds[CopyIsLent] == 20
    loans = [a.id for a in answers if not isinstance(a, BaseException)]
    assert len(loans) == 20 == await count(pool, "loan_view WHERE live")
    for amount in (1, 2, 3):
        await asyncio.gather(
            *(service.send(ChargeFee(loan_id=x, amount=amount)) for x in loans),
            *(service.send(WriteNote(loan_id=x, note="n")) for x in loans),
        )
    rows = await service.rows(LOAN_VIEW)
    assert {row["fee"] for row in rows} == {Decimal("8.50")}
    assert group.counts.commands > group.counts.calls


def _journal(loan: Any, version: int, notes: int = 1) -> Row:
    row = LoanJournal(loan_id=loan, notes=notes, events=version)
    return Row(LOAN_JOURNAL, Standing(version, row, row))


async def _none(pool: Pool, statement: str) -> bool:
    return await pool.fetchval(statement) == 0


async def _unless_busy(group: GroupCommit) -> Verdict | None:
    try:
        return await group.append(wish())
    except Busy:
        return None
