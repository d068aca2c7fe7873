"""The folder of the demo: ours to replace, unless somebody has worked in it.

A marker file lists what was written. A folder without one is not ours; one in which a
listed file reads differently holds somebody's work; one whose marker is locked has a
demo running in it.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import IO

from generator.tree import File, Tree
from generator.write import Disk, Unfit, apply, fit

MARKER = PurePosixPath(".scaffold-demo")
FORMER = ".scaffold-former-"


def check(folder: Path) -> None:
    """Refuse a folder that is neither absent, nor empty, nor an untouched demo."""
    if not _is_former(folder):
        fit(folder)
        return
    with claimed(folder):
        _must_be_untouched(folder)


def write(tree: Tree, folder: Path) -> None:
    """Write the demo into a folder, in place of a former one if there is one."""
    listing = "".join(
        f"{_digest(file.text.encode())}  {path}\n" for path, file in tree.items()
    )
    marked = tree | Tree([(MARKER, File(listing, origin="demo"))])
    if not _is_former(folder):
        apply(marked, Disk(fit(folder)))
        return
    with claimed(folder):
        _must_be_untouched(folder)
        with _set_aside(folder.resolve()):
            apply(marked, Disk(fit(folder)))


@contextmanager
def claimed(folder: Path) -> Iterator[IO[str]]:
    """Hold the folder; whoever inherits the open file holds it too."""
    with (folder / MARKER).open() as marker:
        try:
            fcntl.flock(marker, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise Unfit(f"a demo is running in {folder}; stop that one first") from None
        yield marker


def _is_former(folder: Path) -> bool:
    return (folder / MARKER).is_file() and not folder.is_symlink()


def _must_be_untouched(folder: Path) -> None:
    for line in (folder / MARKER).read_text().splitlines():
        digest, _, name = line.partition("  ")
        file = folder / name
        if file.is_file() and _digest(file.read_bytes()) != digest:
            raise Unfit(
                f"{file} was edited since the demo wrote it, and would be lost:"
                f" rename {folder}, or give the demo another folder"
            )


@contextmanager
def _set_aside(folder: Path) -> Iterator[None]:
    """Move the folder out of the way, and back if what follows fails."""
    if Path.cwd().is_relative_to(folder):
        raise Unfit(f"{folder} will be replaced; call the demo from outside of it")
    aside = Path(tempfile.mkdtemp(prefix=FORMER, dir=folder.parent))
    try:
        former = folder.rename(aside / folder.name)
        try:
            yield
        except BaseException:
            former.rename(folder)
            raise
    finally:
        with contextlib.suppress(OSError):
            shutil.rmtree(aside)


def _digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()
