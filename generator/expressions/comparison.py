"""Comparisons, and what is known where they are true or false."""

from __future__ import annotations

import ast
from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

from generator.expressions import code, lists, lookup
from generator.expressions.code import Code, Fact, Facts
from generator.expressions.conversion import (
    ORDERED,
    TEXTS,
    as_float,
    meeting,
    why_not,
)
from generator.types import BOOL, STR, Type

if TYPE_CHECKING:
    from generator.expressions.compiler import Compiler


SIGNS: Mapping[type[ast.cmpop], str] = {
    ast.Eq: "==",
    ast.NotEq: "!=",
    ast.Lt: "<",
    ast.LtE: "<=",
    ast.Gt: ">",
    ast.GtE: ">=",
    ast.In: "in",
    ast.NotIn: "not in",
    ast.Is: "is",
    ast.IsNot: "is not",
}


def compare(compiler: Compiler, node: ast.Compare) -> Code:
    signs = [SIGNS[type(op)] for op in node.ops]
    nodes = [node.left, *node.comparators]
    if len(signs) == 1:
        return _compare(compiler, nodes[0], signs[0], nodes[1])
    if unordered := sorted(set(signs) - set(code.MIRRORED)):
        message = f"`{unordered[0]}` stands in no chain of comparisons"
        compiler.fail("B302", message, node, "join two comparisons with `and`")
    operands: list[Code] = []
    for left, sign, right in zip(nodes, signs, nodes[1:], strict=False):
        operands = [*operands[:-1], *_operands(compiler, left, sign, right)]
    return code.chain(operands, signs)


def _compare(compiler: Compiler, left: ast.expr, sign: str, right: ast.expr) -> Code:
    """One comparison, and what holds where it is true or false."""
    if sign in ("is", "is not"):
        return _is_none(compiler, left, sign, right)
    if sign in ("in", "not in"):
        return _contains(compiler, left, sign, right)
    one, other = _operands(compiler, left, sign, right)
    found = code.comparison(one, sign, other)
    if sign not in ("==", "!="):
        return found
    equal, different = _equality_facts(compiler, one, other)
    if sign == "!=":
        equal, different = different, equal
    return replace(found, when_true=equal, when_false=different)


def _operands(
    compiler: Compiler, left: ast.expr, sign: str, right: ast.expr
) -> tuple[Code, Code]:
    """Both sides of a comparison, each knowing the other's type."""
    if compiler.wants_target(left) and not compiler.wants_target(right):
        other = compiler.infer(right)
        one = compiler.check(left, other.type.required)
    else:
        one = compiler.infer(left)
        targeted = compiler.wants_target(right) and one.type.kind != "none"
        other = (
            compiler.check(right, one.type.required)
            if targeted
            else compiler.infer(right)
        )
    _refuse_ambiguity(compiler, left, other.type)
    _refuse_ambiguity(compiler, right, one.type)
    return _comparable(compiler, (left, one), sign, (right, other))


def _comparable(
    compiler: Compiler,
    left: tuple[ast.expr, Code],
    sign: str,
    right: tuple[ast.expr, Code],
) -> tuple[Code, Code]:
    (first, one), (second, other) = left, right
    for node, each, opposite in ((second, other, first), (first, one, second)):
        if each.type.kind == "none":
            word = "is" if sign == "==" else "is not"
            hint = f"write {compiler.source.of(opposite)} {word} None"
            compiler.fail("B309", f"None is not compared by {sign}", node, hint)
        if each.type.optional and sign not in ("==", "!="):
            compiler.refuse_optional(node)
    joined = meeting(one, other)
    if joined is None:
        message = f"{one.type} and {other.type} are not compared"
        hint = _word(compiler, one.type, second) or _word(compiler, other.type, first)
        compiler.fail("B304", message, first, hint or why_not(one.type, other.type))
    if sign not in ("==", "!=") and joined.kind not in ORDERED:
        compiler.fail("B304", f"{joined.required} has no order: use == or !=", first)
    if one.constant and other.constant:
        compiler.fail("B309", "two constants are compared", first)
    _refuse_bool(compiler, one, other, first, second)
    _refuse_fixed(compiler, one, other, first)
    _refuse_fixed(compiler, other, one, second)
    if joined.kind == "float":
        one, other = (as_float(each) if each.number else each for each in (one, other))
    return one, other


def _word(compiler: Compiler, enum: Type, node: ast.expr) -> str:
    """A hint where the word of an enum stands in quotes, as if it were a text."""
    words = compiler.members(enum) if enum.kind == "enum" else ()
    quoted = node.value if isinstance(node, ast.Constant) else None
    return f"write {quoted!s} without quotes" if quoted in words else ""


def _refuse_ambiguity(compiler: Compiler, node: ast.expr, other: Type) -> None:
    if other.kind != "enum" or not isinstance(node, ast.Name):
        return
    if node.id in compiler.scope.names and node.id in compiler.members(other):
        lookup.refuse_ambiguous(compiler, node, other)


def _refuse_bool(
    compiler: Compiler, one: Code, other: Code, first: ast.expr, second: ast.expr
) -> None:
    for node, each, opposite in ((second, other, first), (first, one, second)):
        if each.type == BOOL and each.constant:
            text = compiler.source.of(opposite)
            hint = f"write {text} or not {text}"
            compiler.fail("B309", "a condition is not compared with a bool", node, hint)


def _refuse_fixed(
    compiler: Compiler, one: Code, other: Code, node: ast.expr, group: bool = False
) -> None:
    """Refuse a comparison, or a look into a group, whose answer is known already."""
    members, others = _possible(compiler, one), _possible(compiler, other)
    if members is None or others is None:
        return
    certain = members <= others and (group or len(others) == 1)
    optional = one.type.optional or other.type.optional
    if not members & others or (certain and not optional):
        names = sorted(members) or ["None"]
        message = f"{compiler.source.of(node)} can only be {' or '.join(names)} here"
        compiler.fail("B309", message, node, "so the answer is always the same")


def _possible(compiler: Compiler, found: Code) -> frozenset[str] | None:
    if found.possible is not None or found.type.kind not in ("enum", "bool"):
        return found.possible
    if found.type.kind == "bool":
        return frozenset({"True", "False"})
    return frozenset(compiler.members(found.type))


def _equality_facts(compiler: Compiler, one: Code, other: Code) -> tuple[Facts, Facts]:
    """What is known of enums where two values are equal, and where they are not."""
    equal: dict[str, Fact] = {}
    different: dict[str, Fact] = {}
    for each, opposite in ((one, other), (other, one)):
        members = _possible(compiler, each)
        if not each.path or each.type.kind != "enum" or members is None:
            continue
        others = _possible(compiler, opposite)
        if others is None:
            continue
        equal[each.path] = Fact(each.type, members & others)
        if opposite.constant:
            different[each.path] = Fact(each.type, members - others)
    return equal, different


def _is_none(compiler: Compiler, left: ast.expr, sign: str, right: ast.expr) -> Code:
    if compiler.infer(right).type.kind != "none":
        compiler.fail("B302", "`is` stands only before None", right, "write ==")
    found = compiler.infer(left)
    if not found.type.optional:
        text = compiler.source.of(left)
        compiler.fail("B309", f"{text} is never None here", left)
    none = Code(found.type, "None", constant=True)
    test = code.comparison(found, sign, none)
    if not found.path:
        return test
    there: Facts = {found.path: Fact(found.type.required, found.possible)}
    missing: Facts = {}
    if found.type.kind in ("enum", "bool"):
        missing = {found.path: Fact(found.type, frozenset())}
    if sign == "is not":
        there, missing = missing, there
    return replace(test, when_true=missing, when_false=there)


def _contains(compiler: Compiler, left: ast.expr, sign: str, right: ast.expr) -> Code:
    if isinstance(right, ast.List | ast.Set | ast.Tuple):
        return _among(compiler, left, sign, right.elts, right)
    if isinstance(right, ast.Call):
        container = lists.iterable(compiler, right)
    else:
        container = compiler.value(right)
    match container.type.kind:
        case "list":
            want = container.type.element
        case "map" | "str" | "email" | "url":
            want = STR
        case _:
            message = f"`{sign}` needs a list, a map or a text"
            compiler.fail("B304", f"{message}, this is {container.type}", right)
    one = compiler.check(left, want)
    if one.constant and container.constant:
        compiler.fail("B309", "two constants are compared", left)
    return code.comparison(one, sign, container)


def _among(
    compiler: Compiler, left: ast.expr, sign: str, nodes: list[ast.expr], node: ast.expr
) -> Code:
    """`status in [requested, confirmed]`, printed with a tuple."""
    if not nodes:
        compiler.fail("B309", "nothing is in an empty list", node)
    if compiler.wants_target(left):
        compiler.fail("B303", "the value before `in` must be known", left)
    one = compiler.value(left)
    want = STR if one.type.kind in TEXTS else one.type
    others = [compiler.check(each, want) for each in nodes]
    for each in nodes:
        _refuse_ambiguity(compiler, each, one.type)
    if one.constant and all(each.constant for each in others):
        compiler.fail("B309", "constants are compared", left)
    comma = "," if len(others) == 1 else ""
    text = f"({', '.join(each.text for each in others)}{comma})"
    sets = [_possible(compiler, each) for each in others]
    known = [each for each in sets if each is not None]
    possible = frozenset().union(*known) if known else None
    constant = all(each.constant for each in others)
    group = Code(one.type, text, constant=constant, possible=possible)
    if one.type == BOOL:
        compiler.fail("B309", "a condition is not compared with a bool", left)
    _refuse_fixed(compiler, one, group, left, group=constant)
    found = code.comparison(one, sign, group)
    among, outside = _equality_facts(compiler, one, group)
    if sign == "not in":
        among, outside = outside, among
    return replace(found, when_true=among, when_false=outside)
