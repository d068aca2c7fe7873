"""Snapshots: the same state sooner, and never one that other code has made."""

from __future__ import annotations

import sys
from decimal import Decimal
from pathlib import Path
from uuid import UUID

import pytest

from app.infra.event_store import snapshots
from app.infra.persistence.postgres import Pool
from tests.infra.lending import ChargeFee, Loan, RenewLoan, WriteNote
from tests.infra.service import Service

EVERY = 5


@pytest.fixture
async def service(pool: Pool) -> Service:
    return await Service.on(pool, snapshot_every=EVERY)


async def long_loan(service: Service, events: int) -> UUID:
    loan = await service.open_loan()
    for number in range(events - 1):
        if number % 2:
            await service.send(ChargeFee(loan_id=loan, amount=Decimal("0.10")))
        else:
            await service.send(RenewLoan(loan_id=loan, days=1))
    return loan


async def snapshot_version(service: Service) -> int | None:
    version: int | None = await service.pool.fetchval(
        "SELECT version FROM kernel.snapshots"
    )
    return version


async def test_a_snapshot_and_the_events_after_it_equal_the_full_replay(
    service: Service,
) -> None:
    loan = await long_loan(service, 13)
    assert await snapshot_version(service) == 10
    shortened = await service.store.load(Loan, loan)
    await service.pool.execute("DELETE FROM kernel.snapshots")
    replayed = await service.store.load(Loan, loan)
    assert (shortened.state, shortened.version) == (replayed.state, 13)
    assert shortened.key_changes() == (frozenset(), frozenset())


async def test_a_snapshot_is_used_instead_of_the_events_before_it(
    service: Service,
) -> None:
    loan = await long_loan(service, 12)
    await service.pool.execute("DELETE FROM kernel.events WHERE version <= 10")
    assert (await service.store.load(Loan, loan)).version == 12


async def test_a_snapshot_of_other_code_does_not_count(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    loan = await long_loan(service, 10)
    await service.pool.execute(
        "UPDATE kernel.snapshots SET state = jsonb_set(state, '{fee}', '\"999\"')"
    )
    assert (await service.store.load(Loan, loan)).existing.fee == 999

    monkeypatch.setattr("app.infra.event_store.store.fingerprint", lambda _: "newer")
    assert (await service.store.load(Loan, loan)).existing.fee == Decimal("2.90")


async def test_a_snapshot_that_cannot_be_read_is_ignored(service: Service) -> None:
    loan = await long_loan(service, 12)
    await service.pool.execute("UPDATE kernel.snapshots SET state = '{\"fee\": []}'")
    assert (await service.store.load(Loan, loan)).existing.fee == Decimal("3.00")


async def test_a_command_succeeds_even_if_no_snapshot_can_be_taken(
    service: Service,
) -> None:
    await service.pool.execute("DROP TABLE kernel.snapshots CASCADE")
    await service.pool.execute(
        "CREATE VIEW kernel.snapshots AS SELECT gen_random_uuid() AS stream_id,"
        " 0::bigint AS version, ''::text AS fingerprint, '{}'::jsonb AS state"
    )
    loan = await long_loan(service, EVERY)
    assert (await service.send(WriteNote(loan_id=loan, note="n"))).version == EVERY + 1


def test_the_fingerprint_follows_the_sources(
    tmp_path: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = snapshots.fingerprint(Loan)
    assert before == snapshots.fingerprint.__wrapped__(Loan)
    monkeypatch.setattr(snapshots, "SOURCES", ("service.py",))
    assert before != snapshots.fingerprint.__wrapped__(Loan)


def test_the_fingerprint_follows_how_old_events_are_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    upcasters = tmp_path / "lending/upcasters.py"
    upcasters.parent.mkdir()
    own = str(tmp_path / "lending/aggregate.py")
    monkeypatch.setattr(sys.modules[Loan.__module__], "__file__", own)
    prints = set()
    for text in ("before", "after"):
        upcasters.write_text(text)
        prints.add(snapshots.fingerprint.__wrapped__(Loan))
    assert len(prints) == 2


def test_the_fingerprint_follows_what_other_domains_define(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("lending/aggregate.py", "money/value_objects.py", "money/enums.py"):
        file = tmp_path / name
        file.parent.mkdir(exist_ok=True)
        file.write_text("before")
    own = str(tmp_path / "lending/aggregate.py")
    monkeypatch.setattr(sys.modules[Loan.__module__], "__file__", own)
    prints = {snapshots.fingerprint.__wrapped__(Loan)}
    for name in ("value_objects.py", "enums.py"):
        (tmp_path / "money" / name).write_text("after")
        prints.add(snapshots.fingerprint.__wrapped__(Loan))
    assert len(prints) == 3
