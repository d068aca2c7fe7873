"""`where:` of a query: an expression over columns, as conditions that SQL can answer.

The whole expression is typed first, as everywhere; only then is each comparison turned
into a condition on one column. So what SQL makes of a row is what Python would.
"""

from __future__ import annotations

import ast
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NoReturn

from generator import model
from generator.diagnostics import TextError
from generator.expressions import Binding, Scope, compile_expression
from generator.expressions.code import MIRRORED, OPPOSITE
from generator.expressions.comparison import SIGNS
from generator.expressions.conversion import TEXTS
from generator.expressions.source import ExpressionError, Source
from generator.printing import mentions
from generator.prose import string
from generator.site import Site
from generator.types import DATE, DATETIME, STR, Type

CODES = {
    "B530": "A fixed condition of a query is none that a table can answer.",
}

_CLOCK = {
    "now": Binding(DATETIME, "moment.now", near=True),
    "today": Binding(DATE, "moment.today", near=True),
}
_WHOLE = frozenset({"value", "map", "json", "list", "bytes"})
_SHAPE = "compare a column with a value: status == open and due_on < today - days(3)"


@dataclass(frozen=True, slots=True)
class Fixed:
    """A printed condition, and whether it reads the clock."""

    code: str
    clock: bool


def resolve_where(
    text: str, columns: Mapping[str, model.Field], site: Site
) -> Fixed | None:
    """The printed condition, or None after a report."""
    rows = {name: Binding(field.type, f"row.{name}") for name, field in columns.items()}
    if site.condition(text, site.scope({**_CLOCK, **rows})) is None:
        return None
    clock = {name: each for name, each in _CLOCK.items() if name not in columns}
    source = Source(text)
    try:
        code = _Translation(source, columns, site.scope(clock)).condition(source.tree)
    except TextError as mistake:
        site.view.report_text(mistake, site.document, site.path)
        return None
    return Fixed(code, mentions(code, "moment"))


@dataclass(frozen=True, slots=True)
class _Translation:
    """Prints the conditions of one expression that is typed already."""

    source: Source
    columns: Mapping[str, model.Field]
    outside: Scope

    def condition(self, node: ast.expr) -> str:
        match node:
            case ast.BoolOp(op=operator, values=parts):
                joined = "all_of" if isinstance(operator, ast.And) else "any_of"
                return f"{joined}({', '.join(map(self.condition, parts))})"
            case ast.UnaryOp(op=ast.Not(), operand=operand):
                return self._opposite(operand)
            case ast.Compare(left=left, ops=operators, comparators=others):
                signs = [SIGNS[type(each)] for each in operators]
                pairs = zip([left, *others], signs, others, strict=False)
                found = [self._comparison(node, *pair) for pair in pairs]
                return found[0] if len(found) == 1 else f"all_of({', '.join(found)})"
            case ast.Name(id=name) if name in self.columns:
                return _where(name, "=", "True")
        self._refuse(node, f"{self.source.of(node)} is no condition on a column")

    def _opposite(self, node: ast.expr) -> str:
        """What holds where the node does not, as a person would write it."""
        match node:
            case ast.UnaryOp(op=ast.Not(), operand=operand):
                return self.condition(operand)
            case ast.Name(id=name) if name in self.columns:
                return _where(name, "=", "False")
            case ast.Compare(left=left, ops=[operator], comparators=[right]):
                sign = OPPOSITE[SIGNS[type(operator)]]
                return self._comparison(node, left, sign, right)
        return f"negated({self.condition(node)})"

    def _comparison(
        self, whole: ast.expr, left: ast.expr, sign: str, right: ast.expr
    ) -> str:
        if sign in ("is", "is not"):
            return _where(self._column(left).name, "is_null", str(sign == "is"))
        if sign in ("in", "not in"):
            among = self._among(left, right)
            return among if sign == "in" else f"negated({among})"
        if not self._is_column(left) and self._is_column(right):
            left, sign, right = right, MIRRORED[sign], left
        column = self._comparable(left)
        if self._names_columns(right):
            said = f"{self.source.of(right)} names a column too"
            self._refuse(right, said, "one side is a column, the other one has none")
        operator = "=" if sign == "==" else sign
        return _where(column.name, operator, self._value(right, column.type))

    def _among(self, left: ast.expr, right: ast.expr) -> str:
        if not isinstance(right, ast.List | ast.Tuple | ast.Set):
            said = f"{self.source.of(right)} is not searched by a table"
            self._refuse(right, said, "`in` is followed by a list: x in [open, late]")
        column = self._comparable(left)
        values = [self._value(each, column.type) for each in right.elts]
        comma = "," if len(values) == 1 else ""
        return _where(column.name, "in", f"({', '.join(values)}{comma})")

    def _value(self, node: ast.expr, column: Type) -> str:
        if self._names_columns(node):
            said = f"{self.source.of(node)} names a column too"
            self._refuse(node, said, "one side is a column, the other one has none")
        text = self.source.of(node)
        want = STR if column.kind in TEXTS else column.required
        try:
            return compile_expression(text, self.outside, want).code
        except ExpressionError:
            said = f"{text} is not {column.required}, as the column is"
            self._refuse(node, said, "a column is compared with a value of its type")

    def _comparable(self, node: ast.expr) -> model.Field:
        column = self._column(node)
        if column.type.kind in _WHOLE:
            said = f"{column.name} is {column.type.required}, which is not compared"
            self._refuse(node, said, "give the part that matters a column of its own")
        return column

    def _column(self, node: ast.expr) -> model.Field:
        if self._is_column(node):
            assert isinstance(node, ast.Name)
            return self.columns[node.id]
        text = self.source.of(node)
        if self._names_columns(node):
            self._refuse(node, f"{text} is computed, not a column of the table")
        self._refuse(node, f"{text} is not a column of the table")

    def _is_column(self, node: ast.expr) -> bool:
        return isinstance(node, ast.Name) and node.id in self.columns

    def _names_columns(self, node: ast.expr) -> bool:
        return any(map(self._is_column, _expressions(node)))

    def _refuse(self, node: ast.expr, said: str, hint: str = _SHAPE) -> NoReturn:
        raise ExpressionError("B530", said, self.source.offset(node), hint)


def _expressions(node: ast.expr) -> Sequence[ast.expr]:
    return [each for each in ast.walk(node) if isinstance(each, ast.expr)]


def _where(column: str, operator: str, value: str) -> str:
    return f"Where({string(column)}, {string(operator)}, {value})"
