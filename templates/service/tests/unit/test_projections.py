"""A row is a function of its stream, however often and in whatever parts it is read."""

from typing import Any

import msgspec
import pytest

from app.domain_registry import DOMAINS
from app.infra.projections.folding import Standing, advance
from app.infra.projections.projection import Counting, Projection
from tests.histories import history

ALL = [each for domain in DOMAINS for each in domain.projections]

by_name = pytest.mark.parametrize(
    "projection",
    [pytest.param(e, id=e.name) for e in ALL if isinstance(e, Projection)],
)


@by_name
def test_events_that_come_twice_change_nothing(
    projection: Projection[Any, Any],
) -> None:
    happened = history(projection.aggregate)
    once = advance(projection, Standing(), happened)
    assert once.version == len(happened)
    for cut in range(len(happened) + 1):
        part = advance(projection, Standing(), happened[:cut])
        assert advance(projection, part, happened) == once


@by_name
def test_a_stored_row_goes_on_like_one_in_memory(
    projection: Projection[Any, Any],
) -> None:
    kept: Standing[Any] = Standing()
    stored: Standing[Any] = Standing()
    for each in history(projection.aggregate):
        kept = advance(projection, kept, [each])
        stored = _stored(projection, advance(projection, stored, [each]))
        assert stored == kept


@by_name
def test_a_table_has_a_column_for_every_field_of_its_row(
    projection: Projection[Any, Any],
) -> None:
    shown = [column.name for column in projection.table.shown]
    assert sorted(shown) == sorted(projection.table.row.__annotations__)


def test_what_an_event_adds_depends_on_nothing_else() -> None:
    for counting in (each for each in ALL if isinstance(each, Counting)):
        columns = [counting.tally.key, *(each.name for each in counting.tally.counts)]
        assert columns == list(counting.tally.row.__annotations__)
        happened = history(counting.aggregate)
        first = [list(counting.count(*each)) for each in happened]
        again = [list(counting.count(*each)) for each in reversed(happened)]
        assert first == list(reversed(again)), counting.name
        assert any(first), counting.name


def _stored(projection: Projection[Any, Any], standing: Standing[Any]) -> Standing[Any]:
    row, last = (
        None
        if each is None
        else msgspec.json.decode(msgspec.json.encode(each), type=projection.table.row)
        for each in (standing.row, standing.last)
    )
    return Standing(standing.version, row, last)
