"""The only side effect: put a tree into an absent or empty folder, all or nothing.

Files are staged beside the place they will have, on the same file system, and moved
there at the end. An absent folder appears by one rename. Into an empty folder, which
stays the folder it is, the top entries are moved one after the other, and moved back if
one cannot be.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Protocol, Self

from generator.interrupts import checkpoint
from generator.places import blueprints, templates
from generator.sources import WrongUsage
from generator.tree import File, Tree, put

STAGE = ".scaffold-stage-"


class Unfit(WrongUsage):
    """The folder cannot take a new project; nothing was written."""


@dataclass(frozen=True, slots=True)
class Place:
    """A fit folder: `project` is absent or empty, `home` is where it grows from.

    `home` is the nearest folder that exists: the project's own, or one above it.
    """

    project: Path
    home: Path


class Sink(Protocol):
    """What takes the files of a plan, in order, and makes them real at the end."""

    def __enter__(self) -> Self: ...

    def __exit__(self, *error: object) -> None: ...

    def put(self, path: PurePosixPath, file: File) -> None:
        """Take one file."""

    def commit(self) -> None:
        """Make all of them real."""


class Paper:
    """The sink of a dry run: nothing becomes real."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        return

    def put(self, path: PurePosixPath, file: File) -> None:
        """Take one file, and leave it at that."""

    def commit(self) -> None:
        """Make nothing real."""


class Disk:
    """The sink that writes: stages everything, then moves it into place."""

    def __init__(self, place: Place) -> None:
        self._place = place

    def __enter__(self) -> Self:
        home = self._place.home
        try:
            self._stage = Path(tempfile.mkdtemp(prefix=STAGE, dir=home))
        except OSError as error:
            raise Unfit(f"{home} cannot be written: {error.strerror}") from error
        return self

    def __exit__(self, *error: object) -> None:
        shutil.rmtree(self._stage, ignore_errors=True)

    def put(self, path: PurePosixPath, file: File) -> None:
        """Stage one file."""
        put(self._stage / self._place.project.relative_to(self._place.home), path, file)

    def commit(self) -> None:
        """Move what was staged into place; if one part cannot be, no part is."""
        moved: list[tuple[Path, Path]] = []
        try:
            for staged in sorted(self._stage.iterdir()):
                real = self._place.home / staged.name
                if os.path.lexists(real):
                    raise Unfit(f"{real} appeared meanwhile")
                staged.rename(real)
                moved.append((staged, real))
        except BaseException:
            for staged, real in reversed(moved):
                real.rename(staged)
            raise


def apply(tree: Tree, sink: Sink) -> None:
    """Hand every file of a tree to the sink, and commit."""
    with sink:
        for path, file in tree.items():
            checkpoint("write")
            sink.put(path, file)
        checkpoint("commit")
        sink.commit()


def fit(folder: Path) -> Place:
    """The place for a new project; whatever is no absent or empty folder is `Unfit`."""
    if folder.is_symlink():
        raise Unfit(f"{folder} is a link; name the folder itself")
    project = folder.resolve()
    for own in (templates("").resolve(), blueprints().resolve()):
        if project.is_relative_to(own):
            raise Unfit(f"{folder} lies inside scaffold's own {own.name}")
    home = next(path for path in (project, *project.parents) if os.path.lexists(path))
    try:
        if home == project and any(project.iterdir()):
            raise Unfit(f"{folder} is not empty; name a new or an empty folder")
        if not home.is_dir():
            raise Unfit(f"{home} is a file, not a folder")
    except NotADirectoryError:
        raise Unfit(f"{home} is a file, not a folder") from None
    except OSError as error:
        raise Unfit(f"{home} cannot be read: {error.strerror}") from error
    return Place(project, home)
