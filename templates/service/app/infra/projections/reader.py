"""Reading rows: by typed conditions, one by one, page by page, or added up."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Final, Generic, Self, TypeVar
from zoneinfo import ZoneInfo

import asyncpg

from app.common.clock import Clock, SystemClock
from app.common.errors import InvalidInput, NotFound
from app.common.read_models import Table
from app.infra.event_store.tokens import Token
from app.infra.persistence.cache import Cache
from app.infra.persistence.postgres import Pool
from app.infra.projections.conditions import (
    AnyOf,
    Condition,
    Everything,
    Parameters,
    Where,
    all_of,
    any_of,
    condition_sql,
    negated,
    visible_to,
)
from app.infra.projections.cursors import Cursors, Order, Place
from app.infra.projections.kept import Kept
from app.infra.projections.measures import Measure, selected
from app.infra.projections.relation import relation
from app.infra.projections.rows import quoted, row_of
from app.infra.projections.waiting import reached

__all__ = [
    "AnyOf",
    "Everything",
    "Measure",
    "Page",
    "Reader",
    "Where",
    "all_of",
    "any_of",
    "negated",
    "visible_to",
]

MOST_GROUPS: Final = 10_000

R = TypeVar("R")
G = TypeVar("G")


@dataclass(frozen=True, slots=True)
class Page(Generic[R]):
    """Some rows, and the cursors that ask for those after and before them."""

    items: list[R]
    next_cursor: str | None = None
    previous_cursor: str | None = None


@dataclass(frozen=True, slots=True)
class Moment:
    """One reading of the clock, for all conditions of a question."""

    now: datetime
    timezone: str

    @property
    def today(self) -> date:
        """The date of `now` where the service lives."""
        return self.now.astimezone(ZoneInfo(self.timezone)).date()


class Reader:
    """Reads what projections wrote; rows that an event ended are not there.

    `where` is what a query always asks for, the other conditions are what the caller
    asks for and may see. A cursor belongs to these: `where` may move with the clock.
    """

    def __init__(
        self,
        pool: Pool,
        *,
        cache: Cache | None = None,
        clock: Clock | None = None,
        timezone: str = "UTC",
    ) -> None:
        self._pool = pool
        self._cache = cache
        self._clock = clock or SystemClock()
        self._timezone = timezone

    def moment(self) -> Moment:
        """What time it is for the question that is being answered."""
        return Moment(self._clock.now(), self._timezone)

    async def one(
        self,
        table: Table[R],
        *conditions: Condition,
        where: Condition | None = None,
        cache_for: timedelta | None = None,
    ) -> R:
        """The row that the conditions name; a refusal when there is none."""
        query = _Statement(table, _columns(table), (*conditions, where))
        rows = await self._rows(query.limited(1), table.row, cache_for)
        if not rows:
            raise NotFound()
        return rows[0]

    async def page(
        self,
        table: Table[R],
        *conditions: Condition,
        where: Condition | None = None,
        sort: str | None = None,
        limit: int = 50,
        cursor: str | None = None,
        cache_for: timedelta | None = None,
    ) -> Page[R]:
        """The first rows of the order, or those next to the cursor."""
        order = Order.of(table, sort)
        cursors = Cursors(order, conditions)
        place = None if cursor is None else cursors.read(cursor)
        forward = place is None or place.forward
        query = _Statement(table, _columns(table), (*conditions, where))
        query.sort(order if forward else order.reverse, after=place)
        found = await self._rows(query.limited(limit + 1), table.row, cache_for)
        rows, more = found[:limit], len(found) > limit
        if not rows:
            return Page([])
        if not forward:
            rows.reverse()
        has_next, has_previous = (more, place is not None) if forward else (True, more)
        return Page(
            rows,
            cursors.after(rows[-1]) if has_next else None,
            cursors.before(rows[0]) if has_previous else None,
        )

    async def groups(
        self,
        table: Table[Any],
        *conditions: Condition,
        row: type[G],
        group_by: Sequence[str],
        measures: Mapping[str, Measure],
        where: Condition | None = None,
        cache_for: timedelta | None = None,
    ) -> list[G]:
        """The measures of every group of rows that agree in these columns."""
        columns = selected(table, group_by, measures)
        query = _Statement(table, columns, (*conditions, where))
        query.group(group_by)
        groups = await self._rows(query.limited(MOST_GROUPS + 1), row, cache_for)
        if len(groups) > MOST_GROUPS:
            raise InvalidInput(f"There are more than {MOST_GROUPS} groups.")
        return groups

    async def totals(
        self,
        table: Table[Any],
        *conditions: Condition,
        row: type[G],
        measures: Mapping[str, Measure],
        where: Condition | None = None,
        cache_for: timedelta | None = None,
    ) -> G:
        """The measures of all rows together."""
        columns = selected(table, (), measures)
        query = _Statement(table, columns, (*conditions, where))
        return (await self._rows(query.limited(1), row, cache_for))[0]

    async def _rows(
        self, query: "_Statement", row: type[G], cache_for: timedelta | None
    ) -> list[G]:
        async def read() -> list[G]:
            return await self._fetch(query, row)

        async def place() -> Token:
            return await reached(self._pool, *query.table.feeds)

        if self._cache is None or cache_for is None:
            return await read()
        kept = Kept(self._cache, query.text, tuple(query.values), row, cache_for)
        return await kept.or_read(place, read)

    async def _fetch(self, query: "_Statement", row: type[G]) -> list[G]:
        try:
            records = await self._pool.fetch(query.text, *query.values)
        except asyncpg.DataError as error:
            raise InvalidInput("A value cannot be compared.") from error
        return [row_of(dict(record), row) for record in records]


class _Statement:
    """A SELECT that grows clause by clause, and the values of its parameters."""

    def __init__(
        self,
        table: Table[Any],
        columns: str,
        conditions: Sequence[Condition | None],
    ) -> None:
        self.table = table
        self._columns = columns
        self._parameters = Parameters()
        self._conditions = [
            condition_sql(table, each, self._parameters)
            for each in conditions
            if each is not None
        ]
        self._tail = ""

    def sort(self, order: Order, *, after: Place | None) -> None:
        """In this order, the rows beyond the place."""
        if after is not None:
            self._conditions.append(order.beyond(after, self._parameters))
        self._tail = f" ORDER BY {order.sql}"

    def group(self, columns: Sequence[str]) -> None:
        """One row for all rows that agree in these columns."""
        names = ", ".join(quoted(self.table.column(name).name) for name in columns)
        self._tail = f" GROUP BY {names} ORDER BY {names}"

    def limited(self, rows: int) -> Self:
        """At most so many rows."""
        self._tail += f" LIMIT {self._parameters.add(rows)}"
        return self

    @property
    def text(self) -> str:
        """The statement."""
        return (
            f"SELECT {self._columns} FROM {relation(self.table)}"
            f" WHERE {' AND '.join(['live', *self._conditions])}{self._tail}"
        )

    @property
    def values(self) -> list[Any]:
        """The values of its parameters."""
        return self._parameters.values


def _columns(table: Table[Any]) -> str:
    return ", ".join(quoted(column.name) for column in table.shown)
