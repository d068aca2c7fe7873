"""Epochs: a restored log is recognised before anything is written to it."""

from __future__ import annotations

import asyncio
from uuid import uuid4

import pytest

from app.infra.event_store.append import EpochChanged
from app.infra.event_store.epoch import EpochMismatch, bump_epoch, check_epoch
from app.infra.event_store.tail import read_tail
from app.infra.event_store.tokens import START
from app.infra.persistence.postgres import Pool
from tests.infra.lending import ReturnLoan, WriteNote
from tests.infra.service import Service
from tests.infra.test_append import Wish, append


async def test_the_store_of_this_cluster_is_served(pool: Pool) -> None:
    assert await check_epoch(pool) == 1


async def test_a_log_from_another_cluster_is_refused(pool: Pool) -> None:
    await pool.execute("UPDATE kernel.store SET system_identifier = 7")
    with pytest.raises(EpochMismatch, match="another cluster"):
        await Service.on(pool)


async def test_a_log_ahead_of_the_cluster_is_refused(service: Service) -> None:
    await service.open_loan()
    await service.pool.execute("UPDATE kernel.events SET xid = '9999999999'")
    with pytest.raises(EpochMismatch, match="has not reached"):
        await Service.on(service.pool)


async def test_after_a_restore_a_new_epoch_goes_on_where_the_old_one_ended(
    service: Service,
) -> None:
    """Old transaction ids are far ahead, as they are after a dump is restored."""
    pool = service.pool
    loan = await service.open_loan()
    await pool.execute("UPDATE kernel.events SET xid = '9999999999'")
    await pool.execute("UPDATE kernel.streams SET last_xid = '9999999999'")
    async with pool.acquire() as connection:
        assert await bump_epoch(connection) == 2
    with pytest.raises(EpochChanged):
        await service.send(ReturnLoan(loan_id=loan))

    restarted = await Service.on(pool)
    await restarted.send(WriteNote(loan_id=loan, note="new"))
    events = await read_tail(pool, START, kind="", types=[], limit=10)
    assert [(event.place.epoch, event.version) for event in events] == [(1, 1), (2, 2)]


async def test_a_new_epoch_waits_for_appends_under_way(pool: Pool) -> None:
    async with pool.acquire() as writer, pool.acquire() as operator:
        transaction = writer.transaction()
        await transaction.start()
        await append(writer, Wish(uuid4(), 0))
        bump = asyncio.create_task(bump_epoch(operator))
        await asyncio.wait([bump], timeout=0.05)
        assert not bump.done()
        await transaction.commit()
        assert await bump == 2
