"""What a module says about names, read in one walk over its tree."""

from __future__ import annotations

import ast
import builtins
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from generator.merge.lines import rows

_BUILTIN = frozenset(dir(builtins)) | {"__file__", "__class__"}
_PLAIN = (
    ast.Assign,
    ast.AnnAssign,
    ast.AugAssign,
    ast.Expr,
    ast.Return,
    ast.Raise,
    ast.Assert,
    ast.Delete,
)


@dataclass(slots=True)
class Facts:
    """Names used and bound, names defined twice in one body, fields that have no
    default below one that has, parameters by function, calls, and plain statements."""

    used: set[str] = field(default_factory=set)
    bound: set[str] = field(default_factory=set)
    twice: set[str] = field(default_factory=set)
    bare_fields: set[str] = field(default_factory=set)
    parameters: dict[str, list[str]] = field(default_factory=dict)
    calls: dict[str, list[ast.Call]] = field(default_factory=dict)
    statements: Counter[str] = field(default_factory=Counter)

    @property
    def undefined(self) -> set[str]:
        return self.used - self.bound - _BUILTIN


def facts(tree: ast.Module, text: str) -> Facts:
    """What this tree of this text says."""
    found = Facts()
    lines = rows(text)
    _read_body(found, "", tree.body)
    for node in ast.walk(tree):
        kind = type(node)
        if kind in _READERS:
            _READERS[kind](found, node)
        elif kind in _PLAIN and isinstance(node, ast.stmt):
            code = "".join(lines[node.lineno - 1 : node.end_lineno])
            # Without blanks and last commas, so that layout makes no difference.
            code = "".join(code.split()).replace(",)", ")").replace(",]", "]")
            found.statements[code] += 1
    return found


def _name(found: Facts, node: ast.Name) -> None:
    (found.used if isinstance(node.ctx, ast.Load) else found.bound).add(node.id)


def _call(found: Facts, node: ast.Call) -> None:
    if node.args:
        found.calls.setdefault(_called(node.func), []).append(node)


def _function(found: Facts, node: ast.FunctionDef | ast.AsyncFunctionDef) -> None:
    found.bound.add(node.name)
    plain = [*node.args.posonlyargs, *node.args.args]
    found.parameters[node.name] = [each.arg for each in plain]


def _class(found: Facts, node: ast.ClassDef) -> None:
    found.bound.add(node.name)
    _read_body(found, f"{node.name}.", node.body)
    _read_fields(found, node)


def _import(found: Facts, node: ast.Import | ast.ImportFrom) -> None:
    names = [each.asname or each.name.split(".")[0] for each in node.names]
    found.bound.update(names)


def _binding(found: Facts, node: ast.AST) -> None:
    for name in ("arg", "name", "rest"):
        word = getattr(node, name, None)
        if isinstance(word, str):
            found.bound.add(word)


_READERS: dict[type[ast.AST], Callable[[Facts, Any], None]] = {
    ast.Name: _name,
    ast.Call: _call,
    ast.FunctionDef: _function,
    ast.AsyncFunctionDef: _function,
    ast.ClassDef: _class,
    ast.Import: _import,
    ast.ImportFrom: _import,
    ast.arg: _binding,
    ast.ExceptHandler: _binding,
    ast.MatchAs: _binding,
    ast.MatchStar: _binding,
    ast.MatchMapping: _binding,
}
for _kind in ("TypeVar", "ParamSpec", "TypeVarTuple"):  # Python 3.12
    if hasattr(ast, _kind):
        _READERS[getattr(ast, _kind)] = _binding


def _called(function: ast.expr) -> str:
    match function:
        case ast.Name(id=name) | ast.Attribute(attr=name):
            return name
    return ""


def _read_body(found: Facts, place: str, body: list[ast.stmt]) -> None:
    seen: set[str] = set()
    for node in body:
        for name in _defined(node):
            if name in seen:
                found.twice.add(place + name)
            seen.add(name)


def _defined(node: ast.stmt) -> Iterator[str]:
    match node:
        case ast.FunctionDef() | ast.AsyncFunctionDef() if not node.decorator_list:
            yield node.name
        case ast.ClassDef():
            yield node.name
        case ast.AnnAssign(target=ast.Name(id=name)):
            yield name
        case ast.Import() | ast.ImportFrom():
            yield from (each.asname or each.name for each in node.names)


def _read_fields(found: Facts, node: ast.ClassDef) -> None:
    fields = [
        each
        for each in node.body
        if isinstance(each, ast.AnnAssign)
        and isinstance(each.target, ast.Name)
        and "ClassVar" not in ast.unparse(each.annotation)
    ]
    decorators = [ast.unparse(each) for each in node.decorator_list]
    if not any("dataclass" in each and "kw_only" not in each for each in decorators):
        return
    names = [ast.unparse(each.target) for each in fields]
    found.parameters[node.name] = names
    defaulted = False
    for name, each in zip(names, fields, strict=True):
        if each.value is None and defaulted:
            found.bare_fields.add(f"{node.name}.{name}")
        defaulted = defaulted or each.value is not None
