"""Merges of expressions that both sides changed: into their parts, or a clash.

Elements, keyword arguments and members of a union are ordered sets, positional
arguments and subscripts have places; in anything else only one part may have changed.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

from generator.merge.brackets import bracketed
from generator.merge.listings import Choice, Entry, Listing, written
from generator.merge.order import ordered
from generator.merge.outcome import Clash
from generator.merge.source import Source, comments


@dataclass(frozen=True, eq=False)
class Value:
    """An expression of one side."""

    source: Source
    node: ast.expr

    @cached_property
    def text(self) -> str:
        return self.source.code(self.node)

    @cached_property
    def meaning(self) -> str:
        remarks = comments(f"({self.text}\n)")
        return "\0".join((ast.dump(self.node), *remarks))

    def part(self, node: ast.expr) -> Value:
        return Value(self.source, node)


def merge_values(base: Value, yours: Value, new: Value) -> str:
    """The text of the merged expression, in your layout where it has a choice."""
    if new.meaning in (yours.meaning, base.meaning):
        return yours.text
    if yours.meaning == base.meaning:
        return new.text
    sides = (base, yours, new)
    nodes = [side.node for side in sides]
    if len({type(node) for node in nodes}) > 1:
        raise Clash
    if all(isinstance(node, ast.BinOp) and _is_union(node) for node in nodes):
        return _union(sides)
    listed = bracketed([(side.source, side.node) for side in sides])
    return _narrowed(sides) if listed is None else merge_listings(listed)


def merge_sets(
    base: Sequence[str], yours: Sequence[str], new: Sequence[str]
) -> list[str]:
    """An ordered set: what one side dropped is gone, what one side added is there."""
    lost, mine, made = set(base) - set(yours), set(base) - set(new), set(base)
    if lost & mine and set(yours) - made - set(new) and set(new) - made - set(yours):
        raise Clash
    kept = {key for key in (*yours, *new) if key not in lost | mine}
    return ordered(base, yours, new, kept)


def merge_listings(
    sides: Sequence[Listing], arrange: Callable[[list[str]], list[str]] = list
) -> str:
    """Entry by entry; an entry that both changed is merged as a value."""
    base, yours, new = sides
    known = [
        {entry.key: entry for entry in side.entries} for side in (base, yours, new)
    ]
    for side, entries in zip((base, yours, new), known, strict=True):
        if len(entries) < len(side.entries):
            raise Clash  # the same entry twice: that is no set
    chosen = {}
    for key in dict.fromkeys([*known[1], *known[2]]):
        choice = _entry(*(entries.get(key) for entries in known))
        if choice:
            chosen[key] = choice
    texts = {choice.text for choice in chosen.values()}
    if len(texts) < len(chosen):
        raise Clash  # one side moved here what the other made of something else
    keys = arrange(ordered(base.keys, yours.keys, new.keys, chosen))
    return written(yours, new, [chosen[key] for key in keys])


def _entry(base: Entry | None, yours: Entry | None, new: Entry | None) -> Choice | None:
    """What becomes of one entry, or that it goes."""
    one = yours or new
    if yours is None or new is None:
        if base is None:
            return Choice(one, one.text) if one else None
        if one and (one.text, one.remarks) != (base.text, base.remarks):
            raise Clash  # one side removed what the other changed or commented
        return None
    frame = yours
    if new.remarks not in (yours.remarks, base.remarks if base else ()):
        if base is None or yours.remarks != base.remarks:
            raise Clash
        frame = new
    if new.text == yours.text:
        return Choice(frame, yours.text)
    if base is None or not (base.value and yours.value and new.value):
        raise Clash
    if new.text == base.text or yours.text == base.text:
        return Choice(frame, new.text if yours.text == base.text else yours.text)
    merged = merge_values(
        Value(base.source, base.value),
        Value(yours.source, yours.value),
        Value(new.source, new.value),
    )
    first, last = yours.source.span(yours.value)
    text = yours.source.text
    return Choice(frame, text[yours.start : first] + merged + text[last : yours.end])


def _union(sides: Sequence[Value]) -> str:
    _, yours, new = sides
    members = [
        [side.source.code(each) for each in _members(side.node)] for side in sides
    ]
    if any(comments(f"({side.text}\n)") for side in sides):
        raise Clash
    merged = merge_sets(members[0], members[1], members[2])
    frame = yours if "\n" in yours.text or "\n" not in new.text else new
    if "\n" not in frame.text:
        return " | ".join(merged)
    row = frame.source.rows[(frame.node.end_lineno or 1) - 1]
    indent = row[: len(row) - len(row.lstrip())]
    return f"\n{indent}| ".join(merged)


def _is_union(node: ast.expr) -> bool:
    return isinstance(node, ast.BinOp) and isinstance(node.op, ast.BitOr)


def _members(node: ast.expr) -> Iterator[ast.expr]:
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.BitOr):
        yield from _members(node.left)
        yield node.right
    else:
        yield node


def _narrowed(sides: Sequence[Value]) -> str:
    """Into the one part in which all changes lie."""
    parts = [list(ast.iter_child_nodes(side.node)) for side in sides]
    if len({len(each) for each in parts}) > 1:
        raise Clash
    shells = {_shell(side.node) for side in sides}
    changed = [
        each
        for each in zip(*parts, strict=True)
        if len({ast.dump(node) for node in each}) > 1
    ]
    if len(shells) > 1 or len(changed) != 1 or isinstance(sides[0].node, ast.JoinedStr):
        raise Clash
    inner = [
        side.part(node)
        for side, node in zip(sides, changed[0], strict=True)
        if isinstance(node, ast.expr)
    ]
    if len(inner) < len(sides) or len({type(part.node) for part in inner}) > 1:
        raise Clash
    _, yours, _ = sides
    first, last = yours.source.span(yours.node)
    start, end = yours.source.span(inner[1].node)
    text = yours.source.text
    return text[first:start] + merge_values(*inner) + text[end:last]


def _shell(node: ast.AST) -> str:
    """What of a node is no part of it: its kind and its names."""
    plain = [
        (name, value)
        for name, value in ast.iter_fields(node)
        if not isinstance(value, ast.AST | list)
    ]
    return repr((type(node), plain))
