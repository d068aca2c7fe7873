"""L02: functions and methods are named in snake_case."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from generator.code_rules.module import Module, plain
from generator.diagnostics import Diagnostic
from generator.names import snake

# Bases that give a class no names of their own.
NAMELESS = ("abc.", "typing.", "typing_extensions.", "app.")
OVERRIDE = frozenset({"typing.override", "typing_extensions.override"})


def check(module: Module) -> Iterator[Diagnostic]:
    """Names with a capital letter, but for those that another library has given."""
    given = {
        id(each)
        for node in module.nodes
        if isinstance(node, ast.ClassDef) and _is_foreign(module, node, frozenset())
        for each in node.body
    }
    for node in module.nodes:
        if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            continue
        if node.name == node.name.lower() or id(node) in given:
            continue
        if not OVERRIDE.intersection(map(module.qualified, node.decorator_list)):
            better = snake(node.name)
            said = f"{node.name} is not in snake_case"
            yield module.finding("L02", node, said, f"name it {better}")


def _is_foreign(module: Module, node: ast.ClassDef, seen: frozenset[str]) -> bool:
    """Whether a class may override what a library has named."""
    for base in node.bases:
        named = plain(base)
        name = module.qualified(named)
        if name and not name.startswith(NAMELESS):
            return True
        if isinstance(named, ast.Name) and named.id in module.classes:
            above = module.classes[named.id]
            if named.id not in seen and _is_foreign(module, above, seen | {named.id}):
                return True
    return False
