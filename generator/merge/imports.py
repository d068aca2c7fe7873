"""`from` imports are sets of names; what one side dropped and the text needs stays."""

from __future__ import annotations

import ast
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import TypeGuard

from generator.merge.listings import Entry, Listing
from generator.merge.outcome import Note
from generator.merge.pieces import Piece
from generator.merge.source import Source
from generator.merge.values import merge_listings

_WIDTH = 88


def merge_imports(base: Piece | None, yours: Piece, new: Piece) -> str:
    """The statement that imports what both want from one module."""
    mine, made = _listing(yours), _listing(new)
    known = _listing(base) if base else Listing(yours.source, 0, 0, ())
    in_order = mine.keys == sorted_names(mine.keys)
    text = merge_listings((known, mine, made), sorted_names if in_order else list)
    if text.split(" import")[1].strip(" ()\n") == "":
        return ""
    first, *more = text.split("\n")
    if more != [""] or len(first) <= _WIDTH or "#" in first:
        return text
    head, names = first.split(" import ")
    return _in_rows(yours.indent, f"{head} import (", names.split(", "))


def sorted_names(names: Sequence[str]) -> list[str]:
    return sorted(names, key=_rank)


@dataclass(frozen=True, slots=True)
class Import:
    """One name that a module gets from elsewhere; `module` is empty for `import x`."""

    name: str
    module: str
    alias: str
    typing: bool = False

    @property
    def statement(self) -> str:
        start = f"from {self.module} " if self.module else ""
        return f"{start}import {self.alias}"


def imported(tree: ast.Module) -> Iterator[Import]:
    """The imports of a module, also those only for type checkers."""
    for node in tree.body:
        yield from _imports(node, False)
        if _is_for_types(node):
            for inner in node.body:
                yield from _imports(inner, True)


def put_back(
    text: str, missing: Collection[str], sides: Sequence[ast.Module]
) -> tuple[str, tuple[Note, ...]]:
    """The text with those imports of its sides that it lacks, the first side first."""
    notes = []
    wanted = set(missing)
    for tree in sides if wanted else ():
        for each in imported(tree):
            if each.name in wanted:
                wanted.discard(each.name)
                text = _with_import(text, each)
                notes.append(Note("", f"import of {each.name} kept: still used"))
    return text, tuple(notes)


def narrowed(text: str, names: Collection[str]) -> str:
    """The text without the imports of these names."""
    source = Source(text)
    lines: list[str] = list(source.rows)
    for node in reversed(list(_statements(source.tree.body, names))):
        if isinstance(node, ast.If):
            lines[node.lineno - 1 : node.end_lineno] = []
            continue
        bound = [each.asname or each.name.split(".")[0] for each in node.names]
        kept = [
            ast.unparse(each)
            for each, name in zip(node.names, bound, strict=True)
            if name not in names
        ]
        if len(kept) == len(bound):
            continue
        first, last = node.lineno - 1, node.end_lineno or node.lineno
        indent = lines[first][: node.col_offset]
        from_module = isinstance(node, ast.ImportFrom)
        head = ast.unparse(node).partition("import ")[0] if from_module else ""
        row = f"{indent}{head}import {', '.join(kept)}\n"
        if len(row) > _WIDTH + 1:
            row = _in_rows(indent, f"{indent}{head}import (", kept)
        lines[first:last] = [row] if kept else []
    return "".join(lines)


def _statements(
    body: Sequence[ast.stmt], names: Collection[str]
) -> Iterator[ast.Import | ast.ImportFrom | ast.If]:
    """The imports of a module, and a block that imports nothing but these names."""
    for node in body:
        if isinstance(node, ast.Import | ast.ImportFrom):
            yield node
        elif _is_for_types(node):
            bound = [each.name for inner in node.body for each in _imports(inner, True)]
            if bound and set(bound) <= set(names):
                yield node
            else:
                yield from _statements(node.body, names)


def _listing(piece: Piece) -> Listing:
    source, node = piece.source, piece.node
    assert isinstance(node, ast.ImportFrom)
    entries = [
        Entry(ast.unparse(each), None, source, *source.span(each))
        for each in node.names
    ]
    start, end = source.start(piece.head), source.start(piece.last)
    return Listing(source, start, end, entries)


def _rank(name: str) -> tuple[int, str]:
    """Constants, then classes, then all else: how import sorters order names."""
    kind = 0 if name.isupper() and len(name) > 1 else 1 if name[:1].isupper() else 2
    return kind, name


def _in_rows(indent: str, head: str, names: Sequence[str]) -> str:
    return (
        f"{head}\n"
        + "".join(f"{indent}    {each},\n" for each in names)
        + (f"{indent})\n")
    )


def _imports(node: ast.stmt, typing: bool) -> Iterator[Import]:
    match node:
        case ast.ImportFrom():
            module = "." * node.level + (node.module or "")
            for each in node.names:
                name = each.asname or each.name
                yield Import(name, module, ast.unparse(each), typing)
        case ast.Import():
            for each in node.names:
                name = each.asname or each.name.split(".")[0]
                yield Import(name, "", ast.unparse(each), typing)


def _with_import(text: str, wanted: Import) -> str:
    """The text with one more import, where the like of it stand."""
    source = Source(text)
    body: Sequence[ast.stmt] = source.tree.body
    indent = ""
    if wanted.typing:
        block = next((each for each in body if _is_for_types(each)), None)
        if block:
            body, indent = block.body, source.rows[block.body[0].lineno - 1]
            indent = indent[: len(indent) - len(indent.lstrip())]
    row = 0
    for node in body:
        if isinstance(node, ast.ImportFrom) and _takes(source, node, wanted):
            return _extended(source, node, wanted, indent)
        if isinstance(node, ast.Import | ast.ImportFrom) or (
            row == 0 and isinstance(node, ast.Expr) and not indent
        ):
            row = node.end_lineno or 0
    if row == 0 and indent:
        row = body[0].lineno - 1
    above, below = source.between(0, row), source.between(row, len(source.rows))
    return f"{above}{indent}{wanted.statement}\n{below}"


def _takes(source: Source, node: ast.ImportFrom, wanted: Import) -> bool:
    module = "." * node.level + (node.module or "")
    return module == wanted.module and "#" not in source.code(node)


def _extended(source: Source, node: ast.ImportFrom, wanted: Import, indent: str) -> str:
    names = sorted_names([*map(ast.unparse, node.names), wanted.alias])
    one = f"from {wanted.module} import {', '.join(names)}"
    first, last = source.span(node)
    if len(indent + one) > _WIDTH or "\n" in source.code(node):
        one = _in_rows(indent, f"from {wanted.module} import (", names)[:-1]
    return source.text[:first] + one + source.text[last:]


def _is_for_types(node: ast.stmt) -> TypeGuard[ast.If]:
    return isinstance(node, ast.If) and ast.unparse(node.test).endswith("TYPE_CHECKING")
