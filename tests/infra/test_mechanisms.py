"""Each mechanism of the store is taken out once, and what it prevents happens.

A test that still holds without the mechanism that it is about would prove nothing.
"""

from __future__ import annotations

import ast
from pathlib import Path
from uuid import uuid4

import pytest

from app.config.worker import WorkerSettings
from app.infra.event_store.append import DirectAppender
from app.infra.persistence.postgres import Pool
from app.infra.projections import batch
from app.infra.projections.batch import Batches
from app.infra.subscriptions import checkpoints
from app.infra.subscriptions.checkpoints import Ownership, OwnershipLost
from tests.infra.group import patch_append, wish
from tests.infra.lending import VIEW
from tests.infra.service import Service

APP = Path(__file__).parents[2] / "templates/service/app"
SQL = frozenset({"execute", "executemany", "fetch", "fetchrow", "fetchval"})

in_place_and_taken_out = pytest.mark.parametrize("taken_out", [False, True])


@in_place_and_taken_out
async def test_the_version_condition_keeps_versions_dense(
    pool: Pool, taken_out: bool
) -> None:
    if taken_out:
        await patch_append(pool, "OR expected = base AND", "OR")
    direct, stream = DirectAppender(pool, 1), uuid4()
    await direct.append(wish(stream))
    await direct.append(wish(stream, 7))
    versions = await pool.fetch("SELECT version FROM kernel.events ORDER BY version")
    dense = [row["version"] for row in versions] == [1]
    assert dense is not taken_out


@in_place_and_taken_out
async def test_the_command_log_keeps_a_repeat_from_being_applied(
    pool: Pool, taken_out: bool
) -> None:
    if taken_out:
        await patch_append(pool, "u.id <> ALL (claimed)", "false")
    direct, asked = DirectAppender(pool, 1), uuid4()
    for _ in range(2):
        await direct.append(wish(id=asked))
    applied = await pool.fetchval("SELECT count(*) FROM kernel.events")
    assert (applied == 1) is not taken_out


@in_place_and_taken_out
async def test_the_fencing_number_shuts_a_zombie_out(
    service: Service, monkeypatch: pytest.MonkeyPatch, taken_out: bool
) -> None:
    if taken_out:
        _take_out_of_move(monkeypatch, "fence = $7", "$7::bigint IS NOT NULL")
    zombie = await _own(service)
    await service.open_loan()
    owner = await _own(service)
    assert owner.fence > zombie.fence
    assert await _moves(service, zombie) is taken_out


@in_place_and_taken_out
async def test_the_compare_and_set_keeps_a_checkpoint_from_going_back(
    service: Service, monkeypatch: pytest.MonkeyPatch, taken_out: bool
) -> None:
    if taken_out:
        place = "($8::int, $9::text::xid8, $10::bigint)"
        _take_out_of_move(
            monkeypatch, f"(epoch, xid, pos) = {place}", f"{place} IS NOT NULL"
        )
    owned = await _own(service)
    await service.open_loan()
    await service.open_loan()
    ahead = await _batches(service, size=10).next(owned)
    assert await _moves(service, owned) is taken_out
    stands = await service.pool.fetchval("SELECT pos FROM kernel.checkpoints")
    assert (stands < ahead.place.pos) is taken_out


def test_nothing_but_sql_is_awaited_while_a_transaction_is_open() -> None:
    """An open transaction that has written holds up every reader of the log."""
    offences = [
        f"{path.relative_to(APP)}:{awaited.lineno}"
        for path in APP.rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.AsyncWith) and _opens_transaction(node)
        for awaited in _awaited(node)
        if not _is_sql(awaited)
    ]
    assert offences == []


def test_the_rule_about_open_transactions_sees_an_offence() -> None:
    [block] = [
        node
        for node in ast.walk(
            ast.parse(
                "async def f(c):\n"
                "  async with pool.acquire() as c, c.transaction():\n"
                "    await c.execute('x')\n"
                "    await fold()\n"
            )
        )
        if isinstance(node, ast.AsyncWith)
    ]
    assert _opens_transaction(block)
    assert [_is_sql(awaited) for awaited in _awaited(block)] == [True, False]


def _awaited(block: ast.AsyncWith) -> list[ast.Await]:
    inside = [node for line in block.body for node in ast.walk(line)]
    return [node for node in inside if isinstance(node, ast.Await)]


def _opens_transaction(block: ast.AsyncWith) -> bool:
    return any(
        isinstance(call := item.context_expr, ast.Call)
        and isinstance(call.func, ast.Attribute)
        and call.func.attr == "transaction"
        for item in block.items
    )


def _is_sql(awaited: ast.Await) -> bool:
    """Whether it is a statement, or a function of ours that is given the connection."""
    match awaited.value:
        case ast.Call(func=ast.Attribute(attr=name)) if name in SQL:
            return True
        case ast.Call(
            func=ast.Attribute(value=ast.Name(id="checkpoints")),
            args=[ast.Name(id="connection"), *_],
        ):
            return True
    return False


def _take_out_of_move(monkeypatch: pytest.MonkeyPatch, old: str, new: str) -> None:
    assert old in batch.MOVE
    monkeypatch.setattr(batch, "MOVE", batch.MOVE.replace(old, new))


def _batches(service: Service, *, size: int = 1) -> Batches:
    return Batches(service.pool, VIEW, size=size, lease=WorkerSettings().lease)


async def _own(service: Service) -> Ownership:
    owned = await checkpoints.acquire(service.pool, VIEW.name, holder="h", lease=60)
    assert owned is not None
    return owned


async def _moves(service: Service, owned: Ownership) -> bool:
    try:
        await _batches(service).next(owned)
    except OwnershipLost:
        return False
    return True
