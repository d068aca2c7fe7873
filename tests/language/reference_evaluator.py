"""Evaluates the source of an expression by the meaning it has for its reader.

It shares nothing with the compiler: a literal with a point is exact, a word that is no
name is the member of an enum, and everything else means what it means in Python; but
where nothing may fail, the calendar has an end that nothing passes, and so have floats.
"""

from __future__ import annotations

import ast
import datetime as time
import operator
import sys
from collections.abc import Callable, Mapping
from decimal import Context, Decimal
from fractions import Fraction
from functools import partial, reduce
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

# The microseconds from the first moment to the last.
CALENDAR = 3_652_059 * 24 * 60 * 60 * 1_000_000 - 1


def evaluate(source: str, world: SimpleNamespace, may_fail: bool = True) -> Any:
    evaluation = _Evaluation(source, world, may_fail)
    return evaluation.of(ast.parse(source.strip(), mode="eval").body)


def _in_the_calendar(name: type[ast.operator], left: Any, right: Any) -> Any:
    """By whole numbers, which have no end: microseconds since the first of all days."""
    if not {type(left), type(right)} & {time.date, time.datetime, time.timedelta}:
        return ARITHMETIC[name](left, right)
    found = ARITHMETIC[name](_count(left), _count(right))
    match [each for each in (left, right) if isinstance(each, time.date)]:
        case [_, _]:
            return time.timedelta(microseconds=found)
        case [time.datetime()]:
            zero = time.datetime.min.replace(tzinfo=time.UTC)
            first, last = 1, CALENDAR - 1
        case [time.date()]:
            zero, first, last = time.date.min, 0, CALENDAR
        case _:
            zero, first, last = time.timedelta(), -CALENDAR, CALENDAR
    return zero + time.timedelta(microseconds=min(max(found, first), last))


def _count(value: Any) -> int:
    match value:
        case int():
            return value
        case time.datetime():
            value -= time.datetime.min.replace(tzinfo=time.UTC)
        case time.date():
            value -= time.date.min
    return int(value // time.timedelta(microseconds=1))


class _Evaluation:
    def __init__(self, source: str, world: SimpleNamespace, may_fail: bool) -> None:
        self.source = source.strip()
        self.world = world
        self.may_fail = may_fail
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
        if isinstance(node.op, ast.Not):
            return not value
        if isinstance(value, time.timedelta) and not self.may_fail:
            return _in_the_calendar(ast.Sub, time.timedelta(), value)
        return -value

    def BinOp(self, node: ast.BinOp) -> Any:
        left, right = _comparable(self.of(node.left), self.of(node.right))
        if isinstance(node.op, ast.Div):
            integers = isinstance(left, int) and isinstance(right, int)
            if float in (type(left), type(right)) and not self.may_fail:
                return _as_floats(operator.truediv, left, right)
            found = (Decimal(left) if integers else left) / right
            return self._held(found, any, node.left, node.right)
        if not self.may_fail:
            if float in (type(left), type(right)):
                return _as_floats(ARITHMETIC[type(node.op)], left, right)
            found = _in_the_calendar(type(node.op), left, right)
            if isinstance(node.op, ast.FloorDiv | ast.Mod):
                return found
            many = any if isinstance(node.op, ast.Mult) else all
            return self._held(found, many, node.left, node.right)
        return ARITHMETIC[type(node.op)](left, right)

    def _held(self, found: Any, many: Callable[[Any], bool], *parts: ast.expr) -> Any:
        """An amount of what was kept from event to event has a thousand digits."""
        kept = many("state" in map(_word, ast.walk(each)) for each in parts)
        if self.may_fail or not kept or not isinstance(found, int | Decimal):
            return found
        if found and abs(Decimal(found)) < Decimal("1e-1000"):
            return Decimal(0)
        most: Any = 10**1000
        return min(max(found, -most), most)

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
            unit = time.timedelta(**{name: 1})
            if self.may_fail:
                return unit * arguments[0]
            return _in_the_calendar(ast.Mult, unit, arguments[0])
        if name == "sum" and any(isinstance(x, time.timedelta) for x in arguments[0]):
            if self.may_fail:
                return sum(arguments[0], time.timedelta())
            return reduce(partial(_in_the_calendar, ast.Add), arguments[0])
        floats = name == "sum" and any(isinstance(x, float) for x in arguments[0])
        if floats and not self.may_fail:
            return reduce(partial(_as_floats, operator.add), arguments[0])
        found = self._functions()[name](*arguments)
        return self._held(found, any, *node.args) if name == "sum" else found

    def _range(self, *ends: int) -> list[int]:
        if self.may_fail and len(range(*ends)) > 100_000:
            raise ValueError
        return list(range(*ends)[:100_000])

    def _functions(self) -> Mapping[str, Callable[..., Any]]:
        return {
            "len": len,
            "sum": lambda many: sum(many),
            "min": min,
            "max": max,
            "any": any,
            "all": all,
            "round": _rounded,
            "abs": abs,
            "sorted": sorted,
            "unique": lambda many: list(dict.fromkeys(many)),
            "first": lambda many: many[0],
            "range": self._range,
            "new_id": self.world.context.new_id,
        }


def _rounded(value: Any, places: int | None = None) -> Any:
    """Half to even, and exact: no digit of a decimal is too many."""
    if isinstance(value, Decimal) and places is not None:
        return value.quantize(Decimal(1).scaleb(-places), None, Context(prec=100_000))
    return round(value, places)


def _word(node: ast.AST) -> str:
    return node.id if isinstance(node, ast.Name) else ""


def _as_floats(compute: Callable[[Any, Any], Any], left: Any, right: Any) -> float:
    """By fractions, which have no end."""
    found = compute(Fraction(left), Fraction(right))
    largest = Fraction(sys.float_info.max)
    return float(min(max(found, -largest), largest))


def _comparable(left: Any, right: Any) -> tuple[Any, Any]:
    """A written decimal becomes a float beside a float."""
    if isinstance(left, float) and isinstance(right, Decimal):
        return left, float(right)
    if isinstance(left, Decimal) and isinstance(right, float):
        return float(left), right
    return left, right
