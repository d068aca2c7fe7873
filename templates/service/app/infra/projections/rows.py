"""The SQL that loads and writes the rows of a read model.

Every name in it comes from a `Table` that the service declares, and is quoted.
"""

from collections.abc import Iterable, Sequence
from functools import cache
from typing import Any, TypeVar
from uuid import UUID

import msgspec

from app.common.read_models import Column, Table
from app.infra.persistence.postgres import Connection, Pool
from app.infra.projections.folding import Standing

R = TypeVar("R")


def quoted(name: str) -> str:
    """A name as an SQL identifier."""
    return '"' + name.replace('"', '""') + '"'


async def load_standings(
    connection: Pool | Connection, table: Table[R], keys: Sequence[UUID]
) -> dict[UUID, Standing[R]]:
    """Where the rows of these streams stand; those that have none are left out."""
    records = await connection.fetch(_load_statement(table), keys)
    standings: dict[UUID, Standing[R]] = {}
    for record in records:
        values = dict(record)
        version, live = values.pop("stream_version"), values.pop("live")
        row = msgspec.convert(values, table.row)
        standings[values[table.key]] = Standing(version, row if live else None, row)
    return standings


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
    key = aliases[names.index(table.key)]
    arrays = ", ".join(f"${first + i}::{type_}[]" for i, type_ in enumerate(types))
    changes = ", ".join(
        f"{quoted(name)} = excluded.{quoted(name)}"
        for name in names
        if name != table.key
    )
    return (
        f"INSERT INTO {quoted(table.name)} AS t ({', '.join(map(quoted, names))})"
        f" SELECT DISTINCT ON (u.{key}) {', '.join(f'u.{a}' for a in aliases)}"
        f" FROM unnest({arrays}) AS u({', '.join(aliases)}, number) {permit}"
        f" ORDER BY u.{key}, u.number DESC"
        f" ON CONFLICT ({quoted(table.key)}) DO UPDATE SET {changes}"
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
def _load_statement(table: Table[Any]) -> str:
    columns = ", ".join(quoted(column.name) for column in table.columns)
    return (
        f"SELECT {columns}, stream_version, live FROM {quoted(table.name)}"
        f" WHERE {quoted(table.key)} = ANY ($1::uuid[])"
    )
