"""Where arithmetic ends, PostgreSQL and JSON do not end before."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import msgspec
import pytest

from app.common import saturating
from app.common.decimals import PRECISION, quantize
from app.common.read_models import Column, Count, Table, Tally
from app.infra.persistence.postgres import Pool
from app.infra.projections.measures import Measure, selected
from app.infra.projections.relation import relation
from app.infra.projections.tallies import addition
from generator.types import POSTGRES, Kind
from tests.infra import things
from tests.infra.things import THINGS, thing

ENDS: list[tuple[Kind, Any]] = [
    ("datetime", saturating.FIRST),
    ("datetime", saturating.LAST),
    ("date", date.min),
    ("date", date.max),
    ("duration", saturating.LONGEST),
    ("duration", -saturating.LONGEST),
    ("duration", timedelta.resolution),
    ("float", sys.float_info.max),
    ("float", -sys.float_info.max),
    ("float", 5e-324),
    ("decimal", Decimal("9" * PRECISION)),
    ("decimal", Decimal(f"-1e-{PRECISION - 1}")),
    ("decimal", saturating.amount(Decimal("-1e5000"))),
    ("decimal", Decimal("9." + "9" * (PRECISION - 1)).scaleb(-saturating.DIGITS)),
    ("decimal", quantize(Decimal("9e999") ** 3, 2)),
    ("int", saturating.amount(-(10**5000))),
]


@pytest.mark.parametrize(("kind", "end"), ENDS, ids=lambda each: str(each)[:20])
async def test_what_saturates_comes_back_from_a_column_and_from_json(
    kind: Kind, end: Any, pool: Pool
) -> None:
    column = POSTGRES[kind]
    # As projections write their rows: an array a column.
    stored = await pool.fetchval(f"SELECT unnest($1::{column}[])", [end])
    assert stored == end
    shown = msgspec.json.encode(end)
    assert msgspec.json.decode(shown, type=type(end)) == end
    kept = await pool.fetchval("SELECT $1::jsonb", {"end": end})
    assert msgspec.convert(kept["end"], type=type(end)) == end


MOST = sys.float_info.max
MEASURES = {
    "time": Measure("sum", "lasts"),
    "usual_time": Measure("avg", "lasts"),
    "weight": Measure("sum", "weight"),
    "usual_weight": Measure("avg", "weight"),
}


async def measured(pool: Pool, *rows: tuple[timedelta, float]) -> tuple[Any, ...]:
    await pool.execute(things.CREATE)
    every = [thing(i, lasts=row[0], weight=row[1]) for i, row in enumerate(rows)]
    await things.put(pool, *every)
    columns = selected(THINGS, (), MEASURES)
    [found] = await pool.fetch(f"SELECT {columns} FROM {relation(THINGS)}")
    return tuple(found.values())


@pytest.mark.parametrize("sign", [1, -1])
async def test_a_measure_ends_where_arithmetic_ends(sign: int, pool: Pool) -> None:
    end, most = sign * saturating.LONGEST, sign * MOST
    assert await measured(pool, *[(end, most)] * 700) == (end, end, most, most)


async def test_a_measure_that_passes_the_end_and_comes_back_is_right(
    pool: Pool,
) -> None:
    day = timedelta(days=1, microseconds=1)
    rows = [(saturating.LONGEST, MOST)] * 600 + [(-saturating.LONGEST, -MOST)] * 600
    assert await measured(pool, *rows, (day, 0.1)) == (day, day / 1201, 0.1, 0.1 / 1201)


async def test_less_than_the_least_float_is_nothing(pool: Pool) -> None:
    rows = [(timedelta(), 5e-324), (timedelta(), 0.0), (timedelta(), 0.0)]
    _, _, _, usual = await measured(pool, *rows)
    assert usual == 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Spent:
    key: UUID
    time: timedelta = timedelta()


def spent(name: str) -> Tally[Spent]:
    time = Count("time", "interval", "sum")
    return Tally(name=name, row=Spent, key="key", counts=(time,))


SPENT, LOST = spent("spent"), spent("lost")
COUNTED = Table(
    name="counted",
    row=Spent,
    key="key",
    columns=(Column("key", "uuid"),),
    tallies=(SPENT, LOST),
)


@pytest.mark.parametrize("sign", [1, -1])
async def test_what_is_counted_ends_with_the_longest_duration(
    sign: int, pool: Pool
) -> None:
    end, key = sign * saturating.LONGEST, UUID(int=1)
    for tally in (SPENT, LOST):
        table = f"CREATE TABLE {tally.name} (key uuid PRIMARY KEY, time interval)"
        await pool.execute(table)
        for _ in range(2):
            added = addition(tally, 1, "")
            await pool.execute(added, [key] * 700, [end] * 700)
        assert await pool.fetchval(f"SELECT time FROM {tally.name}") == end
    row = "key, 1 AS stream_version, true AS live"
    await pool.execute(f"CREATE TABLE counted AS SELECT {row} FROM spent")
    shown = await pool.fetchval(f"SELECT time FROM {relation(COUNTED)}")
    assert shown == end
