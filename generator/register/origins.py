"""What the names of a module stand for: local name to full name, through its imports.

A relative import has dots in front, since a text does not know its own package.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Mapping


def bindings(nodes: Iterable[ast.AST]) -> dict[str, str]:
    """What every name stands for that one of the nodes imports."""
    found: dict[str, str] = {}
    for node in nodes:
        match node:
            case ast.Import(names=names):
                for alias in names:
                    package = alias.name.partition(".")[0]
                    full = alias.name if alias.asname else package
                    found[alias.asname or package] = full
            case ast.ImportFrom(names=names):
                for alias in names:
                    full = _joined(node, alias.name)
                    found[alias.asname or alias.name] = full
    return found


class Meanings:
    """What the expressions of a module mean, looked through once for many questions."""

    def __init__(self, tree: ast.Module) -> None:
        nodes = list(ast.walk(tree))
        bound = bindings(nodes)
        expressions = (e for e in nodes if isinstance(e, ast.Name | ast.Attribute))
        written = {name for each in expressions if (name := dotted(each))}
        self._found = {origin(name, bound) for name in written}
        self._unclear = [name for name in self._found if name.startswith(".")]
        self._written = written
        self._stars = starred(tree)

    def include(self, wanted: str) -> bool:
        """Whether any of them means this object."""
        if wanted in self._found:
            return True
        if any(same(name, wanted) for name in self._unclear):
            return True
        return any(
            same(star + name, wanted) for star in self._stars for name in self._written
        )


def refers(tree: ast.Module, wanted: str) -> bool:
    """Whether any expression of the module means this object."""
    return Meanings(tree).include(wanted)


def starred(tree: ast.AST) -> tuple[str, ...]:
    """The modules of which every name is imported."""
    return tuple(
        _joined(node, "*").removesuffix("*")
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and node.names[0].name == "*"
    )


def origin(
    name: str,
    bound: Mapping[str, str],
    stars: Iterable[str] = (),
    wanted: str = "",
) -> str:
    """The full name of a dotted expression, as far as the imports tell.

    A name without an import came from a star, if it makes the `wanted` one with it.
    """
    head, dot, rest = name.partition(".")
    if head in bound:
        return bound[head] + dot + rest
    return next((star + name for star in stars if same(star + name, wanted)), name)


def same(found: str, wanted: str) -> bool:
    """Whether both are one object; of a relative name the end must agree."""
    if found.startswith("."):
        return wanted.endswith("." + found.lstrip("."))
    return found == wanted


def dotted(node: ast.expr) -> str:
    """`a.b.c` of names and attributes; empty for whatever else."""
    match node:
        case ast.Name(id=name):
            return name
        case ast.Attribute(value=value, attr=attribute):
            owner = dotted(value)
            return owner and f"{owner}.{attribute}"
    return ""


def taken(tree: ast.Module) -> set[str]:
    """Every name that the module binds, at any depth."""
    names = set(bindings(ast.walk(tree)))
    for node in ast.walk(tree):
        match node:
            case ast.Name(id=name, ctx=ast.Store()):
                names.add(name)
            case ast.ClassDef(name=name) | ast.FunctionDef(name=name):
                names.add(name)
            case ast.AsyncFunctionDef(name=name) | ast.arg(arg=name):
                names.add(name)
    return names


def _joined(node: ast.ImportFrom, name: str) -> str:
    return "." * node.level + ".".join(filter(None, (node.module, name)))
