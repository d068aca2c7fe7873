"""Keyset paging: an order that ends in the key, and cursors that name a row in it."""

from base64 import b64decode, urlsafe_b64encode
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from hashlib import blake2b
from typing import Any, Final
from uuid import UUID

import msgspec

from app.common.errors import InvalidCursor
from app.common.read_models import Table
from app.common.storable import storable
from app.infra.projections.conditions import Condition, Parameters
from app.infra.projections.rows import quoted

_TYPES: Final[Mapping[str, type]] = {
    "text": str,
    "bigint": int,
    "numeric": Decimal,
    "double precision": float,
    "boolean": bool,
    "uuid": UUID,
    "date": date,
    "timestamptz": datetime,
    "interval": timedelta,
}
_DIGEST_BYTES: Final = 8


@dataclass(frozen=True, slots=True)
class Place:
    """Between two rows: right after, or right before, the row with these values."""

    value: Any
    keys: tuple[Any, ...]
    forward: bool


@dataclass(frozen=True, slots=True)
class Order:
    """By a column, up or down, and then by the key, so that no two rows are equal.

    Empty values come last going up and first going down, as in PostgreSQL's indexes:
    so the reverse of an order is the order that goes the other way.
    """

    table: Table[Any]
    column: str
    descending: bool

    @classmethod
    def of(cls, table: Table[Any], sort: str | None) -> "Order":
        """The order that `sort` names: a column, with `-` before it to go down."""
        name = (sort or table.key).removeprefix("-")
        return cls(table, table.column(name).name, (sort or "").startswith("-"))

    @property
    def name(self) -> str:
        """As `sort` names it."""
        return f"-{self.column}" if self.descending else self.column

    @property
    def reverse(self) -> "Order":
        """The same rows from the other end."""
        return replace(self, descending=not self.descending)

    @property
    def sql(self) -> str:
        direction = " DESC" if self.descending else ""
        return ", ".join(f"{quoted(name)}{direction}" for name in self._columns)

    def beyond(self, place: Place, parameters: Parameters) -> str:
        """The condition that holds for exactly the rows after the place."""
        values = dict(zip(self.table.keys, place.keys, strict=True))
        values[self.column] = place.value
        column = quoted(self.column)
        if place.value is None:
            keys = self._compared(self.table.keys, values, parameters)
            same = f"({column} IS NULL AND {keys})"
            return f"({same} OR {column} IS NOT NULL)" if self.descending else same
        later = self._compared(self._columns, values, parameters)
        if self.descending or not self.table.nullable(self.column):
            return later
        return f"({later} OR {column} IS NULL)"

    @property
    def _columns(self) -> tuple[str, ...]:
        """What orders the rows: the column, then the rest of the key."""
        rest = (name for name in self.table.keys if name != self.column)
        return (self.column, *rest)

    def _compared(
        self,
        names: Sequence[str],
        values: Mapping[str, Any],
        parameters: Parameters,
    ) -> str:
        sign = "<" if self.descending else ">"
        columns = ", ".join(map(quoted, names))
        placed = ", ".join(
            f"{parameters.add(values[name])}::{self.table.column(name).type}"
            for name in names
        )
        return f"({columns}) {sign} ({placed})"


@dataclass(frozen=True, slots=True)
class Cursors:
    """Writes and reads the cursors of one order and one set of filters.

    The digest tells a cursor that was changed or made up from one that was given out.
    It is no signature, and need not be: a cursor shows nothing that the conditions of
    the query would not show.
    """

    order: Order
    filters: Sequence[Condition]

    def after(self, row: Any) -> str:
        """The cursor that asks for the rows after this one."""
        return self._written(row, forward=True)

    def before(self, row: Any) -> str:
        """The cursor that asks for the rows before this one."""
        return self._written(row, forward=False)

    def read(self, cursor: str) -> Place:
        """The place that a cursor names; a refusal if it was not given out for this."""
        table, column = self.order.table, self.order.column
        value_type: Any = _TYPES[table.column(column).type]
        if table.nullable(column):
            value_type = value_type | None
        try:
            name, filters, forward, value, keys = _opened(cursor)
            if name != self.order.name:
                raise InvalidCursor(f'The cursor belongs to the order "{name}".')
            if filters != self._filters:
                raise InvalidCursor("The cursor belongs to other filters.")
            placed = tuple(
                _placed(key, _TYPES[table.column(name).type])
                for name, key in zip(table.keys, keys, strict=True)
            )
            return Place(_placed(value, value_type), placed, forward is True)
        except (ValueError, TypeError, msgspec.MsgspecError) as error:
            raise InvalidCursor("The cursor is not one that was given out.") from error

    @property
    def _filters(self) -> str:
        kinds = [[type(each).__name__, each] for each in self.filters]
        return _digest(msgspec.json.encode([self.order.table.name, kinds])).hex()

    def _written(self, row: Any, *, forward: bool) -> str:
        value = getattr(row, self.order.column)
        keys = [getattr(row, name) for name in self.order.table.keys]
        text = msgspec.json.encode(
            [self.order.name, self._filters, forward, value, keys]
        )
        return urlsafe_b64encode(_digest(text) + text).decode().rstrip("=")


def _placed(value: Any, type_: Any) -> Any:
    """A value as a column holds it; a whole number may have outgrown what comes in."""
    found = msgspec.convert(value, type_)
    whole = type(value) is int and isinstance(found, Decimal)
    return found if whole else storable("cursor", found)


def _opened(cursor: str) -> tuple[str, str, bool, Any, list[Any]]:
    padded = cursor.encode("ascii") + b"=" * (-len(cursor) % 4)
    data = b64decode(padded, altchars=b"-_", validate=True)
    digest, text = data[:_DIGEST_BYTES], data[_DIGEST_BYTES:]
    if _digest(text) != digest:
        raise ValueError("changed on the way")
    # Exactly one spelling: the last character of base64 may carry bits of nobody.
    if urlsafe_b64encode(data).decode().rstrip("=") != cursor:
        raise ValueError("spelt in another way")
    return msgspec.json.decode(text, type=tuple[str, str, bool, Any, list[Any]])


def _digest(text: bytes) -> bytes:
    return blake2b(text, digest_size=_DIGEST_BYTES).digest()
