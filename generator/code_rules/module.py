"""A module of the service as the rules read it: where it stands, and its names."""

from __future__ import annotations

import ast
import warnings
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

from generator.diagnostics import Diagnostic, Severity, Span

# What stands beside the domains, below `app`.
FRAME = frozenset(
    {"api", "common", "config", "dev", "infra", "security", "services", "shared"}
)
Named = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef


@dataclass(frozen=True)
class Module:
    """One file; `path` is below the project, `file` how a person would name it."""

    path: str
    text: str
    tree: ast.Module
    file: str

    @cached_property
    def parts(self) -> tuple[str, ...]:
        """The parts of its name below `app`: `("lending", "aggregate")`."""
        return tuple(self.path.removesuffix(".py").split("/")[1:])

    @property
    def domain(self) -> str:
        """The domain that it is of; nothing, where it is of the frame."""
        inside = len(self.parts) > 1 and self.parts[0] not in FRAME
        return self.parts[0] if inside else ""

    def is_part(self, *names: str) -> bool:
        """Whether it is this part of a domain, or lies in the package of that name."""
        return bool(self.domain) and self.parts[1] in names

    @cached_property
    def nodes(self) -> tuple[ast.AST, ...]:
        """Everything in it, walked once for all rules."""
        return tuple(ast.walk(self.tree))

    @cached_property
    def classes(self) -> Mapping[str, ast.ClassDef]:
        """The classes at its top."""
        body = self.tree.body
        return {each.name: each for each in body if isinstance(each, ast.ClassDef)}

    @cached_property
    def imported(self) -> tuple[tuple[ast.Import | ast.ImportFrom, str], ...]:
        """What its imports name in full, wherever they stand."""
        return tuple(
            (node, target)
            for node in self.nodes
            if isinstance(node, ast.Import | ast.ImportFrom)
            for _, target in self._targets(node)
        )

    @cached_property
    def names(self) -> Mapping[str, str]:
        """What a name stands for, if an import and nothing else ever binds it."""
        bound: dict[str, set[str]] = {}
        for node in self.nodes:
            for name, target in self._bound(node):
                bound.setdefault(name, set()).add(target)
        return {
            name: target
            for name, targets in bound.items()
            for target in targets
            if len(targets) == 1 and target
        }

    def qualified(self, node: ast.expr | None) -> str:
        """The full name of what an expression names: `datetime.datetime.now`."""
        match node:
            case ast.Name(id=name):
                return self.names.get(name, "")
            case ast.Attribute(value=value, attr=attr):
                owner = self.qualified(value)
                return f"{owner}.{attr}" if owner else ""
        return ""

    def finding(
        self,
        code: str,
        node: ast.expr | ast.stmt,
        message: str,
        hint: str,
        severity: Severity = "error",
    ) -> Diagnostic:
        """A finding at a node; at the name, where it defines one."""
        return Diagnostic(code, message, self._span(node), hint, severity)

    def _span(self, node: ast.expr | ast.stmt) -> Span:
        line = self.text.split("\n")[node.lineno - 1]
        start = len(line.encode()[: node.col_offset].decode(errors="ignore"))
        length = 0
        if isinstance(node, Named):
            start = max(line.find(node.name, start), start)
            length = len(node.name)
        elif node.end_lineno == node.lineno and node.end_col_offset:
            length = node.end_col_offset - node.col_offset
        end = start + 1 + length if length else 0
        return Span(self.file, node.lineno, start + 1, end)

    def _bound(self, node: ast.AST) -> Iterator[tuple[str, str]]:
        """The names that a node binds, each with what it imports or with nothing."""
        match node:
            case ast.Import() | ast.ImportFrom():
                yield from self._targets(node)
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name):
                yield name, ""
            case ast.ClassDef(name=name) | ast.ExceptHandler(name=str(name)):
                yield name, ""
            case ast.arg(arg=name) | ast.Name(id=name, ctx=ast.Store()):
                yield name, ""
            case ast.MatchAs(name=str(name)) | ast.MatchStar(name=str(name)):
                yield name, ""

    def _targets(self, node: ast.Import | ast.ImportFrom) -> Iterator[tuple[str, str]]:
        if isinstance(node, ast.Import):
            for alias in node.names:
                if alias.asname:
                    yield alias.asname, alias.name
                else:
                    first = alias.name.partition(".")[0]
                    yield first, first
                    if first != alias.name:
                        yield "", alias.name
            return
        package = self.path.removesuffix(".py").split("/")
        start = package[: len(package) - node.level] if node.level else []
        module = ".".join([*start, *([node.module] if node.module else [])])
        for alias in node.names:
            yield alias.asname or alias.name, f"{module}.{alias.name}"


def parsed(path: str, text: str, file: str) -> Module:
    """The module, or what `ast` says is wrong with it; nothing is printed."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return Module(path, text, ast.parse(text), file)


def decorator(module: Module, node: ast.ClassDef, name: str) -> ast.expr | None:
    """The decorator of that full name, called or not."""
    for each in node.decorator_list:
        target = each.func if isinstance(each, ast.Call) else each
        if module.qualified(target) == name:
            return each
    return None


def plain(base: ast.expr) -> ast.expr:
    """A base without what it is a base of: `Event` for `Event[int]`."""
    return base.value if isinstance(base, ast.Subscript) else base


def switched_on(call: ast.expr | ast.ClassDef, keyword: str) -> bool | None:
    """Whether a keyword is True; None where the text does not say."""
    if not isinstance(call, ast.Call | ast.ClassDef):
        return False
    for each in call.keywords:
        if each.arg is None:
            return None
        if each.arg == keyword:
            value = each.value
            return value.value is True if isinstance(value, ast.Constant) else None
    return False


def methods(node: ast.ClassDef) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    """The functions that stand in a class."""
    for each in node.body:
        if isinstance(each, ast.FunctionDef | ast.AsyncFunctionDef):
            yield each
