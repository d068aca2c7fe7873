"""The functions that expressions know."""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

from generator.expressions import code, lists, lookup
from generator.expressions.code import Code
from generator.expressions.conversion import NUMBERS, ORDERED, TEXTS, UNHASHABLE
from generator.types import BOOL, DURATION, FLOAT, INT, UUID, Type, list_of

if TYPE_CHECKING:
    from generator.expressions.compiler import Compiler

MOST_NUMBERS = 100_000  # as many as the generated service lists
NEAR_DIGITS = 6  # as many days from now the calendar still has
START = {"decimal": "Decimal(0)", "duration": "timedelta()"}


def _count(
    compiler: Compiler, node: ast.Call, name: str, form: str, *counts: int
) -> None:
    if len(node.args) not in counts:
        compiler.fail("B310", f"{name}() is written {form}", node)


def _new_id(compiler: Compiler, node: ast.Call, name: str) -> Code:
    _count(compiler, node, name, "new_id()", 0)
    lookup.need_clock(compiler, node)
    return Code(UUID, "context.new_id()")


def _unit(compiler: Compiler, node: ast.Call, name: str) -> Code:
    _count(compiler, node, name, f"{name}(3)", 1)
    amount = compiler.check(node.args[0], INT)
    near = bool(amount.number) and len(amount.number) <= NEAR_DIGITS
    if not near and compiler.must_saturate():
        found = code.call(DURATION, f"saturating.{name}", amount.text)
    else:
        found = code.call(DURATION, "timedelta", f"{name}={amount.text}")
    return replace(found, whole_days=name == "days", near=near)


def _len(compiler: Compiler, node: ast.Call, name: str) -> Code:
    _count(compiler, node, name, "len(list)", 1)
    argument = node.args[0]
    value = compiler.value(argument)
    if value.type.kind not in (*TEXTS, "list", "map", "bytes"):
        compiler.fail("B304", f"{value.type} has no length", argument)
    return code.call(INT, "len", value.text)


def _elements(compiler: Compiler, node: ast.Call, more: bool = False) -> Code:
    """A list argument; a comprehension needs no brackets if it stands alone."""
    argument = node.args[0]
    if not isinstance(argument, ast.GeneratorExp):
        return lists.iterable(compiler, argument)
    text, element = lists.loop(compiler, argument)
    return Code(list_of(element), f"({text})" if more else text)


def _any_all(compiler: Compiler, node: ast.Call, name: str) -> Code:
    _count(compiler, node, name, f"{name}(x > 0 for x in list)", 1)
    found = _elements(compiler, node)
    if found.type.element != BOOL:
        message = f"{name}() needs conditions, these are {found.type.element}"
        compiler.fail("B304", message, node.args[0])
    return code.call(BOOL, name, found.text)


def _sum(compiler: Compiler, node: ast.Call, name: str) -> Code:
    _count(compiler, node, name, "sum(x.amount for x in list)", 1)
    found = _elements(compiler, node, more=True)
    element = found.type.element
    if element.kind not in (*NUMBERS, "duration") or element.optional:
        compiler.fail("B304", f"{element} cannot be summed", node.args[0])
    if element == DURATION and compiler.must_saturate():
        return code.call(element, "saturating.total", found.text)
    if element == FLOAT and not compiler.scope.partial:
        return code.call(element, "saturating.sum_of", found.text)
    if element.kind in START:
        total = code.call(element, "sum", found.text, START[element.kind])
    else:
        alone = isinstance(node.args[0], ast.GeneratorExp)
        total = code.call(element, "sum", found.text[1:-1] if alone else found.text)
    if lookup.is_kept(compiler, node.args[0]) and not compiler.scope.partial:
        return code.call(element, "saturating.amount", total.text)
    return total


def _min_max(compiler: Compiler, node: ast.Call, name: str) -> Code:
    if not node.args:
        compiler.fail("B310", f"{name}() is written {name}(a, b) or {name}(list)", node)
    if len(node.args) == 1:
        found = _elements(compiler, node)
        compiler.may_fail(f"{name}() of a list", node)
        _need_order(compiler, found.type.element, node)
        return code.call(found.type.element, name, found.text)
    values = [compiler.value(each) for each in node.args]
    alike = compiler.alike(values, node.args)
    _need_order(compiler, alike[0].type, node)
    return code.call(alike[0].type, name, *(each.text for each in alike))


def _need_order(compiler: Compiler, type: Type, node: ast.Call) -> None:
    if type.optional:
        compiler.fail("B305", f"a value among these may be None: {type}", node.args[0])
    if type.kind not in ORDERED:
        compiler.fail("B304", f"{type} has no order", node.args[0])


def _sorted(compiler: Compiler, node: ast.Call, name: str) -> Code:
    _count(compiler, node, name, "sorted(list)", 1)
    found = _elements(compiler, node)
    _need_order(compiler, found.type.element, node)
    return code.call(found.type, "sorted", found.text)


def _unique(compiler: Compiler, node: ast.Call, name: str) -> Code:
    _count(compiler, node, name, "unique(list)", 1)
    found = _elements(compiler, node)
    if not _hashable(compiler, found.type.element):
        message = f"{found.type.element} values cannot be told apart quickly"
        compiler.fail("B304", message, node.args[0])
    return code.call(found.type, "list", f"dict.fromkeys({found.text})")


def _hashable(compiler: Compiler, type: Type) -> bool:
    if type.kind != "value":
        return type.kind not in UNHASHABLE
    parameters = compiler.scope.shapes.parameters(type.name).values()
    return all(_hashable(compiler, each.type) for each in parameters)


def _first(compiler: Compiler, node: ast.Call, name: str) -> Code:
    _count(compiler, node, name, "first(list)", 1)
    argument = node.args[0]
    found = compiler.value(argument)
    if found.type.kind != "list":
        compiler.fail(
            "B304", f"a list is expected here, this is {found.type}", argument
        )
    compiler.may_fail("first()", node)
    return Code(found.type.element, f"{found.within(code.ATOM)}[0]")


def _range(compiler: Compiler, node: ast.Call, name: str) -> Code:
    _count(compiler, node, name, "range(3) or range(1, 3)", 1, 2)
    ends = [compiler.check(each, INT) for each in node.args]
    function = "range"
    if not all(each.number for each in ends):
        # Somebody outside decides how long the list is.
        if compiler.looping:
            message = "inside a loop, the ends of a range are written out"
            hint = "an amount from outside would say how long this takes"
            compiler.fail("B302", message, node, hint)
        module = "saturating" if compiler.must_saturate() else "bounded"
        function = f"{module}.numbers"
    elif range(*(int(each.number) for each in ends))[MOST_NUMBERS:]:
        said = f"a list has at most {MOST_NUMBERS:,} numbers"
        compiler.fail("B310", said, node)
    numbers = code.call(list_of(INT), function, *(each.text for each in ends))
    return replace(numbers, text=f"list({numbers.text})")


def _round(compiler: Compiler, node: ast.Call, name: str) -> Code:
    _count(compiler, node, name, "round(x) or round(x, 2)", 1, 2)
    value = compiler.value(node.args[0])
    if value.type.kind not in ("decimal", "float"):
        compiler.fail("B304", f"{value.type} is not rounded", node.args[0])
    if len(node.args) == 1:
        if value.type.kind == "float":
            compiler.may_fail("round() of a float to an int", node)
        return code.call(INT, "round", value.text)
    places = compiler.check(node.args[1], INT)
    if not places.number.isdigit() or int(places.number) > 12:
        message = "the number of places is written out, from 0 to 12"
        compiler.fail("B310", message, node.args[1])
    if value.type.kind == "float":
        return code.call(value.type, "round", value.text, places.text)
    # Python's own fails where the digits of an amount are many.
    how = (places.text, "ROUND_HALF_EVEN")
    return code.call(value.type, "quantize", value.text, *how)


def _abs(compiler: Compiler, node: ast.Call, name: str) -> Code:
    _count(compiler, node, name, "abs(x)", 1)
    value = compiler.value(node.args[0])
    if value.type.kind not in (*NUMBERS, "duration"):
        compiler.fail(
            "B304", f"abs() needs a number, this is {value.type}", node.args[0]
        )
    found = code.call(value.type, "abs", value.text)
    return replace(found, whole_days=value.whole_days)


FUNCTIONS: Mapping[str, Callable[[Compiler, ast.Call, str], Code]] = {
    "len": _len,
    "sum": _sum,
    "min": _min_max,
    "max": _min_max,
    "any": _any_all,
    "all": _any_all,
    "round": _round,
    "abs": _abs,
    "sorted": _sorted,
    "unique": _unique,
    "range": _range,
    "first": _first,
    "new_id": _new_id,
    "days": _unit,
    "hours": _unit,
    "minutes": _unit,
    "seconds": _unit,
}
