"""What a run changes in a project, and why: nothing of it is done yet."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum
from pathlib import PurePosixPath
from typing import NamedTuple

from generator import merge as merging
from generator.diagnostics import Diagnostic
from generator.journal import Op
from generator.merge import Conflict, Merged, Note
from generator.tree import File

BESIDE = ".new"
MARKER = re.compile(rb"^<{7} ", re.MULTILINE)
"""Where a conflict begins that git or a merge has left."""


class State(Enum):
    """How a file of the project stands to the blueprint."""

    IN_STEP = "in step"
    EDITED = "edited by you"
    NEWER = "behind"
    BOTH = "edited by you, and behind"
    MISSING = "missing"
    MARKERS = "to be settled"
    MOVED = "to be carried over"
    UNLISTED = "a domain is not in this list"

    @property
    def is_drift(self) -> bool:
        """Whether the project does not follow its blueprint there."""
        return self not in (State.IN_STEP, State.EDITED)


class Definition(NamedTuple):
    """A class, a function or a name of a module, by its qualified name."""

    path: PurePosixPath
    name: str

    def __str__(self) -> str:
        return f"{self.path}::{self.name}"


@dataclass(frozen=True, slots=True)
class Change:
    """What becomes of one file; `before` and `after` are its contents, None: no file.

    `former` is where it stood before a rename, with `source` as its content there.
    `beside` is a generated text that gets a file of its own, for it could not be
    merged. `paste` are lines that a person has to put in. What is `lost` was changed by
    the generator and does not stand where it did. A `quiet` change is not worth a line.
    """

    verb: str
    path: PurePosixPath
    reason: str
    state: State
    before: bytes | None = None
    after: bytes | None = None
    conflicts: tuple[Conflict, ...] = ()
    notes: tuple[Note, ...] = ()
    paste: tuple[str, ...] = ()
    former: PurePosixPath | None = None
    source: bytes | None = None
    beside: bytes | None = None
    lost: Definition | None = None
    executable: bool = False
    quiet: bool = False

    @property
    def ops(self) -> Iterator[Op]:
        """What is to be done on disk."""
        if self.former is not None:
            yield Op(self.former, None, self.source)
        if self.after != self.before:
            text = None if self.after is None else self.after.decode()
            yield Op(self.path, text, self.before, self.executable or None)

    @property
    def is_merge(self) -> bool:
        """Whether a file that somebody edited becomes another one."""
        return self.state is State.BOTH and self.before not in (None, self.after)

    @property
    def is_settled(self) -> bool:
        """Whether nothing is left for a person to do there."""
        return not self.conflicts and not self.paste

    @property
    def is_merged_code(self) -> bool:
        """Whether it is Python that both sides had a part in, and that merged clean."""
        both = self.state is State.BOTH and self.is_settled
        return both and self.path.suffix == ".py" and self.after is not None

    @property
    def is_edited_code(self) -> bool:
        """Whether it is Python that somebody edited, and that no change has reached."""
        return self.state is State.EDITED and self.path.suffix == ".py"

    @property
    def suspects(self) -> int:
        """How many places in it may be wrong, although nothing clashed."""
        return sum(note.suspect for note in self.notes)


@dataclass(frozen=True, slots=True)
class Plan:
    """All that a run would do, and what it warns of."""

    changes: tuple[Change, ...]
    warnings: tuple[Diagnostic, ...] = ()
    newer: str = "the blueprint is newer"
    """Why what is generated now may be another than before."""

    @property
    def ops(self) -> tuple[Op, ...]:
        """What is to be done on disk."""
        return tuple(op for change in self.changes for op in change.ops)

    @property
    def drift(self) -> tuple[Change, ...]:
        """Where the project does not follow its blueprint."""
        return tuple(change for change in self.changes if change.state.is_drift)

    @property
    def told(self) -> tuple[Change, ...]:
        """The changes that are worth a line."""
        return tuple(change for change in self.changes if not change.quiet)

    @property
    def unsettled(self) -> tuple[Change, ...]:
        """Where a person has to decide or to do something."""
        return tuple(change for change in self.changes if not change.is_settled)


def beside(path: PurePosixPath) -> PurePosixPath:
    """Where the generated text of a file goes that cannot be merged."""
    return path.with_name(f"{path.name}{BESIDE}")


def created(path: PurePosixPath, file: File, reason: str) -> Change:
    """A file that is not there yet."""
    after = file.text.encode()
    state, runs = State.NEWER, file.executable
    return Change("create", path, reason, state, None, after, executable=runs)


def kept(path: PurePosixPath, content: bytes, state: State) -> Change:
    """A file that stays as it is."""
    return Change("keep", path, state.value, state, content, content, quiet=True)


def waiting(
    path: PurePosixPath, content: bytes, reason: str, lines: list[int]
) -> Change:
    """A file that is left as it is until a person has settled it."""
    conflicts = tuple(Conflict(line, "", "still to be settled") for line in lines)
    state = State.MARKERS
    return Change("conflict", path, reason, state, content, content, conflicts)


def marked(path: PurePosixPath, content: bytes) -> Change:
    """A file that is left as it is until its conflict markers are settled."""
    lines = merging.has_markers(content.decode(errors="replace"))
    reason = "left as it is until its conflict markers are settled"
    return waiting(path, content, reason, lines or [1])


def unmergeable(path: PurePosixPath, content: bytes, new: str, reason: str) -> Change:
    """A file that stays as it is, with what is generated beside it."""
    said = f"{reason}; what is generated is in {beside(path).name}"
    return Change(
        "conflict",
        path,
        reason,
        State.BOTH,
        content,
        content,
        (Conflict(1, "", said),),
        beside=new.encode(),
    )


def no_longer(path: PurePosixPath, base: str, yours: str, content: bytes) -> Change:
    """A file that nothing generates any more."""
    if merging.same(path, base, yours):
        reason = "no longer generated"
        return Change("delete", path, reason, State.NEWER, content, None)
    reason = "no longer generated, edited by you"
    return Change("keep", path, reason, State.NEWER, content, content)


def written(
    path: PurePosixPath, state: State, content: bytes, merged: Merged, file: File
) -> Change:
    """A file that gets another text, of which both sides may have a part."""
    if merged.beside is not None:
        reason = merged.conflicts[0].reason if merged.conflicts else "cannot be merged"
        return unmergeable(path, content, merged.beside, reason)
    verb, reason = "update", file.origin
    if merged.conflicts:
        verb, reason = "conflict", "both changed it"
    elif state is State.BOTH:
        verb, reason = "merge", f"{file.origin}, with your edits"
    return Change(
        verb,
        path,
        reason,
        state,
        content,
        merged.text.encode(),
        merged.conflicts,
        merged.notes,
        executable=file.executable,
    )
