"""Evaluates the source of an expression by the meaning it has for its reader.

It shares nothing with the compiler: a literal with a point is exact, a word that is no
name is the member of an enum, and everything else means what it means in Python.
"""

from __future__ import annotations

import ast
import datetime as time
import operator
from collections.abc import Callable, Mapping
from decimal import Decimal
from types import SimpleNamespace
from typing import Any

COMPARISONS: Mapping[type[ast.cmpop], Callable[[Any, Any], Any]] = {
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
    ast.Is: operator.is_,
    ast.IsNot: operator.is_not,
    ast.In: lambda one, many: one in many,
    ast.NotIn: lambda one, many: one not in many,
}
ARITHMETIC: Mapping[type[ast.operator], Callable[[Any, Any], Any]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.FloorDiv: operator.floordiv,
    ast.Mod: operator.mod,
}


def evaluate(source: str, world: SimpleNamespace) -> Any:
    return _Evaluation(source, world).of(ast.parse(source.strip(), mode="eval").body)


class _Evaluation:
    def __init__(self, source: str, world: SimpleNamespace) -> None:
        self.source = source.strip()
        self.world = world
        self.loops: list[tuple[str, Any]] = []

    def of(self, node: ast.expr) -> Any:
        return getattr(self, type(node).__name__)(node)

    def Constant(self, node: ast.Constant) -> Any:
        if isinstance(node.value, float):
            return Decimal(ast.get_source_segment(self.source, node) or "")
        return node.value

    def Name(self, node: ast.Name) -> Any:
        for name, value in reversed(self.loops):
            if name == node.id:
                return value
        if node.id in ("now", "today"):
            return getattr(self.world.context, node.id)
        words = {"true": True, "false": False, "null": None}
        if node.id in words:
            return words[node.id]
        return getattr(self.world.command, node.id, node.id)

    def Attribute(self, node: ast.Attribute) -> Any:
        match node.value:
            case ast.Name(id="Status" | "Level"):
                return node.attr
            case ast.Name(id="state"):
                return getattr(self.world.state, node.attr)
            case ast.Name(id="event"):
                return getattr(self.world.envelope, node.attr)
        value = self.of(node.value)
        if node.attr == "date":
            return value.astimezone(time.UTC).date()
        return getattr(value, node.attr)

    def Subscript(self, node: ast.Subscript) -> Any:
        return self.of(node.value)[self.of(node.slice)]

    def UnaryOp(self, node: ast.UnaryOp) -> Any:
        value = self.of(node.operand)
        return not value if isinstance(node.op, ast.Not) else -value

    def BinOp(self, node: ast.BinOp) -> Any:
        left, right = _comparable(self.of(node.left), self.of(node.right))
        if isinstance(node.op, ast.Div):
            integers = isinstance(left, int) and isinstance(right, int)
            return (Decimal(left) if integers else left) / right
        return ARITHMETIC[type(node.op)](left, right)

    def BoolOp(self, node: ast.BoolOp) -> Any:
        stop = isinstance(node.op, ast.Or)
        return next((stop for each in node.values if self.of(each) == stop), not stop)

    def Compare(self, node: ast.Compare) -> Any:
        left = self.of(node.left)
        for sign, right_node in zip(node.ops, node.comparators, strict=True):
            right = self.of(right_node)
            if not COMPARISONS[type(sign)](*_comparable(left, right)):
                return False
            left = right
        return True

    def IfExp(self, node: ast.IfExp) -> Any:
        return self.of(node.body if self.of(node.test) else node.orelse)

    def List(self, node: ast.List | ast.Tuple | ast.Set) -> Any:
        return [self.of(each) for each in node.elts]

    Tuple = Set = List

    def ListComp(self, node: ast.ListComp | ast.GeneratorExp) -> Any:
        loop = node.generators[0]
        assert isinstance(loop.target, ast.Name)
        found = []
        for element in self.of(loop.iter):
            self.loops.append((loop.target.id, element))
            if all(self.of(test) for test in loop.ifs):
                found.append(self.of(node.elt))
            self.loops.pop()
        return found

    GeneratorExp = ListComp

    def Call(self, node: ast.Call) -> Any:
        arguments = [self.of(each) for each in node.args]
        if isinstance(node.func, ast.Attribute):
            return getattr(self.of(node.func.value), node.func.attr)(*arguments)
        assert isinstance(node.func, ast.Name)
        name = node.func.id
        if name in ("Stay", "Line"):
            fields = {str(each.arg): self.of(each.value) for each in node.keywords}
            return getattr(self.world.module, name)(**fields)
        if name in ("days", "hours", "minutes", "seconds"):
            return time.timedelta(**{name: arguments[0]})
        if name == "sum" and any(isinstance(x, time.timedelta) for x in arguments[0]):
            return sum(arguments[0], time.timedelta())
        return self._functions()[name](*arguments)

    def _functions(self) -> Mapping[str, Callable[..., Any]]:
        return {
            "len": len,
            "sum": lambda many: sum(many),
            "min": min,
            "max": max,
            "any": any,
            "all": all,
            "round": round,
            "abs": abs,
            "sorted": sorted,
            "unique": lambda many: list(dict.fromkeys(many)),
            "first": lambda many: many[0],
            "range": lambda *ends: list(range(*ends)),
            "new_id": self.world.context.new_id,
        }


def _comparable(left: Any, right: Any) -> tuple[Any, Any]:
    """A written decimal becomes a float beside a float."""
    if isinstance(left, float) and isinstance(right, Decimal):
        return left, float(right)
    if isinstance(left, Decimal) and isinstance(right, float):
        return float(left), right
    return left, right
