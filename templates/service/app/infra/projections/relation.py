"""What a reader reads from: a table, together with all that is joined to its rows."""

from collections.abc import Iterator
from datetime import timedelta
from functools import cache
from typing import Any

from app.common.read_models import Count, Table, Tally
from app.infra.projections.rows import quoted
from app.infra.projections.totals import plus


@cache
def relation(table: Table[Any]) -> str:
    """The FROM item, under the table's name and with every column that it shows.

    PostgreSQL takes the inner query apart again, so conditions reach the indexes.
    """
    if not table.lookups and not table.tallies:
        return quoted(table.name)
    columns = [f"t.{quoted(column.name)}" for column in table.columns]
    joins = []
    for number, lookup in enumerate(table.lookups):
        by = quoted(lookup.by)
        columns += [f"l{number}.{quoted(column.name)}" for column in lookup.columns]
        joins.append(
            f"LEFT JOIN {quoted(lookup.table.name)} AS l{number}"
            f" ON l{number}.{by} = t.{by} AND l{number}.live"
        )
    for number, tally in enumerate(table.tallies):
        joins.append(
            f"LEFT JOIN {quoted(tally.name)} AS c{number}"
            f" ON c{number}.{quoted(tally.key)} = t.{quoted(table.key)}"
        )
    columns += _counted(table)
    return (
        f"(SELECT {', '.join(columns)}, t.stream_version, t.live"
        f" FROM {quoted(table.name)} AS t {' '.join(joins)}) AS {quoted(table.name)}"
    )


def _counted(table: Table[Any]) -> Iterator[str]:
    """Each counted column once, whichever streams have added to it."""
    parts: dict[str, list[tuple[int, Tally[Any], Count]]] = {}
    for number, tally in enumerate(table.tallies):
        for count in tally.counts:
            parts.setdefault(count.name, []).append((number, tally, count))
    for name, found in parts.items():
        _, tally, count = found[0]
        start = _literal(tally.start(count), count)
        columns = [f"c{number}.{quoted(name)}" for number, _, _ in found]
        if count.how == "sum":
            values = [f"coalesce({each}, {start})" for each in columns]
            value = plus(values, count.type) if len(values) > 1 else values[0]
        else:
            function = "least" if count.how == "min" else "greatest"
            value = f"{function}({', '.join([*columns, start])})"
        yield f"{value} AS {quoted(name)}"


def _literal(value: Any, count: Count) -> str:
    """What counting starts from, in SQL: a number, a time, or nothing."""
    if value is None:
        return f"NULL::{count.type}"
    if isinstance(value, timedelta):
        value = f"{value.days} days {value.seconds}.{value.microseconds:06} seconds"
    return f"'{value}'::{count.type}"
