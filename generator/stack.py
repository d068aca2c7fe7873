"""A generated service, running on its embedded stack as a child of ours."""

from __future__ import annotations

import contextlib
import ctypes
import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from queue import Empty, Queue
from threading import Thread

from generator.diagnostics import ScaffoldError
from generator.interrupts import interruptible

PR_SET_PDEATHSIG = 1
SECONDS_TO_START = 180
SECONDS_TO_STOP = 30
LAST_WORDS = 15
LOG = Path(".dev/demo.log")

Announcement = Mapping[str, object]


class StackFailed(ScaffoldError):
    """The service could not be started, or ended by itself."""


class Stack:
    """The service in a folder: `with` starts it, and nothing of it is left after."""

    def __init__(self, folder: Path, held: int) -> None:
        self._folder = folder
        self._held = held
        self._heard: Queue[Announcement | None] = Queue()

    def __enter__(self) -> Stack:
        (self._folder / LOG).parent.mkdir(exist_ok=True)
        with (self._folder / LOG).open("wb") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "app.dev", "--announce", "--port", "0"],
                cwd=self._folder,
                env=_environment(),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=log,
                pass_fds=[self._held],
                start_new_session=True,
                preexec_fn=_follow_parent(),
            )
        Thread(target=self._listen, daemon=True).start()
        return self

    def __exit__(self, *error: object) -> None:
        """Ask it to stop, wait, and end whatever is left of its group."""
        self._process.terminate()
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(SECONDS_TO_STOP)
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()

    def announcements(self) -> Iterator[Announcement]:
        """What it tells while it starts, up to `ready`."""
        while True:
            announcement = self._next(SECONDS_TO_START)
            yield announcement
            if announcement["phase"] == "ready":
                return

    def wait(self) -> None:
        """Stay until it ends by itself, which it should not."""
        while True:
            self._next(None)

    def token(self, role: str, subject: str) -> str:
        """A development token from the service's own command."""
        options = ["token", "--role", role, "--subject", subject]
        line = [sys.executable, "-m", "app", "--environment", ".dev/environment"]
        with interruptible():
            done = subprocess.run(
                [*line, *options],
                cwd=self._folder,
                env=_environment(),
                capture_output=True,
                text=True,
            )
        if done.returncode:
            raise StackFailed(f"no token for {role}:\n{done.stderr}")
        return done.stdout.strip()

    def last_words(self) -> str:
        """The end of its log."""
        lines = (self._folder / LOG).read_text(errors="replace").splitlines()
        return "\n".join(lines[-LAST_WORDS:])

    def _listen(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            self._heard.put(json.loads(line))
        self._heard.put(None)

    def _next(self, seconds: float | None) -> Announcement:
        try:
            with interruptible():
                announcement = self._heard.get(timeout=seconds)
        except Empty:
            reason = f"nothing was heard for {seconds:.0f} seconds"
            raise self._failed(reason) from None
        if announcement is None:
            raise self._failed("it ended")
        if announcement["phase"] == "failed":
            raise self._failed(str(announcement["reason"]))
        return announcement

    def _failed(self, reason: str) -> StackFailed:
        return StackFailed(f"the service failed: {reason}\n{self.last_words()}")


def _environment() -> dict[str, str]:
    """Ours, without what would make the service something else than it is."""
    settings = ("BUS", "CACHE", "DATABASE", "HTTP", "METRICS", "SECURITY", "SERVICE")
    foreign = ("PYTHONPATH", "WORKER_", *(f"{each}_" for each in settings))
    return {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(foreign)
    }


def _follow_parent() -> Callable[[], None] | None:
    """What the child does first, so that Linux ends it when we are killed."""
    if sys.platform != "linux":
        return None
    prctl = ctypes.CDLL(None).prctl
    parent = os.getpid()

    def follow() -> None:
        prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
        if os.getppid() != parent:
            os._exit(1)

    return follow
