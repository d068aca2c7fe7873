"""Python text with its syntax tree: what stands where, and what is only layout."""

from __future__ import annotations

import ast
import io
import textwrap
import tokenize
from collections.abc import Sequence
from functools import cached_property

from generator.merge.lines import rows

Placed = ast.expr | ast.stmt | ast.alias | ast.arg | ast.keyword


class Source:
    """A text that parses; rows count from 0, offsets are characters."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.tree = ast.parse(text)
        self.rows = rows(text)
        self._starts = [0]
        for row in self.rows:
            self._starts.append(self._starts[-1] + len(row))

    def offset(self, line: int, column: int) -> int:
        """Where a position of the syntax tree is, whose columns count bytes."""
        row = self.rows[line - 1]
        if not row.isascii():
            column = len(row.encode()[:column].decode())
        return self._starts[line - 1] + column

    def span(self, node: Placed) -> tuple[int, int]:
        assert node.end_lineno is not None and node.end_col_offset is not None
        return (
            self.offset(node.lineno, node.col_offset),
            self.offset(node.end_lineno, node.end_col_offset),
        )

    def code(self, node: Placed) -> str:
        first, last = self.span(node)
        return self.text[first:last]

    def between(self, first: int, last: int) -> str:
        """Whole rows, the last one not included."""
        return self.text[self._starts[first] : self._starts[last]]

    def start(self, row: int) -> int:
        return self._starts[row]

    def row_at(self, offset: int) -> int:
        return self.text.count("\n", 0, offset)

    @cached_property
    def meaning(self) -> str:
        return ast.dump(self.tree) + "\0".join(comments(self.text))


def comments(text: str) -> Sequence[str]:
    """The comments in order; the tree does not know them, but people do."""
    if "#" not in text:
        return ()
    lines = io.StringIO(textwrap.dedent(text)).readline
    found = []
    try:
        for token in tokenize.generate_tokens(lines):
            if token.type == tokenize.COMMENT:
                found.append(token.string)
    except (tokenize.TokenError, SyntaxError):
        return [row.strip() for row in rows(text) if "#" in row]
    return found


def compiled(text: str) -> ast.Module | None:
    """The tree, if it compiles: only that sees a `return` outside of a function."""
    try:
        tree = ast.parse(text)
        compile(tree, "merged", "exec", dont_inherit=True)
    except (SyntaxError, ValueError, RecursionError):
        return None
    return tree


def compiles(text: str) -> bool:
    return compiled(text) is not None
