"""Keyset paging: an order that ends in the key, and cursors that name a row in it."""

from base64 import b64decode, urlsafe_b64encode
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any, Final
from uuid import UUID

import msgspec

from app.common.errors import InvalidCursor
from app.common.read_models import Table
from app.common.storable import storable
from app.infra.projections.conditions import Parameters
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


@dataclass(frozen=True, slots=True)
class Order:
    """By a column, up or down, and then by the key, so that no two rows are equal.

    Empty values come last going up and first going down, as in PostgreSQL's indexes.
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
    def sql(self) -> str:
        direction = " DESC" if self.descending else ""
        key = f"{quoted(self.table.key)}{direction}"
        if self.column == self.table.key:
            return key
        return f"{quoted(self.column)}{direction}, {key}"

    def cursor_after(self, row: Any) -> str:
        """The cursor that asks for the rows after this one."""
        place = [self._name, getattr(row, self.column), getattr(row, self.table.key)]
        return urlsafe_b64encode(msgspec.json.encode(place)).decode().rstrip("=")

    def after(self, cursor: str, parameters: Parameters) -> str:
        """The condition that holds for exactly the rows after the cursor."""
        value, key = self._read(cursor)
        beyond = "<" if self.descending else ">"
        key_column = quoted(self.table.key)
        key_sql = f"{parameters.add(key)}::{self._type(self.table.key)}"
        if self.column == self.table.key:
            return f"{key_column} {beyond} {key_sql}"
        column = quoted(self.column)
        if value is None:
            same = f"({column} IS NULL AND {key_column} {beyond} {key_sql})"
            return f"({same} OR {column} IS NOT NULL)" if self.descending else same
        value_sql = f"{parameters.add(value)}::{self._type(self.column)}"
        later = f"({column}, {key_column}) {beyond} ({value_sql}, {key_sql})"
        if self.descending or not self.table.nullable(self.column):
            return later
        return f"({later} OR {column} IS NULL)"

    @property
    def _name(self) -> str:
        return f"-{self.column}" if self.descending else self.column

    def _type(self, column: str) -> str:
        return self.table.column(column).type

    def _read(self, cursor: str) -> tuple[Any, Any]:
        key_type: Any = _TYPES[self._type(self.table.key)]
        value_type: Any = _TYPES[self._type(self.column)]
        if self.table.nullable(self.column):
            value_type = value_type | None
        shape: Any = tuple[str, value_type, key_type]
        try:
            padded = cursor.encode("ascii") + b"=" * (-len(cursor) % 4)
            text = b64decode(padded, altchars=b"-_", validate=True)
            name, value, key = msgspec.json.decode(text, type=shape)
            value = storable("cursor", value)
        except (ValueError, msgspec.MsgspecError) as error:
            raise InvalidCursor("The cursor is not one that was given out.") from error
        if name != self._name:
            raise InvalidCursor(f'The cursor belongs to the order "{name}".')
        return value, key
