"""Read models that other streams have a say in, written as the generator writes them.

A desk shows loans with the name of their reader; a reader's row counts their loans.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from typing import Any, ClassVar, Final, assert_never
from uuid import UUID

from app.common.aggregate import Aggregate, existing
from app.common.events import Envelope, Event
from app.common.read_models import Column, Count, Lookup, Table, Tally
from app.infra.projections.projection import Counting, Projection, Streams
from tests.infra.lending import (
    FeeCharged,
    Loan,
    LoanEvent,
    LoanOpened,
    LoanRenewed,
    LoanReopened,
    LoanReturned,
    NoteWritten,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class ReaderJoined(Event):
    """Somebody may borrow books."""

    event_type: ClassVar[str] = "borrowers.ReaderJoined"
    reader_id: UUID
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ReaderRenamed(Event):
    """They are called otherwise."""

    event_type: ClassVar[str] = "borrowers.ReaderRenamed"
    reader_id: UUID
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ReaderLeft(Event):
    """They may not borrow any more, until they join anew."""

    event_type: ClassVar[str] = "borrowers.ReaderLeft"
    reader_id: UUID


ReaderEvent = ReaderJoined | ReaderRenamed | ReaderLeft


@dataclass(frozen=True, slots=True, kw_only=True)
class ReaderState:
    """What the rules must remember."""

    name: str


class Reader(Aggregate[ReaderState, ReaderEvent]):
    """Somebody who borrows books."""

    kind = "borrowers.Reader"
    state_type = ReaderState
    event_types = (ReaderJoined, ReaderRenamed, ReaderLeft)

    @staticmethod
    def evolve(state: ReaderState | None, event: ReaderEvent) -> ReaderState:
        match event:
            case ReaderJoined() | ReaderRenamed():
                return ReaderState(name=event.name)
            case ReaderLeft():
                return existing(state)
            case _:
                assert_never(event)


@dataclass(frozen=True, slots=True, kw_only=True)
class DeskView:
    """A loan, as it is called at the desk."""

    loan_id: UUID
    reader_id: UUID
    reader_name: str | None = None
    reader_names: int | None = None
    fee: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class DeskViewReader:
    """What a row of DeskView looks up by `reader_id`."""

    reader_id: UUID
    reader_name: str | None = None
    reader_names: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ReaderView:
    """A reader, and how much they borrow."""

    reader_id: UUID
    name: str
    loans: int = 0
    fees: Decimal = Decimal(0)
    largest: Decimal = Decimal("2.00")
    first_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ReaderViewLoanCounts:
    """What `lending.Loan` adds to a row of ReaderView."""

    reader_id: UUID
    loans: int = 0
    fees: Decimal = Decimal(0)
    largest: Decimal = Decimal("2.00")
    first_at: datetime | None = None


DESK_VIEW_READER: Final = Table(
    name="desk_view_reader",
    row=DeskViewReader,
    key="reader_id",
    columns=(
        Column("reader_id", "uuid"),
        Column("reader_name", "text"),
        Column("reader_names", "numeric"),
    ),
)
DESK_VIEW: Final = Table(
    name="desk_view",
    row=DeskView,
    key="loan_id",
    columns=(
        Column("loan_id", "uuid"),
        Column("reader_id", "uuid"),
        Column("fee", "numeric"),
    ),
    lookups=(Lookup(by="reader_id", table=DESK_VIEW_READER),),
)
READER_VIEW_LOAN_COUNTS: Final = Tally(
    name="reader_view_loan_counts",
    row=ReaderViewLoanCounts,
    key="reader_id",
    counts=(
        Count("loans", "numeric", "sum"),
        Count("fees", "numeric", "sum"),
        Count("largest", "numeric", "max"),
        Count("first_at", "timestamptz", "min"),
    ),
)
READER_VIEW: Final = Table(
    name="reader_view",
    row=ReaderView,
    key="reader_id",
    columns=(Column("reader_id", "uuid"), Column("name", "text")),
    tallies=(READER_VIEW_LOAN_COUNTS,),
)

TABLES: Final = """
CREATE TABLE desk_view (
    loan_id uuid PRIMARY KEY, reader_id uuid NOT NULL, fee numeric NOT NULL,
    stream_version bigint NOT NULL, live boolean NOT NULL DEFAULT true
);
CREATE TABLE desk_view_reader (
    reader_id uuid PRIMARY KEY, reader_name text, reader_names numeric,
    stream_version bigint NOT NULL, live boolean NOT NULL DEFAULT true
);
CREATE TABLE reader_view (
    reader_id uuid PRIMARY KEY, name text NOT NULL,
    stream_version bigint NOT NULL, live boolean NOT NULL DEFAULT true
);
CREATE TABLE reader_view_loan_counts (
    reader_id uuid PRIMARY KEY, loans numeric NOT NULL, fees numeric NOT NULL,
    largest numeric NOT NULL, first_at timestamptz
);
CREATE TABLE desk_view_again (LIKE desk_view INCLUDING ALL);
CREATE TABLE desk_view_reader_again (LIKE desk_view_reader INCLUDING ALL);
CREATE TABLE reader_view_again (LIKE reader_view INCLUDING ALL);
CREATE TABLE reader_view_loan_counts_again
    (LIKE reader_view_loan_counts INCLUDING ALL);
"""


def project_desk_view(
    row: DeskView | None, event: LoanEvent, envelope: Envelope
) -> DeskView | None:
    match event:
        case LoanOpened():
            return DeskView(
                loan_id=envelope.stream_id, reader_id=event.reader_id, fee=event.fee
            )
        case LoanReopened():
            return DeskView(
                loan_id=envelope.stream_id, reader_id=event.reader_id, fee=Decimal(0)
            )
        case FeeCharged():
            return row and replace(row, fee=event.fee)
        case LoanReturned():
            return None
        case LoanRenewed() | NoteWritten():
            return row
        case _:
            assert_never(event)


def look_up_desk_view_reader(
    row: DeskViewReader | None, event: ReaderEvent, envelope: Envelope
) -> DeskViewReader:
    row = row or DeskViewReader(reader_id=envelope.stream_id)
    match event:
        case ReaderJoined():
            return replace(row, reader_name=event.name, reader_names=1)
        case ReaderRenamed():
            names = 1 if row.reader_names is None else row.reader_names + 1
            return replace(row, reader_name=event.name, reader_names=names)
        case ReaderLeft():
            return row
        case _:
            assert_never(event)


def project_reader_view(
    row: ReaderView | None, event: ReaderEvent, envelope: Envelope
) -> ReaderView | None:
    match event:
        case ReaderJoined():
            return ReaderView(reader_id=envelope.stream_id, name=event.name)
        case ReaderRenamed():
            return row and replace(row, name=event.name)
        case ReaderLeft():
            return None
        case _:
            assert_never(event)


def count_reader_view_loan(
    event: LoanEvent, envelope: Envelope
) -> Iterator[ReaderViewLoanCounts]:
    match event:
        case LoanOpened():
            yield ReaderViewLoanCounts(
                reader_id=event.reader_id,
                loans=1,
                fees=event.fee,
                largest=event.fee,
                first_at=envelope.at,
            )
        case LoanReopened():
            yield ReaderViewLoanCounts(reader_id=event.reader_id, loans=-1)
        case LoanRenewed() | FeeCharged() | NoteWritten() | LoanReturned():
            return
        case _:
            assert_never(event)


READERS: Final = Streams("borrowers.Reader", (ReaderJoined, ReaderRenamed, ReaderLeft))
LOANS: Final[Streams[Any]] = Streams("lending.Loan", Loan.event_types)

DESK: Final[Projection[Any, Any]] = Projection(
    table=DESK_VIEW, aggregate=Loan, fold=project_desk_view
)
DESK_READERS: Final[Projection[Any, Any]] = Projection(
    table=DESK_VIEW_READER, aggregate=READERS, fold=look_up_desk_view_reader
)
READERS_VIEW: Final[Projection[Any, Any]] = Projection(
    table=READER_VIEW, aggregate=Reader, fold=project_reader_view
)
READERS_LOANS: Final[Counting[Any, Any]] = Counting(
    tally=READER_VIEW_LOAN_COUNTS, aggregate=LOANS, count=count_reader_view_loan
)
PROJECTIONS: Final = (DESK, DESK_READERS, READERS_VIEW, READERS_LOANS)
