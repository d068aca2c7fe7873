"""Lists: displays, comprehensions, and going through one."""

from __future__ import annotations

import ast
from collections.abc import Sequence
from typing import TYPE_CHECKING

from generator.expressions import code, lookup
from generator.expressions.code import Code
from generator.expressions.scope import Binding
from generator.names import name_problem
from generator.types import Type, list_of

if TYPE_CHECKING:
    from generator.expressions.compiler import Compiler


def display(
    compiler: Compiler, nodes: Sequence[ast.expr], want: Type | None, node: ast.expr
) -> Code:
    """`[a, b]`, with elements of the wanted type if one is wanted."""
    if want is not None:
        found = [compiler.check(each, want) for each in nodes]
    elif not nodes:
        compiler.fail("B304", "nothing says of what this is an empty list", node)
    else:
        found = compiler.alike([compiler.infer(each) for each in nodes], nodes)
    type = want if want is not None else found[0].type
    if type.kind == "none":
        compiler.fail("B304", "nothing says of what this is a list", node)
    text = f"[{', '.join(each.text for each in found)}]"
    return Code(list_of(type), text, constant=all(each.constant for each in found))


def comprehension(
    compiler: Compiler, node: ast.ListComp | ast.GeneratorExp, want: Type | None
) -> Code:
    text, type = loop(compiler, node, want)
    return Code(list_of(type), f"[{text}]")


def loop(
    compiler: Compiler,
    node: ast.ListComp | ast.GeneratorExp,
    want: Type | None = None,
) -> tuple[str, Type]:
    """The inside of a comprehension, without its brackets, and what it yields."""
    if len(node.generators) > 1:
        compiler.fail("B302", "a comprehension has one `for`", node)
    loop = node.generators[0]
    name = _loop_name(compiler, loop.target)
    source = iterable(compiler, loop.iter)
    kept = lookup.is_kept(compiler, loop.iter)
    element = Binding(source.type.element, name, kept=kept)
    outside, within = compiler.scope, compiler.looping
    compiler.scope, compiler.looping = outside.binding(name, element), True
    try:
        tests = ""
        for each in loop.ifs:
            test = compiler.condition(each)
            tests += f" if {test.within(code.OR)}"
            compiler.scope = compiler.scope.knowing(test.when_true)
        if want is None:
            found = compiler.infer(node.elt)
        else:
            found = compiler.check(node.elt, want)
    finally:
        compiler.scope, compiler.looping = outside, within
    if found.type.kind == "none":
        compiler.fail("B304", "nothing says of what this is a list", node.elt)
    return f"{found.text} for {name} in {source.within(code.OR)}{tests}", found.type


def iterable(compiler: Compiler, node: ast.expr) -> Code:
    """A list to go through; `range` needs no list around it here."""
    if isinstance(node, ast.GeneratorExp):
        compiler.fail("B302", "write a list: [ ... ]", node)
    found = compiler.value(node)
    if found.type.kind != "list":
        message = f"a list is expected here, this is {found.type}"
        compiler.fail("B304", message, node)
    match node:
        case ast.Call(func=ast.Name(id="range")):
            inside = found.text.removeprefix("list(").removesuffix(")")
            return Code(found.type, inside)
    return found


def index(compiler: Compiler, node: ast.Subscript) -> Code:
    value = compiler.value(node.value)
    if value.type.kind != "list":
        message = f"only a list has an index, this is {value.type}"
        compiler.fail("B304", message, node)
    if isinstance(node.slice, ast.Slice):
        compiler.fail("B302", "a slice is not part of the blueprint language", node)
    compiler.may_fail("an index", node)
    place = compiler.number(node.slice)
    return Code(value.type.element, f"{value.within(code.ATOM)}[{place.text}]")


def _loop_name(compiler: Compiler, target: ast.expr) -> str:
    if not isinstance(target, ast.Name):
        compiler.fail("B302", "a loop has one plain name", target)
    roots = {name.partition(".")[0] for name in compiler.scope.names}
    if target.id in roots:
        hint = "choose another name for the loop"
        compiler.fail("B306", f'"{target.id}" hides another name', target, hint)
    if problem := name_problem(target.id, "local"):
        _, message, hint = problem
        compiler.fail("B306", message, target, hint)
    return target.id
