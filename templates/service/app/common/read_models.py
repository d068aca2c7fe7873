"""Read models: the tables that answer queries.

A row is the fold of one stream. What other streams have to say about it lies in tables
of their own and is joined when somebody reads, so that it does not matter which stream
was read first.
"""

from dataclasses import dataclass, fields
from types import NoneType
from typing import Any, Generic, Literal, TypeVar, get_args, get_type_hints

R = TypeVar("R")


@dataclass(frozen=True, slots=True)
class Column:
    """A column and its PostgreSQL type."""

    name: str
    type: str


@dataclass(frozen=True, slots=True)
class Count(Column):
    """A column that only grows: by sums, or to the least or greatest value so far."""

    how: Literal["sum", "min", "max"]


@dataclass(frozen=True, kw_only=True)
class Tally(Generic[R]):
    """What events of other streams add to the row of one key.

    Each of its rows holds what has been counted so far; the defaults of `row` are what
    counting starts from. It needs no row to exist, and outlives the one it tells of.
    """

    name: str
    row: type[R]
    key: str
    counts: tuple[Count, ...]

    def start(self, count: Count) -> Any:
        """What a column holds before anything was counted."""
        shape: Any = self.row
        return next(each.default for each in fields(shape) if each.name == count.name)


@dataclass(frozen=True, kw_only=True)
class Table(Generic[R]):
    """A table of rows of one shape; its key is the id of the stream a row tells of.

    `columns` are stored in it; `lookups` and `tallies` are joined by whoever reads.
    """

    name: str
    row: type[R]
    key: str
    columns: tuple[Column, ...]
    lookups: tuple["Lookup", ...] = ()
    tallies: tuple[Tally[Any], ...] = ()

    @property
    def shown(self) -> tuple[Column, ...]:
        """All columns of its rows: its own, looked-up and counted ones."""
        shown = {column.name: column for column in self.columns}
        for lookup in self.lookups:
            shown.update((column.name, column) for column in lookup.columns)
        for tally in self.tallies:
            shown.update((count.name, count) for count in tally.counts)
        return tuple(shown.values())

    @property
    def feeds(self) -> tuple[str, ...]:
        """The names of all subscriptions that have to do with what it shows."""
        looked_up = (lookup.table.name for lookup in self.lookups)
        return (self.name, *looked_up, *(tally.name for tally in self.tallies))

    def column(self, name: str) -> Column:
        """The column of this name; asking for another is a mistake in the program."""
        for column in self.shown:
            if column.name == name:
                return column
        raise LookupError(f'Table "{self.name}" has no column "{name}".')

    def nullable(self, name: str) -> bool:
        """Whether the row declares that the column may be empty."""
        return NoneType in get_args(get_type_hints(self.row)[name])


@dataclass(frozen=True, kw_only=True)
class Lookup:
    """Columns that a row takes from the stream whose id it has in the column `by`.

    The key of `table` has the name of that column.
    """

    by: str
    table: Table[Any]

    @property
    def columns(self) -> tuple[Column, ...]:
        """The columns that it adds to the row."""
        return tuple(each for each in self.table.columns if each.name != self.by)
