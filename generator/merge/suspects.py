"""What a merge without conflicts may still have got wrong."""

from __future__ import annotations

import ast
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import PurePosixPath

from generator.merge.facts import Facts
from generator.merge.lines import Sides, choices, rows
from generator.merge.outcome import Note

_WORD = re.compile(r"[A-Za-z_]\w+")
# A string with its prefix, three quotes before one, or a comment.
_PROSE = re.compile(
    r"""(?P<prefix>\b[A-Za-z]{1,2})?
    (?: \"{3}(?:\\.|[^\\])*?\"{3} | '{3}(?:\\.|[^\\])*?'{3}
      | "(?:\\.|[^"\\\n])*" | '(?:\\.|[^'\\\n])*' )
    | \#[^\n]*""",
    re.VERBOSE | re.DOTALL,
)


def added_rows(new: str, merged: str) -> tuple[str, ...]:
    """The rows that are yours in a merged text: those that are not in the new one."""
    known = Counter(row.strip() for row in rows(new))
    found = []
    for row in rows(choices(merged)[0]):
        if known[row.strip()]:
            known[row.strip()] -= 1
        else:
            found.append(row)
    return tuple(found)


def lost_words(
    base: Mapping[PurePosixPath, str],
    new: Mapping[PurePosixPath, str],
    merged: Mapping[PurePosixPath, str],
) -> dict[PurePosixPath, tuple[str, ...]]:
    """By file, the names in rows of yours that no generated file has any longer.

    Over the whole project: a name that merely moved to another file is no loss. What
    docstrings, comments and other strings say names nothing.
    """
    gone = _named(base) - _named(new)
    found = {}
    for path, text in merged.items():
        rows = added_rows(_code(new.get(path, "")), _code(choices(text)[0]))
        found[path] = tuple(sorted(gone & _words("\n".join(rows))))
    return {path: words for path, words in found.items() if words}


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
        Counter(_WORD.findall(text)) for text in (sides.base, sides.yours, merged)
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


def _named(texts: Mapping[PurePosixPath, str]) -> frozenset[str]:
    """The words that stand in code."""
    python = (text for path, text in texts.items() if path.suffix == ".py")
    return frozenset[str]().union(*(_words(_code(text)) for text in python))


def _code(text: str) -> str:
    """Python without its strings and comments; strings that hold code stay."""

    def blank(found: re.Match[str]) -> str:
        formatted = "f" in (found["prefix"] or "").lower()
        return found[0] if formatted else "\n" * found[0].count("\n")

    return _PROSE.sub(blank, text)


def words(text: str) -> frozenset[str]:
    """The words that stand in the code of a Python text."""
    return _words(_code(text))


def _words(text: str) -> frozenset[str]:
    return frozenset(_WORD.findall(text))
