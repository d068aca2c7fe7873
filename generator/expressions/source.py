"""The text of an expression as a syntax tree, and where each part stands in it."""

from __future__ import annotations

import ast
import io
import re
import tokenize
import warnings

from generator.diagnostics import TextError

LONGEST = 500
MOST_NODES = 200
QUOTES = re.compile("[\u2018-\u201f]")
COUNTED = (ast.expr, ast.comprehension, ast.keyword)


class ExpressionError(TextError):
    """An expression, or a place in a message, that cannot be compiled."""


class Source:
    """The text of an expression as a syntax tree, and where each node stands in it."""

    def __init__(self, text: str) -> None:
        if len(text) > LONGEST:
            message = f"an expression has at most {LONGEST} characters"
            raise ExpressionError("B301", message, LONGEST)
        flat = text.replace("\r", " ").replace("\n", " ").replace("\t", " ")
        self.margin = len(flat) - len(flat.lstrip())
        self.text = flat.strip()
        if not self.text:
            raise ExpressionError("B301", "an expression is expected here")
        self.bytes = self.text.encode("utf-8", "replace")
        self.tree = self._parse()
        self._refuse_comments()
        nodes = [each for each in ast.walk(self.tree) if isinstance(each, COUNTED)]
        if len(nodes) > MOST_NODES:
            message = f"an expression has at most {MOST_NODES} parts: divide it"
            raise ExpressionError("B301", message, self.margin)

    def offset(self, node: ast.expr | ast.keyword) -> int:
        """Where a node begins, in characters of the text as it was given."""
        before = self.bytes[: node.col_offset]
        return self.margin + len(before.decode("utf-8", "replace"))

    def of(self, node: ast.expr) -> str:
        """The text of a node as it was given."""
        return self.bytes[node.col_offset : node.end_col_offset].decode()

    def _parse(self) -> ast.expr:
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                return ast.parse(self.text, mode="eval").body
        except SyntaxError as error:
            # A text that ends too early is said to be wrong in no column.
            column = error.offset - 1 if error.offset else len(self.text)
            offset = self.margin + column
            problem = error.msg or "this is no expression"
            raise ExpressionError("B301", problem, offset, self._hint()) from None
        except (ValueError, RecursionError, MemoryError):
            message = "this is no expression that can be read"
            raise ExpressionError("B301", message, self.margin) from None

    def _hint(self) -> str:
        if "&&" in self.text or "||" in self.text:
            return "write `and` and `or`"
        if "!" in self.text.replace("!=", ""):
            return "write `not`"
        if QUOTES.search(self.text):
            return "write plain quotes, ' or \""
        if self.text.count("(") > self.text.count(")"):
            return "close it with )"
        single = self.text.replace("==", "").replace("!=", "")
        single = single.replace("<=", "").replace(">=", "")
        if "=" in single:
            return "two values are compared with =="
        return "between two values stands an operator, as in `due > today and open`"

    def _refuse_comments(self) -> None:
        if "#" not in self.text:
            return
        for token in tokenize.generate_tokens(io.StringIO(self.text).readline):
            if token.type == tokenize.COMMENT:
                offset = self.margin + token.start[1]
                raise ExpressionError("B302", "an expression has no comment", offset)
