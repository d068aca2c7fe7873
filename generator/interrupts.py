"""Signals end a run only where it says so: clean-up is never cut short.

Inside `watched()` a signal is noted. It is raised as `Interrupted` at once where the
run is `interruptible()`, else at the next such place. After it was raised no further
signal is, so that whatever `finally` holds runs to its end.
"""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

SIGNALS = tuple(
    getattr(signal, name)
    for name in ("SIGINT", "SIGTERM", "SIGHUP")
    if hasattr(signal, name)
)


class Interrupted(BaseException):
    """A signal asked the run to end."""

    def __init__(self, number: int, phase: str) -> None:
        super().__init__(f"{signal.Signals(number).name} in phase {phase!r}")
        self.number = number
        self.phase = phase

    @property
    def exit_code(self) -> int:
        """What a shell expects: 130 for Ctrl-C, 143 for SIGTERM."""
        return 128 + self.number


class _Watch:
    """The one record of what was asked and of what is allowed now."""

    def __init__(self) -> None:
        self.phase = "start"
        self.noted: int | None = None
        self.open = False
        self.raised = False

    def note(self, number: int, _frame: FrameType | None) -> None:
        self.noted = self.noted or number
        if self.open:
            self.check()

    def check(self) -> None:
        if self.noted is not None and not self.raised:
            self.raised = True
            self.open = False
            raise Interrupted(self.noted, self.phase)


_watch = _Watch()


@contextmanager
def watched() -> Iterator[None]:
    """Take over the signals that end a run, unless ignored; for the main program."""
    global _watch
    _watch = _Watch()
    before = {number: signal.getsignal(number) for number in SIGNALS}
    heard = [number for number in SIGNALS if before[number] is not signal.SIG_IGN]
    for number in heard:
        signal.signal(number, _watch.note)
    try:
        yield
    finally:
        for number in heard:
            signal.signal(number, before[number])
        _watch = _Watch()


@contextmanager
def interruptible() -> Iterator[None]:
    """A stretch that a signal may end anywhere: waiting, or work on scratch."""
    watch = _watch
    outer, watch.open = watch.open, not watch.raised
    try:
        watch.check()
        yield
    finally:
        watch.open = outer
    watch.check()


def checkpoint(phase: str) -> None:
    """Begin a phase of the run; a signal that was noted before ends the run here."""
    _watch.phase = phase
    _watch.check()
