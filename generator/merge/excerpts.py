"""Definitions by their names: taken out of a module, or alone with what they import.

Where a person has moved a definition to another file, that is all of its module which
concerns the other file, and all that the module itself has to do without.
"""

from __future__ import annotations

import ast
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

from generator.merge.imports import Import, imported, narrowed
from generator.merge.lines import Sides, rows
from generator.merge.outcome import Clash
from generator.merge.pieces import Piece, tile
from generator.merge.source import Source
from generator.merge.suites import suites

Definitions = Mapping[str, Piece]
_ANNOTATED = (ast.arg, ast.AnnAssign, ast.FunctionDef, ast.AsyncFunctionDef)


def definitions(text: str) -> Definitions:
    """The classes, functions and names of a module, and of its classes.

    By qualified name, as `Loan.renew_loan`; what bears a name twice is left out.
    """
    source = Source(text)
    pieces = tile(source, source.tree.body, 0, len(source.rows))
    return _named(pieces, "")


def head(piece: Piece) -> str:
    """The rows of a class above its body, without the comment above it."""
    return suites(piece)[0].header


def bases(piece: Piece) -> Sequence[str]:
    """The last words of what a class inherits from."""
    found = piece.node.bases if isinstance(piece.node, ast.ClassDef) else []
    names = (ast.unparse(base).partition("[")[0] for base in found)
    return [name.rpartition(".")[2] for name in names]


def without(sides: Sides, names: Collection[str]) -> Sides:
    """A module without these definitions, and without what only they import anew.

    What they imported before a person may have left there or taken along.
    """
    base, new = (_left(text, names) for text in (sides.base, sides.new))
    rest = (each for each in Source(new).tree.body if not _is_import(each))
    only_there = _used(_nodes(_taken(sides.new, names))) - _used(rest)
    known = {each.name for each in imported(Source(base).tree)}
    return Sides(base, sides.yours, narrowed(new, only_there - known))


def excerpts(sides: Sides, names: Collection[str], above: str = "") -> Sides:
    """These definitions and what they import, beside the file where they stand now.

    `yours` is that file. What only it imports is in all three, so that it stays.
    Methods stand below the head of the class that they were moved to, `above`.
    """
    texts = sides.base, sides.new
    taken = [_taken(text, names) for text in texts]
    needed = [_needed(*each) for each in zip(texts, taken, strict=True)]
    known = {each.name for imports in needed for each in imports}
    own = [e for e in imported(Source(sides.yours).tree) if e.name not in known]
    base, new = (
        _module([*imports, *own], pieces, above)
        for imports, pieces in zip(needed, taken, strict=True)
    )
    return Sides(base, sides.yours, new)


def restored(text: str, before: str, names: Collection[str]) -> str:
    """A module in which these definitions are still as they were before."""
    now, former = definitions(text), definitions(before)
    lines: list[str] = rows(text)
    found = [(now[name], former[name]) for name in names if name in now.keys() & former]
    for piece, old in sorted(found, key=lambda each: -each[0].first):
        lines[piece.first : piece.last] = rows(old.text)
    return "".join(lines)


def _named(pieces: Iterable[Piece], place: str) -> dict[str, Piece]:
    found: dict[str, Piece] = {}
    twice = set()
    for piece in pieces:
        kind, name, *variant = (*piece.key, "")
        if kind not in ("class", "def", "name") or not name.isidentifier():
            continue
        if any(variant) or name in found:
            twice.add(name)
        found[name] = piece
    once = {place + name: found[name] for name in found if name not in twice}
    for name, piece in list(once.items()):
        if isinstance(piece.node, ast.ClassDef):
            once |= _named(_inside(piece), f"{name}.")
    return once


def _inside(piece: Piece) -> Sequence[Piece]:
    try:
        return suites(piece)[0].pieces
    except Clash:
        return ()  # it stands on one row


def _nodes(pieces: Iterable[Piece]) -> Iterator[ast.AST]:
    return (piece.node for piece in pieces if piece.node is not None)


def _used(nodes: Iterable[ast.AST]) -> set[str]:
    """The names that code uses, in annotations also those between quotes."""
    found = set()
    for node in (inner for each in nodes for inner in ast.walk(each)):
        if isinstance(node, ast.Name):
            found.add(node.id)
        elif isinstance(node, _ANNOTATED):
            said = getattr(node, "annotation", None) or getattr(node, "returns", None)
            for quoted in ast.walk(said) if said else ():
                if isinstance(quoted, ast.Constant) and isinstance(quoted.value, str):
                    found |= _quoted(quoted.value)
    return found


def _quoted(text: str) -> set[str]:
    try:
        return _used([ast.parse(text, mode="eval")])
    except SyntaxError:
        return set()


def _is_import(node: ast.stmt) -> bool:
    return isinstance(node, ast.Import | ast.ImportFrom)


def _left(text: str, names: Iterable[str]) -> str:
    dropped = {
        row
        for piece in _taken(text, names)
        for row in range(piece.first - len(rows(piece.lead)), piece.last)
    }
    left = (row for number, row in enumerate(rows(text)) if number not in dropped)
    return "".join(left)


def _taken(text: str, names: Iterable[str]) -> list[Piece]:
    known = definitions(text)
    return [known[name] for name in names if name in known]


def _needed(text: str, taken: Iterable[Piece]) -> list[Import]:
    used = _used(_nodes(taken))
    return [each for each in imported(Source(text).tree) if each.name in used]


def _module(imports: Iterable[Import], taken: Iterable[Piece], above: str) -> str:
    """Code of nothing but these imports, and these definitions."""
    body = "\n".join(piece.text for piece in taken)
    if above:
        body = above + (body or "    pass\n")
    plain = [each for each in imports if not each.typing]
    typing = [each for each in imports if each.typing]
    if typing:
        plain.append(Import("TYPE_CHECKING", "typing", "TYPE_CHECKING"))
        rows = (f"    {row}" for row in _statements(typing))
        body = "".join(("if TYPE_CHECKING:\n", *rows, "\n\n", body))
    return "".join((*_statements(plain), "\n\n", body))


def _statements(imports: Iterable[Import]) -> Iterator[str]:
    """A row a module, and a row each for what is no part of one."""
    modules: dict[str, set[str]] = {}
    for each in imports:
        if each.module:
            modules.setdefault(each.module, set()).add(each.alias)
        else:
            yield f"import {each.alias}\n"
    for module, aliases in modules.items():
        yield f"from {module} import {', '.join(sorted(aliases))}\n"
