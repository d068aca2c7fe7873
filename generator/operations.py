"""What a run wants changed in an existing project, and whether it may be."""

from __future__ import annotations

import os
import stat
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath

from generator.folder import Folder, Refused
from generator.tree import folded, inside

HOME = PurePosixPath(".scaffold")
OWN = frozenset({"busy", "staged", "journal", "journal.draft", "not-applied"})


@dataclass(frozen=True, slots=True)
class Op:
    """One file to write, or to delete: `text` None.

    `seen` is what the plan was made from, byte for byte; None: there was no file.
    `executable` None keeps what the file has.
    """

    path: PurePosixPath
    text: str | None
    seen: str | bytes | None
    executable: bool | None = None


@dataclass(frozen=True, slots=True)
class Change:
    """An op that was examined and changes something: the bytes before and after.

    What was a file before gets this very mode, of a new file the system takes its mask.
    """

    path: PurePosixPath
    before: bytes | None
    after: bytes | None
    mode: int


def examined(folder: Folder, ops: Sequence[Op]) -> list[Change]:
    """The changes that these ops come to; `Refused` if one of them must not be made.

    Everything is looked at before anything is written, and nothing is written here.
    """
    listings = _Listings(folder)
    _check_together([op.path for op in ops])
    return [
        change for op in ops if (change := _examined(folder, listings, op)) is not None
    ]


def checked(path: PurePosixPath | str) -> PurePosixPath:
    """The path, if a file of the project may have it."""
    safe = inside(str(path))
    head, *below = (folded(PurePosixPath(part)) for part in safe.parts)
    if head == str(HOME) and (not below or below[0] in OWN):
        raise Refused(f"{safe}: this is where scaffold works")
    return safe


def _check_together(paths: Sequence[PurePosixPath]) -> None:
    taken: dict[str, PurePosixPath] = {}
    for path in map(checked, paths):
        rival = taken.setdefault(folded(path), path)
        if rival is not path:
            raise Refused(f"{path}: wanted twice, the other time as {rival}")
    for path in taken.values():
        for parent in path.parents:
            if folded(parent) in taken:
                raise Refused(f"{parent}: wanted as a file, and as a folder of {path}")


def _examined(folder: Folder, listings: _Listings, op: Op) -> Change | None:
    if op.text is not None:
        listings.check(op.path)
    real = folder.located(op.path)
    try:
        state = folder.state(real)
    except NotADirectoryError:
        raise Refused(f"{op.path}: a folder above it is a file") from None
    if state is not None and not stat.S_ISREG(state.st_mode):
        raise Refused(f"{op.path}: not a plain file")
    before = folder.read(real)
    seen = op.seen.encode() if isinstance(op.seen, str) else op.seen
    if before != seen:
        raise Refused(f"{op.path}: changed since the plan was made; run again")
    after = None if op.text is None else op.text.encode()
    mode = _mode(op, state)
    if before == after and (state is None or mode == state.st_mode & 0o777):
        return None
    if state is not None and not state.st_mode & stat.S_IWUSR:
        raise Refused(f"{op.path}: read-only")
    check_writable(folder, op.path, real.parent)
    return Change(op.path, before, after, mode)


def check_writable(folder: Folder, path: PurePosixPath, home: PurePosixPath) -> None:
    """Refuse where the nearest folder that exists takes no new names.

    The mode is asked as well as the system: to root everything is writable, and to
    write where the owner forbade it is not what they asked for.
    """
    while (state := folder.state(home) if home.parts else None) is None and home.parts:
        home = home.parent
    place = folder.root / home
    bits = (state or os.stat(place)).st_mode
    if not stat.S_ISDIR(bits):
        raise Refused(f"{path}: {home} is a file, not a folder")
    if not bits & stat.S_IWUSR or not os.access(place, os.W_OK | os.X_OK):
        raise Refused(f"{path}: the folder {place} is read-only")


def _mode(op: Op, state: os.stat_result | None) -> int:
    if state is None:
        return 0o777 if op.executable else 0o666
    mode = state.st_mode & 0o777
    if op.executable is None:
        return mode
    return mode | (mode & 0o444) >> 2 if op.executable else mode & ~0o111


class _Listings:
    """The names in folders, each folder read once."""

    def __init__(self, folder: Folder) -> None:
        self._folder = folder
        self._known: dict[PurePosixPath, dict[str, list[str]]] = {}

    def check(self, path: PurePosixPath) -> None:
        """Refuse a path that differs from one on disk in case or accents alone."""
        for place in (*reversed(path.parents), path):
            if place.parts:
                twins = self._of(place.parent).get(folded(PurePosixPath(place.name)))
                if twins is None:
                    return
                if place.name not in twins:
                    raise Refused(
                        f"{path}: the project has {place.parent / twins[0]}, which is"
                        " the same on some systems"
                    )

    def _of(self, home: PurePosixPath) -> dict[str, list[str]]:
        if home not in self._known:
            found: dict[str, list[str]] = {}
            for name in self._folder.names(home):
                found.setdefault(folded(PurePosixPath(name)), []).append(name)
            self._known[home] = found
        return self._known[home]
