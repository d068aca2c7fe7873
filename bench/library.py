"""The same domain on the library `eventsourcing`, with its PostgreSQL recorder."""

from __future__ import annotations

import os
from typing import Any, LiteralString
from urllib.parse import parse_qs, urlsplit
from uuid import UUID

from eventsourcing.application import Application
from eventsourcing.domain import Aggregate, event
from eventsourcing.persistence import Tracking
from eventsourcing.postgres import PostgresDatastore, PostgresTrackingRecorder
from eventsourcing.projection import Projection
from psycopg.sql import SQL

from bench.domain import NOTE
from bench.measuring import Server

THREADS = 16


class Account(Aggregate):
    """An account."""

    @event("Opened")
    def __init__(self, owner: str, note: str) -> None:
        self.owner = owner
        self.balance = 0

    @event("Paid")
    def pay(self, amount: int, note: str) -> None:
        self.balance += amount


class Bank(Application[UUID]):
    """Opens accounts, and pays into them."""

    def open(self) -> UUID:
        account = Account(owner="owner", note=NOTE)
        self.save(account)
        id: UUID = account.id
        return id

    def pay(self, id: UUID) -> None:
        account: Account = self.repository.get(id)
        account.pay(1, NOTE)
        self.save(account)


class Views(PostgresTrackingRecorder):
    """A table of accounts, written with the position that it stands for."""

    def __init__(self, datastore: PostgresDatastore, **options: Any) -> None:
        super().__init__(datastore, **options)
        self.sql_create_statements.append(
            SQL(
                "CREATE TABLE IF NOT EXISTS library_view (account_id uuid PRIMARY KEY,"
                " owner text, balance bigint, payments bigint)"
            )
        )

    def write(
        self, statement: LiteralString, arguments: tuple[Any, ...], tracking: Tracking
    ) -> None:
        with self.datastore.transaction(commit=True) as cursor:
            self._insert_tracking(cursor, tracking)
            cursor.execute(statement, arguments, prepare=True)


class View(Projection[Views]):
    """One row an account, as ours."""

    name = "view"

    def process_event(self, domain_event: Any, tracking: Tracking) -> None:
        if isinstance(domain_event, Account.Opened):
            self.view.write(
                "INSERT INTO library_view VALUES (%s, %s, 0, 0) ON CONFLICT DO NOTHING",
                (domain_event.originator_id, domain_event.owner),
                tracking,
            )
        else:
            self.view.write(
                "UPDATE library_view SET balance = balance + %s,"
                " payments = payments + 1 WHERE account_id = %s",
                (domain_event.amount, domain_event.originator_id),
                tracking,
            )


def environment(server: Server) -> dict[str, str]:
    """What points the library to the same server."""
    [folder] = parse_qs(urlsplit(server.url).query)["host"]
    return {
        **os.environ,
        "PERSISTENCE_MODULE": "eventsourcing.postgres",
        "POSTGRES_DBNAME": "postgres",
        "POSTGRES_HOST": folder,
        "POSTGRES_PORT": "5432",
        "POSTGRES_USER": "postgres",
        "POSTGRES_PASSWORD": "",
        "POSTGRES_POOL_SIZE": str(THREADS),
    }
