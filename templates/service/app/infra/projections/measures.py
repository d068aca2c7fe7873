"""Measures: what is counted and added up over rows instead of showing them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal

from app.common.read_models import Table
from app.infra.projections.rows import quoted

Function = Literal["count", "sum", "avg", "min", "max"]

# A sum of nothing is nothing to add, not unknown.
_NOTHING: Final[Mapping[str, str]] = {"interval": "'0'::interval"}


@dataclass(frozen=True, slots=True)
class Measure:
    """A number over the rows of a group; `count` alone needs no column."""

    function: Function
    column: str = ""

    def sql(self, table: Table[Any]) -> str:
        """The measure over the columns of the table."""
        if self.function == "count":
            return "count(*)"
        column = table.column(self.column)
        over = f"{self.function}({quoted(column.name)})"
        if self.function == "sum":
            return f"coalesce({over}, {_NOTHING.get(column.type, '0')})"
        return over


def selected(
    table: Table[Any], group_by: Sequence[str], measures: Mapping[str, Measure]
) -> str:
    """What a statement selects: the columns of the group, and its measures by name."""
    columns = [quoted(table.column(name).name) for name in group_by]
    named = [f"{each.sql(table)} AS {quoted(name)}" for name, each in measures.items()]
    return ", ".join([*columns, *named])
