"""Imports of a project's own modules that fail, for what they name is not there.

What was generated imports only what was generated with it. But a function that stays
because somebody wrote into it, or a file that is theirs, may need a name that left with
the blueprint. Files are read as text, and nothing is said about a module that the text
does not explain: one that imports everything, or makes its names as it runs.
"""

from __future__ import annotations

import ast
import os
import symtable
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import PurePosixPath

from generator.changes import Change, State, kept
from generator.diagnostics import Diagnostic, Span
from generator.merge import Conflict
from generator.project import CODE, Project

CODES = {
    "P108": "Code imports what its project does not have.",
}

HINT = "name what took its place, or take out the import and what uses it"

Read = Callable[[PurePosixPath], bytes | None]


@dataclass(frozen=True, slots=True)
class Missing:
    """An import that fails, and where it stands."""

    line: int
    said: str


def unresolved(
    known: Project, changes: Sequence[Change], standing: Collection[PurePosixPath]
) -> tuple[Change, ...]:
    """The changes, and what their project will import in vain once they are made.

    The files that stand as they were generated are not read.
    """
    after: dict[PurePosixPath, bytes | None] = {}
    for each in changes:
        if each.former is not None:
            after[each.former] = None
        after[each.path] = each.after
    modules = Modules(lambda path: after[path] if path in after else known.read(path))
    found: dict[PurePosixPath, tuple[Conflict, ...]] = {}
    for path in sorted({*known.code(), *_below(after)} - set(standing)):
        if missing := tuple(modules.missing(path)):
            found[path] = tuple(Conflict(each.line, "", each.said) for each in missing)
    joined = tuple(
        replace(each, conflicts=found[each.path], quiet=False)
        if each.path in found and not each.conflicts
        else each
        for each in changes
    )
    others = found.keys() - {each.path for each in changes}
    return (*joined, *(_by_hand(known, path, found[path]) for path in sorted(others)))


def findings(
    known: Project, edited: Mapping[PurePosixPath, bytes]
) -> Iterator[Diagnostic]:
    """What the edited files of a project import in vain."""
    modules = Modules(known.read)
    for path in edited:
        for each in modules.missing(path):
            place = Span(os.path.relpath(known.root / path), each.line, 1)
            yield Diagnostic("P108", each.said, place, HINT)


class Modules:
    """The modules of a project, as texts."""

    def __init__(self, read: Read) -> None:
        self._read = read
        self._names: dict[str, frozenset[str] | None] = {}

    def missing(self, path: PurePosixPath) -> Iterator[Missing]:
        """The imports in a file that fail; none where it is no Python."""
        try:
            tree = ast.parse(self._read(path) or b"")
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            return
        for node in _imports(tree):
            match node:
                case ast.Import(names=names):
                    wanted = [each.name for each in names if _is_own(each.name)]
                    yield from (self._gone(node, m) for m in wanted if not self._has(m))
                case ast.ImportFrom():
                    yield from self._from(node, _absolute(node, path))

    def _from(self, node: ast.ImportFrom, module: str) -> Iterator[Missing]:
        if not _is_own(module):
            return
        if not self._has(module):
            yield self._gone(node, module)
            return
        names = self._named(module)
        if names is None:
            return
        for each in node.names:
            inside = f"{module}.{each.name}"
            if each.name not in names and not self._has(inside):
                yield Missing(node.lineno, f"{each.name} is not in {module}")

    def _gone(self, node: ast.stmt, module: str) -> Missing:
        return Missing(node.lineno, f"there is no {module}")

    def _has(self, module: str) -> bool:
        return self._source(module) is not None

    def _source(self, module: str) -> bytes | None:
        place = PurePosixPath(*module.split("."))
        text = self._read(place.with_suffix(".py"))
        return self._read(place / "__init__.py") if text is None else text

    def _named(self, module: str) -> frozenset[str] | None:
        """The names of a module; None if its text does not tell."""
        if module not in self._names:
            self._names[module] = _bound(self._source(module) or b"")
        return self._names[module]


def _bound(source: bytes) -> frozenset[str] | None:
    try:
        text = source.decode()
        table = symtable.symtable(text, "module", "exec")
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None
    names = {
        each.get_name()
        for each in table.get_symbols()
        if each.is_assigned() or each.is_imported() or each.is_namespace()
    }
    made_as_it_runs = {"__getattr__", "globals", "setattr"}
    if "import *" in text or made_as_it_runs & set(table.get_identifiers()):
        return None
    return frozenset(names)


def _imports(tree: ast.AST) -> Iterator[ast.stmt]:
    """The imports of a module, but for those that may fail: somebody handles it."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.Import | ast.ImportFrom):
            yield node
        elif not (isinstance(node, ast.Try) and node.handlers):
            yield from _imports(node)


def _absolute(node: ast.ImportFrom, path: PurePosixPath) -> str:
    """The module that is imported from, by its whole name."""
    if not node.level:
        return node.module or ""
    package = path.parts[: -node.level]
    return ".".join((*package, *([node.module] if node.module else [])))


def _is_own(module: str) -> bool:
    return module.partition(".")[0] in CODE


def _below(after: Mapping[PurePosixPath, bytes | None]) -> Iterator[PurePosixPath]:
    for path, content in after.items():
        if content is not None and path.suffix == ".py" and path.parts[0] in CODE:
            yield path


def _by_hand(known: Project, path: PurePosixPath, said: tuple[Conflict, ...]) -> Change:
    change = kept(path, known.read(path) or b"", State.IN_STEP)
    reason = "it imports what is not there"
    return replace(change, verb="by hand", reason=reason, conflicts=said, quiet=False)
