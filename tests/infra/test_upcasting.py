"""Old events always read: each version goes through every later one, wherever read."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest

from app.common.events import Envelope, Upcaster
from app.common.messages import Command
from app.common.policies import Due, Policy
from app.infra.event_store import codec, stored_names
from app.infra.event_store.codec import UnknownEvent
from app.infra.persistence.postgres import Pool
from app.infra.policies.subscription import PolicySubscription
from app.infra.policies.timers import Timers
from app.infra.subscriptions.runner import Runner, SubscriptionStopped
from tests.infra.lending import (
    VIEW,
    ChargeFee,
    FeeCharged,
    Loan,
    LoanOpened,
    NoteWritten,
    Period,
    WriteNote,
)
from tests.infra.service import PERIOD, Service, again, worker_settings

NAME = "lending.NoteFee"
LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class FeeChargedV1:
    """The first version counted in cents."""

    loan_id: UUID
    cents: int


@dataclass(frozen=True, slots=True, kw_only=True)
class FeeChargedV2:
    """The second one could be waived."""

    loan_id: UUID
    fee: Decimal
    waived: bool


def fee_charged_v1(old: FeeChargedV1, into: type[FeeChargedV2]) -> FeeChargedV2:
    return into(loan_id=old.loan_id, fee=Decimal(old.cents) / 100, waived=False)


def fee_charged_v2(old: FeeChargedV2, into: type[FeeCharged]) -> FeeCharged:
    return into(loan_id=old.loan_id, fee=Decimal(0) if old.waived else old.fee)


VERSIONS = (
    Upcaster(version=1, held=FeeChargedV1, upcast=fee_charged_v1),
    Upcaster(version=2, held=FeeChargedV2, upcast=fee_charged_v2),
)


def forget() -> None:
    """Codecs are built once for each class; here classes change."""
    for cached in (codec.codec_of, codec.event_codec):
        cached.cache_clear()
    for renaming in (stored_names.from_log, stored_names.to_log):
        renaming.cache_clear()


@pytest.fixture(autouse=True)
def codecs() -> Iterator[None]:
    forget()
    yield
    forget()


@pytest.fixture
def evolved(monkeypatch: pytest.MonkeyPatch, codecs: None) -> None:
    """The code of today, to which two versions are history."""
    monkeypatch.setattr(FeeCharged, "schema_version", 3)
    monkeypatch.setattr(FeeCharged, "upcasters", VERSIONS)


async def charged(service: Service, version: int, data: dict[str, Any]) -> UUID:
    """A loan whose fee an older release has raised, as it stored that."""
    loan = await service.open_loan()
    await service.send(ChargeFee(loan_id=loan, amount=Decimal(1)))
    await service.pool.execute(
        "UPDATE kernel.events SET schema_version = $2, data = $3"
        " WHERE stream_id = $1 AND type = 'lending.FeeCharged'",
        loan,
        version,
        {"loan_id": str(loan), **data},
    )
    return loan


OLD = pytest.mark.parametrize(
    ("version", "data", "fee"),
    [
        (1, {"cents": 725}, Decimal("7.25")),
        (2, {"fee": "8.50", "waived": False}, Decimal("8.50")),
        (2, {"fee": "8.50", "waived": True}, Decimal(0)),
        (3, {"fee": "9.75"}, Decimal("9.75")),
    ],
)


@OLD
async def test_an_aggregate_reads_what_older_releases_stored(
    service: Service, evolved: None, version: int, data: dict[str, Any], fee: Decimal
) -> None:
    loan = await charged(service, version, data)
    loaded = await service.store.load(Loan, loan)
    assert (loaded.existing.fee, loaded.version) == (fee, 2)
    [(event, _)] = await service.store.happened(Loan, loan, 1, 2)
    assert event == FeeCharged(loan_id=loan, fee=fee)


@OLD
async def test_a_rebuild_reads_what_older_releases_stored(
    service: Service, evolved: None, version: int, data: dict[str, Any], fee: Decimal
) -> None:
    await charged(service, version, data)
    rebuilt = again(VIEW)
    await service.runner(rebuilt).catch_up()
    [row] = await service.rows(rebuilt.table)
    assert (row["fee"], row["stream_version"]) == (fee, 2)


def noted(event: FeeCharged, envelope: Envelope) -> Iterator[Command | Due]:
    yield WriteNote(loan_id=event.loan_id, note=f"fee {event.fee}")


def noted_later(event: FeeCharged, envelope: Envelope) -> Iterator[Command | Due]:
    yield Due(LONG_AGO, WriteNote(loan_id=event.loan_id, note=f"fee {event.fee}"))


def policy_runner(service: Service, policy: Policy[Any]) -> Runner:
    settings = worker_settings()
    reacting = PolicySubscription(
        service.pool,
        policy,
        service.commands,
        size=settings.batch,
        lease=settings.lease,
    )
    return Runner(service.pool, reacting, settings, wake=service.store.wake)


async def notes(pool: Pool) -> list[str]:
    records = await pool.fetch(
        "SELECT data FROM kernel.events WHERE type = 'lending.NoteWritten'"
    )
    return [record["data"]["note"] for record in records]


@OLD
async def test_a_policy_reacts_to_what_older_releases_stored(
    service: Service, evolved: None, version: int, data: dict[str, Any], fee: Decimal
) -> None:
    await charged(service, version, data)
    policy = Policy(name=NAME, event=FeeCharged, react=noted)
    await policy_runner(service, policy).catch_up()
    assert await notes(service.pool) == [f"fee {fee}"]


async def test_a_timer_reads_again_what_older_releases_stored(
    service: Service, evolved: None
) -> None:
    await charged(service, 1, {"cents": 725})
    policy = Policy(name=NAME, event=FeeCharged, react=noted_later)
    await policy_runner(service, policy).catch_up()
    timers = Timers(service.pool, [policy], service.commands, worker_settings())
    assert await timers.fire() == 1
    assert await notes(service.pool) == ["fee 7.25"]


async def test_what_is_recorded_has_the_version_of_today(
    service: Service, evolved: None
) -> None:
    loan = await service.open_loan()
    await service.send(ChargeFee(loan_id=loan, amount=Decimal(1)))
    records = await service.pool.fetch(
        "SELECT type, schema_version, data FROM kernel.events ORDER BY version"
    )
    assert [(r["type"], r["schema_version"]) for r in records] == [
        ("lending.LoanOpened", 1),
        ("lending.FeeCharged", 3),
    ]
    assert records[1]["data"] == {"loan_id": str(loan), "fee": "3.50"}


async def test_without_the_chain_an_old_event_is_not_guessed_at(
    service: Service, evolved: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The mutation that shows that the upcasters are what reads the past."""
    monkeypatch.setattr(FeeCharged, "upcasters", ())
    forget()
    loan = await charged(service, 1, {"cents": 725})
    with pytest.raises(UnknownEvent, match="No version 1"):
        await service.store.load(Loan, loan)
    with pytest.raises(SubscriptionStopped):
        await service.runner(again(VIEW)).catch_up()


async def test_old_code_stops_at_what_newer_code_has_recorded(
    service: Service,
) -> None:
    loan = await charged(service, 2, {"fee": "8.50", "waived": True})
    with pytest.raises(UnknownEvent, match="No version 2"):
        await service.store.load(Loan, loan)
    policy = Policy(name=NAME, event=FeeCharged, react=noted)
    with pytest.raises(SubscriptionStopped):
        await policy_runner(service, policy).catch_up()
    assert await notes(service.pool) == []


async def test_a_renamed_field_keeps_its_name_in_the_log(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = await service.open_loan()
    await service.send(WriteNote(loan_id=before, note="old"))
    await service.pool.execute(
        "UPDATE kernel.events SET data ="
        " jsonb_set(data #- '{period,due_on}', '{period,until}',"
        " data #> '{period,due_on}') WHERE type = 'lending.LoanOpened'"
    )
    await service.pool.execute(
        "UPDATE kernel.events SET data = data - 'note' || '{\"text\": \"old\"}'"
        " WHERE type = 'lending.NoteWritten'"
    )
    monkeypatch.setattr(NoteWritten, "stored_names", {"note": "text"})
    monkeypatch.setattr(Period, "stored_names", {"due_on": "until"}, raising=False)
    forget()
    after = await service.open_loan()
    await service.send(WriteNote(loan_id=after, note="new"))

    stored = await service.pool.fetch("SELECT type, data FROM kernel.events")
    said = [json.loads(json.dumps(each["data"])) for each in stored]
    opened = [d["period"] for d in said if "period" in d]
    assert opened == [{"starts_on": "2030-01-15", "until": "2030-02-15"}] * 2
    assert [each["text"] for each in said if "text" in each] == ["old", "new"]
    for loan, note in ((before, "old"), (after, "new")):
        [(first, _), (second, _)] = await service.store.happened(Loan, loan, 0, 2)
        assert isinstance(first, LoanOpened) and first.period == PERIOD
        assert second == NoteWritten(loan_id=loan, note=note)
