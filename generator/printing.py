"""Small questions about printed expressions."""

from __future__ import annotations

import ast

from generator.expressions import Expression
from generator.types import Type


def rounded(expression: Expression, target: Type) -> str:
    """The printed value; a computed one is rounded to the places of its target."""
    known = expression.path or expression.code == "None"
    if target.kind != "decimal" or target.places is None or known:
        return expression.code
    how = "" if target.rounding == "ROUND_HALF_UP" else f", {target.rounding}"
    return f"quantize({expression.code}, {target.places}{how})"


def mentions(code: str, name: str) -> bool:
    """Whether printed code reads a variable."""
    return any(
        isinstance(node, ast.Name) and node.id == name
        for node in ast.walk(ast.parse(code, mode="eval"))
    )


def attributes(code: str) -> set[str]:
    """Every dotted name in printed code, as `command.password`."""
    tree = ast.parse(code, mode="eval")
    return {ast.unparse(n) for n in ast.walk(tree) if isinstance(n, ast.Attribute)}
