"""An existing project is changed as a whole: all old or all new, whatever ends a run.

New texts are staged beside the project's own files, durably; then a journal of what is
to happen gets its name, and that is the commit. What it says is carried out at once,
or by the next run. A file that was edited in between is its owner's: it is left alone,
and the text meant for it kept in `.scaffold/not-applied`.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from hashlib import sha256
from pathlib import Path, PurePosixPath
from typing import Literal

from generator.busy import held
from generator.diagnostics import ScaffoldError
from generator.folder import Folder, Refused
from generator.interrupts import checkpoint
from generator.operations import (
    HOME,
    Change,
    Op,
    check_writable,
    checked,
    examined,
)
from generator.tree import UnsafePath

__all__ = ["Op", "Recovery", "Refused", "Unfinished", "apply", "recover"]

STAGED = HOME / "staged"
JOURNAL = HOME / "journal"
DRAFT = HOME / "journal.draft"
NOT_APPLIED = HOME / "not-applied"
MARKS = (STAGED, JOURNAL, DRAFT)
"""One of them is there where a run was interrupted."""
ABSENT = ""


class Unfinished(ScaffoldError):
    """The run got past its commit but not to its end; the next run goes on."""


class LeftAlone(ScaffoldError):
    """All is written but for files that were edited while the run was at work."""


class DamagedJournal(ScaffoldError):
    """The journal is none that was written here; nothing of it was carried out."""

    def __init__(self, reason: str) -> None:
        super().__init__(
            f"{JOURNAL}: {reason}; look at your files, then remove {JOURNAL} and"
            f" {STAGED} to go on without what it says"
        )


@dataclass(frozen=True, slots=True)
class Recovery:
    """What an interrupted run had left, and which files were edited since then."""

    outcome: Literal["clean", "forward", "back"]
    kept: tuple[PurePosixPath, ...] = ()

    def __str__(self) -> str:
        match self.outcome:
            case "clean":
                return ""
            case "back":
                return "an interrupted run had not begun to change files; tidied up"
            case "forward":
                done = "an interrupted run was carried to its end"
                return f"{done}; {_left_alone(self.kept)}" if self.kept else done


@dataclass(frozen=True, slots=True)
class Entry:
    """A row of the journal: digests before and after, and where the text is staged."""

    path: str
    before: str
    after: str
    staged: int | None
    mode: int


def apply(root: Path, ops: Sequence[Op]) -> None:
    """Make all of these changes, or none and say why."""
    with _entered(root) as folder:
        recovery = _recovered(folder)
        if recovery.kept:
            raise LeftAlone(str(recovery))
        try:
            changes = examined(folder, ops)
            if not changes:
                return
            entries = _staged(folder, changes)
            checkpoint("commit")
            _committed(folder, entries)
        except BaseException as error:
            _rolled_back(folder)
            if isinstance(error, OSError):
                raise Refused(f"nothing was written: {error}") from error
            raise
        if kept := _carried_out(folder, entries):
            raise LeftAlone(_left_alone(kept))


def recover(root: Path) -> Recovery:
    """Finish or undo what an interrupted run left; every run that writes begins so."""
    with Folder(root) as folder:
        _check_home(folder)
        if not any(folder.state(mark) for mark in MARKS):
            return Recovery("clean")
    with _entered(root) as folder:
        return _recovered(folder)


@contextmanager
def _entered(root: Path) -> Iterator[Folder]:
    """The project's folder, while no other run writes in it."""
    with Folder(root) as folder:
        _check_home(folder)
        check_writable(folder, HOME, HOME)
        folder.make(HOME)
        with held(folder):
            yield folder


def _check_home(folder: Folder) -> None:
    if folder.located(HOME) != HOME:
        raise Refused(f"{HOME} is a link; scaffold works in a folder of its own")


def _recovered(folder: Folder) -> Recovery:
    if folder.state(JOURNAL) is not None:
        return Recovery("forward", _carried_out(folder, _read(folder)))
    if folder.state(STAGED) is not None or folder.state(DRAFT) is not None:
        _rolled_back(folder)
        return Recovery("back")
    return Recovery("clean")


def _staged(folder: Folder, changes: Sequence[Change]) -> list[Entry]:
    folder.make(STAGED)
    entries = []
    for number, change in enumerate(changes):
        checkpoint("stage")
        staged, mode = None, change.mode
        if change.after is not None:
            staged = number
            exact = change.before is not None
            place = STAGED / str(number)
            mode = folder.create(place, change.after, mode, exact=exact)
        before, after = _digest(change.before), _digest(change.after)
        entries.append(Entry(str(change.path), before, after, staged, mode))
    folder.sync(STAGED)
    return entries


def _committed(folder: Folder, entries: Sequence[Entry]) -> None:
    rows = [asdict(entry) for entry in entries]
    folder.create(DRAFT, json.dumps(rows, indent=1).encode())
    folder.rename(DRAFT, JOURNAL)


def _rolled_back(folder: Folder) -> None:
    if folder.state(DRAFT) is not None:
        folder.unlink(DRAFT)
    folder.clear(STAGED)


def _carried_out(folder: Folder, entries: Sequence[Entry]) -> tuple[PurePosixPath, ...]:
    """Do what the journal says; gives the files that were edited and left alone.

    Each step may be the last of this run, and all of them the first of another.
    """
    try:
        folder.sync(HOME)
        places = [_carried(folder, entry) for entry in entries]
        _settle(folder, [place for place in places if place is not None])
        kept = [
            entry for entry, place in zip(entries, places, strict=True) if place is None
        ]
        for entry in kept:
            _keep(folder, entry)
        folder.clear(STAGED)
        folder.unlink(JOURNAL)
        folder.sync(HOME)
    except OSError as error:
        raise Unfinished(
            f"not all is written yet: {error}; the next run of scaffold goes on"
        ) from error
    return tuple(PurePosixPath(entry.path) for entry in kept)


def _carried(folder: Folder, entry: Entry) -> PurePosixPath | None:
    """Do one entry unless it is done; gives its place, or None if it was edited."""
    try:
        real = folder.located(PurePosixPath(entry.path))
        found = _digest(folder.read(real))
    except (Refused, IsADirectoryError, NotADirectoryError):
        return None
    if found == entry.after:
        state = folder.state(real)
        if state is not None and state.st_mode & 0o777 != entry.mode:
            folder.chmod(real, entry.mode)
        return real
    if found != entry.before:
        return None
    if entry.staged is None:
        folder.unlink(real)
        return real
    staged = STAGED / str(entry.staged)
    if folder.state(staged) is None:
        return None
    folder.make(real.parent)
    folder.rename(staged, real)
    return real


def _settle(folder: Folder, places: Sequence[PurePosixPath]) -> None:
    """Make the new names durable, and remove the folders that were emptied."""
    for home in dict.fromkeys(parent for place in places for parent in place.parents):
        if folder.state(home) is not None:
            folder.sync(home)
    for place in places:
        if folder.state(place) is None:
            folder.prune(place.parent)


def _keep(folder: Folder, entry: Entry) -> None:
    """Put what an edited file was to become where its owner finds it."""
    if entry.staged is None:
        return
    text = folder.read(STAGED / str(entry.staged))
    if text is not None:
        place = NOT_APPLIED / entry.path
        folder.make(place.parent)
        if folder.state(place) is not None:
            folder.unlink(place)
        folder.create(place, text)


def _read(folder: Folder) -> list[Entry]:
    """The journal of a run that was interrupted; whoever wrote it is not trusted."""
    from pydantic import TypeAdapter, ValidationError

    try:
        text = folder.read(JOURNAL) or b""
        entries = TypeAdapter(list[Entry]).validate_json(text, strict=True)
        for entry in entries:
            _check(folder, entry)
    except ValidationError as error:
        raise DamagedJournal("it is no journal of scaffold's") from error
    except (Refused, UnsafePath, OSError) as error:
        raise DamagedJournal(str(error)) from error
    return entries


def _check(folder: Folder, entry: Entry) -> None:
    checked(entry.path)
    if not 0 <= entry.mode <= 0o777:
        raise Refused(f"{entry.path}: no mode of a file")
    if (entry.staged is None) != (entry.after == ABSENT):
        raise Refused(f"{entry.path}: neither written nor deleted")
    if entry.staged is not None:
        text = folder.read(STAGED / str(entry.staged))
        if text is not None and _digest(text) != entry.after:
            raise Refused(f"{entry.path}: the text that is staged is another one")


def _digest(text: bytes | None) -> str:
    return ABSENT if text is None else sha256(text).hexdigest()


def _left_alone(kept: Sequence[PurePosixPath]) -> str:
    paths = ", ".join(map(str, kept))
    return f"edited meanwhile and left alone: {paths}; see {NOT_APPLIED}"
