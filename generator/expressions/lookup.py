"""Literals, names, attributes and enum members."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from dataclasses import replace
from decimal import Decimal
from typing import TYPE_CHECKING, NoReturn

from generator.expressions import attributes
from generator.expressions.code import Code
from generator.expressions.scope import Binding
from generator.names import constant, elsewhere, unknown
from generator.prose import string
from generator.scalars import MAX_INTEGER
from generator.types import BOOL, DATE, DATETIME, DECIMAL, INT, STR, Type

if TYPE_CHECKING:
    from generator.expressions.compiler import Compiler

NONE = Type("none")
WORDS: Mapping[str, bool | None] = {"true": True, "false": False, "null": None}
CLOCK: Mapping[str, Type] = {"now": DATETIME, "today": DATE}


def constant_value(compiler: Compiler, node: ast.Constant) -> Code:
    text = compiler.source.of(node)
    match node.value:
        case bool():
            possible = frozenset({str(node.value)})
            return Code(BOOL, str(node.value), constant=True, possible=possible)
        case None:
            return Code(NONE, "None", constant=True)
        case int():
            if node.value > MAX_INTEGER:
                compiler.fail("B304", "an int has at most 64 bits", node)
            number = str(node.value)
            return Code(INT, number, number=number, constant=True)
        case float():
            if "e" in text.lower():
                compiler.fail("B302", "write the number without an exponent", node)
            number = str(Decimal(text.replace("_", "")))
            exact = f'Decimal("{number}")'
            return Code(DECIMAL, exact, number=number, constant=True)
        case str():
            return Code(STR, string(node.value), constant=True)
    compiler.fail("B302", f"{text} is not part of the blueprint language", node)


def name(compiler: Compiler, node: ast.Name) -> Code:
    known = node.id
    if known in compiler.scope.names:
        return _bound(compiler, compiler.scope.names[known], known)
    if known in WORDS:
        word = ast.copy_location(ast.Constant(WORDS[known]), node)
        return constant_value(compiler, word)
    if known in CLOCK:
        need_clock(compiler, node)
        return Code(CLOCK[known], f"context.{known}", near=True)
    if behind := _behind(compiler, known):
        hint = f"name one of its fields: {', '.join(sorted(behind))}"
        compiler.fail("B304", f"{known} is not one value", node, hint)
    hint = _hint(compiler, known)
    compiler.fail("B303", f'"{known}" is not known here', node, hint)


def is_known(compiler: Compiler, name: str) -> bool:
    """Whether a bare name means something by itself, and is no member of an enum."""
    known = name in compiler.scope.names or name in WORDS or name in CLOCK
    return known or bool(_behind(compiler, name))


def need_clock(compiler: Compiler, node: ast.expr) -> None:
    if not compiler.scope.clock:
        message = f"{compiler.source.of(node)} is not known here"
        hint = "what happened must not depend on when it is read"
        compiler.fail("B307", message, node, hint)


def attribute(compiler: Compiler, node: ast.Attribute) -> Code:
    path, owner = dotted(node), dotted(node.value)
    names = compiler.scope.names
    if path in names:
        return _bound(compiler, names[path], path)
    if owner and owner not in names and owner.partition(".")[0] not in names:
        declared = compiler.declared.get(owner)
        if declared is not None and declared.kind == "enum":
            return member(compiler, node.attr, declared, node)
        if behind := _behind(compiler, owner):
            message = f'{owner} has no field "{node.attr}"'
            hint = elsewhere(node.attr, names) or unknown(node.attr, behind)
            compiler.fail("B303", message, node, hint)
        elif "." not in owner and declared is None and not is_known(compiler, owner):
            hint = elsewhere(node.attr, names) or _hint(compiler, owner)
            compiler.fail("B303", f'"{owner}" is not known here', node.value, hint)
    value = compiler.value(node.value)
    found = attributes.attribute(compiler, value, node)
    return _with_facts(compiler, replace(found, path=path))


def member(compiler: Compiler, name: str, enum: Type, node: ast.expr) -> Code:
    members = compiler.members(enum)
    if name not in members:
        hint = unknown(name, members)
        compiler.fail("B303", f'{enum.required} has no member "{name}"', node, hint)
    text = f"{compiler.scope.shapes.naming(enum.name)}.{constant(name)}"
    possible = frozenset({name})
    return Code(enum.required, text, constant=True, possible=possible)


def member_or_name(compiler: Compiler, node: ast.Name, enum: Type) -> Code:
    """A bare name where a member of an enum is wanted."""
    members = compiler.members(enum)
    if node.id in members:
        if node.id in compiler.scope.names:
            refuse_ambiguous(compiler, node, enum)
        return member(compiler, node.id, enum, node).cast(enum)
    if is_known(compiler, node.id):
        return compiler.fit(name(compiler, node), enum, node)
    message = f'"{node.id}" is neither known here nor a member of {enum.required}'
    names = compiler.scope.names
    hint = elsewhere(node.id, names) or unknown(node.id, [*members, *names])
    compiler.fail("B303", message, node, hint)


def refuse_ambiguous(compiler: Compiler, node: ast.Name, enum: Type) -> NoReturn:
    message = f'"{node.id}" is a name here and a member of {enum.required}'
    compiler.fail("B306", message, node, f"write {enum.required}.{node.id}")


def dotted(node: ast.expr) -> str:
    """`a.b.c` for a chain of names, else nothing."""
    match node:
        case ast.Name(id=name):
            return name
        case ast.Attribute(value=value, attr=name):
            owner = dotted(value)
            return f"{owner}.{name}" if owner else ""
    return ""


def is_kept(compiler: Compiler, node: ast.expr) -> bool:
    """Whether any name in an expression stands for what earlier events have made."""
    bound = (compiler.scope.names.get(dotted(each)) for each in _named(node))
    return any(binding.kept for binding in bound if binding is not None)


def _named(node: ast.expr) -> Iterator[ast.expr]:
    return (
        each for each in ast.walk(node) if isinstance(each, ast.Name | ast.Attribute)
    )


def _bound(compiler: Compiler, binding: Binding, path: str) -> Code:
    return _with_facts(
        compiler, Code(binding.type, binding.code, path=path, near=binding.near)
    )


def _with_facts(compiler: Compiler, found: Code) -> Code:
    fact = compiler.scope.facts.get(found.path)
    if fact is None:
        return found
    return replace(found, type=fact.type, possible=fact.possible)


def _behind(compiler: Compiler, path: str) -> set[str]:
    """What dotted names of the scope hold behind a path that is no name itself."""
    prefix = f"{path}."
    return {
        name.removeprefix(prefix).partition(".")[0]
        for name in compiler.scope.names
        if name.startswith(prefix)
    }


def _hint(compiler: Compiler, name: str) -> str:
    """What may be meant by an unknown name: a member, or a similar name."""
    for written, type in compiler.declared.items():
        if type.kind == "enum" and name in compiler.members(type):
            return f"write {written}.{name}"
    if there := elsewhere(name, compiler.scope.names):
        return there
    known = (*compiler.scope.names, *compiler.declared)
    clock = CLOCK if compiler.scope.clock else ()
    return unknown(name, {*clock, *(each.partition(".")[0] for each in known)})
