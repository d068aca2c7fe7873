"""Entries between brackets: elements, arguments, imported names; how they are written.

Entries with a row each keep their rows, comments included; others share a row.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from generator.merge.outcome import Clash
from generator.merge.source import Source, comments

_AFTER = re.compile(r",?([ \t]*(?:#[^\n]*)?)\n")


@dataclass(frozen=True, eq=False)
class Entry:
    """One entry; a change of it descends into `value`."""

    key: str
    value: ast.expr | None
    source: Source
    start: int
    end: int

    @property
    def text(self) -> str:
        return self.source.text[self.start : self.end]

    @cached_property
    def row(self) -> Row | None:
        """What is around it, if it has rows of its own."""
        source = self.source
        first, last = source.row_at(self.start), source.row_at(self.end)
        indent = source.text[source.start(first) : self.start]
        rest = source.text[self.end : source.start(last + 1)]
        after = _AFTER.fullmatch(rest)
        if indent.strip() or after is None:
            return None
        above = first
        while above and source.rows[above - 1].lstrip().startswith("#"):
            above -= 1
        return Row(
            source.between(above, first),
            indent,
            after[1].rstrip(),
            source.start(above),
            source.start(last + 1),
        )

    @property
    def remarks(self) -> Sequence[str]:
        return comments(self.row.above + self.row.after) if self.row else ()


@dataclass(frozen=True, slots=True)
class Row:
    """Comments above an entry, its indent, the comment after it, where that lies."""

    above: str
    indent: str
    after: str
    start: int
    end: int


@dataclass(frozen=True, eq=False)
class Listing:
    """Entries with what is before, between and after them, from `start` to `end`."""

    source: Source
    start: int
    end: int
    entries: Sequence[Entry]

    @property
    def text(self) -> str:
        return self.source.text[self.start : self.end]

    @cached_property
    def keys(self) -> list[str]:
        return [entry.key for entry in self.entries]

    @cached_property
    def in_rows(self) -> bool:
        return bool(self.entries) and all(entry.row for entry in self.entries)


@dataclass(frozen=True, slots=True)
class Choice:
    """An entry of the result: its text, and the entry whose comments it keeps."""

    frame: Entry
    text: str


def written(yours: Listing, new: Listing, choices: Sequence[Choice]) -> str:
    """The result in your layout, or in the generator's if only that has rows."""
    if [choice.frame for choice in choices] == list(yours.entries):
        return _spliced(yours, choices)
    rows = yours.in_rows or not new.in_rows
    frame = yours if yours.entries and (rows or not new.entries) else new
    if not frame.entries or (not choices and frame.text.startswith("{")):
        raise Clash
    return _in_rows(frame, choices) if frame.in_rows else _inline(frame, choices)


def _spliced(frame: Listing, choices: Sequence[Choice]) -> str:
    """Entries changed, none came or went: all else keeps its bytes."""
    parts, at = [], frame.start
    for choice in choices:
        parts += [frame.source.text[at : choice.frame.start], choice.text]
        at = choice.frame.end
    return "".join((*parts, frame.source.text[at : frame.end]))


def _in_rows(frame: Listing, choices: Sequence[Choice]) -> str:
    first, last = frame.entries[0].row, frame.entries[-1].row
    assert first and last
    if first.start < frame.start or last.end > frame.end:  # without brackets
        raise Clash
    text = frame.source.text
    parts = [text[frame.start : first.start]]
    for choice in choices:
        row = choice.frame.row
        above, after = (row.above, row.after) if row else ("", "")
        if row and row.indent != first.indent:
            above = re.sub(r"^[ \t]+", first.indent, above, flags=re.MULTILINE)
        parts.append(f"{above}{first.indent}{choice.text},{after}\n")
    return "".join((*parts, text[last.end : frame.end]))


def _inline(frame: Listing, choices: Sequence[Choice]) -> str:
    first, last = frame.entries[0].start, frame.entries[-1].end
    text = frame.source.text
    if comments(f"({text[first:last]}\n)") or any(
        each.frame.remarks for each in choices
    ):
        raise Clash
    head, tail = text[frame.start : first], text[last : frame.end]
    if "\n" not in tail:
        tail = re.sub(r"^\s*,\s*", "", tail)
        if len(choices) == 1 and head == "(" and tail == ")":
            tail = ",)"
    return head + ", ".join(choice.text for choice in choices) + tail
