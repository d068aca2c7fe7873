"""What is measured: an account that is opened and paid into; one event a command."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from typing import ClassVar
from uuid import UUID

from pydantic import Field

from app.common.actor import SYSTEM
from app.common.aggregate import Aggregate, existing
from app.common.context import Context
from app.common.events import Envelope, Event
from app.common.ids import new_id
from app.common.messages import Command
from app.common.read_models import Column, Table
from app.config.append import AppendSettings
from app.infra.cqrs.commands import CommandBus
from app.infra.event_store.appenders import appending
from app.infra.event_store.repository import Accepted, Repository
from app.infra.event_store.states import States
from app.infra.event_store.store import EventStore
from app.infra.persistence.postgres import Pool
from app.infra.projections.projection import Projection
from bench.measuring import Act, Server

NOTE = "please leave it at the front desk and ring the bell twice"


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened(Event):
    """An account was opened."""

    event_type: ClassVar[str] = "bench.Opened"
    owner: str
    note: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Paid(Event):
    """Something was paid in."""

    event_type: ClassVar[str] = "bench.Paid"
    amount: int
    note: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountState:
    """What it holds."""

    owner: str
    balance: int


class Open(Command):
    """Open an account."""

    account_id: UUID = Field(default_factory=new_id)
    owner: str = "owner"


class Pay(Command):
    """Pay in."""

    account_id: UUID
    amount: int = 1


class Account(Aggregate[AccountState, Opened | Paid]):
    """An account."""

    kind = "bench.Account"
    state_type = AccountState
    event_types = (Opened, Paid)

    def open(self, command: Open, context: Context) -> None:
        self._must_not_exist()
        self._record(Opened(owner=command.owner, note=NOTE))

    def pay(self, command: Pay, context: Context) -> None:
        self._existing()
        self._record(Paid(amount=command.amount, note=NOTE))

    @staticmethod
    def evolve(state: AccountState | None, event: Opened | Paid) -> AccountState:
        match event:
            case Opened():
                return AccountState(owner=event.owner, balance=0)
            case Paid():
                state = existing(state)
                return replace(state, balance=state.balance + event.amount)


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountView:
    """A row."""

    account_id: UUID
    owner: str
    balance: int
    payments: int


ACCOUNTS = Table(
    name="account_view",
    row=AccountView,
    key="account_id",
    columns=(
        Column("account_id", "uuid"),
        Column("owner", "text"),
        Column("balance", "bigint"),
        Column("payments", "bigint"),
    ),
)


def project(
    row: AccountView | None, event: Opened | Paid, envelope: Envelope
) -> AccountView | None:
    match event:
        case Opened():
            return AccountView(
                account_id=envelope.stream_id, owner=event.owner, balance=0, payments=0
            )
        case Paid():
            return row and replace(
                row, balance=row.balance + event.amount, payments=row.payments + 1
            )


VIEW = Projection(table=ACCOUNTS, aggregate=Account, fold=project)

BY_HAND = """
CREATE TABLE by_hand (
    id uuid PRIMARY KEY, stream_id uuid NOT NULL, version bigint NOT NULL,
    type text NOT NULL, data jsonb NOT NULL,
    recorded_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    UNIQUE (stream_id, version)
);
"""

TABLES = f"""
CREATE TABLE account_view (
    account_id uuid PRIMARY KEY, owner text NOT NULL, balance bigint NOT NULL,
    payments bigint NOT NULL, stream_version bigint NOT NULL, live boolean NOT NULL
);
{BY_HAND}
"""


@dataclass
class Bank:
    """The domain on a store, as a service would have it."""

    store: EventStore
    bus: CommandBus

    @classmethod
    @asynccontextmanager
    async def on(
        cls,
        server: Server,
        pool: Pool,
        *,
        group: bool = True,
        remember: bool = True,
        sync: bool = False,
    ) -> AsyncIterator[Bank]:
        settings = AppendSettings(group_commit=group)
        states = States(
            streams=settings.remember if remember else 0, size=settings.remember_bytes
        )
        async with appending(pool, server.settings, settings) as appender:
            store = EventStore(
                pool,
                appender,
                projections=(VIEW,),
                sync_events=(Opened, Paid) if sync else (),
                states=states,
            )
            bus = CommandBus(store)
            accounts = Repository(store, Account)

            async def open(command: Open, context: Context) -> Accepted:
                account = await accounts.new(command.account_id, context)
                account.open(command, context)
                return await accounts.save(account, context)

            async def pay(command: Pay, context: Context) -> Accepted:
                account = await accounts.load(command.account_id, context)
                account.pay(command, context)
                return await accounts.save(account, context)

            bus.register(Open, open)
            bus.register(Pay, pay)
            yield cls(store, bus)

    async def open(self) -> Accepted:
        return await self.bus.send(Open(), actor=SYSTEM)

    async def pay(self, account: UUID) -> Accepted:
        return await self.bus.send(Pay(account_id=account), actor=SYSTEM)

    def payer(self, accounts: Iterator[UUID]) -> Act:
        async def pay() -> Accepted:
            return await self.pay(next(accounts))

        return pay
