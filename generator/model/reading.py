"""Read models and queries: what a domain shows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from generator import prose
from generator.model.parts import Assignment, Described, Origin, call, pattern
from generator.model.vocabulary import Field

if TYPE_CHECKING:
    from generator.model.children import ChildCase
    from generator.model.joining import Lookup, Source, Tally

ColumnKind = Literal["own", "looked_up", "counted"]


@dataclass(frozen=True, slots=True)
class Column:
    """A column: its field, its PostgreSQL type and check, and who fills it.

    An `own` column belongs to the fold of the row's stream; a `looked_up` one to that
    of the stream that a reference names; to a `counted` one other streams only add.
    """

    field: Field
    sql_type: str
    check: str
    key: bool
    kind: ColumnKind = "own"

    @property
    def name(self) -> str:
        """The column's name, which is the field's."""
        return self.field.name

    @property
    def declaration(self) -> str:
        """Its line in the row's dataclass: what is joined may have nothing to join."""
        if self.kind == "own":
            return f"{self.name}: {self.field.annotation}"
        return f"{self.name}: {self.field.annotation} = {self.field.default or None}"

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
    """What one event does: `arguments` make the row, `changes` those one there is."""

    event: str
    verb: str
    row: str
    arguments: tuple[Assignment, ...]
    changes: tuple[Assignment, ...] = ()

    @property
    def result(self) -> str:
        """The row after the event."""
        if self.verb == "insert":
            return self.made
        return f"row and {self.changed}" if self.verb == "update" else "None"

    @property
    def made(self) -> str:
        """A new row."""
        return f"{self.row}({call(self.arguments)})"

    @property
    def changed(self) -> str:
        """The row that there is, with what changes."""
        return f"replace(row, {call(self.changes)})" if self.changes else "row"


@dataclass(frozen=True, slots=True)
class Index:
    """An index of a read-model table; a hashed one takes values of any length."""

    name: str
    columns: tuple[str, ...]
    hashed: bool

    @property
    def definition(self) -> str:
        """Its method and its columns in SQL."""
        columns = ", ".join(f'"{column}"' for column in self.columns)
        return f"{'USING hash ' if self.hashed else ''}({columns})"


@dataclass(frozen=True, slots=True)
class ReadModel(Described):
    """A table, the dataclass of its rows, their fold, and what is joined to them.

    A stream has one row, or several that the columns `elements` tell apart.
    """

    name: str
    table: str
    constant: str
    function: str
    title: str
    summary: str
    key: str
    elements: tuple[str, ...]
    aggregate: str
    union: str
    columns: tuple[Column, ...]
    actions: tuple[Action, ...]
    children: tuple[ChildCase, ...]
    ignored: tuple[str, ...]
    indexes: tuple[Index, ...]
    lookups: tuple[Lookup, ...]
    tallies: tuple[Tally, ...]
    origin: Origin

    @property
    def projection(self) -> str:
        """What keeps it up to date: one fold of a row, or of several."""
        return "ChildRows" if self.elements else "Projection"

    @property
    def keys_code(self) -> str:
        """The columns of its primary key, quoted for SQL."""
        return ", ".join(f'"{column}"' for column in (self.key, *self.elements))

    @property
    def elements_code(self) -> str:
        """What tells the rows of a stream apart, as the inside of a tuple."""
        names = ", ".join(f'"{column}"' for column in self.elements)
        return f"{names}," if len(self.elements) == 1 else names

    @property
    def sources(self) -> tuple[Source, ...]:
        """The streams of other aggregates that have to do with its rows."""
        return tuple(dict.fromkeys(each.source for each in self._joined))

    @property
    def row_names(self) -> str:
        """The dataclasses of its rows and of what is joined to them, for an import."""
        return ", ".join([self.name, *(each.name for each in self._joined)])

    @property
    def functions(self) -> str:
        """Its folds and counts, for an import."""
        return ", ".join([self.function, *(each.function for each in self._joined)])

    @property
    def constants(self) -> str:
        """Its tables, for an import."""
        return ", ".join([self.constant, *(each.constant for each in self._joined)])

    @property
    def _joined(self) -> tuple[Lookup | Tally, ...]:
        return (*self.lookups, *self.tallies)

    @property
    def stored_columns(self) -> tuple[Column, ...]:
        """The columns of its own table; all others are joined by whoever reads."""
        return tuple(column for column in self.columns if column.kind == "own")

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
class Measure:
    """What a query counts or adds up, under a name of its own."""

    field: Field
    function: str
    column: str

    @property
    def name(self) -> str:
        """Its name in the answer."""
        return self.field.name

    def __str__(self) -> str:
        column = f', "{self.column}"' if self.column else ""
        return f'Measure("{self.function}"{column})'


@dataclass(frozen=True, slots=True)
class Query(Described):
    """A question, its arguments, and what answers it: a row, a page, or measures."""

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
    fixed: str = ""
    """The printed condition of `where:`."""
    fixed_text: str = ""
    """The same, as it is written."""
    clock: bool = False
    """Whether that condition reads the clock."""
    group_by: tuple[Field, ...] = ()
    measures: tuple[Measure, ...] = ()
    cache_for: str = ""
    """For how long an answer is kept, printed."""
    granted: tuple[str, ...] = ()
    """Its access, in the words of the blueprint."""

    @property
    def paged(self) -> bool:
        """Whether its answer is a page of rows."""
        return not self.single and not self.measures

    @property
    def row(self) -> str:
        """The class of one row of its answer."""
        return f"{self.name}Row" if self.measures else self.read_model

    @property
    def row_doc(self) -> str:
        """What such a row is, as a docstring."""
        if not self.group_by:
            return prose.docstring("All rows together.")
        columns = " and ".join(field.name for field in self.group_by)
        return prose.docstring(f"The rows of one {columns.replace('_', ' ')}.")

    @property
    def group_names(self) -> str:
        """The columns of its groups, printed as a tuple."""
        names = ", ".join(f'"{field.name}"' for field in self.group_by)
        return f"{names}," if len(self.group_by) == 1 else names

    @property
    def reading(self) -> str:
        """The method of the reader that answers it."""
        if self.measures:
            return "groups" if self.group_by else "totals"
        return "one" if self.single else "page"

    @property
    def answer(self) -> str:
        """What its handler returns."""
        kinds = {"page": f"Page[{self.row}]", "groups": f"list[{self.row}]"}
        return kinds.get(self.reading, self.row)

    @property
    def response(self) -> str:
        """What its route documents."""
        return f"PageOf[{self.row}]" if self.paged else self.answer

    @property
    def parameters(self) -> str:
        """The parameters of a route that shows one row: its key."""
        return ", ".join(f"{each.name}: {each.annotation}" for each in self.fields)

    @property
    def arguments(self) -> str:
        """The same, as its query takes them."""
        return ", ".join(f"{each.name}={each.name}" for each in self.fields)

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
