"""The SQL that loads and writes the rows of a read model.

Every name in it comes from a `Table` that the service declares, and is quoted.
"""

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from functools import cache
from types import NoneType
from typing import Any, TypeVar, get_args, get_type_hints
from uuid import UUID

import msgspec

from app.common.read_models import Column, Table
from app.infra.persistence.postgres import Connection, Pool
from app.infra.projections.folding import Standing, Standings
from app.infra.projections.projection import ChildRows, Folding

R = TypeVar("R")


def quoted(name: str) -> str:
    """A name as an SQL identifier."""
    return '"' + name.replace('"', '""') + '"'


def row_of(values: Mapping[str, Any], shape: type[R]) -> R:
    """A row out of what was read; whole numbers come as decimals, of any size."""
    hashable: Any = shape
    whole = {
        name: int(value)
        for name in _whole(hashable)
        if isinstance(value := values.get(name), Decimal)
    }
    return msgspec.convert({**values, **whole}, shape)


async def load_standings(
    connection: Pool | Connection, projection: Folding, streams: Sequence[UUID]
) -> dict[UUID, Any]:
    """Where the rows of these streams stand, for all of them.

    A stream has one `Standing`, or `Standings` where it has child rows.
    """
    table = projection.table
    found: dict[UUID, dict[tuple[Any, ...], Standing[Any]]] = {id: {} for id in streams}
    for record in await connection.fetch(_load_statement(table), streams):
        values = dict(record)
        version, live = values.pop("stream_version"), values.pop("live")
        row = row_of(values, table.row)
        standing = Standing(version, row if live else None, row)
        found[values[table.key]][table.element(row)] = standing
    if isinstance(projection, ChildRows):
        return {id: _together(rows) for id, rows in found.items()}
    return {id: rows.get((), Standing()) for id, rows in found.items()}


def _together(rows: dict[tuple[Any, ...], Standing[R]]) -> Standings[R]:
    return Standings(max((at.version for at in rows.values()), default=0), rows)


def row_arguments(
    table: Table[R], numbered: Iterable[tuple[int, Standing[R]]]
) -> list[list[Any]]:
    """The arrays that `upsert` unnests: columns, version, liveness, number."""
    written = [(number, s, s.last) for number, s in numbered if s.last is not None]
    arrays: list[list[Any]] = [
        [_parameter(column, getattr(last, column.name)) for _, _, last in written]
        for column in table.columns
    ]
    arrays.append([standing.version for _, standing, _ in written])
    arrays.append([standing.row is not None for _, standing, _ in written])
    arrays.append([number for number, _, _ in written])
    return arrays


def upsert(table: Table[Any], first: int, permit: str) -> str:
    """An INSERT of unnested rows that never replaces a newer row by an older one.

    `first` is the number of its first parameter. `permit` joins the rows `u`, by their
    `number` if need be, to the part of the statement that lets them be written; of the
    rows of one key the highest number counts. Keys are sorted: all writers lock alike.
    """
    names = [column.name for column in table.columns] + ["stream_version", "live"]
    types = [column.type for column in table.columns] + ["bigint", "boolean", "int"]
    aliases = [f"c{i}" for i in range(len(names))]
    keys = ", ".join(f"u.{aliases[names.index(key)]}" for key in table.keys)
    arrays = ", ".join(f"${first + i}::{type_}[]" for i, type_ in enumerate(types))
    changes = ", ".join(
        f"{quoted(name)} = excluded.{quoted(name)}"
        for name in names
        if name not in table.keys
    )
    return (
        f"INSERT INTO {quoted(table.name)} AS t ({', '.join(map(quoted, names))})"
        f" SELECT DISTINCT ON ({keys}) {', '.join(f'u.{a}' for a in aliases)}"
        f" FROM unnest({arrays}) AS u({', '.join(aliases)}, number) {permit}"
        f" ORDER BY {keys}, u.number DESC"
        f" ON CONFLICT ({', '.join(map(quoted, table.keys))}) DO UPDATE SET {changes}"
        " WHERE t.stream_version < excluded.stream_version"
    )


def parameter_count(table: Table[Any]) -> int:
    """How many parameters `upsert` takes."""
    return len(table.columns) + 3


def _parameter(column: Column, value: Any) -> Any:
    # Encoded here: the driver would take a list within an array for a dimension.
    if column.type == "jsonb" and value is not None:
        return msgspec.Raw(msgspec.json.encode(value))
    return value


@cache
def _whole(shape: type[Any]) -> tuple[str, ...]:
    return tuple(
        name
        for name, hint in get_type_hints(shape).items()
        if hint is int or set(get_args(hint)) == {int, NoneType}
    )


@cache
def _load_statement(table: Table[Any]) -> str:
    columns = ", ".join(quoted(column.name) for column in table.columns)
    return (
        f"SELECT {columns}, stream_version, live FROM {quoted(table.name)}"
        f" WHERE {quoted(table.key)} = ANY ($1::uuid[])"
    )
