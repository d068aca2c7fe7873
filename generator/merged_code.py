"""Python that merged clean: put into the project's style, and looked at once more."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import PurePosixPath

from generator import merge as merging
from generator.changes import Change, State, kept
from generator.kinds import Kind, kind_of
from generator.merge import Note
from generator.own_style import OwnStyle
from generator.project import Project

Texts = Mapping[PurePosixPath, str]


@dataclass(frozen=True, slots=True)
class Own:
    """The Python of a project that nobody generates, and the renames that happen now.

    It is never written; what it uses may have got another name, or be gone.
    """

    texts: Texts
    renames: Mapping[str, str]

    def renamed(self, text: str) -> Iterator[Note]:
        """What one of its texts calls by its former name."""
        words = merging.words(text)
        for old, new in self.renames.items():
            if old in words:
                yield Note("", f"{old}, which your lines use, is {new} now", True)


def own(project: Project, renames: Mapping[str, str]) -> Own:
    """What nobody generates, but for the lists that every domain stands in."""
    contents = {
        path: project.read(path) or b""
        for path in project.code()
        if path not in project.base and kind_of(str(path)) is not Kind.SHARED
    }
    texts = {path: text.decode(errors="replace") for path, text in contents.items()}
    return Own(texts, renames)


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
    changes: Sequence[Change], style: OwnStyle, base: Texts, new: Texts, own: Own
) -> list[Change]:
    """What merged clean and may still be wrong, said beside the file.

    `base` and `new` are all generated files: a name that only moved is not lost.
    """
    merged = {e.path: _text(e.after) for e in changes if e.is_merged_code}
    paths = (*merged, *own.texts)
    said: dict[PurePosixPath, list[Note]] = {path: [] for path in paths}
    for path, row, message in style.suspicions(merged):
        said[path].append(Note(f"line {row}", message, suspect=True))
    yours = {**own.texts, **merged}
    for path, names in merging.lost_words(base, new, yours).items() if yours else ():
        told = f"your lines use what is no longer generated: {', '.join(names)}"
        said[path].append(Note("", told, suspect=True))
    for path, text in own.texts.items():
        said[path] += own.renamed(text)
    found = [_told(each, said.pop(each.path, [])) for each in changes]
    others = {path: notes for path, notes in said.items() if notes}
    return [*found, *(_told(_yours(path, own), others[path]) for path in others)]


def _yours(path: PurePosixPath, own: Own) -> Change:
    return kept(path, own.texts[path].encode(), State.IN_STEP)


def _told(change: Change, notes: Sequence[Note]) -> Change:
    if not notes:
        return change
    reason = "yours" if change.state is State.IN_STEP else change.reason
    notes = (*change.notes, *notes)
    return replace(change, reason=reason, notes=notes, quiet=False)


def _text(content: bytes | None) -> str:
    return (content or b"").decode()
