"""Statements that hold statements: their headers, and what stands below each."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from generator.merge.lines import rows
from generator.merge.outcome import Clash
from generator.merge.pieces import Node, Piece, end_row, hanging, head_row, tile
from generator.merge.source import Source


@dataclass(frozen=True, slots=True)
class Suite:
    """Header rows with the pieces below them."""

    header: str
    pieces: list[Piece]


def suites(piece: Piece) -> list[Suite]:
    """The whole piece in order, its comment aside; a clash if it shares rows."""
    source = piece.source
    found = []
    at = piece.head
    for nodes in _blocks(source, piece.node):
        below = head_row(nodes[0])
        while below > at and _is_loose(source.rows[below - 1]):
            below -= 1
        if below <= at:
            raise Clash  # `class A: pass`
        last = end_row(nodes[-1])
        last = hanging(source, piece.head, last, piece.last)
        found.append(Suite(source.between(at, below), tile(source, nodes, below, last)))
        at = last
    if not found or at != piece.last:
        raise Clash
    return found


def wrapping(piece: Piece, texts: Sequence[str]) -> list[Piece]:
    """Pieces like this one, which holds one body, with each of these bodies instead.

    So what one side put under a `with` or `try` can be compared with what was there.
    """
    suite, *_ = found = suites(piece)
    body = suite.pieces
    inner = body[0].indent.removeprefix(piece.indent)
    after = "".join(
        each.header + "".join(part.lead + part.text for part in each.pieces)
        for each in found[1:]
    )
    return [
        _parsed(suite.header + _indented(text, inner) + after, piece) for text in texts
    ]


def _parsed(text: str, like: Piece) -> Piece:
    opening = "if 1:\n" if like.indent else ""
    source = Source(opening + text)
    nodes: Sequence[Node] = source.tree.body
    if opening and isinstance(nodes[0], ast.If):
        nodes = nodes[0].body
    top = 1 if opening else 0
    pieces = tile(source, nodes, top, len(source.rows))
    if len(pieces) != 1:
        raise Clash
    return pieces[0]


def _indented(text: str, by: str) -> str:
    return "".join(by + row if row.strip() else row for row in rows(text))


def _is_loose(row: str) -> bool:
    return not row.strip() or row.lstrip().startswith("#")


def _blocks(source: Source, node: Node | None) -> Iterator[Sequence[Node]]:
    """The bodies of a compound statement, as they follow each other in the text."""
    match node:
        case ast.If():
            yield node.body
            nested = node.orelse
            if len(nested) == 1 and _is_elif(source, nested[0]):
                yield from _blocks(source, nested[0])
            elif nested:
                yield nested
        case ast.Match():
            yield node.cases
        case ast.Try() | ast.TryStar():
            blocks = [
                node.body,
                *(each.body for each in node.handlers),
                node.orelse,
                node.finalbody,
            ]
            yield from (block for block in blocks if block)
        case ast.For() | ast.AsyncFor() | ast.While():
            yield node.body
            if node.orelse:
                yield node.orelse
        case (
            ast.With()
            | ast.AsyncWith()
            | ast.ClassDef()
            | ast.FunctionDef()
            | ast.AsyncFunctionDef()
            | ast.match_case()
        ):
            yield node.body


def _is_elif(source: Source, node: ast.stmt) -> bool:
    return isinstance(node, ast.If) and source.rows[
        node.lineno - 1
    ].lstrip().startswith("elif")
