"""Read models: the tables that answer queries.

A row is the fold of one stream, or one of several that a stream has: child rows. What
other streams have to say about it lies in tables of their own and is joined when
somebody reads, so that it does not matter which stream was read first.
"""

from collections.abc import Iterable, Iterator, Mapping
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
    `elements` are the columns that tell the rows of one stream apart; without them a
    stream has one row.
    """

    name: str
    row: type[R]
    key: str
    columns: tuple[Column, ...]
    elements: tuple[str, ...] = ()
    lookups: tuple["Lookup", ...] = ()
    tallies: tuple[Tally[Any], ...] = ()

    @property
    def keys(self) -> tuple[str, ...]:
        """The columns of which no two rows have the same values."""
        return (self.key, *self.elements)

    def element(self, row: R) -> tuple[Any, ...]:
        """What tells a row from the others of its stream."""
        return tuple(getattr(row, name) for name in self.elements)

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


class Rows(Generic[R]):
    """The rows of one stream, while an event is folded into them.

    They are told apart by the `elements` of their table. Rows are taken one after the
    other, and each sees what became of those before it: of two rows of one name the
    later has the last word.
    """

    def __init__(
        self, table: Table[R], live: Mapping[tuple[Any, ...], R] | None = None
    ) -> None:
        self._table = table
        self._live = dict(live or {})
        self._changed: dict[tuple[Any, ...], R | None] = {}

    def __iter__(self) -> Iterator[R]:
        """All rows there are now."""
        return iter(list(self._live.values()))

    def get(self, *element: object) -> R | None:
        """The row of this name, if there is one."""
        return self._live.get(element)

    def named(self, *element: object) -> list[R]:
        """The row of this name, if there is one, to go through."""
        row = self._live.get(element)
        return [] if row is None else [row]

    def put(self, rows: Iterable[R]) -> None:
        """Make each of these, or let it take the place of the one of its name."""
        for row in rows:
            element = self._table.element(row)
            self._live[element] = self._changed[element] = row

    def end(self, rows: Iterable[R]) -> None:
        """Let each of these be no more."""
        for row in rows:
            element = self._table.element(row)
            if self._live.pop(element, None) is not None:
                self._changed[element] = None

    def take_changes(self) -> dict[tuple[Any, ...], R | None]:
        """What has changed since this was last asked; None for a row that ended."""
        changed, self._changed = self._changed, {}
        return changed
