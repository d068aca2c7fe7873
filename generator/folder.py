"""A project's folder, held open: what is done in it cannot be led out of it.

Where the system can, every step from folder to folder is opened without following
links, so that a link put in the way in the last instant is an error and no way out.
"""

from __future__ import annotations

import errno
import os
import shutil
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import Self

from generator.diagnostics import ScaffoldError

HELD = os.open in os.supports_dir_fd
NO_LINK = getattr(os, "O_NOFOLLOW", 0)
STEP = os.O_RDONLY | getattr(os, "O_DIRECTORY", 0) | NO_LINK
BINARY = getattr(os, "O_BINARY", 0)
CACHE = "__pycache__"


class Refused(ScaffoldError):
    """A change that must not be made; nothing was written."""


class Folder:
    """The folder of one project; paths are relative to it and hold no links."""

    def __init__(self, root: Path) -> None:
        self.root = Path(os.path.realpath(root))
        self._held: int | None = None

    def __enter__(self) -> Self:
        if HELD:
            self._held = os.open(self.root, STEP)
        return self

    def __exit__(self, *error: object) -> None:
        if self._held is not None:
            os.close(self._held)

    def located(self, path: PurePosixPath) -> PurePosixPath:
        """Where a path leads when its links are followed; never out of the folder."""
        real = Path(os.path.realpath(self.root / path))
        if not real.is_relative_to(self.root):
            raise Refused(f"{path}: a link leads out of the project, to {real}")
        return PurePosixPath(real.relative_to(self.root).as_posix())

    def state(self, path: PurePosixPath) -> os.stat_result | None:
        """What lies there; None for nothing."""
        try:
            with self._at(path) as (name, held):
                return os.stat(name, dir_fd=held, follow_symlinks=False)
        except FileNotFoundError:
            return None

    def read(self, path: PurePosixPath) -> bytes | None:
        """The bytes of a plain file; None if there is nothing."""
        try:
            with self._at(path) as (name, held):
                number = os.open(name, os.O_RDONLY | BINARY | NO_LINK, dir_fd=held)
        except FileNotFoundError:
            return None
        with open(number, "rb") as file:
            return file.read()

    def names(self, path: PurePosixPath) -> list[str]:
        """What a folder holds; nothing if it is not there."""
        try:
            return os.listdir(self.root / path)
        except (FileNotFoundError, NotADirectoryError):
            return []

    def create(
        self,
        path: PurePosixPath,
        data: bytes,
        mode: int = 0o666,
        *,
        exact: bool = False,
    ) -> int:
        """Write a new file to the last byte, durably; gives the mode that it has.

        The system takes its mask off the mode, unless it is to be `exact`.
        """
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | BINARY | NO_LINK
        with self._at(path) as (name, held):
            number = os.open(name, flags, mode, dir_fd=held)
            try:
                rest = memoryview(data)
                while rest:
                    rest = rest[os.write(number, rest) :]
                if exact and os.name == "posix":
                    os.fchmod(number, mode)
                os.fsync(number)
                return stat.S_IMODE(os.fstat(number).st_mode)
            finally:
                os.close(number)

    def open_shared(self, path: PurePosixPath) -> int:
        """A file that all runs open, made if it is not there."""
        with self._at(path) as (name, held):
            flags = os.O_RDWR | os.O_CREAT | NO_LINK
            return os.open(name, flags, 0o666, dir_fd=held)

    def rename(self, old: PurePosixPath, new: PurePosixPath) -> None:
        """Move a file, in place of what is there."""
        with self._at(old) as (source, left), self._at(new) as (target, right):
            os.replace(source, target, src_dir_fd=left, dst_dir_fd=right)

    def chmod(self, path: PurePosixPath, mode: int) -> None:
        """Change the mode of a plain file."""
        with self._at(path) as (name, held):
            number = os.open(name, os.O_RDONLY | NO_LINK, dir_fd=held)
            try:
                os.fchmod(number, mode)
            finally:
                os.close(number)

    def unlink(self, path: PurePosixPath) -> None:
        """Remove a file."""
        with self._at(path) as (name, held):
            os.unlink(name, dir_fd=held)

    def make(self, path: PurePosixPath) -> list[PurePosixPath]:
        """Make a folder and those above it; gives those that have a new one in them."""
        grown = []
        for folder in (*reversed(path.parents), path):
            if folder.parts and self.state(folder) is None:
                with self._at(folder) as (name, held):
                    os.mkdir(name, dir_fd=held)
                grown.append(folder.parent)
        return grown

    def prune(self, path: PurePosixPath) -> None:
        """Remove a folder that holds nothing but what Python cached, and so upwards."""
        while path.parts and self.state(path) is not None:
            names = self.names(path)
            if set(names) - {CACHE}:
                return
            if names:
                state = self.state(path / CACHE)
                if state is None or not stat.S_ISDIR(state.st_mode):
                    return
                self.clear(path / CACHE)
            try:
                with self._at(path) as (name, held):
                    os.rmdir(name, dir_fd=held)
            except OSError as error:
                if error.errno in (errno.ENOTEMPTY, errno.EEXIST):
                    return
                raise
            path = path.parent

    def clear(self, path: PurePosixPath) -> None:
        """Remove a folder with all it holds, if it is there."""
        if self.state(path) is not None:
            with self._at(path) as (name, held):
                shutil.rmtree(name, dir_fd=held)

    def sync(self, path: PurePosixPath) -> None:
        """Make the names in a folder durable, where the system can."""
        if self._held is not None:
            with self._at(path / "_") as (_, held):
                assert held is not None
                os.fsync(held)

    @contextmanager
    def _at(self, path: PurePosixPath) -> Iterator[tuple[str, int | None]]:
        """The name to use, and the open folder in which it counts."""
        if self._held is None:
            yield str(self.root / path), None
            return
        held = os.dup(self._held)
        try:
            for part in path.parts[:-1]:
                below = os.open(part, STEP, dir_fd=held)
                os.close(held)
                held = below
            yield path.name or ".", held
        finally:
            os.close(held)
