"""Arithmetic: numbers, dates, durations and texts."""

from __future__ import annotations

import ast
from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

from generator.expressions import code, lookup
from generator.expressions.code import Code
from generator.expressions.conversion import (
    NUMBERS,
    TEXTS,
    as_decimal,
    as_float,
    level_of,
    meeting,
    why_not,
)
from generator.types import DATE, DATETIME, DECIMAL, DURATION, FLOAT, INT, STR, Type

if TYPE_CHECKING:
    from generator.expressions.compiler import Compiler

SIGNS: Mapping[type[ast.operator], str] = {
    ast.Add: "+",
    ast.Sub: "-",
    ast.Mult: "*",
    ast.Div: "/",
    ast.FloorDiv: "//",
    ast.Mod: "%",
}
MEANINGS: Mapping[tuple[str, str, str], Type] = {
    ("date", "-", "date"): DURATION,
    ("datetime", "-", "datetime"): DURATION,
    ("date", "+", "duration"): DATE,
    ("date", "-", "duration"): DATE,
    ("datetime", "+", "duration"): DATETIME,
    ("datetime", "-", "duration"): DATETIME,
    ("duration", "+", "date"): DATE,
    ("duration", "+", "datetime"): DATETIME,
    ("duration", "+", "duration"): DURATION,
    ("duration", "-", "duration"): DURATION,
    ("duration", "*", "int"): DURATION,
    ("int", "*", "duration"): DURATION,
    ("str", "+", "str"): STR,
}
SATURATING: Mapping[str, str] = {"+": "add", "-": "subtract", "*": "multiply"}
SATURATING_FLOATS: Mapping[str, str] = {
    "+": "plus",
    "-": "minus",
    "*": "times",
    "/": "over",
}


def negative(compiler: Compiler, found: Code, node: ast.UnaryOp) -> Code:
    if found.number:
        number = found.number[1:] if found.number[0] == "-" else f"-{found.number}"
        if found.type == DECIMAL:
            return replace(found, text=f'Decimal("{number}")', number=number)
        return replace(found, text=number, number=number, level=level_of(number))
    if found.type.kind not in (*NUMBERS, "duration"):
        compiler.fail("B304", f"{found.type} has no negative", node)
    text = f"-{found.within(code.UNARY)}"
    negated = Code(found.type, text, code.UNARY, constant=found.constant)
    return replace(negated, whole_days=found.whole_days)


def calculate(compiler: Compiler, node: ast.BinOp) -> Code:
    sign = SIGNS.get(type(node.op))
    if sign is None:
        compiler.fail("B302", "this operator is not part of the language", node)
    left, right = compiler.value(node.left), compiler.value(node.right)
    if sign in ("/", "//", "%"):
        _check_division(compiler, left, sign, right, node)
    if left.type.kind in NUMBERS and right.type.kind in NUMBERS:
        return _numbers(compiler, node, left, sign, right)
    kinds = (_kind(left), sign, _kind(right))
    result = MEANINGS.get(kinds)
    if result is None:
        message = f"{left.type} {sign} {right.type} has no meaning"
        compiler.fail("B304", message, node, _advice(left, sign, right))
    if result == DATE:
        _check_days(compiler, node, left, right)
    if _can_overflow(result, sign, left, right) and compiler.must_saturate():
        found = _saturating(result, left, sign, right)
    else:
        level = code.MULTIPLY if sign == "*" else code.ADD
        found = code.infix(result, left, sign, right, level)
        if result == STR and _can_grow(compiler, sign, node):
            found = code.call(STR, "saturating.text", found.text)
    return replace(found, whole_days=_whole_days(left, sign, right))


def _kind(found: Code) -> str:
    return "str" if found.type.kind in TEXTS else found.type.kind


def _check_division(
    compiler: Compiler, left: Code, sign: str, right: Code, node: ast.BinOp
) -> None:
    if not right.number:
        compiler.may_fail("a division", node)
    elif not float(right.number):
        compiler.fail("B309", "this divides by zero", node)
    elif sign != "/" and DECIMAL in (left.type, right.type):
        # The whole quotient of a large amount has more digits than are kept.
        compiler.may_fail(f"{sign} of a decimal", node)
    elif sign == "//" and FLOAT in (left.type, right.type) and _is_fraction(right):
        # The whole quotient of a large amount would be larger than any float.
        compiler.may_fail("// of a float by less than 1", node)


def _is_fraction(divisor: Code) -> bool:
    return bool(divisor.number) and abs(float(divisor.number)) < 1


def _numbers(
    compiler: Compiler, node: ast.BinOp, left: Code, sign: str, right: Code
) -> Code:
    result = meeting(left, right)
    if result is None:
        compiler.fail(
            "B304", "decimal and float do not mix", node, why_not(DECIMAL, FLOAT)
        )
    if result == FLOAT:
        left, right = (
            as_float(each) if each.number else each for each in (left, right)
        )
        # A command's own floats do not fail, but an integer may be larger than any.
        fails = any(each.type == INT and not each.number for each in (left, right))
        saturates = sign in SATURATING_FLOATS and (fails or not compiler.scope.partial)
        if saturates and compiler.must_saturate():
            name = f"saturating.{SATURATING_FLOATS[sign]}"
            return code.call(FLOAT, name, left.text, right.text)
    if sign == "/" and result == INT:
        result, left = DECIMAL, as_decimal(left)
    level = code.ADD if sign in "+-" else code.MULTIPLY
    found = code.infix(result, left, sign, right, level)
    if result != FLOAT and _can_grow(compiler, sign, node):
        return code.call(result, "saturating.amount", found.text)
    return found


def _can_grow(compiler: Compiler, sign: str, node: ast.BinOp) -> bool:
    """Whether each event may make an amount or a text many times as long.

    A total to which every event adds what it carries never has too many digits; one
    that is multiplied, or doubled, has them after some thousand events.
    """
    if compiler.scope.partial or sign in ("//", "%"):
        return False
    kept = [lookup.is_kept(compiler, each) for each in (node.left, node.right)]
    return all(kept) if sign in "+-" else any(kept)


def _check_days(compiler: Compiler, node: ast.BinOp, left: Code, right: Code) -> None:
    duration = right if right.type == DURATION else left
    if not duration.whole_days:
        message = "a date moves by whole days only"
        compiler.fail("B304", message, node, "write days(...), or use a datetime")


def _can_overflow(result: Type, sign: str, left: Code, right: Code) -> bool:
    """A date may leave the calendar, unless it stays near to the clock."""
    if result == STR or (left.type == right.type and left.type != DURATION):
        return False
    return not (left.near and right.near) or sign == "*"


def _saturating(result: Type, left: Code, sign: str, right: Code) -> Code:
    """What is moved comes first, and what moves it second."""
    moved_last = sign == "+" and right.type != DURATION
    if moved_last or (sign == "*" and left.type == INT):
        left, right = right, left
    return code.call(result, f"saturating.{SATURATING[sign]}", left.text, right.text)


def _whole_days(left: Code, sign: str, right: Code) -> bool:
    if left.type == DATE and right.type == DATE:
        return True
    durations = [each for each in (left, right) if each.type == DURATION]
    return bool(durations) and all(each.whole_days for each in durations)


def _advice(left: Code, sign: str, right: Code) -> str:
    kinds = {left.type.kind, right.type.kind}
    if kinds & {"date", "datetime"} and kinds & {"int", "decimal"}:
        return "write days(...)"
    if sign == "+" and "str" in kinds:
        return "only texts are joined; a message takes other values in braces"
    if kinds == {"date", "datetime"}:
        return "take the date of the datetime: x.date"
    return ""
