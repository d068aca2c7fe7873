"""Read models and queries: what a domain shows."""

from __future__ import annotations

from dataclasses import dataclass

from generator.model.parts import Assignment, Described, Origin, call, pattern
from generator.model.vocabulary import Field


@dataclass(frozen=True, slots=True)
class Column:
    """A column: its field, its PostgreSQL type and check."""

    field: Field
    sql_type: str
    check: str
    key: bool

    @property
    def name(self) -> str:
        """The column's name, which is the field's."""
        return self.field.name

    @property
    def declaration(self) -> str:
        """Its line in the row's dataclass."""
        return f"{self.name}: {self.field.annotation}"

    @property
    def doc(self) -> str:
        """Its summary as a string below it, or nothing."""
        return self.field.doc

    @property
    def definition(self) -> str:
        """Its line in the table."""
        null = "" if self.field.type.optional else " NOT NULL"
        check = f" {self.check}" if self.check else ""
        return f'"{self.name}" {self.sql_type}{null}{check}'


@dataclass(frozen=True, slots=True)
class Action:
    """What one event does to the row."""

    event: str
    verb: str
    row: str
    arguments: tuple[Assignment, ...]

    @property
    def result(self) -> str:
        """The row after the event."""
        if self.verb == "insert":
            return f"{self.row}({call(self.arguments)})"
        if self.verb == "update":
            return f"row and replace(row, {call(self.arguments)})"
        return "None"


@dataclass(frozen=True, slots=True)
class Index:
    """An index of a read-model table."""

    name: str
    columns: tuple[str, ...]

    @property
    def columns_code(self) -> str:
        """Its columns, quoted for SQL."""
        return ", ".join(f'"{column}"' for column in self.columns)


@dataclass(frozen=True, slots=True)
class ReadModel(Described):
    """A table, the dataclass of its rows, and the fold that fills it."""

    name: str
    table: str
    constant: str
    function: str
    title: str
    summary: str
    key: str
    aggregate: str
    union: str
    columns: tuple[Column, ...]
    actions: tuple[Action, ...]
    ignored: tuple[str, ...]
    indexes: tuple[Index, ...]
    origin: Origin

    @property
    def ignored_pattern(self) -> str:
        """The pattern that matches events which leave the row as it is."""
        return pattern(self.ignored)


@dataclass(frozen=True, slots=True)
class Where:
    """One printed condition of a query."""

    column: str
    operator: str
    argument: str
    optional: bool

    def __str__(self) -> str:
        optional = ", optional=True" if self.optional else ""
        return f'Where("{self.column}", "{self.operator}", {self.argument}{optional})'


@dataclass(frozen=True, slots=True)
class Query(Described):
    """A question, its arguments, and the row or page that answers it."""

    name: str
    method: str
    title: str
    summary: str
    described: bool
    read_model: str
    table_constant: str
    fields: tuple[Field, ...]
    single: bool
    where: tuple[Where, ...]
    sorts: tuple[str, ...]
    page: int
    access: str
    public: bool
    internal: bool
    path: str
    aggregate: str
    origin: Origin

    @property
    def answer(self) -> str:
        """What its handler returns."""
        return self.read_model if self.single else f"Page[{self.read_model}]"

    @property
    def response(self) -> str:
        """What its route documents."""
        return self.read_model if self.single else f"PageOf[{self.read_model}]"

    @property
    def argument(self) -> str:
        """The one argument of a query for a single row."""
        return self.fields[0].name

    @property
    def asker(self) -> str:
        """The dependency that asks it."""
        return "PublicAsk" if self.public else "Ask"

    @property
    def errors_code(self) -> str:
        """The exceptions that its route documents."""
        return "NotFound" if self.single else ""

    @property
    def sort_literals(self) -> str:
        """The sort orders a caller may choose from."""
        return ", ".join(f'"{sort}"' for sort in self.sorts)
