"""On a terminal a project is asked for, with few questions; elsewhere nobody is."""

from __future__ import annotations

import errno
import fcntl
import os
import pty
import select
import signal
import subprocess
import sys
import termios
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from generator import starter, trial
from tests.tool.folders import contents

ROOT = Path(__file__).parents[2]
COMMAND = [sys.executable, "-m", "generator", "new-project"]
ENV = {"PYTHONPATH": str(ROOT), "TERM": "dumb"}
SECONDS = 120


class Terminal:
    """A person at a terminal: reads until something is said, and types."""

    def __init__(self, child: subprocess.Popen[bytes], side: int) -> None:
        self.child = child
        self.side = side
        self.said = ""

    def until(self, words: str) -> None:
        """Read until the words were said."""
        assert self._read(lambda: words in self.said), f"no {words!r} in:\n{self.said}"
        self.said = self.said.partition(words)[2]

    def type(self, text: str) -> None:
        """Type, as keys are pressed."""
        os.write(self.side, text.encode())

    def ends(self) -> int:
        """Read to the end; the exit code."""
        self._read(lambda: False)
        return self.child.wait(SECONDS)

    def leaves(self, key: str) -> int:
        """Press a key until that ends it; the exit code.

        A signal that comes in the instant before a line is waited for is only seen
        with the next key.
        """
        while self.child.poll() is None:
            self.type(key)
            with suppress(subprocess.TimeoutExpired):
                self.child.wait(1)
        return self.ends()

    def _read(self, enough: Callable[[], bool]) -> bool:
        end = time.monotonic() + SECONDS
        while not enough():
            ready, _, _ = select.select([self.side], [], [], end - time.monotonic())
            assert ready, f"nothing was said any more after:\n{self.said}"
            try:
                data = os.read(self.side, 65536)
            except OSError as error:
                assert error.errno == errno.EIO
                return False
            if not data:
                return False
            self.said += data.decode().replace("\r\n", "\n")
        return True


@contextmanager
def terminal(folder: Path, *arguments: str) -> Iterator[Terminal]:
    """The command on a terminal of its own."""
    ours, theirs = pty.openpty()
    child = subprocess.Popen(
        [*COMMAND, *arguments],
        cwd=folder,
        env=os.environ | ENV,
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        start_new_session=True,
        preexec_fn=_takes_the_terminal,
    )
    os.close(theirs)
    try:
        yield Terminal(child, ours)
    finally:
        child.kill()
        child.wait()
        os.close(ours)


def _takes_the_terminal() -> None:
    fcntl.ioctl(0, termios.TIOCSCTTY, 0)
    signal.signal(signal.SIGINT, signal.default_int_handler)


def test_four_questions_lead_to_a_service_of_ones_own(tmp_path: Path) -> None:
    with terminal(tmp_path) as person:
        person.until("Folder of the new project [library]: ")
        person.type("shelves\n")
        person.until("Start from (new, booking_core")
        person.type("\n")
        person.until("Name of the service [shelves]: ")
        person.type("\n")
        person.until("Its first domain, as one thing [book]: ")
        person.type("shelf\n")
        person.until("next: cd shelves && make dev")
        assert person.ends() == 0
    project = tmp_path / "shelves"
    assert "class Shelf(" in (project / "app/shelf/aggregate.py").read_text()
    assert "service: shelves" in (project / "blueprints/service.yaml").read_text()


def test_each_answer_is_checked_as_it_is_given(tmp_path: Path) -> None:
    (tmp_path / "full").mkdir()
    (tmp_path / "full/file").touch()
    with terminal(tmp_path) as person:
        person.until("Folder")
        person.type("full\n")
        person.until("full is not empty")
        person.type("mine\n")
        person.until("Start from")
        person.type("nothing\n")
        person.until("one of: new, booking_core")
        person.type("new\n")
        person.until("Name of the service [mine]: ")
        person.type("My Service\n")
        person.until("small letters")
        person.type("mine\n")
        person.until("Its first domain")
        person.type("event\n")
        person.until("Error: ")
        assert person.leaves("\x03") == 130
        assert "stopped by SIGINT" in person.said
    assert sorted(contents(tmp_path)) == ["full", "full/file"]


def test_an_example_needs_no_more_than_its_name(tmp_path: Path) -> None:
    with terminal(tmp_path, "hotel", "--dry-run") as person:
        person.until("Start from")
        person.type("booking_core\n")
        person.until("a dry run: none of them was written")
        assert person.ends() == 0
    assert contents(tmp_path) == {}


@pytest.mark.parametrize("key", ["\x03", "\x04"])
@pytest.mark.parametrize("answers", [(), ("mine", "new", "mine")])
def test_whoever_leaves_has_written_nothing(
    answers: tuple[str, ...], key: str, tmp_path: Path
) -> None:
    with terminal(tmp_path) as person:
        for answer in answers:
            person.until("]: ")
            person.type(f"{answer}\n")
        person.until("]: ")
        assert person.leaves(key) in (1, 130)
    assert contents(tmp_path) == {}


def test_a_folder_that_cannot_be_had_is_refused_before_a_question(
    tmp_path: Path,
) -> None:
    (tmp_path / "full").mkdir()
    (tmp_path / "full/file").touch()
    with terminal(tmp_path, "full") as person:
        person.until("full is not empty")
        assert person.ends() == 2
        assert "Start from" not in person.said
    assert sorted(contents(tmp_path)) == ["full", "full/file"]


@pytest.mark.parametrize(
    ("folder", "service"), [("Lost Books", "lost_books"), ("2nd größe", "library")]
)
def test_the_name_that_is_offered_is_the_folders_where_a_service_can_have_it(
    folder: str, service: str, tmp_path: Path
) -> None:
    with terminal(tmp_path, folder) as person:
        person.until("Start from")
        person.type("\n")
        person.until(f"Name of the service [{service}]: ")
        assert person.leaves("\x03") == 130
    assert contents(tmp_path) == {}


def answered(
    folder: Path, keys: int, *arguments: str
) -> subprocess.CompletedProcess[str]:
    """The command where nobody sees what it asks."""
    return subprocess.run(
        [*COMMAND, *arguments],
        cwd=folder,
        env=os.environ | ENV,
        stdin=keys,
        capture_output=True,
        text=True,
        timeout=SECONDS,
    )


@pytest.mark.parametrize("arguments", [(), ("mine",), ("--blueprint", "booking_core")])
def test_where_nobody_can_be_asked_the_command_says_what_it_needs(
    arguments: tuple[str, ...], tmp_path: Path
) -> None:
    done = answered(tmp_path, subprocess.DEVNULL, *arguments)
    assert done.returncode == 2
    assert "only on a terminal you are asked" in done.stderr
    assert contents(tmp_path) == {}


def test_nobody_is_asked_whose_answer_would_be_to_a_file(tmp_path: Path) -> None:
    ours, theirs = pty.openpty()
    with open(ours, "wb"), open(theirs, "rb") as keys:
        done = answered(tmp_path, keys.fileno(), "mine")
    assert (done.returncode, done.stdout) == (2, "")
    assert "only on a terminal you are asked" in done.stderr


def test_what_one_starts_from_is_sound_and_its_scenarios_pass(
    capsys: pytest.CaptureFixture[str],
) -> None:
    with starter.folder("library", "lost_book") as folder:
        code, warnings = trial.run(str(folder), aside=False)
    assert (code, warnings) == (0, ())
