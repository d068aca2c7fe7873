"""A body of Python cut into pieces, which joined again are the same bytes.

A piece is a statement with its decorators, the comment right above it and whatever
comments hang below it, or a comment that stands alone. Rows count from 0.
"""

from __future__ import annotations

import ast
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TypeGuard

from generator.merge.source import Source, comments

Key = tuple[str, ...]
Node = ast.stmt | ast.match_case
Function = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass(frozen=True, eq=False)
class Piece:
    """The rows from `first` to `last`, its code from `head`; `lead` is blank above."""

    key: Key
    source: Source
    lead: str
    first: int
    head: int
    last: int
    node: Node | None = None

    @cached_property
    def text(self) -> str:
        return self.source.between(self.first, self.last)

    @property
    def comment(self) -> str:
        """The comment rows right above."""
        return self.source.between(self.first, self.head)

    @property
    def code(self) -> str:
        return self.source.between(self.head, self.last)

    @property
    def indent(self) -> str:
        row = self.source.rows[self.head]
        return row[: len(row) - len(row.lstrip())]

    @property
    def label(self) -> str:
        """What a place calls it, on one row."""
        kind, *names = self.key
        if kind in ("class", "def", "name"):
            return names[0]
        if kind in ("case", "from", "import", "if"):
            return f"{kind} {names[0]}".split("\n")[0]
        if kind == "rows":
            return names[0].strip().split("\n")[0]
        return "docstring" if kind == "doc" else kind

    @cached_property
    def meaning(self) -> str:
        """Equal where a change is only layout."""
        if self.node is None:
            return self.text
        return "\0".join((ast.dump(self.node), *comments(self.text)))


def unchanged(one: Piece, other: Piece) -> bool:
    """Whether at most the layout differs; the text is compared first, being cheap."""
    return one.text == other.text or one.meaning == other.meaning


def is_function(node: ast.AST | None) -> TypeGuard[Function]:
    return isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)


def tile(source: Source, nodes: Sequence[Node], top: int, end: int) -> list[Piece]:
    """Cut the rows from `top` to `end`, in which these nodes stand."""
    pieces: list[Piece] = []
    at = top
    index = 0
    while index < len(nodes):
        node = nodes[index]
        after = index + 1
        head, last = head_row(node), end_row(node)
        while after < len(nodes) and head_row(nodes[after]) < last:  # a = 1; b = 2
            last = max(last, end_row(nodes[after]))
            after += 1
        below = head_row(nodes[after]) if after < len(nodes) else end
        if hasattr(nodes[after - 1], "body"):
            last = hanging(source, head, last, below)
        *loose, (lead, first) = _gap(source, at, head)
        pieces += [_comment(source, *block, head) for block in loose]
        alone = after == index + 1
        key = _key(node, index == 0) if alone else ("rows", source.between(head, last))
        whole = node if alone else None
        pieces.append(Piece(key, source, lead, first, head, last, whole))
        at, index = last, after
    loose = [block for block in _gap(source, at, end) if block[1] < end]
    return _numbered(pieces + [_comment(source, *block, end) for block in loose])


def hanging(source: Source, head: int, last: int, below: int) -> int:
    """The row after the comments that hang below a block, deeper than its head."""
    depth = _depth(source.rows[head])
    for row in range(last, below):
        text = source.rows[row]
        if text.strip() and not (
            text.lstrip().startswith("#") and _depth(text) > depth
        ):
            break
        if text.strip():
            last = row + 1
    return last


def head_row(node: Node) -> int:
    """The first row of a node, decorators included, which the tree keeps apart."""
    if isinstance(node, ast.match_case):
        return node.pattern.lineno - 1
    decorators: list[ast.expr] = getattr(node, "decorator_list", [])
    return min([node.lineno, *(each.lineno for each in decorators)]) - 1


def end_row(node: Node) -> int:
    if isinstance(node, ast.match_case):
        return end_row(node.body[-1])
    assert node.end_lineno is not None
    return node.end_lineno


def _comment(source: Source, lead: str, first: int, end: int) -> Piece:
    """A comment block that stands alone."""
    last = first
    while last < end and source.rows[last].strip():
        last += 1
    key = ("comment", source.between(first, last).strip())
    return Piece(key, source, lead, first, first, last)


def _gap(source: Source, start: int, end: int) -> list[tuple[str, int]]:
    """The blocks between two statements, by blank rows above and first row.

    The last one has no rows of its own: it is the comment of the next statement.
    """
    blocks = []
    row = start
    while True:
        above = row
        while row < end and not source.rows[row].strip():
            row += 1
        blocks.append((source.between(above, row), row))
        while row < end and source.rows[row].strip():
            row += 1
        if row == end:
            return blocks


def _numbered(pieces: list[Piece]) -> list[Piece]:
    """Keys that repeat get a number."""
    counts: dict[Key, int] = {}
    found = []
    for piece in pieces:
        count = counts[piece.key] = counts.get(piece.key, 0) + 1
        key = piece.key if count == 1 else (*piece.key, f"#{count}")
        found.append(replace(piece, key=key))
    return found


def _depth(row: str) -> int:
    return len(row) - len(row.lstrip())


def _key(node: Node, first: bool) -> Key:
    match node:
        case ast.ClassDef():
            return "class", node.name
        case ast.FunctionDef() | ast.AsyncFunctionDef():
            return "def", node.name, _variant(node)
        case ast.Assign():
            return "name", ", ".join(map(ast.unparse, node.targets))
        case ast.AnnAssign() | ast.AugAssign():
            return "name", ast.unparse(node.target)
        case ast.ImportFrom():
            return "from", "." * node.level + (node.module or "")
        case ast.Import():
            return "import", ", ".join(map(ast.unparse, node.names))
        case ast.If():
            return "if", ast.unparse(node.test)
        case ast.Try():
            return "try", ast.unparse(node.body[0])
        case ast.Expr(value=ast.Constant(value=str())) if first:
            return ("doc",)
        case ast.match_case(pattern=ast.MatchClass(cls=named)):
            return "case", ast.unparse(named), _guard(node)
        case ast.match_case():
            return "case", ast.unparse(node.pattern), _guard(node)
    if type(node).__name__ == "TypeAlias":  # Python 3.12
        return "name", ast.unparse(node).split()[1].split("[")[0]
    return "rows", ast.unparse(node)


def _variant(node: Function) -> str:
    """What tells functions of one name apart: overloads, setters, registrations."""
    for decorator in map(ast.unparse, node.decorator_list):
        if decorator.split(".")[-1] == "overload":
            return ast.unparse(node.args)
        if decorator.split("(")[0].endswith(
            (".setter", ".deleter", ".getter", ".register")
        ):
            return decorator
    return ""


def _guard(arm: ast.match_case) -> str:
    return ast.unparse(arm.guard) if arm.guard else ""
