"""Reading rows: by typed conditions, one by one or page by page."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

import asyncpg
import msgspec

from app.common.errors import InvalidInput, NotFound
from app.common.read_models import Table
from app.infra.persistence.postgres import Pool
from app.infra.projections.conditions import (
    AnyOf,
    Condition,
    Everything,
    Parameters,
    Where,
    condition_sql,
    visible_to,
)
from app.infra.projections.cursors import Order
from app.infra.projections.rows import quoted

__all__ = ["AnyOf", "Everything", "Page", "Reader", "Where", "visible_to"]

R = TypeVar("R")


@dataclass(frozen=True, slots=True)
class Page(Generic[R]):
    """Some rows, and the cursor that asks for those after them."""

    items: list[R]
    next_cursor: str | None = None


class Reader:
    """Reads what projections wrote; rows that an event ended are not there."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def one(self, table: Table[R], *conditions: Condition) -> R:
        """The row that the conditions name; a refusal when there is none."""
        rows = await self._fetch(table, conditions, limit=1)
        if not rows:
            raise NotFound()
        return rows[0]

    async def page(
        self,
        table: Table[R],
        *conditions: Condition,
        sort: str | None = None,
        limit: int = 50,
        cursor: str | None = None,
    ) -> Page[R]:
        """The first rows of the order, or those after the cursor."""
        order = Order.of(table, sort)
        rows = await self._fetch(
            table, conditions, order=order, limit=limit + 1, cursor=cursor
        )
        if len(rows) <= limit:
            return Page(rows)
        return Page(rows[:limit], order.cursor_after(rows[limit - 1]))

    async def _fetch(
        self,
        table: Table[R],
        conditions: Sequence[Condition],
        *,
        limit: int,
        order: Order | None = None,
        cursor: str | None = None,
    ) -> list[R]:
        parameters = Parameters()
        wanted = [
            condition_sql(table, condition, parameters) for condition in conditions
        ]
        tail = ""
        if order is not None:
            if cursor is not None:
                wanted.append(order.after(cursor, parameters))
            tail = f" ORDER BY {order.sql}"
        columns = ", ".join(quoted(column.name) for column in table.columns)
        statement = (
            f"SELECT {columns} FROM {quoted(table.name)}"
            f" WHERE {' AND '.join(['live', *wanted])}{tail}"
            f" LIMIT {parameters.add(limit)}"
        )
        try:
            records = await self._pool.fetch(statement, *parameters.values)
        except asyncpg.DataError as error:
            raise InvalidInput(f"A value cannot be compared: {error}") from error
        return [msgspec.convert(dict(record), table.row) for record in records]
