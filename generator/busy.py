"""One run at a time writes in a project."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import PurePosixPath

from generator.diagnostics import ScaffoldError
from generator.folder import Folder
from generator.interrupts import interruptible

PLACE = PurePosixPath(".scaffold/busy")
PATIENCE = 10.0
PAUSE = 0.05


class Busy(ScaffoldError):
    """Another run works in the project, and goes on doing so."""


@contextmanager
def held(folder: Folder) -> Iterator[None]:
    """Wait for other runs to end, and keep the next from starting.

    The file stays: to delete it would let a third run in beside the second. The system
    lets go of it when a run ends, however it ends.
    """
    number = folder.open_shared(PLACE)
    try:
        end = time.monotonic() + PATIENCE
        while not _taken(number):
            if time.monotonic() > end:
                raise Busy(
                    "another run of scaffold is writing in this project;"
                    " nothing was written; try again when it has ended"
                )
            with interruptible():
                time.sleep(PAUSE)
        yield
    finally:
        os.close(number)


if sys.platform == "win32":
    import msvcrt

    def _taken(number: int) -> bool:
        try:
            msvcrt.locking(number, msvcrt.LK_NBLCK, 1)
        except OSError:
            return False
        return True

else:
    import fcntl

    def _taken(number: int) -> bool:
        try:
            fcntl.flock(number, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True
