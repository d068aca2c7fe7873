"""What a module says about names, read in one walk over its tree."""

from __future__ import annotations

import ast
import builtins
from collections.abc import Iterator
from dataclasses import dataclass, field

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
    statements: dict[str, list[ast.stmt]] = field(default_factory=dict)

    @property
    def undefined(self) -> set[str]:
        return self.used - self.bound - _BUILTIN


def facts(tree: ast.Module) -> Facts:
    found = Facts()
    _read_body(found, "", tree.body)
    for node in ast.walk(tree):
        _read(found, node)
    return found


def _read(found: Facts, node: ast.AST) -> None:
    match node:
        case ast.Name(ctx=ast.Load()):
            found.used.add(node.id)
        case ast.Name():
            found.bound.add(node.id)
        case ast.Call():
            if node.args:
                found.calls.setdefault(_called(node.func), []).append(node)
        case ast.FunctionDef() | ast.AsyncFunctionDef():
            found.bound.add(node.name)
            plain = [*node.args.posonlyargs, *node.args.args]
            found.parameters[node.name] = [each.arg for each in plain]
        case ast.ClassDef():
            found.bound.add(node.name)
            _read_body(found, f"{node.name}.", node.body)
            _read_fields(found, node)
        case ast.arg():
            found.bound.add(node.arg)
        case ast.Import() | ast.ImportFrom():
            names = [each.asname or each.name.split(".")[0] for each in node.names]
            found.bound.update(names)
        case ast.MatchAs(name=str(name)) | ast.MatchStar(name=str(name)):
            found.bound.add(name)
        case ast.MatchMapping(rest=str(name)) | ast.ExceptHandler(name=str(name)):
            found.bound.add(name)
    if type(node).__name__ in ("TypeVar", "ParamSpec", "TypeVarTuple"):  # Python 3.12
        found.bound.add(getattr(node, "name", ""))
    if isinstance(node, _PLAIN):
        found.statements.setdefault(ast.dump(node), []).append(node)


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
