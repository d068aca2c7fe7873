"""What a file is whatever its prose says: its syntax, with all texts blank."""

from __future__ import annotations

import ast
import io
import tokenize
import tomllib
from pathlib import PurePosixPath
from typing import Any

import yaml
from markdown_it import MarkdownIt


def shape(path: PurePosixPath, text: str) -> object:
    """Equal for two texts of one syntax; a file without prose is its own shape."""
    match path.suffix:
        case ".py":
            return _python(text)
        case ".toml":
            return _blank(tomllib.loads(text))
        case ".yaml":
            return _blank(list(yaml.safe_load_all(text)))
        case ".md":
            return _markdown(text)
    return text


def _python(text: str) -> tuple[str, int]:
    """The syntax tree, and how many comments there are."""
    tree = _Blank().visit(ast.parse(text))
    tokens = tokenize.generate_tokens(io.StringIO(text).readline)
    return ast.dump(tree), sum(each.type == tokenize.COMMENT for each in tokens)


class _Blank(ast.NodeTransformer):
    def visit_Constant(self, node: ast.Constant) -> ast.expr:
        return ast.Constant("") if isinstance(node.value, str) else node


def _blank(data: Any) -> Any:
    if isinstance(data, dict):
        return {key: _blank(value) for key, value in data.items()}
    if isinstance(data, list):
        return [_blank(each) for each in data]
    return "" if isinstance(data, str) else data


def _markdown(text: str) -> list[object]:
    """The blocks, and what is inside them beside words."""
    found: list[object] = []
    for token in MarkdownIt("commonmark").enable("table").parse(text):
        found.append((token.type, token.tag, token.info))
        if token.children is not None:
            kinds = [(child.type, child.attrs) for child in token.children]
            found.append([kind for kind in kinds if kind[0] != "text"])
    return found
