"""Answers that are kept: never anybody else's, never older than asked, never needed."""

from __future__ import annotations

import asyncio
import contextlib
import shutil
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
from prometheus_client import REGISTRY

from app.common.actor import Actor, OwnerColumn
from app.common.errors import NotFound
from app.config.cache import CacheSettings
from app.dev import redis
from app.infra.cqrs.queries import QueryBus
from app.infra.event_store.tokens import START, Token
from app.infra.persistence.cache import Cache
from app.infra.projections import kept
from app.infra.projections.reader import Page, Reader, Where, visible_to
from app.infra.projections.waiting import Waiting
from tests.infra.lending import LOAN_VIEW, VIEW, GetLoan, ListLoans, LoanView, WriteNote
from tests.infra.service import STAFF, Service, eventually, open_loan

LONG = timedelta(seconds=60)


@pytest.fixture(scope="session")
async def redis_url() -> AsyncIterator[str]:
    """A real Redis, where one can be had."""
    folder = Path(tempfile.mkdtemp(prefix="redis-"))
    try:
        async with redis.running(folder) as server:
            if server is None:
                pytest.skip("no Redis for this Python")
            yield server.url
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextlib.asynccontextmanager
async def cache_at(url: str, **settings: float) -> AsyncIterator[Cache]:
    """A cache that no other test sees."""
    chosen = CacheSettings(url=url, **{"timeout": 1.0, **settings})  # type: ignore[arg-type]
    cache = Cache.of(chosen, prefix=f"{uuid4()}:")
    assert cache is not None
    try:
        yield cache
    finally:
        await cache.close()


@pytest.fixture
async def cache(redis_url: str) -> AsyncIterator[Cache]:
    async with cache_at(redis_url) as cache:
        yield cache


class Handlers:
    """As the generator prints them, with an answer that is kept."""

    def __init__(self, reader: Reader, cache_for: timedelta = LONG) -> None:
        self._reader = reader
        self._cache_for = cache_for

    async def get_loan(self, query: GetLoan, actor: Actor) -> LoanView:
        return await self._reader.one(
            LOAN_VIEW,
            Where("loan_id", "=", query.loan_id),
            visible_to(actor, "staff", OwnerColumn("reader", "reader_id")),
            cache_for=self._cache_for,
        )

    async def list_loans(self, query: ListLoans, actor: Actor) -> Page[LoanView]:
        return await self._reader.page(
            LOAN_VIEW,
            Where("copy_id", "=", query.copy_id, optional=True),
            visible_to(actor, "staff", OwnerColumn("reader", "reader_id")),
            sort=query.sort,
            limit=query.limit,
            cursor=query.cursor,
            cache_for=self._cache_for,
        )


def bus_of(service: Service, cache: Cache, cache_for: timedelta = LONG) -> QueryBus:
    """A query bus whose answers are kept in this cache."""
    handlers = Handlers(Reader(service.pool, cache=cache), cache_for)
    bus = QueryBus(Waiting(service.pool))
    bus.register(GetLoan, handlers.get_loan, reads=LOAN_VIEW)
    bus.register(ListLoans, handlers.list_loans, reads=LOAN_VIEW)
    return bus


async def note_of(
    bus: QueryBus, loan: UUID, wait_for: Token | None = None, actor: Actor = STAFF
) -> str | None:
    view = await bus.ask(GetLoan(loan_id=loan), actor=actor, wait_for=wait_for)
    assert isinstance(view, LoanView)
    return view.note


async def write_note(service: Service, loan: UUID, note: str) -> Token:
    accepted = await service.send(WriteNote(loan_id=loan, note=note))
    await service.catch_up(VIEW)
    assert accepted.token is not None
    return accepted.token


async def test_an_answer_is_kept_just_as_it_was_and_for_a_while(
    service: Service, cache: Cache
) -> None:
    loan = await service.open_loan()
    bus = bus_of(service, cache, timedelta(milliseconds=300))
    query = GetLoan(loan_id=loan)
    first = await bus.ask(query, actor=STAFF)
    before = REGISTRY.get_sample_value("query_cache_total", {"outcome": "found"}) or 0
    await write_note(service, loan, "new")
    assert await bus.ask(query, actor=STAFF) == first
    assert cache.outcomes["found"] == 1
    found = REGISTRY.get_sample_value("query_cache_total", {"outcome": "found"}) or 0
    assert found - before == 1

    async def is_new() -> bool:
        return await note_of(bus, loan) == "new"

    await eventually(is_new)


async def test_whoever_knows_of_a_newer_event_gets_a_newer_answer(
    service: Service, cache: Cache
) -> None:
    loan = await service.open_loan()
    bus = bus_of(service, cache)
    assert await note_of(bus, loan) is None
    token = await write_note(service, loan, "new")
    assert await note_of(bus, loan) is None
    assert await note_of(bus, loan, wait_for=token) == "new"
    # What was read for them is kept for all, and fresh enough for them from now on.
    found = cache.outcomes["found"]
    assert await note_of(bus, loan) == "new"
    assert await note_of(bus, loan, wait_for=token) == "new"
    assert cache.outcomes["found"] == found + 2


async def test_without_its_place_in_the_log_an_entry_would_be_too_old(
    service: Service, cache: Cache, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The mechanism of the test above, taken out."""
    loan = await service.open_loan()
    bus = bus_of(service, cache)
    await note_of(bus, loan)
    token = await write_note(service, loan, "new")
    monkeypatch.setattr(kept, "known", lambda: START)
    assert await note_of(bus, loan, wait_for=token) is None


async def test_an_entry_says_no_more_than_was_there_when_it_was_read(
    service: Service, cache: Cache
) -> None:
    """A row is read, then events come, then the answer is kept: it is an old one."""
    loan = await service.open_loan()
    reader = Reader(service.pool, cache=cache)
    has_read, go_on = asyncio.Event(), asyncio.Event()
    fetch = reader._fetch

    async def slowly(*arguments: Any) -> list[Any]:
        rows = await fetch(*arguments)
        has_read.set()
        await go_on.wait()
        return rows

    reader._fetch = slowly  # type: ignore[method-assign]
    bus = QueryBus(Waiting(service.pool))
    bus.register(GetLoan, Handlers(reader).get_loan, reads=LOAN_VIEW)
    late = asyncio.create_task(note_of(bus, loan))
    await has_read.wait()
    token = await write_note(service, loan, "new")
    go_on.set()
    assert await late is None
    assert await note_of(bus, loan, wait_for=token) == "new"


def owner(id: UUID) -> Actor:
    return Actor(str(id), frozenset({"reader"}))


async def test_an_owner_never_sees_what_was_kept_for_another(
    service: Service, cache: Cache
) -> None:
    alice, bob = uuid4(), uuid4()
    for reader in (alice, bob):
        await service.send(open_loan(reader_id=reader))
    bus = bus_of(service, cache)
    for _ in range(2):
        for actor, expected in (
            (STAFF, {alice, bob}),
            (owner(alice), {alice}),
            (owner(bob), {bob}),
            (owner(uuid4()), set()),
        ):
            page: Any = await bus.ask(ListLoans(), actor=actor)
            assert {item.reader_id for item in page.items} == expected
    assert cache.outcomes["found"] == 3


async def test_a_stranger_gets_no_row_that_was_kept_for_its_owner(
    service: Service, cache: Cache
) -> None:
    alice = uuid4()
    loan = (await service.send(open_loan(reader_id=alice))).id
    bus = bus_of(service, cache)
    await note_of(bus, loan, actor=owner(alice))
    with pytest.raises(NotFound):
        await note_of(bus, loan, actor=owner(uuid4()))


async def test_pages_of_one_list_are_kept_apart(service: Service, cache: Cache) -> None:
    for _ in range(4):
        await service.open_loan()
    bus = bus_of(service, cache)
    for _ in range(2):
        first: Any = await bus.ask(ListLoans(sort="fee", limit=2), actor=STAFF)
        after = ListLoans(sort="fee", limit=2, cursor=first.next_cursor)
        second: Any = await bus.ask(after, actor=STAFF)
        ids = [item.loan_id for item in (*first.items, *second.items)]
        assert len(set(ids)) == 4
    assert cache.outcomes["found"] == 2


async def test_what_is_missing_is_not_kept(service: Service, cache: Cache) -> None:
    loan = uuid4()
    bus = bus_of(service, cache)
    with pytest.raises(NotFound):
        await note_of(bus, loan)
    await service.send(open_loan(loan_id=loan))
    assert await note_of(bus, loan) is None


@pytest.mark.parametrize("nonsense", [b"", b"\xff\x00", b"[]", b'["x",[1,2,3],[{}]]'])
async def test_nonsense_in_the_cache_is_read_over_and_replaced(
    service: Service, cache: Cache, nonsense: bytes
) -> None:
    loan = await service.open_loan()
    bus = bus_of(service, cache)
    keys: list[str] = []
    get = cache.get

    async def noting(key: str) -> bytes | None:
        keys.append(key)
        return await get(key)

    cache.get = noting  # type: ignore[method-assign]
    await note_of(bus, loan)
    await cache.put(keys[0], nonsense, 60)
    assert await note_of(bus, loan) is None
    assert cache.outcomes["broken"] == 1
    assert await note_of(bus, loan) is None
    assert cache.outcomes["found"] == 1


async def test_an_entry_under_a_key_that_is_not_its_own_is_nonsense(
    service: Service, cache: Cache
) -> None:
    """As if the client had mixed up the answers of two requests."""
    one, other = await service.open_loan(), await service.open_loan()
    bus = bus_of(service, cache)
    await note_of(bus, one)
    get = cache.get
    stolen: list[bytes | None] = []

    async def mixed_up(key: str) -> bytes | None:
        stolen.append(await get(key))
        return stolen[0]

    cache.get = mixed_up  # type: ignore[method-assign]
    await note_of(bus, one)
    view: Any = await bus.ask(GetLoan(loan_id=other), actor=STAFF)
    assert view.loan_id == other


async def test_without_redis_one_read_notices_and_the_others_do_not_ask(
    service: Service, tmp_path: Path
) -> None:
    loan = await service.open_loan()
    async with cache_at(f"unix://{tmp_path}/nobody", pause=60) as cache:
        bus = bus_of(service, cache)
        for _ in range(20):
            assert await note_of(bus, loan) is None
        assert cache.outcomes["failed"] == 1
        assert cache.outcomes["skipped"] == 39


async def test_a_redis_that_never_answers_costs_one_short_wait(
    service: Service, tmp_path: Path
) -> None:
    loan = await service.open_loan()
    async with silent(tmp_path) as url, cache_at(url, timeout=0.1, pause=60) as cache:
        bus = bus_of(service, cache)
        start = asyncio.get_running_loop().time()
        for _ in range(20):
            assert await note_of(bus, loan) is None
        assert asyncio.get_running_loop().time() - start < 20 * 0.1
        assert cache.outcomes["failed"] == 1


async def test_a_redis_that_comes_back_is_used_again(
    service: Service, tmp_path: Path, redis_url: str
) -> None:
    del redis_url
    loan = await service.open_loan()
    folder = Path(tempfile.mkdtemp(prefix="redis-"))
    try:
        url = f"unix://{folder}/redis.sock"
        async with cache_at(url, pause=0.05) as cache:
            bus = bus_of(service, cache)
            for _ in range(2):
                assert await note_of(bus, loan) is None
                async with redis.running(folder):
                    await eventually(_used(cache, lambda: note_of(bus, loan)))
                failed = cache.outcomes["failed"]
                await note_of(bus, loan)
                assert cache.outcomes["failed"] == failed + 1
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _used(
    cache: Cache, read: Callable[[], Awaitable[object]]
) -> Callable[[], Awaitable[bool]]:
    before = cache.outcomes["found"]

    async def used() -> bool:
        await read()
        return cache.outcomes["found"] > before

    return used


@contextlib.asynccontextmanager
async def silent(folder: Path) -> AsyncIterator[str]:
    """A server that takes connections and says nothing."""
    hanging: list[asyncio.StreamWriter] = []

    async def listen(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        hanging.append(writer)

    path = folder / "silent"
    server = await asyncio.start_unix_server(listen, path)
    try:
        yield f"unix://{path}"
    finally:
        for writer in hanging:
            writer.close()
        server.close()


async def test_where_no_server_can_be_had_none_is_started(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(redis, "WHEEL", "no_such_wheel")
    monkeypatch.setenv("PATH", str(tmp_path))
    async with redis.running(tmp_path) as server:
        assert server is None


def test_no_address_is_no_cache() -> None:
    assert Cache.of(CacheSettings(), prefix="x:") is None
