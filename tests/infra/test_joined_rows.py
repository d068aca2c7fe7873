"""Rows that other streams have a say in: the same live, caught up with, and rebuilt."""

from __future__ import annotations

import asyncio
import random
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4

import msgspec
import pytest

from app.common.events import Event
from app.common.ids import new_id
from app.common.read_models import Table
from app.infra.cqrs.queries import QueryBus
from app.infra.event_store.append import Append
from app.infra.event_store.codec import Meta
from app.infra.event_store.tokens import Token
from app.infra.projections import batch
from app.infra.projections.batch import Batches
from app.infra.projections.projection import AnyProjection, Counting
from app.infra.projections.reader import Where
from app.infra.projections.relation import relation
from app.infra.projections.tallies import addition
from app.infra.projections.waiting import Waiting
from app.infra.subscriptions import checkpoints
from app.infra.subscriptions.checkpoints import OwnershipLost
from tests.infra import borrowers
from tests.infra.borrowers import (
    DESK,
    DESK_READERS,
    DESK_VIEW,
    PROJECTIONS,
    READER_VIEW,
    READERS_LOANS,
    READERS_VIEW,
    DeskView,
    ReaderJoined,
    ReaderLeft,
    ReaderRenamed,
)
from tests.infra.lending import (
    FeeCharged,
    GetLoan,
    LoanOpened,
    LoanReopened,
    LoanReturned,
)
from tests.infra.service import NOON, PERIOD, Service

HISTORIES = 2000
SEED = 20300115


# Whoever owns a subscription is a zombie from now on, wherever in a batch it stands.
# Locked in one order: writers do this at once, and each may meet the rows in its own.
_DISOWN = """
WITH locked AS (
    SELECT name FROM kernel.checkpoints ORDER BY name FOR UPDATE
)
UPDATE kernel.checkpoints SET fence = fence + 1, lease_until = '-infinity', attempts = 0
FROM locked WHERE checkpoints.name = locked.name
"""


@pytest.fixture
async def library(service: Service) -> Service:
    """The service with the tables of the read models that are joined."""
    await service.pool.execute(borrowers.TABLES)
    return service


@dataclass(slots=True)
class Stream:
    """A stream and what will happen in it, one append after the other."""

    kind: str
    id: UUID
    events: Sequence[Event]
    version: int = 0


@dataclass(slots=True)
class Log:
    """Appends events whose decisions do not matter here."""

    service: Service
    tokens: list[Token] = field(default_factory=list)

    async def append(self, stream: Stream, *events: Event, minute: int = 0) -> Token:
        verdict = await self.service.store.append(
            Append(
                command_id=uuid4(),
                request_hash=b"",
                stream_id=stream.id,
                kind=stream.kind,
                expected=stream.version,
                at=NOON + timedelta(minutes=minute),
                meta=Meta(uuid4(), uuid4(), "somebody"),
                events=[(new_id(), event) for event in events],
            )
        )
        assert verdict.outcome == "ok" and verdict.token is not None
        stream.version += len(events)
        return verdict.token

    async def write(self, streams: Iterable[Stream], chance: random.Random) -> None:
        """Everything that is to happen, some of it together, in any order."""
        waiting = [(stream, list(stream.events)) for stream in streams]
        while waiting := [each for each in waiting if each[1]]:
            calls = []
            for stream, rest in chance.sample(waiting, min(12, len(waiting))):
                some = rest[: chance.randint(1, 3)]
                del rest[: len(some)]
                calls.append(self.append(stream, *some, minute=chance.randint(0, 600)))
            await asyncio.gather(*calls)
            if chance.random() < 0.1:
                await self.service.pool.execute(_DISOWN)


def reader(*events: Event) -> Stream:
    return Stream("borrowers.Reader", new_id(), events)


def loan(*events: Event) -> Stream:
    return Stream("lending.Loan", new_id(), events)


def opened(reader: UUID, fee: str = "1.00") -> LoanOpened:
    return LoanOpened(
        loan_id=new_id(),
        copy_id=uuid4(),
        reader_id=reader,
        period=PERIOD,
        fee=Decimal(fee),
        tags=[],
    )


def history(chance: random.Random) -> Iterator[Stream]:
    """A reader or two, who may never join, and loans that may come before them."""
    readers = [new_id() for _ in range(chance.randint(1, 2))]
    for id in readers:
        yield Stream("borrowers.Reader", id, list(_life(id, chance)))
    for _ in range(chance.randint(1, 3)):
        yield loan(*_borrowing(readers, chance))


def _life(id: UUID, chance: random.Random) -> Iterator[Event]:
    for _ in range(chance.randint(0, 3)):
        name = f"name {chance.randint(1, 9)}"
        yield chance.choice(
            [
                ReaderJoined(reader_id=id, name=name),
                ReaderRenamed(reader_id=id, name=name),
                ReaderLeft(reader_id=id),
            ]
        )


def _borrowing(readers: Sequence[UUID], chance: random.Random) -> Iterator[Event]:
    for _ in range(chance.randint(1, 4)):
        reader, fee = chance.choice(readers), Decimal(chance.randint(1, 999)) / 100
        yield chance.choice(
            [
                replace(opened(reader), fee=fee),
                FeeCharged(loan_id=reader, fee=fee),
                LoanReopened(loan_id=reader, copy_id=reader, reader_id=reader),
                LoanReturned(loan_id=reader),
            ]
        )


def again(projection: AnyProjection) -> AnyProjection:
    """The same into an empty table, from the start: a rebuild."""
    if isinstance(projection, Counting):
        tally = projection.tally
        return replace(projection, tally=replace(tally, name=f"{tally.name}_again"))
    return replace(projection, table=table_again(projection.table))


def table_again(table: Table[Any]) -> Table[Any]:
    return replace(
        table,
        name=f"{table.name}_again",
        lookups=tuple(
            replace(each, table=table_again(each.table)) for each in table.lookups
        ),
        tallies=tuple(
            replace(each, name=f"{each.name}_again") for each in table.tallies
        ),
    )


async def shown(service: Service, table: Table[Any]) -> list[dict[str, Any]]:
    """Every row as a reader sees it, tombstones included."""
    query = f'SELECT * FROM {relation(table)} ORDER BY "{table.key}"'
    return [dict(record) for record in await service.pool.fetch(query)]


async def catch_up(service: Service, *projections: AnyProjection, size: int) -> None:
    for projection in projections:
        await service.runner(projection, batch=size).catch_up()


async def test_live_caught_up_and_rebuilt_rows_are_the_same(library: Service) -> None:
    chance = random.Random(SEED)
    histories = [list(history(chance)) for _ in range(HISTORIES)]
    log, stop = Log(library), asyncio.Event()
    # Live: many writers, and runners with batches of their own, at any moment.
    async with asyncio.TaskGroup() as tasks:
        for projection, size in zip(PROJECTIONS, (17, 43, 1000, 101), strict=True):
            runner = library.runner(projection, batch=size)
            tasks.create_task(runner.run(stop))
        async with asyncio.TaskGroup() as writers:
            for number in range(8):
                streams = [s for each in histories[number::8] for s in each]
                chance.shuffle(streams)
                writers.create_task(log.write(streams, random.Random(number)))
        stop.set()
    await catch_up(library, *PROJECTIONS, size=101)

    for projection in reversed(PROJECTIONS):
        await catch_up(library, again(projection), size=chance.randint(50, 900))
    for table in (DESK_VIEW, READER_VIEW):
        live = await shown(library, table)
        assert live == await shown(library, table_again(table))
        assert live == await folded_by_hand(library, table)
        assert len(live) > HISTORIES / 4
        assert {row["live"] for row in live} == {True, False}


async def folded_by_hand(service: Service, table: Table[Any]) -> list[dict[str, Any]]:
    """What the whole log says, one stream after the other, without any of our SQL."""
    streams: dict[UUID, list[Any]] = defaultdict(list)
    for record in await service.pool.fetch(
        "SELECT e.stream_id, s.kind, e.version, e.type, e.occurred_at,"
        " e.data::text AS data FROM kernel.events e JOIN kernel.streams s"
        " USING (stream_id) ORDER BY e.stream_id, e.version"
    ):
        streams[record["stream_id"]].append(record)
    desk = table.name == "desk_view"
    rows = {
        id: (_loan_by_hand if desk else _reader_by_hand)(id, events)
        for id, events in streams.items()
        if events[0]["kind"] == ("lending.Loan" if desk else "borrowers.Reader")
    }
    _join_by_hand(rows, streams, desk)
    return [rows[id] for id in sorted(rows) if rows[id].pop("made")]


def _loan_by_hand(id: UUID, events: list[Any]) -> dict[str, Any]:
    row: dict[str, Any] = {"made": False, "live": False}
    for each in events:
        data, kind = msgspec.json.decode(each["data"]), each["type"].split(".")[1]
        if kind in ("LoanOpened", "LoanReopened"):
            row |= {"made": True, "live": True, "fee": Decimal(data.get("fee", 0))}
            row["reader_id"] = UUID(data["reader_id"])
        elif kind == "FeeCharged" and row["live"]:
            row["fee"] = Decimal(data["fee"])
        elif kind == "LoanReturned":
            row["live"] = False
        row["stream_version"] = each["version"]
    return {"loan_id": id, **row}


def _reader_by_hand(id: UUID, events: list[Any]) -> dict[str, Any]:
    row: dict[str, Any] = {"made": False, "live": False}
    for each in events:
        data, kind = msgspec.json.decode(each["data"]), each["type"].split(".")[1]
        if kind == "ReaderJoined":
            row |= {"made": True, "live": True, "name": data["name"]}
        elif kind == "ReaderRenamed" and row["live"]:
            row["name"] = data["name"]
        elif kind == "ReaderLeft":
            row["live"] = False
        row["stream_version"] = each["version"]
    return {"reader_id": id, **row}


def _join_by_hand(
    rows: dict[UUID, dict[str, Any]], streams: dict[UUID, list[Any]], desk: bool
) -> None:
    for row in rows.values():
        if desk and row["made"]:
            said = [
                msgspec.json.decode(each["data"])["name"]
                for each in streams.get(row["reader_id"], [])
                if not each["type"].endswith("Left")
            ]
            first = [e["type"] for e in streams.get(row["reader_id"], [])]
            joined = [i for i, e in enumerate(_named(first)) if e == "ReaderJoined"]
            row["reader_name"] = said[-1] if said else None
            row["reader_names"] = (
                len(said) - (joined[-1] if joined else 0) if said else None
            )
        elif not desk:
            row |= {"loans": 0, "fees": Decimal(0), "first_at": None}
            row["largest"] = Decimal("2.00")
    for event in (e for events in streams.values() for e in events if not desk):
        data, kind = msgspec.json.decode(event["data"]), event["type"].split(".")[1]
        if kind not in ("LoanOpened", "LoanReopened"):
            continue
        row = rows.get(UUID(data["reader_id"]), {})
        if not row:
            continue
        row["loans"] += 1 if kind == "LoanOpened" else -1
        if kind == "LoanOpened":
            fee, at = Decimal(data["fee"]), event["occurred_at"]
            row["fees"] += fee
            row["largest"] = max(row["largest"], fee)
            row["first_at"] = min(row["first_at"] or at, at)


def _named(types: Iterable[str]) -> list[str]:
    """The short names of events that name a reader."""
    names = [each.split(".")[1] for each in types]
    return [each for each in names if each != "ReaderLeft"]


async def test_a_looked_up_name_follows_a_rename(library: Service) -> None:
    log, ada = Log(library), reader()
    early = loan()
    await log.append(early, opened(ada.id))
    await catch_up(library, *PROJECTIONS, size=10)
    row = await library.reader.one(DESK_VIEW)
    assert (row.reader_name, row.reader_names) == (None, None)

    await log.append(ada, ReaderJoined(reader_id=ada.id, name="Ada"))
    await log.append(ada, ReaderRenamed(reader_id=ada.id, name="Countess"))
    await catch_up(library, *PROJECTIONS, size=10)
    row = await library.reader.one(DESK_VIEW)
    assert row == DeskView(
        loan_id=early.id,
        reader_id=ada.id,
        reader_name="Countess",
        reader_names=2,
        fee=Decimal("1.00"),
    )
    [stored] = await library.rows(DESK_VIEW)
    assert "reader_name" not in stored


async def test_lists_filter_and_sort_by_joined_columns(library: Service) -> None:
    log = Log(library)
    people = {}
    for name, loans in (("Ada", 2), ("Bob", 1), ("Cyd", 3)):
        person = people[name] = reader()
        await log.append(person, ReaderJoined(reader_id=person.id, name=name))
        for number in range(loans):
            await log.append(loan(), opened(person.id, f"{number}.50"))
    await log.append(loan(), opened(uuid4()))
    await catch_up(library, *PROJECTIONS, size=10)

    found = await library.reader.page(DESK_VIEW, Where("reader_name", "=", "Cyd"))
    assert {row.reader_id for row in found.items} == {people["Cyd"].id}
    assert len(found.items) == 3
    by_name: list[str | None] = []
    cursor = None
    while True:
        page = await library.reader.page(
            DESK_VIEW, sort="-reader_name", limit=2, cursor=cursor
        )
        by_name += [row.reader_name for row in page.items]
        if (cursor := page.next_cursor) is None:
            break
    assert by_name == [None, "Cyd", "Cyd", "Cyd", "Bob", "Ada", "Ada"]
    most = await library.reader.page(READER_VIEW, sort="-loans")
    assert [(r.name, r.loans, r.fees) for r in most.items] == [
        ("Cyd", 3, Decimal("4.50")),
        ("Ada", 2, Decimal("2.00")),
        ("Bob", 1, Decimal("0.50")),
    ]
    many = await library.reader.page(READER_VIEW, Where("loans", ">=", 2))
    assert {row.name for row in many.items} == {"Ada", "Cyd"}


async def test_what_is_counted_does_not_wait_for_its_row(library: Service) -> None:
    log, ada = Log(library), reader()
    await log.append(loan(), opened(ada.id, "3.00"), minute=7)
    await log.append(loan(), opened(ada.id, "0.50"), minute=3)
    await catch_up(library, READERS_LOANS, size=1)
    await log.append(ada, ReaderJoined(reader_id=ada.id, name="Ada"))
    await catch_up(library, *PROJECTIONS, size=10)
    row = await library.reader.one(READER_VIEW)
    assert (row.loans, row.fees, row.largest) == (2, Decimal("3.50"), Decimal("3.00"))
    assert row.first_at == NOON + timedelta(minutes=3)

    await log.append(ada, ReaderLeft(reader_id=ada.id))
    await log.append(loan(), opened(ada.id))
    await log.append(ada, ReaderJoined(reader_id=ada.id, name="Ada"))
    await catch_up(library, *PROJECTIONS, size=10)
    assert (await library.reader.one(READER_VIEW)).loans == 3


async def test_a_row_that_nothing_was_counted_for_shows_the_start(
    library: Service,
) -> None:
    ada = reader()
    await Log(library).append(ada, ReaderJoined(reader_id=ada.id, name="Ada"))
    await catch_up(library, READERS_VIEW, size=10)
    row = await library.reader.one(READER_VIEW)
    assert (row.loans, row.fees, row.first_at) == (0, Decimal(0), None)
    assert row.largest == Decimal("2.00")


async def test_a_zombie_counts_nothing(library: Service) -> None:
    await counted_by_a_zombie(library)
    [row] = await library.pool.fetch("SELECT loans, fees FROM reader_view_loan_counts")
    assert (row["loans"], row["fees"]) == (5, Decimal("5.00"))


async def test_counting_outside_the_compare_and_set_would_count_twice(
    library: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Shows that the test above would notice."""
    monkeypatch.setattr(batch, "_addition", lambda tally: addition(tally, 11, ""))
    await counted_by_a_zombie(library)
    [row] = await library.pool.fetch("SELECT loans FROM reader_view_loan_counts")
    assert row["loans"] > 5


async def counted_by_a_zombie(service: Service) -> None:
    """Two owners work on the same events, and the older one writes last."""
    log, ada = Log(service), uuid4()
    for _ in range(5):
        await log.append(loan(), opened(ada))
    batches = Batches(service.pool, READERS_LOANS, size=3, lease=0.0)
    name = READERS_LOANS.name
    first = await checkpoints.acquire(service.pool, name, holder="old", lease=0.0)
    second = await checkpoints.acquire(service.pool, name, holder="new", lease=5.0)
    assert first is not None and second is not None
    moved = await batches.next(second)
    for zombie in (first, replace(second, attempts=7)):
        with pytest.raises(OwnershipLost):
            await batches.next(zombie)
    await batches.next(moved)


async def test_one_event_that_cannot_be_counted_stops_before_it(
    library: Service,
) -> None:
    log, ada = Log(library), uuid4()
    for fee in ("1.00", "2.00", "4.00"):
        await log.append(loan(), opened(ada, fee))

    def count(event: Any, envelope: Any) -> Iterator[Any]:
        yield from READERS_LOANS.count(event, envelope)
        if event.fee == 2:
            raise ArithmeticError("no twos")

    broken: Counting[Any, Any] = replace(READERS_LOANS, count=count)
    with pytest.raises(Exception, match="reader_view_loan_counts"):
        await library.runner(broken, batch=10).catch_up()
    [row] = await library.pool.fetch("SELECT fees FROM reader_view_loan_counts")
    assert row["fees"] == Decimal("1.00")
    await checkpoints.resume(library.pool, READERS_LOANS.name)
    await catch_up(library, READERS_LOANS, size=10)
    [row] = await library.pool.fetch("SELECT fees FROM reader_view_loan_counts")
    assert row["fees"] == Decimal("7.00")


async def test_waiting_for_a_token_waits_for_every_feed(library: Service) -> None:
    assert DESK_VIEW.feeds == ("desk_view", "desk_view_reader")
    log, ada = Log(library), reader()
    await log.append(loan(), opened(ada.id))
    token = await log.append(ada, ReaderJoined(reader_id=ada.id, name="Ada"))
    queries = QueryBus(Waiting(library.pool, 5.0))

    async def name_of(query: GetLoan, actor: Any) -> object:
        return (await library.reader.one(DESK_VIEW)).reader_name

    queries.register(GetLoan, name_of, reads=DESK_VIEW)
    await catch_up(library, DESK, size=10)
    asked = asyncio.create_task(
        queries.ask(GetLoan(loan_id=uuid4()), actor=None, wait_for=token)  # type: ignore[arg-type]
    )
    done, _ = await asyncio.wait([asked], timeout=0.05)
    assert not done
    await catch_up(library, DESK_READERS, size=10)
    assert await asked == "Ada"


async def test_a_sync_event_leaves_what_others_look_up_to_their_subscriptions(
    library: Service,
) -> None:
    ada = ReaderJoined(reader_id=uuid4(), name="Ada")
    store = type(library.store)(
        library.pool,
        library.store._appender,
        projections=PROJECTIONS,
        sync_events=[ReaderJoined],
    )
    synced = store.projections_to_sync(borrowers.Reader, [ada])
    assert [each.name for each in synced] == ["reader_view"]
