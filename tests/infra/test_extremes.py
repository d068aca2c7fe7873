"""Where arithmetic ends, PostgreSQL and JSON do not end before."""

from __future__ import annotations

import sys
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import msgspec
import pytest

from app.common import saturating
from app.common.decimals import PRECISION
from app.infra.persistence.postgres import Pool
from generator.types import POSTGRES, Kind

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
    ("int", 10**400),
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
