"""Python that merged clean: put into the project's style, and looked at once more."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import PurePosixPath

from generator import merge as merging
from generator.changes import Change
from generator.merge import Note
from generator.own_style import OwnStyle

Texts = Mapping[PurePosixPath, str]


def tidied(changes: Sequence[Change], style: OwnStyle) -> list[Change]:
    """Merged code in the project's style, where it was in that style before."""
    merged = {each.path: each for each in changes if each.is_merged_code}
    before = {path: _text(each.before or each.source) for path, each in merged.items()}
    formatted = style.formatted(before)
    clean = [path for path in merged if formatted[path] == before[path]]
    tidy = style.formatted({path: _text(merged[path].after) for path in clean})
    return [
        replace(each, after=tidy[each.path].encode()) if each.path in tidy else each
        for each in changes
    ]


def suspected(
    changes: Sequence[Change], style: OwnStyle, base: Texts, new: Texts
) -> list[Change]:
    """What merged clean and may still be wrong, said beside the file.

    `base` and `new` are all generated files: a name that only moved is not lost.
    """
    merged = {e.path: _text(e.after) for e in changes if e.is_merged_code}
    if not merged:
        return list(changes)
    said: dict[PurePosixPath, list[Note]] = {path: [] for path in merged}
    for path, row, message in style.suspicions(merged):
        said[path].append(Note(f"line {row}", message, suspect=True))
    for path, names in merging.lost_words(base, new, merged).items():
        text = f"your lines use what is no longer generated: {', '.join(names)}"
        said[path].append(Note("", text, suspect=True))
    return [
        replace(each, notes=(*each.notes, *said.get(each.path, ()))) for each in changes
    ]


def _text(content: bytes | None) -> str:
    return (content or b"").decode()
