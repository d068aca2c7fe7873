"""Read models: the tables that answer queries."""

from dataclasses import dataclass
from types import NoneType
from typing import Generic, TypeVar, get_args, get_type_hints

R = TypeVar("R")


@dataclass(frozen=True, slots=True)
class Column:
    """A column and its PostgreSQL type."""

    name: str
    type: str


@dataclass(frozen=True, kw_only=True)
class Table(Generic[R]):
    """A table of rows of one shape; its key is the id of the stream a row tells of."""

    name: str
    row: type[R]
    key: str
    columns: tuple[Column, ...]

    def column(self, name: str) -> Column:
        """The column of this name; asking for another is a mistake in the program."""
        for column in self.columns:
            if column.name == name:
                return column
        raise LookupError(f'Table "{self.name}" has no column "{name}".')

    def nullable(self, name: str) -> bool:
        """Whether the row declares that the column may be empty."""
        return NoneType in get_args(get_type_hints(self.row)[name])
