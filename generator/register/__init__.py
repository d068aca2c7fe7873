"""Shared lists of a project: a domain enters them and leaves, and no other byte moves.

`app/domain_registry.py` and `app/api/__init__.py` belong to the project's people as
much as to us. So the two statements that must change are changed in the syntax tree,
white space and comments included; where it is not plain which ones are meant, nothing
is, and the lines to paste are said.
"""

from __future__ import annotations

import ast
from collections.abc import Sequence
from dataclasses import dataclass

from generator.diagnostics import ScaffoldError
from generator.register import origins

__all__ = [
    "Entry",
    "NotRegistered",
    "is_registered",
    "register",
    "unregister",
    "unregistered",
]

BOM = "\ufeff"


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry of a shared list: `from module import name`, then `name[.attribute]`.

    `list_name` is what the list is called, unless it was renamed.
    """

    module: str
    name: str
    attribute: str = ""
    list_name: str = "DOMAINS"

    @property
    def origin(self) -> str:
        """The object by its full name."""
        return ".".join(filter(None, (self.module, self.name, self.attribute)))

    @property
    def expression(self) -> str:
        """How the list names it, where nothing is in the way."""
        return ".".join(filter(None, (self.name, self.attribute)))

    @property
    def lines(self) -> tuple[str, str]:
        """What to paste by hand: the import, and the row of the list."""
        return f"from {self.module} import {self.name}", f"{self.expression},"


class NotRegistered(ScaffoldError):
    """The text is left as it is: why, and the lines to put in or take out by hand."""

    def __init__(self, reason: str, lines: tuple[str, ...]) -> None:
        super().__init__(reason)
        self.reason = reason
        self.lines = lines


def is_registered(text: str, entry: Entry) -> bool:
    """Whether the object is used anywhere, under whatever name it was imported."""
    return not unregistered(text, [entry])


def unregistered(text: str, entries: Sequence[Entry]) -> list[Entry]:
    """Those of the entries whose objects are used nowhere in the text."""
    if not any(entry.name in text for entry in entries):
        return list(entries)
    try:
        tree = ast.parse(text.removeprefix(BOM))
    except (SyntaxError, ValueError):
        return list(entries)
    meanings = origins.Meanings(tree)
    return [entry for entry in entries if not meanings.include(entry.origin)]


def register(text: str, entry: Entry) -> str:
    """The text with the entry in its list, or as it was if it is there already."""
    if is_registered(text, entry):
        return text
    # LibCST takes longer to import than all the rest takes to run.
    from generator.register import editing

    bom, plain = _without_bom(text)
    try:
        edited = bom + editing.added(plain, entry)
    except editing.Unclear as error:
        raise NotRegistered(str(error), entry.lines) from error
    if not is_registered(edited, entry):
        raise NotRegistered("no edit of ours makes it read right", entry.lines)
    return edited


def unregister(text: str, entry: Entry) -> str:
    """The text without the entry, and without the import that only it needed."""
    if entry.name not in text:
        return text
    from generator.register import editing

    bom, plain = _without_bom(text)
    try:
        edited = bom + editing.removed(plain, entry)
    except editing.Unclear as error:
        raise NotRegistered(str(error), entry.lines) from error
    if is_registered(edited, entry):
        reason = f"{entry.expression} is used outside of the list as well"
        raise NotRegistered(reason, entry.lines)
    return edited


def _without_bom(text: str) -> tuple[str, str]:
    plain = text.removeprefix(BOM)
    return text[: len(text) - len(plain)], plain
