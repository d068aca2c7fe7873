"""What a merge without conflicts may still have got wrong."""

from __future__ import annotations

import ast
import re
from collections import Counter
from collections.abc import Iterator

from generator.merge.facts import Facts
from generator.merge.lines import Sides, choices, rows
from generator.merge.outcome import Note

WORD = re.compile(r"[A-Za-z_]\w+")


def added_rows(new: str, merged: str) -> tuple[str, ...]:
    """The rows that are yours in a merged text: those that are not in the new one."""
    return tuple(row for _, row in added(new, choices(merged)[0]))


def added(new: str, text: str) -> Iterator[tuple[int, str]]:
    """The rows of a text that another one has not, with their numbers."""
    known = Counter(row.strip() for row in rows(new))
    for number, row in enumerate(rows(text), start=1):
        if known[row.strip()]:
            known[row.strip()] -= 1
        else:
            yield number, row


def suspects(
    base: Facts, yours: Facts, new: Facts, merged: Facts, kept: bool
) -> Iterator[Note]:
    """What the merged module has that neither side had, and looks wrong.

    With something `kept` beside what took its place, statements stand twice rightly.
    """
    for name in sorted(merged.twice - yours.twice - new.twice):
        yield Note(name, "defined twice", suspect=True)
    for name in sorted(merged.bare_fields - yours.bare_fields - new.bare_fields):
        yield Note(name, "no default below a field that has one", suspect=True)
    for name in sorted(merged.undefined - yours.undefined - new.undefined):
        yield Note("", f"{name} is not defined", suspect=True)
    for name in _calls_by_position(base, yours, new):
        told = "your call passes by position, and the generator moved its parameters"
        yield Note(name, told, suspect=True)
    for statement in () if kept else _repeated(base, yours, new, merged):
        yield Note("", f"stands once more than on either side: {statement}", True)


def loses_words(sides: Sides, merged: str) -> bool:
    """Whether less of a word is left than you have added of it."""
    base, yours, left = (
        Counter(WORD.findall(text)) for text in (sides.base, sides.yours, merged)
    )
    return bool(yours - base - left)


def _calls_by_position(base: Facts, yours: Facts, new: Facts) -> Iterator[str]:
    moved = {
        name
        for name, were in base.parameters.items()
        if name in new.parameters and new.parameters[name][: len(were)] != were
    }
    for name in sorted(moved & yours.calls.keys()):
        known = {ast.dump(call) for call in base.calls.get(name, ())}
        if any(ast.dump(call) not in known for call in yours.calls[name]):
            yield name


def _repeated(base: Facts, yours: Facts, new: Facts, merged: Facts) -> Iterator[str]:
    """Statements of which there are more than the changes of both sides account for."""
    for code, count in merged.statements.items():
        was, mine, made = (side.statements[code] for side in (base, yours, new))
        if max(was, mine, made) and count > max(mine, made, mine + made - was):
            yield code
