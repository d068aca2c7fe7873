"""Commands of ours as processes, and what they leave behind."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO
from uuid import uuid4

import psutil

MARK = "SCAFFOLD_TEST_RUN"
SECONDS_TO_END = 60

# Sends itself a signal as it enters a phase, for the n-th time.
DRIVER = """
import os, sys
from generator import interrupts

phase, count, number = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
del sys.argv[1:4]
enter = interrupts.checkpoint

def checkpoint(name):
    global count
    if name == phase:
        count -= 1
        if count == 0:
            os.kill(os.getpid(), number)
    enter(name)

interrupts.checkpoint = checkpoint
from generator.__main__ import main
main()
"""

# Writes down every phase that it enters.
RECORDER = """
import sys
from generator import interrupts

record = open(sys.argv.pop(1), "w")
enter = interrupts.checkpoint

def checkpoint(name):
    print(name, file=record, flush=True)
    enter(name)

interrupts.checkpoint = checkpoint
from generator.__main__ import main
main()
"""


class Run:
    """One run of a command, and all processes that come of it."""

    def __init__(
        self, arguments: list[str], cwd: Path, stdout: int | IO[str], mark: str
    ) -> None:
        self._mark = mark
        self.process = subprocess.Popen(
            [sys.executable, *arguments],
            cwd=cwd,
            env={**os.environ, MARK: mark},
            stdout=stdout,
            stderr=subprocess.PIPE,
            text=True,
        )

    def outcome(self) -> tuple[int, str]:
        """Its exit code and what it said on standard error."""
        _, said = self.process.communicate(timeout=SECONDS_TO_END)
        return self.process.returncode, said

    def relatives(self) -> list[psutil.Process]:
        """Every living process that came of it, itself included."""
        return [one for one in psutil.process_iter() if _carries(one, self._mark)]


@contextmanager
def running(
    *arguments: str, cwd: Path, stdout: int | IO[str] = subprocess.DEVNULL
) -> Iterator[Run]:
    """Run a command; whatever a failed test would leave of it is ended."""
    run = Run(list(arguments), cwd, stdout, uuid4().hex)
    try:
        yield run
    finally:
        for one in run.relatives():
            with suppress(psutil.NoSuchProcess):  # it may end by itself just now
                one.kill()
        run.process.wait()


def phases(record: Path, cwd: Path, *arguments: str) -> list[str]:
    """The phases of a run that nothing interrupts, each once."""
    with running("-c", RECORDER, str(record), *arguments, cwd=cwd) as run:
        code, said = run.outcome()
        assert code == 0, said
    return list(dict.fromkeys(record.read_text().splitlines()))


def _carries(process: psutil.Process, mark: str) -> bool:
    try:
        environment: Mapping[str, str] = process.environ()
        alive = process.status() != psutil.STATUS_ZOMBIE
    except psutil.Error:
        return False
    return alive and environment.get(MARK) == mark
