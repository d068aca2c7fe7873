"""A small domain, written as the generator writes one: books lent to readers."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import Any, ClassVar, Final, Literal, assert_never
from uuid import UUID

from pydantic import Field, model_validator

from app.common.actor import Actor, Owner, OwnerColumn
from app.common.aggregate import Aggregate, UniqueKey, existing, partial_decision
from app.common.context import Context
from app.common.decimals import quantize
from app.common.errors import RuleViolated
from app.common.events import Envelope, Event
from app.common.ids import new_id
from app.common.messages import Command, Query
from app.common.read_models import Column, Rows, Table
from app.infra.cqrs.commands import CommandBus
from app.infra.cqrs.queries import QueryBus
from app.infra.domain import Domain
from app.infra.event_store.repository import Accepted, Repository
from app.infra.event_store.store import EventStore
from app.infra.projections.projection import ChildRows, Projection
from app.infra.projections.reader import Page, Reader, Where, visible_to


class Status(StrEnum):
    """Where a loan is in its life."""

    OPEN = "open"
    RETURNED = "returned"


@dataclass(frozen=True, slots=True, kw_only=True)
class Period:
    """From the day a copy leaves to the day it is due."""

    starts_on: date
    due_on: date

    @model_validator(mode="after")
    def _check(self) -> Period:
        if not self.due_on > self.starts_on:
            raise ValueError("A loan is due after the day it starts.")
        return self


@dataclass(frozen=True, slots=True, kw_only=True)
class LoanOpened(Event):
    """A reader took a copy home. Sync."""

    event_type: ClassVar[str] = "lending.LoanOpened"
    loan_id: UUID
    copy_id: UUID
    reader_id: UUID
    period: Period
    fee: Decimal
    tags: list[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class LoanRenewed(Event):
    """The due date moved."""

    event_type: ClassVar[str] = "lending.LoanRenewed"
    loan_id: UUID
    due_on: date


@dataclass(frozen=True, slots=True, kw_only=True)
class FeeCharged(Event):
    """The fee grew. Sync."""

    event_type: ClassVar[str] = "lending.FeeCharged"
    loan_id: UUID
    fee: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class NoteWritten(Event):
    """Somebody wrote something down."""

    event_type: ClassVar[str] = "lending.NoteWritten"
    loan_id: UUID
    note: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LoanReturned(Event):
    """The copy came back. Ends the row of one read model."""

    event_type: ClassVar[str] = "lending.LoanReturned"
    loan_id: UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class LoanReopened(Event):
    """The return was a mistake: the row comes back."""

    event_type: ClassVar[str] = "lending.LoanReopened"
    loan_id: UUID
    copy_id: UUID
    reader_id: UUID


LoanEvent = (
    LoanOpened | LoanRenewed | FeeCharged | NoteWritten | LoanReturned | LoanReopened
)


class OpenLoan(Command):
    """Lend a copy."""

    loan_id: UUID = Field(default_factory=new_id)
    copy_id: UUID
    reader_id: UUID
    period: Period
    fee: Decimal = Decimal("1.00")
    tags: list[str] = Field(default_factory=list)
    pretend: bool = False


class RenewLoan(Command):
    """Push the due date back; by no days at all is nothing to record."""

    loan_id: UUID
    days: int = Field(ge=0, le=28)


class ChargeFee(Command):
    """Add to the fee."""

    loan_id: UUID
    amount: Decimal


class WriteNote(Command):
    """Write something down."""

    loan_id: UUID
    note: str
    pin: str = Field(default="", repr=False)


class ReturnLoan(Command):
    """Take the copy back."""

    loan_id: UUID


class ReopenLoan(Command):
    """The return was a mistake."""

    loan_id: UUID


class SplitFee(Command):
    """Divide the fee, among nobody perhaps."""

    loan_id: UUID
    among: int


class CopyIsLent(RuleViolated):
    """The copy is with another reader."""


class AlreadyReturned(RuleViolated):
    """The copy has been returned."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LoanState:
    """What the rules must remember; nothing else."""

    status: Status
    copy_id: UUID
    reader_id: UUID
    due_on: date
    fee: Decimal


COPY: Final = "lending.Loan.CopyIsLent"


class Loan(Aggregate[LoanState, LoanEvent]):
    """One copy in one reader's hands."""

    kind = "lending.Loan"
    state_type = LoanState
    event_types = (
        LoanOpened,
        LoanRenewed,
        FeeCharged,
        NoteWritten,
        LoanReturned,
        LoanReopened,
    )
    unique_errors: ClassVar = {COPY: CopyIsLent}

    def open_loan(self, command: OpenLoan, context: Context) -> None:
        self._must_not_exist()
        if command.pretend:
            return
        self._record(
            LoanOpened(
                loan_id=self.id,
                copy_id=command.copy_id,
                reader_id=command.reader_id,
                period=command.period,
                fee=command.fee,
                tags=command.tags,
            )
        )

    def renew_loan(self, command: RenewLoan, context: Context) -> None:
        state = self._existing()
        self._require(state.status, Status.OPEN)
        if command.days > 0:
            due_on = state.due_on + timedelta(days=command.days)
            self._record(LoanRenewed(loan_id=self.id, due_on=due_on))

    def charge_fee(self, command: ChargeFee, context: Context) -> None:
        state = self._existing()
        self._record(FeeCharged(loan_id=self.id, fee=state.fee + command.amount))

    def write_note(self, command: WriteNote, context: Context) -> None:
        self._existing()
        self._record(NoteWritten(loan_id=self.id, note=command.note))

    def return_loan(self, command: ReturnLoan, context: Context) -> None:
        state = self._existing()
        if state.status == Status.RETURNED:
            raise AlreadyReturned()
        self._record(LoanReturned(loan_id=self.id))

    def reopen_loan(self, command: ReopenLoan, context: Context) -> None:
        state = self._existing()
        self._require(state.status, Status.RETURNED)
        self._record(
            LoanReopened(
                loan_id=self.id, copy_id=state.copy_id, reader_id=state.reader_id
            )
        )

    @partial_decision
    def split_fee(self, command: SplitFee, context: Context) -> None:
        state = self._existing()
        fee = quantize(state.fee / command.among, 2)
        self._record(FeeCharged(loan_id=self.id, fee=fee))

    @staticmethod
    def evolve(state: LoanState | None, event: LoanEvent) -> LoanState:
        match event:
            case LoanOpened():
                return LoanState(
                    status=Status.OPEN,
                    copy_id=event.copy_id,
                    reader_id=event.reader_id,
                    due_on=event.period.due_on,
                    fee=event.fee,
                )
            case LoanRenewed():
                return replace(existing(state), due_on=event.due_on)
            case FeeCharged():
                return replace(existing(state), fee=event.fee)
            case NoteWritten():
                return existing(state)
            case LoanReturned():
                return replace(existing(state), status=Status.RETURNED)
            case LoanReopened():
                return replace(existing(state), status=Status.OPEN)
            case _:
                assert_never(event)

    @staticmethod
    def unique_keys(state: LoanState) -> frozenset[UniqueKey]:
        if state.status != Status.OPEN:
            return frozenset()
        return frozenset({UniqueKey(COPY, (state.copy_id,))})


@dataclass(frozen=True, slots=True, kw_only=True)
class LoanView:
    """A loan that is open."""

    loan_id: UUID
    status: Status
    copy_id: UUID
    reader_id: UUID
    due_on: date | None
    period: Period | None
    fee: Decimal
    tags: list[str]
    note: str | None
    opened_at: datetime


LOAN_VIEW = Table(
    name="loan_view",
    row=LoanView,
    key="loan_id",
    columns=(
        Column("loan_id", "uuid"),
        Column("status", "text"),
        Column("copy_id", "uuid"),
        Column("reader_id", "uuid"),
        Column("due_on", "date"),
        Column("period", "jsonb"),
        Column("fee", "numeric"),
        Column("tags", "jsonb"),
        Column("note", "text"),
        Column("opened_at", "timestamptz"),
    ),
)


def project_loan_view(
    row: LoanView | None, event: LoanEvent, envelope: Envelope
) -> LoanView | None:
    match event:
        case LoanOpened():
            return LoanView(
                loan_id=envelope.stream_id,
                status=Status.OPEN,
                copy_id=event.copy_id,
                reader_id=event.reader_id,
                due_on=event.period.due_on,
                period=event.period,
                fee=event.fee,
                tags=event.tags,
                note=None,
                opened_at=envelope.at,
            )
        case LoanRenewed():
            return row and replace(row, due_on=event.due_on)
        case FeeCharged():
            return row and replace(row, fee=event.fee)
        case NoteWritten():
            return row and replace(row, note=event.note, tags=[*row.tags, event.note])
        case LoanReturned():
            return None
        case LoanReopened():
            return LoanView(
                loan_id=envelope.stream_id,
                status=Status.OPEN,
                copy_id=event.copy_id,
                reader_id=event.reader_id,
                due_on=None,
                period=None,
                fee=Decimal(0),
                tags=[],
                note=None,
                opened_at=envelope.at,
            )
        case _:
            assert_never(event)


@dataclass(frozen=True, slots=True, kw_only=True)
class LoanJournal:
    """How much has happened to a loan; begins with its first note."""

    loan_id: UUID
    notes: int
    events: int


LOAN_JOURNAL = Table(
    name="loan_journal",
    row=LoanJournal,
    key="loan_id",
    columns=(
        Column("loan_id", "uuid"),
        Column("notes", "numeric"),
        Column("events", "numeric"),
    ),
)


def project_loan_journal(
    row: LoanJournal | None, event: LoanEvent, envelope: Envelope
) -> LoanJournal | None:
    match event:
        case NoteWritten():
            row = row or LoanJournal(loan_id=envelope.stream_id, notes=0, events=0)
            return replace(row, notes=row.notes + 1, events=row.events + 1)
        case (
            LoanOpened()
            | LoanRenewed()
            | FeeCharged()
            | LoanReturned()
            | LoanReopened()
        ):
            return row and replace(row, events=row.events + 1)
        case _:
            assert_never(event)


@dataclass(frozen=True, slots=True, kw_only=True)
class LoanNote:
    """What was noted about a loan, and how often; a return ends its notes."""

    loan_id: UUID
    note: str
    times: int
    fee: Decimal


LOAN_NOTE = Table(
    name="loan_note",
    row=LoanNote,
    key="loan_id",
    columns=(
        Column("loan_id", "uuid"),
        Column("note", "text"),
        Column("times", "numeric"),
        Column("fee", "numeric"),
    ),
    elements=("note",),
)


def project_loan_note(
    rows: Rows[LoanNote], event: LoanEvent, envelope: Envelope
) -> None:
    match event:
        case LoanOpened():
            rows.put(
                LoanNote(loan_id=envelope.stream_id, note=tag, times=0, fee=event.fee)
                for tag in event.tags
            )
        case NoteWritten():
            rows.put(
                LoanNote(
                    loan_id=envelope.stream_id, note=event.note, times=1, fee=Decimal(0)
                )
                if row is None
                else replace(row, times=row.times + 1)
                for row in [rows.get(event.note)]
            )
        case FeeCharged():
            rows.put(replace(row, fee=event.fee) for row in rows)
        case LoanReturned():
            rows.end(rows)
        case LoanRenewed() | LoanReopened():
            return
        case _:
            assert_never(event)


TABLES = """
CREATE TABLE loan_view (
    loan_id uuid PRIMARY KEY, status text NOT NULL, copy_id uuid NOT NULL,
    reader_id uuid NOT NULL, due_on date, period jsonb, fee numeric NOT NULL,
    tags jsonb NOT NULL, note text, opened_at timestamptz NOT NULL,
    stream_version bigint NOT NULL, live boolean NOT NULL DEFAULT true
);
CREATE TABLE loan_journal (
    loan_id uuid PRIMARY KEY, notes numeric NOT NULL, events numeric NOT NULL,
    stream_version bigint NOT NULL, live boolean NOT NULL DEFAULT true
);
CREATE TABLE loan_note (
    loan_id uuid NOT NULL, note text NOT NULL, times numeric NOT NULL,
    fee numeric NOT NULL, stream_version bigint NOT NULL,
    live boolean NOT NULL DEFAULT true, PRIMARY KEY (loan_id, note)
);
CREATE TABLE loan_view_again (LIKE loan_view INCLUDING ALL);
CREATE TABLE loan_journal_again (LIKE loan_journal INCLUDING ALL);
CREATE TABLE loan_note_again (LIKE loan_note INCLUDING ALL);
"""


class GetLoan(Query):
    """One loan."""

    loan_id: UUID


class ListLoans(Query):
    """Loans, page by page."""

    copy_id: UUID | None = None
    sort: Literal["due_on", "-due_on", "fee", "-fee"] = "due_on"
    limit: int = Field(default=50, ge=1, le=500)
    cursor: str | None = None


class LoanHandlers:
    """One method a command; the rules are in the aggregate."""

    def __init__(self, loans: Repository[Loan]) -> None:
        self._loans = loans

    async def open_loan(self, command: OpenLoan, context: Context) -> Accepted:
        loan = await self._loans.new(command.loan_id, context)
        context.allow("staff", Owner("reader", command.reader_id))
        loan.open_loan(command, context)
        return await self._loans.save(loan, context)

    async def renew_loan(self, command: RenewLoan, context: Context) -> Accepted:
        loan = await self._loans.load(command.loan_id, context)
        context.allow("staff", Owner("reader", loan.existing.reader_id))
        loan.renew_loan(command, context)
        return await self._loans.save(loan, context)

    async def charge_fee(self, command: ChargeFee, context: Context) -> Accepted:
        loan = await self._loans.load(command.loan_id, context)
        loan.charge_fee(command, context)
        return await self._loans.save(loan, context)

    async def write_note(self, command: WriteNote, context: Context) -> Accepted:
        loan = await self._loans.load(command.loan_id, context)
        loan.write_note(command, context)
        return await self._loans.save(loan, context)

    async def return_loan(self, command: ReturnLoan, context: Context) -> Accepted:
        loan = await self._loans.load(command.loan_id, context)
        loan.return_loan(command, context)
        return await self._loans.save(loan, context)

    async def reopen_loan(self, command: ReopenLoan, context: Context) -> Accepted:
        loan = await self._loans.load(command.loan_id, context)
        loan.reopen_loan(command, context)
        return await self._loans.save(loan, context)

    async def split_fee(self, command: SplitFee, context: Context) -> Accepted:
        loan = await self._loans.load(command.loan_id, context)
        loan.split_fee(command, context)
        return await self._loans.save(loan, context)


def register_commands(bus: CommandBus, store: EventStore) -> None:
    """Tell the bus who handles what."""
    handlers = LoanHandlers(Repository(store, Loan))
    bus.register(OpenLoan, handlers.open_loan)
    bus.register(RenewLoan, handlers.renew_loan)
    bus.register(ChargeFee, handlers.charge_fee)
    bus.register(WriteNote, handlers.write_note)
    bus.register(ReturnLoan, handlers.return_loan)
    bus.register(ReopenLoan, handlers.reopen_loan)
    bus.register(SplitFee, handlers.split_fee)


class LoanQueryHandlers:
    """One method a query."""

    def __init__(self, reader: Reader) -> None:
        self._reader = reader

    async def get_loan(self, query: GetLoan, actor: Actor) -> LoanView:
        return await self._reader.one(
            LOAN_VIEW,
            Where("loan_id", "=", query.loan_id),
            visible_to(actor, "staff", OwnerColumn("reader", "reader_id")),
        )

    async def list_loans(self, query: ListLoans, actor: Actor) -> Page[LoanView]:
        return await self._reader.page(
            LOAN_VIEW,
            Where("copy_id", "=", query.copy_id, optional=True),
            visible_to(actor, "staff", OwnerColumn("reader", "reader_id")),
            sort=query.sort,
            limit=query.limit,
            cursor=query.cursor,
        )


def register_queries(bus: QueryBus, reader: Reader) -> None:
    """Tell the bus who answers what, and from which table."""
    handlers = LoanQueryHandlers(reader)
    bus.register(GetLoan, handlers.get_loan, reads=LOAN_VIEW)
    bus.register(ListLoans, handlers.list_loans, reads=LOAN_VIEW)


VIEW: Final[Projection[Any, Any]] = Projection(
    table=LOAN_VIEW, aggregate=Loan, fold=project_loan_view
)
JOURNAL: Final[Projection[Any, Any]] = Projection(
    table=LOAN_JOURNAL, aggregate=Loan, fold=project_loan_journal
)
NOTES: Final[ChildRows[Any, Any]] = ChildRows(
    table=LOAN_NOTE, aggregate=Loan, fold=project_loan_note
)

LENDING = Domain(
    name="lending",
    aggregates=(Loan,),
    projections=(VIEW, JOURNAL, NOTES),
    sync_events=frozenset({LoanOpened, FeeCharged}),
    register_commands=(register_commands,),
    register_queries=(register_queries,),
)
