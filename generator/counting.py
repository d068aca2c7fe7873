"""What an event adds to a counted column: the part of the expression beside the row.

`row.total + amount` adds the amount, `min(row.first, event.at)` keeps the least. Both
give the same in whatever order and in whatever portions events are read.
"""

from __future__ import annotations

import ast
from collections.abc import Mapping
from dataclasses import dataclass, replace

from generator import model
from generator.diagnostics import TextError
from generator.expressions import Binding
from generator.expressions.source import Source
from generator.printing import rounded
from generator.row_words import read_columns, refuse_reading
from generator.site import Site

SUMMED = frozenset({"int", "decimal", "duration"})
ORDERED = SUMMED | {"float", "date", "datetime"}
ZERO = {"int": "0", "decimal": "Decimal(0)", "duration": "timedelta()"}
ZEROS = frozenset({"", "0", 'Decimal("0")', "timedelta()"})


@dataclass(frozen=True, slots=True)
class Part:
    """How a column takes up what an event adds, and the printed value that it adds."""

    how: str
    code: str


def counted_part(
    column: model.Column, text: str, place: Site, bindings: Mapping[str, Binding]
) -> Part | None:
    """What is counted, or None after a report."""
    try:
        source = Source(text)
    except TextError as mistake:
        place.view.report_text(mistake, place.document, place.path)
        return None
    found = _least_or_greatest(column, source) or _sum(column, source)
    if found is None:
        _refuse(column, place)
        return None
    how, rest = found
    read = sorted(read_columns(rest))
    if column.name in read:
        _refuse(column, place)
        return None
    if read:
        refuse_reading(place, column.name, read[0])
        return None
    if not _countable(column, how, place):
        return None
    expression = place.expression(rest, place.scope(bindings), column.field.type)
    if expression is None:
        return None
    return Part(how, rounded(expression, column.field.type))


def started(column: model.Column, how: str) -> model.Column:
    """The column with what it holds before anything is counted."""
    if how != "sum":
        return column
    start = ZERO.get(column.field.type.kind, "")
    return replace(column, field=replace(column.field, default=start))


def _sum(column: model.Column, source: Source) -> tuple[str, str] | None:
    """`row.x + a - b` adds `a - b`; the rest stays where it stood in the text."""
    node = source.tree
    while isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add | ast.Sub):
        node = node.left
    if node is source.tree or not _is_row(node, column):
        return None
    head = f"row.{column.name}"
    if not source.text.startswith(head):
        return None
    rest = source.text[len(head) :]
    gap = len(rest) - len(rest.lstrip())
    start = source.margin + len(head) + gap
    operator, rest = rest[gap], rest[gap + 1 :]
    return "sum", " " * start + ("-" if operator == "-" else " ") + rest


def _least_or_greatest(column: model.Column, source: Source) -> tuple[str, str] | None:
    """`min(row.x, a)` and `max(a, row.x)`."""
    node = source.tree
    if not (
        isinstance(node, ast.Call)
        and isinstance(node.func, ast.Name)
        and node.func.id in ("min", "max")
        and len(node.args) == 2
        and not node.keywords
    ):
        return None
    others = [each for each in node.args if not _is_row(each, column)]
    if len(others) != 1:
        return None
    return node.func.id, " " * source.offset(others[0]) + source.of(others[0])


def _is_row(node: ast.expr, column: model.Column) -> bool:
    return (
        isinstance(node, ast.Attribute)
        and isinstance(node.value, ast.Name)
        and (node.value.id, node.attr) == ("row", column.name)
    )


def _refuse(column: model.Column, place: Site) -> None:
    place.error(
        "B524",
        f'"{column.name}" is told about by other streams, so events may only add to '
        "it, or keep the least or greatest: anything else depends on their order",
        f"write `row.{column.name} + ...`, `min(row.{column.name}, ...)` or "
        f"`max(row.{column.name}, ...)`",
    )


def _countable(column: model.Column, how: str, place: Site) -> bool:
    """Whether a column of this type can be counted like this."""
    kind, default = column.field.type, column.field.default
    problem, hint = "", ""
    if how == "sum" and kind.kind not in SUMMED:
        problem = f"{kind} cannot be added up in any order"
        hint = "int, decimal and duration can" + (
            ": a float depends on the order" if kind.kind == "float" else ""
        )
    elif how == "sum" and (kind.optional or default not in ZEROS):
        problem, hint = "a sum starts from nothing", f"write `{kind.required}`"
    elif kind.kind not in ORDERED:
        problem, hint = f"{kind} has no least or greatest", "numbers and times have"
    elif how != "sum" and not kind.optional and not default:
        problem = f"there is no {how} before the first event"
        hint = f"write `{kind}?`, or a default to start from"
    if problem:
        place.error("B525", f'"{column.name}" cannot be counted: {problem}', hint)
    return not problem
