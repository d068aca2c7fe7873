"""`not`, `and`, `or` and `if ... else`: each part knows what the ones before it say."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from generator.expressions import code
from generator.expressions.code import Code, Fact, Facts
from generator.types import BOOL, Type

if TYPE_CHECKING:
    from generator.expressions.compiler import Compiler


def opposite(compiler: Compiler, node: ast.UnaryOp) -> Code:
    return code.negation(compiler.condition(node.operand))


def connected(compiler: Compiler, node: ast.BoolOp) -> Code:
    both = isinstance(node.op, ast.And)
    operands: list[Code] = []
    facts: dict[str, Fact] = {}
    outside = compiler.scope
    try:
        for part in node.values:
            compiler.scope = outside.knowing(facts)
            found = compiler.condition(part)
            _refuse_repetition(compiler, operands, found, part)
            facts.update(found.when_true if both else found.when_false)
            operands.append(found)
    finally:
        compiler.scope = outside
    return code.conjunction(operands) if both else code.disjunction(operands)


def _refuse_repetition(
    compiler: Compiler, before: list[Code], found: Code, node: ast.expr
) -> None:
    said = {text for each in before for text in (each.text, code.negation(each).text)}
    if found.text in said:
        message = "this says again, or takes back, what stands before it"
        compiler.fail("B309", message, node)


def conditional(compiler: Compiler, node: ast.IfExp, want: Type | None = None) -> Code:
    """`a if test else b`; without a wanted type, each branch may say the other's."""
    test = compiler.condition(node.test)
    if want is not None:
        body = _branch(compiler, node.body, test.when_true, want)
        otherwise = _branch(compiler, node.orelse, test.when_false, want)
    elif compiler.wants_target(node.body):
        otherwise = _branch(compiler, node.orelse, test.when_false)
        body = _branch(compiler, node.body, test.when_true, otherwise.type)
    else:
        body = _branch(compiler, node.body, test.when_true)
        target = body.type if compiler.wants_target(node.orelse) else None
        otherwise = _branch(compiler, node.orelse, test.when_false, target)
    if want is None:
        branches = [node.body, node.orelse]
        body, otherwise = compiler.alike([body, otherwise], branches)
    bools = body.type == BOOL and body.constant and otherwise.constant
    if body.text == otherwise.text or bools:
        compiler.fail("B309", "this says nothing that is not simpler to say", node)
    return code.conditional(body.type if want is None else want, test, body, otherwise)


def _branch(
    compiler: Compiler, node: ast.expr, facts: Facts, want: Type | None = None
) -> Code:
    if want is None:
        return compiler.within(facts, lambda: compiler.infer(node))
    return compiler.within(facts, lambda: compiler.check(node, want))
