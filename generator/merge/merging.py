"""One file merged: by structure where it is Python that parses, else by rows."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import PurePosixPath

from generator.merge.facts import facts
from generator.merge.imports import put_back
from generator.merge.lines import (
    CannotMerge,
    Sides,
    choices,
    conflicts,
    has_markers,
    marked,
    merge_rows,
)
from generator.merge.outcome import Clash, Conflict, Draft, Merged, Note
from generator.merge.source import Source, compiled, compiles
from generator.merge.structure import KEPT, merge_modules
from generator.merge.suspects import added_rows, loses_words, suspects

_BOM = "\ufeff"


def merge(
    path: PurePosixPath,
    base: str | None,
    yours: str,
    new: str,
    renames: Mapping[str, str] = {},
) -> Merged:
    """Bring what the generator changed since `base` into yours.

    Without a base both have made the file. `renames` are words that the blueprint says
    were renamed. Line ends and byte order mark stay as yours. SQL that ran already must
    not come here. `lost_names` finds what only the whole project can tell.
    """
    if base is not None and yours == base:
        return Merged(new)
    was, mine, made = plain(base or ""), plain(yours), plain(new)
    if mine == made or (base is not None and made == was):
        return Merged(yours)
    if base is not None and mine == was:
        return Merged(_dressed(new, yours))
    unsettled = has_markers(yours)
    if unsettled:
        reasons = (Conflict(row, "", "not settled yet") for row in unsettled)
        return Merged(yours, tuple(reasons), beside=new)
    sides = Sides(renamed(was, renames), renamed(mine, renames), made)
    try:
        done = _merge_python(sides) if path.suffix == ".py" else _merge_text(sides)
    except CannotMerge as error:
        return Merged(yours, (Conflict(1, "", str(error)),), beside=new)
    except (SyntaxError, ValueError, RecursionError) as error:
        line = (error.lineno if isinstance(error, SyntaxError) else None) or 1
        reason = f"does not parse: {error.args[0]}"
        return Merged(yours, (Conflict(line, "", reason),), beside=new)
    doubts = _doubtful(Sides(was, mine, made), renames)
    return Merged(_dressed(done.text, yours), done.conflicts, (*done.notes, *doubts))


def same(path: PurePosixPath, one: str, other: str) -> bool:
    """Whether nobody edited it: equal but for line ends and, in Python, for layout."""
    one, other = plain(one), plain(other)
    if one == other or path.suffix != ".py":
        return one == other
    try:
        return Source(one).meaning == Source(other).meaning
    except (SyntaxError, ValueError, RecursionError):
        return False


def _merge_text(sides: Sides) -> Merged:
    return Merged(*conflicts(merge_rows(sides)))


def _merge_python(sides: Sides) -> Merged:
    yours = Source(_ended(sides.yours))
    draft = _by_structure(sides, yours)
    if draft is None:
        text = merge_rows(sides, sound=compiles)
        draft = Draft(text, (Note("", "merged by rows, not by structure"),))
    return Merged(*conflicts(draft.text), draft.notes)


def _by_structure(sides: Sides, yours: Source) -> Draft | None:
    """The merged module, if it is sound and has all that is yours."""
    try:
        if "\r" in f"{sides.base}{sides.yours}{sides.new}":
            return None  # alone it ends a row for Python, and for nothing else
        base, new = Source(_ended(sides.base)), Source(_ended(sides.new))
        draft = merge_modules(base, yours, new)
    except (Clash, SyntaxError, ValueError, RecursionError):
        return None
    trees = [compiled(text) for text in choices(draft.text)]
    if None in trees or loses_words(sides, draft.text):
        return None
    if marked(draft.text) or trees[0] is None:
        return draft
    return _looked_over(draft, trees[0], (base, yours, new))


def _looked_over(draft: Draft, tree: ast.Module, sides: Sequence[Source]) -> Draft:
    """With the imports that it needs, and notes of what may be wrong."""
    was, mine, made = (facts(side.tree, side.text) for side in sides)
    merged = facts(tree, draft.text)
    base, yours, new = (side.tree for side in sides)
    text, imports = put_back(draft.text, merged.undefined, (yours, new, base))
    if imports:
        merged = facts(ast.parse(text), text)
    beside = any(KEPT in note.text for note in draft.notes)
    told = suspects(was, mine, made, merged, beside)
    return Draft(text, (*draft.notes, *imports, *told))


def _ended(text: str) -> str:
    return text if text.endswith("\n") or not text else text + "\n"


def plain(text: str) -> str:
    """The text without what tells systems apart: its line ends, its byte order mark."""
    return text.removeprefix(_BOM).replace("\r\n", "\n")


def _dressed(text: str, like: str) -> str:
    """The text with the line ends and the byte order mark of another."""
    text = plain(text)
    if like.count("\r\n") * 2 > like.count("\n"):
        text = text.replace("\n", "\r\n")
    return _BOM + text if like.startswith(_BOM) else text


def renamed(text: str, renames: Mapping[str, str]) -> str:
    """The text with these words renamed."""
    if not renames:
        return text
    words = "|".join(map(re.escape, renames))
    return re.sub(rf"\b(?:{words})\b", lambda found: renames[found[0]], text)


def _doubtful(sides: Sides, renames: Mapping[str, str]) -> Iterator[Note]:
    """Words renamed in your rows that are still generated: they may mean another."""
    rows = "".join(added_rows(sides.base, sides.yours)) if renames else ""
    for old, name in renames.items():
        word = re.compile(rf"\b{re.escape(old)}\b")
        if word.search(rows) and word.search(sides.new):
            told = f"{old} became {name} in your rows, but not everywhere; look at them"
            yield Note("", told, suspect=True)
