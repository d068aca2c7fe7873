"""Types an expression from both ends: what its parts are, and what is wanted of it."""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import NoReturn, TypeVar

from generator.expressions import (
    arithmetic,
    branching,
    calls,
    comparison,
    lists,
    lookup,
)
from generator.expressions.code import Code, Fact, Facts
from generator.expressions.conversion import as_real, convert, unify
from generator.expressions.scope import Scope
from generator.expressions.source import ExpressionError, Source
from generator.types import BOOL, INT, Type

R = TypeVar("R")
_MADE_OF: Mapping[tuple[str, str], str] = {
    ("date", "datetime"): "a date has no time of day; begin with a datetime",
    ("datetime", "date"): "write `.date` behind it",
    ("int", "duration"): "write days(...), hours(...), minutes(...) or seconds(...)",
    ("duration", "int"): "write `.days` behind it",
}


class Compiler:
    """Compiles one expression; knows what was narrowed on the way to each part."""

    def __init__(self, source: Source, scope: Scope) -> None:
        self.source = source
        self.scope = scope
        self.declared = scope.shapes.declared
        self.partial = False
        self.looping = False

    def infer(self, node: ast.expr) -> Code:
        """The code of a node whose type its parts decide."""
        match node:
            case ast.Constant():
                return lookup.constant_value(self, node)
            case ast.Name():
                return lookup.name(self, node)
            case ast.Attribute():
                return lookup.attribute(self, node)
            case ast.Subscript():
                return lists.index(self, node)
            case ast.UnaryOp(op=ast.Not()):
                return branching.opposite(self, node)
            case ast.UnaryOp(op=ast.USub()):
                return arithmetic.negative(self, self.value(node.operand), node)
            case ast.BinOp():
                return arithmetic.calculate(self, node)
            case ast.BoolOp():
                return branching.connected(self, node)
            case ast.Compare():
                return comparison.compare(self, node)
            case ast.IfExp():
                return branching.conditional(self, node)
            case ast.List():
                return lists.display(self, node.elts, None, node)
            case ast.ListComp() | ast.GeneratorExp():
                return lists.comprehension(self, node, None)
            case ast.Call():
                return calls.call(self, node)
        spoken = SPOKEN.get(type(node), f"`{type(node).__name__}`")
        self.fail("B302", f"{spoken} is not part of the blueprint language", node)

    def check(self, node: ast.expr, want: Type) -> Code:
        """The code of a node as a value of the wanted type."""
        match node:
            case ast.IfExp():
                return branching.conditional(self, node, want)
            case ast.Name() if want.kind == "enum":
                return lookup.member_or_name(self, node, want)
            case ast.List() if want.kind == "list":
                return lists.display(self, node.elts, want.element, node)
            case ast.ListComp() if want.kind == "list":
                return lists.comprehension(self, node, want.element)
        return self.fit(self.infer(node), want, node)

    def fit(self, found: Code, want: Type, node: ast.expr) -> Code:
        """The code as the wanted type, converted where nothing is lost."""
        if fitting := convert(found, want):
            return self._as_large_as_floats_are(found, fitting)
        if found.type.optional and convert(found.cast(found.type.required), want):
            self.refuse_optional(node)
        if found.type.kind == "none":
            self.fail("B305", f"{want} is expected here, never None", node)
        message = f"{want} is expected here, this is {found.type}"
        hint = _MADE_OF.get((found.type.required.kind, want.kind), "")
        self.fail("B304", message, node, hint)

    def _as_large_as_floats_are(self, found: Code, fitting: Code) -> Code:
        """An integer may be larger than any float, where it is made one."""
        made = found.type.kind == "int" and fitting.type.kind == "float"
        if made and not found.number and self.must_saturate():
            return as_real(found).cast(fitting.type)
        return fitting

    def condition(self, node: ast.expr) -> Code:
        """The code of a node that must be true or false, and not always the same."""
        found = self.infer(node)
        if found.type != BOOL:
            hint = f"write a comparison, like {_example(self.source.of(node), found)}"
            message = f"a condition is expected here, this is {found.type}"
            self.fail("B304", message, node, hint)
        if found.constant:
            self.fail("B309", f"this is always {found.text.lower()}", node)
        if not found.path:
            return found
        if found.possible is not None:
            word = next(iter(found.possible)).lower()
            self.fail("B309", f"{self.source.of(node)} is always {word} here", node)
        held, not_held = (
            {found.path: Fact(found.type, frozenset({str(value)}))}
            for value in (True, False)
        )
        return replace(found, when_true=held, when_false=not_held)

    def value(self, node: ast.expr) -> Code:
        """The code of a node that must not be None."""
        found = self.infer(node)
        if found.type.optional or found.type.kind == "none":
            self.refuse_optional(node)
        return found

    def number(self, node: ast.expr) -> Code:
        return self.check(node, INT)

    def common(self, found: Sequence[Code], nodes: Sequence[ast.expr]) -> Type:
        """The type that all of these fit."""
        type = found[0].type
        for each, node in zip(found[1:], nodes[1:], strict=True):
            joined = unify(type, each)
            if joined is None:
                message = f"one value is {type}, another is {each.type}"
                self.fail("B304", message, node)
            type = joined
        return type

    def alike(self, found: Sequence[Code], nodes: Sequence[ast.expr]) -> list[Code]:
        """All of these as values of their common type."""
        type = self.common(found, nodes)
        pairs = zip(found, nodes, strict=True)
        return [self.fit(each, type, node) for each, node in pairs]

    def wants_target(self, node: ast.expr) -> bool:
        """Whether only its surroundings can say what this node is."""
        match node:
            case ast.Name(id=name):
                return not lookup.is_known(self, name)
            case ast.List(elts=elements) | ast.Tuple(elts=elements):
                return not elements or any(map(self.wants_target, elements))
            case ast.Set(elts=elements):
                return any(map(self.wants_target, elements))
            case ast.IfExp(body=body, orelse=otherwise):
                return self.wants_target(body) or self.wants_target(otherwise)
        return False

    def members(self, enum: Type) -> Sequence[str]:
        return self.scope.shapes.members(enum.name)

    def within(self, facts: Facts, compute: Callable[[], R]) -> R:
        """The result where these facts hold too."""
        outside = self.scope
        self.scope = outside.knowing(facts)
        try:
            return compute()
        finally:
            self.scope = outside

    def may_fail(self, what: str, node: ast.expr) -> None:
        if not self.scope.partial:
            hint = "what happened must always be readable: compute this in a command"
            self.fail("B308", f"{what} can fail, and nothing may fail here", node, hint)
        self.partial = True

    def must_saturate(self) -> bool:
        """Whether what leaves the calendar for absurd amounts must end with it.

        A command notes that it can fail, and refuses; nothing else may fail.
        """
        self.partial = self.partial or self.scope.partial
        return not self.scope.partial

    def refuse_optional(self, node: ast.expr) -> NoReturn:
        text = self.source.of(node)
        hint = f"test it first: {text} is not None and ..."
        self.fail("B305", f"{text} may be None here", node, hint)

    def fail(
        self, code: str, message: str, node: ast.expr | ast.keyword, hint: str = ""
    ) -> NoReturn:
        raise ExpressionError(code, message, self.source.offset(node), hint)


def _example(text: str, found: Code) -> str:
    if found.type.optional:
        return f"{text} is not None"
    match found.type.kind:
        case "int" | "decimal" | "float":
            return f"{text} > 0"
        case "str" | "email" | "url":
            return f'{text} != ""'
        case "list" | "map":
            return f"len({text}) > 0"
    return f"{text} == ..."


SPOKEN: Mapping[type[ast.expr], str] = {
    ast.Lambda: "a lambda",
    ast.JoinedStr: "an f-string",
    ast.NamedExpr: "an assignment",
    ast.Dict: "a mapping",
    ast.DictComp: "a mapping",
    ast.Set: "a set (write a list: [ ... ])",
    ast.SetComp: "a set (write unique([ ... ]))",
    ast.Tuple: "a tuple (write a list: [ ... ])",
    ast.Starred: "a star",
    ast.UnaryOp: "this sign",
}
