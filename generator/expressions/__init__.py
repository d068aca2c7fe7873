"""Expressions of a blueprint: a typed subset of Python, printed as Python."""

from __future__ import annotations

from dataclasses import dataclass, field

from generator.expressions.code import Code, Facts, negation
from generator.expressions.compiler import Compiler
from generator.expressions.scope import Binding, Scope
from generator.expressions.source import ExpressionError, Source
from generator.types import BOOL, Type

__all__ = [
    "CODES",
    "Binding",
    "Expression",
    "ExpressionError",
    "Facts",
    "Scope",
    "compile_condition",
    "compile_expression",
]

CODES = {
    "B301": "An expression is not written as Python writes expressions, or too long.",
    "B302": "An expression uses a part of Python that blueprints do not have.",
    "B303": "An expression names something that is not there.",
    "B304": "The types in an expression do not fit together.",
    "B305": "A value that may be missing is used without a test for it.",
    "B306": "A name in an expression means two things.",
    "B307": "The clock or a new id is used where only the past may decide.",
    "B308": "An operation that can fail is used where nothing may fail.",
    "B309": "A condition or comparison says nothing: its answer is fixed.",
    "B310": "A function or constructor gets the wrong arguments.",
}


@dataclass(frozen=True, slots=True)
class Expression:
    """Printed Python with its type.

    `negated` prints the opposite of a condition, and `facts` hold where it is true.
    `path` is the name, if the expression is nothing else. `partial`: it can fail.
    """

    code: str
    type: Type
    partial: bool = False
    facts: Facts = field(default_factory=dict)
    facts_if_not: Facts = field(default_factory=dict)
    negated: str = ""
    path: str = ""
    constant: bool = False


def compile_expression(
    source: str, scope: Scope, want: Type | None = None
) -> Expression:
    """Print an expression, as a value of the wanted type if one is wanted."""
    compiler = Compiler(Source(source), scope)
    node = compiler.source.tree
    code = compiler.infer(node) if want is None else compiler.check(node, want)
    if code.type.kind == "none":
        compiler.fail("B304", "nothing says what is None here", node)
    return _expression(code, compiler.partial)


def compile_condition(source: str, scope: Scope) -> Expression:
    """Print an expression that is true or false."""
    compiler = Compiler(Source(source), scope)
    return _expression(compiler.condition(compiler.source.tree), compiler.partial)


def _expression(code: Code, partial: bool) -> Expression:
    return Expression(
        code.text,
        code.type.base,
        partial,
        code.when_true,
        code.when_false,
        negation(code).text if code.type == BOOL else "",
        code.path,
        code.constant,
    )
