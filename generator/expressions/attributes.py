"""The attributes and methods that values have."""

from __future__ import annotations

import ast
from collections.abc import Mapping
from typing import TYPE_CHECKING

from generator.expressions import code
from generator.expressions.code import Code
from generator.expressions.conversion import TEXTS
from generator.names import unknown, with_article
from generator.types import BOOL, DATE, INT, STR, Type

if TYPE_CHECKING:
    from generator.expressions.compiler import Compiler

# A moment is stored without its offset, so that its date is that of UTC, always.
ATTRIBUTES: Mapping[tuple[str, str], tuple[Type, str]] = {
    ("duration", "days"): (INT, "days"),
    ("date", "year"): (INT, "year"),
    ("date", "month"): (INT, "month"),
    ("date", "day"): (INT, "day"),
    ("datetime", "date"): (DATE, "astimezone(UTC).date()"),
}
# What other languages call `len(x)` and `x in y`.
SIZED = (*TEXTS, "list", "map")
LENGTHS = frozenset({"length", "len", "size", "count"})
HOLDS = frozenset({"contains", "includes", "has"})
METHODS: Mapping[str, tuple[Type, int]] = {
    "lower": (STR, 0),
    "upper": (STR, 0),
    "strip": (STR, 0),
    "startswith": (BOOL, 1),
    "endswith": (BOOL, 1),
}


def attribute(compiler: Compiler, value: Code, node: ast.Attribute) -> Code:
    """`value.attr`, where the type of the value has it."""
    text = value.within(code.ATOM)
    if value.type.kind == "value":
        fields = compiler.scope.shapes.fields(value.type.name)
        if node.attr in fields:
            return Code(fields[node.attr], f"{text}.{node.attr}")
        known = list(fields)
    else:
        kind = value.type.kind
        if (kind, node.attr) in ATTRIBUTES:
            type, printed = ATTRIBUTES[kind, node.attr]
            return Code(type, f"{text}.{printed}")
        known = [name for owner, name in ATTRIBUTES if owner == kind]
    hint = unknown(node.attr, known)
    subject = compiler.source.of(node.value)
    if value.type.kind in TEXTS and node.attr in METHODS:
        hint = f"write {node.attr}()"
    if value.type.kind in SIZED and node.attr in LENGTHS:
        hint = f"write len({subject})"
    message = f'{subject} has no "{node.attr}": it is {with_article(str(value.type))}'
    compiler.fail("B303", message, node, hint)


def call_method(compiler: Compiler, node: ast.Call, func: ast.Attribute) -> Code:
    value = compiler.value(func.value)
    if value.type.kind not in TEXTS or func.attr not in METHODS:
        known = METHODS if value.type.kind in TEXTS else ()
        hint = unknown(func.attr, known)
        if (value.type.kind, func.attr) in ATTRIBUTES:
            hint = f"write .{func.attr} without parentheses"
        subject = compiler.source.of(func.value)
        if value.type.kind in SIZED and func.attr in LENGTHS:
            hint = f"write len({subject})"
        if value.type.kind in SIZED and func.attr in HOLDS and len(node.args) == 1:
            hint = f"write {compiler.source.of(node.args[0])} in {subject}"
        message = f'{value.type} has no method "{func.attr}"'
        compiler.fail("B303", message, func, hint)
    type, count = METHODS[func.attr]
    if len(node.args) != count or node.keywords:
        takes = "one text" if count else "nothing"
        compiler.fail("B310", f"{func.attr}() takes {takes}", node)
    if value.constant:
        compiler.fail("B309", "write the resulting text itself", node)
    arguments = [compiler.check(each, STR).text for each in node.args]
    return code.call(type, f"{value.within(code.ATOM)}.{func.attr}", *arguments)
