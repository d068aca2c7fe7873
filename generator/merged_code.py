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


def own(project: Project) -> Texts:
    """The Python that nobody generates, but for the lists that every domain stands in.

    It is never written; what it uses may have got another name, or be gone.
    """
    contents = {
        path: project.read(path) or b""
        for path in project.code()
        if path not in project.base and kind_of(str(path)) is not Kind.SHARED
    }
    return {path: text.decode(errors="replace") for path, text in contents.items()}


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


@dataclass(frozen=True, slots=True)
class Step:
    """All generated files, as they were and as they are now, and the renames between.

    A name that only moved is not lost.
    """

    base: Texts
    new: Texts
    renames: Mapping[str, str]

    def lost(self, yours: Texts) -> Iterator[tuple[PurePosixPath, Note]]:
        """What rows of people's use and the blueprint renamed, or took away."""
        for path, found in merging.lost_names(self.base, self.new, yours).items():
            for row, name in found:
                now = self.renames.get(name)
                became = f"is {now} now" if now else "is no longer generated"
                said = f"{name}, which your line uses, {became}"
                yield path, Note("", said, suspect=True, line=row)


def suspected(
    changes: Sequence[Change], style: OwnStyle, step: Step, own: Texts
) -> list[Change]:
    """What merged clean or is yours, and may still be wrong, said beside the file."""
    merged = {e.path: _text(e.after) for e in changes if e.is_merged_code}
    edited = {e.path: _text(e.after) for e in changes if e.is_edited_code}
    yours = {**own, **edited, **merged}
    said: dict[PurePosixPath, list[Note]] = {path: [] for path in yours}
    for path, row, message in style.suspicions(merged):
        said[path].append(Note("", message, suspect=True, line=row))
    for path, note in step.lost(yours):
        said[path].append(note)
    found = [_told(each, said.pop(each.path, [])) for each in changes]
    others = {path: notes for path, notes in said.items() if notes}
    return [*found, *(_told(_yours(path, own), others[path]) for path in others)]


def _yours(path: PurePosixPath, own: Texts) -> Change:
    return kept(path, own[path].encode(), State.IN_STEP)


def _told(change: Change, notes: Sequence[Note]) -> Change:
    if not notes:
        return change
    reason = "yours" if change.state is State.IN_STEP else change.reason
    notes = (*change.notes, *notes)
    return replace(change, reason=reason, notes=notes, quiet=False)


def _text(content: bytes | None) -> str:
    return (content or b"").decode()
