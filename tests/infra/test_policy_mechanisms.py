"""Each mechanism of policies is taken out once, and what it prevents happens."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from app.common.ids import new_id
from app.infra.policies import reactions, subscription, timers
from app.infra.subscriptions import checkpoints
from app.infra.subscriptions.checkpoints import OwnershipLost
from tests.infra import test_policies as policies
from tests.infra.service import Service, eventually

Patch = pytest.MonkeyPatch

in_place_and_taken_out = pytest.mark.parametrize("taken_out", [False, True])


def take_out(patch: Patch, module: object, name: str, this: str, put: str = "") -> None:
    """Change the text of a statement, which must be there to be changed."""
    statement = getattr(module, name)
    assert this in statement
    patch.setattr(module, name, statement.replace(this, put))


@in_place_and_taken_out
async def test_an_event_always_sends_the_same_command_id(
    service: Service, monkeypatch: Patch, taken_out: bool
) -> None:
    if taken_out:
        monkeypatch.setattr(reactions, "derived_id", lambda *parts: new_id())
    loan = await policies.returned(service)
    for _ in range(2):
        await service.pool.execute("DELETE FROM kernel.checkpoints")
        await policies.runner(service).catch_up()
    assert (await policies.notes(service, loan) == 1) is not taken_out


@in_place_and_taken_out
async def test_timers_go_with_the_checkpoint(
    service: Service, monkeypatch: Patch, taken_out: bool
) -> None:
    if taken_out:
        take_out(monkeypatch, subscription, "_MOVE", " CROSS JOIN moved")
    await policies.returned(service)
    zombie = await policies.owned_by(service, "zombie", -1)
    await policies.owned_by(service, "heir")
    due = policies.thank_at(datetime.now(UTC) + policies.FUTURE)
    with pytest.raises(OwnershipLost):
        await policies.subscription(service, due).next(zombie)
    assert (await policies.timers_left(service) == 0) is not taken_out


@in_place_and_taken_out
async def test_the_clock_of_the_database_holds_a_timer_back(
    service: Service, monkeypatch: Patch, taken_out: bool
) -> None:
    if taken_out:
        due = "w.due_at <= clock_timestamp() AND "
        take_out(monkeypatch, timers, "_CLAIM", due)
    await policies.returned(service)
    policy = policies.thank_at(datetime.now(UTC) + policies.FUTURE)
    await policies.runner(service, policy).catch_up()
    assert (await policies.timers(service, policy).fire() == 0) is not taken_out


@in_place_and_taken_out
async def test_the_fencing_number_of_a_timer_shuts_a_zombie_out(
    service: Service, monkeypatch: Patch, taken_out: bool
) -> None:
    if taken_out:
        take_out(monkeypatch, timers, "_SETTLE", "fence = $2", "$2::bigint > 0")
    await policies.returned(service)
    policy = policies.thank_at(datetime.now(UTC))
    await policies.runner(service, policy).catch_up()
    [old] = await policies.timers(service, policy, lease=0.001).claim()
    await eventually(lambda: policies.free(service))
    await policies.timers(service, policy).claim()
    await policies.timers(service, policy).settle(old)
    assert (await policies.timers_left(service) == 1) is not taken_out


@in_place_and_taken_out
async def test_a_new_policy_begins_at_the_head(
    service: Service, monkeypatch: Patch, taken_out: bool
) -> None:
    if taken_out:
        head = "pg_snapshot_xmin(pg_current_snapshot())"
        take_out(monkeypatch, checkpoints, "_ENTER_AT_HEAD", head, "'0'::xid8")
    loan = await policies.returned(service)
    await checkpoints.enter_at_head(service.pool, [policies.NAME])
    await policies.runner(service).catch_up()
    assert (await policies.notes(service, loan) == 0) is not taken_out
