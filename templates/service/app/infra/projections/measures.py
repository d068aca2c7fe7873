"""Measures: what is counted and added up over rows instead of showing them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from app.common.read_models import Table
from app.infra.projections.rows import quoted
from app.infra.projections.totals import average, total

Function = Literal["count", "sum", "avg", "min", "max"]


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
        name = quoted(column.name)
        if self.function == "sum":
            return total(name, column.type)
        if self.function == "avg":
            return average(name, column.type)
        return f"{self.function}({name})"


def selected(
    table: Table[Any], group_by: Sequence[str], measures: Mapping[str, Measure]
) -> str:
    """What a statement selects: the columns of the group, and its measures by name."""
    columns = [quoted(table.column(name).name) for name in group_by]
    named = [f"{each.sql(table)} AS {quoted(name)}" for name, each in measures.items()]
    return ", ".join([*columns, *named])
