"""Rows with a column of every type, and the table that they are in."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import Any
from uuid import UUID

from app.common.read_models import Column, Table
from app.infra.persistence.postgres import Pool
from app.infra.projections.folding import Standing
from app.infra.projections.projection import Projection, Streams
from app.infra.projections.rows import row_arguments, upsert


class Colour(StrEnum):
    RED = "red"
    BLUE = "blue"
    GREEN = "green"


@dataclass(frozen=True, slots=True, kw_only=True)
class Thing:
    thing_id: UUID
    name: str
    colour: Colour
    size: int | None
    price: Decimal
    owner_id: UUID
    made_on: date | None
    seen_at: datetime
    lasts: timedelta
    weight: float
    good: bool
    raw: bytes
    tags: list[str]
    parts: dict[str, int]


THINGS = Table(
    name='the "things"',
    row=Thing,
    key="thing_id",
    columns=(
        Column("thing_id", "uuid"),
        Column("name", "text"),
        Column("colour", "text"),
        Column("size", "numeric"),
        Column("price", "numeric"),
        Column("owner_id", "uuid"),
        Column("made_on", "date"),
        Column("seen_at", "timestamptz"),
        Column("lasts", "interval"),
        Column("weight", "double precision"),
        Column("good", "boolean"),
        Column("raw", "bytea"),
        Column("tags", "jsonb"),
        Column("parts", "jsonb"),
    ),
)
THINGS_VIEW: Projection[Any, Any] = Projection(
    table=THINGS, aggregate=Streams("things.Thing", ()), fold=lambda row, *_: row
)

CREATE = '''
CREATE TABLE "the ""things""" (thing_id uuid PRIMARY KEY, name text NOT NULL,
    colour text NOT NULL, size numeric, price numeric NOT NULL, owner_id uuid NOT NULL,
    made_on date, seen_at timestamptz NOT NULL, lasts interval NOT NULL,
    weight double precision NOT NULL, good boolean NOT NULL, raw bytea NOT NULL,
    tags jsonb NOT NULL, parts jsonb NOT NULL,
    stream_version bigint NOT NULL, live boolean NOT NULL DEFAULT true)
'''
ALICE, BOB = UUID(int=1), UUID(int=2)


def thing(number: int, **values: Any) -> Thing:
    standard: dict[str, Any] = {
        "thing_id": UUID(int=number),
        "name": f"thing {number}",
        "colour": Colour.RED,
        "size": number,
        "price": Decimal(number) / 4,
        "owner_id": ALICE if number % 2 else BOB,
        "made_on": date(2030, 1, 1) + timedelta(days=number % 5),
        "seen_at": datetime(2030, 1, 1, tzinfo=UTC) + timedelta(hours=number % 7),
        "lasts": timedelta(days=40, minutes=number % 3),
        "weight": number / 3,
        "good": number % 2 == 0,
        "raw": bytes([number % 256]),
        "tags": ["all", f"tag {number}"],
        "parts": {"n": number},
    }
    return Thing(**{**standard, **values})


async def put(pool: Pool, *things: Thing) -> None:
    permit = "CROSS JOIN (SELECT 1) AS always"
    standings = [(i, Standing(1, each, each)) for i, each in enumerate(things)]
    await pool.execute(upsert(THINGS, 1, permit), *row_arguments(THINGS, standings))
