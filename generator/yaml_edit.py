"""Edits of a blueprint's text: an entry more, another value; all else stays as it is.

Places come from the nodes that YAML itself reads, so that comments, order and layout
are untouched. What is put in is a plain word or stands in quotes.
"""

from __future__ import annotations

import json
import re

import yaml

from generator.diagnostics import Path, ScaffoldError

PLAIN = re.compile(r"[A-Za-z_][A-Za-z0-9_.()=? ]*")
INDENT = 2


class NoSuchPlace(ScaffoldError):
    """The blueprint has no such place, or it cannot be edited there."""


def with_entry(text: str, path: Path, key: str, value: str) -> str:
    """The text with one more entry in the mapping at a path, which may be absent."""
    node = _find(text, path)
    if node is None:
        return with_entry(text, path[:-1], str(path[-1]), _nested(key, value))
    return _added(text, node, f"{key}: {value}")


def with_item(text: str, path: Path, item: str) -> str:
    """The text with one more item at the end of the list at a path."""
    node = _find(text, path)
    if not isinstance(node, yaml.SequenceNode) or not node.value:
        raise NoSuchPlace("there is no list that could be added to")
    entry = scalar(item)
    if node.flow_style:
        return _put(text, node.value[-1].end_mark.index, f", {entry}")
    column = node.value[0].start_mark.column - INDENT
    return _below(text, node.value[-1], " " * column + f"- {entry}")


def with_value(text: str, path: Path, value: str) -> str:
    """The text with another value where a plain one or a quoted one stands."""
    node = _find(text, path)
    if not isinstance(node, yaml.ScalarNode):
        raise NoSuchPlace("there is no single value that could be replaced")
    start, end = node.start_mark.index, node.end_mark.index
    return f"{text[:start]}{value}{text[end:]}"


def scalar(text: str) -> str:
    """A text as YAML writes it anywhere: plain where it can be, else in quotes."""
    return text if PLAIN.fullmatch(text) else json.dumps(text, ensure_ascii=False)


def _nested(key: str, value: str) -> str:
    return f"{{{key}: {value}}}"


def _find(text: str, path: Path) -> yaml.Node | None:
    """The node at a path; None if only its last step leads nowhere."""
    node: yaml.Node | None = yaml.compose(text, Loader=yaml.CBaseLoader)
    for index, step in enumerate(path):
        found = _step(node, step)
        if found is None and index == len(path) - 1:
            return None
        if found is None:
            raise NoSuchPlace(f"there is no {step!r} in it")
        node = found
    return node


def _step(node: yaml.Node | None, step: str | int) -> yaml.Node | None:
    if isinstance(node, yaml.MappingNode):
        return next((v for k, v in node.value if k.value == step), None)
    if isinstance(node, yaml.SequenceNode) and isinstance(step, int):
        return node.value[step] if step < len(node.value) else None
    return None


def _added(text: str, node: yaml.Node, entry: str) -> str:
    if isinstance(node, yaml.ScalarNode) and not node.value:
        return _put(text, node.end_mark.index, f" {{{entry}}}")
    if not isinstance(node, yaml.MappingNode):
        raise NoSuchPlace("it is written in a short form that has no place for more")
    if node.flow_style:
        if not node.value:
            return _put(text, node.start_mark.index + 1, entry)
        return _put(text, node.value[-1][1].end_mark.index, f", {entry}")
    column = node.value[0][0].start_mark.column
    return _below(text, node.value[-1][1], " " * column + entry)


def _put(text: str, place: int, words: str) -> str:
    return f"{text[:place]}{words}{text[place:]}"


def _below(text: str, node: yaml.Node, line: str) -> str:
    """The text with a line below a node, and below the comment on its last row."""
    last = len(text[: _end(node)].rstrip())
    row = text.find("\n", last)
    ending = "\r\n" if "\r\n" in text else "\n"
    if row < 0:
        return f"{text}{ending}{line}{ending}"
    row -= text[row - 1] == "\r"
    return _put(text, row, f"{ending}{line}")


def _end(node: yaml.Node) -> int:
    """Where a node ends that does not know what comes behind it."""
    while isinstance(node, yaml.CollectionNode) and not node.flow_style and node.value:
        last = node.value[-1]
        node = last[1] if isinstance(last, tuple) else last
    return int(node.end_mark.index)
