"""`make` needs Python 3.11 and itself, nothing else, and says what it does."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from tests.tool.folders import make

ROOT = Path(__file__).parents[2]


@pytest.fixture
def checkout() -> Iterator[Path]:
    """The files that git knows or would add, and nothing that was made from them.

    Not below pytest's own folders: any other run of pytest closes those to the user
    that PostgreSQL runs as, where we are root.
    """
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        check=True,
        capture_output=True,
        text=True,
    )
    with TemporaryDirectory(prefix="checkout-") as folder:
        Path(folder).chmod(0o755)
        for name in filter(None, listed.stdout.split("\0")):
            place = Path(folder) / name
            place.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, place)
        yield Path(folder)


@pytest.fixture
def tools(tmp_path: Path) -> Path:
    """A PATH on which there is no Python, or only what a test puts there."""
    folder = tmp_path / "tools"
    folder.mkdir()
    for name in ("sh", "sed", "make", "touch", "rm"):
        found = shutil.which(name)
        assert found is not None
        (folder / name).symlink_to(found)
    return folder


def called(
    checkout: Path, tools: Path, *arguments: str
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["make", *arguments],
        cwd=checkout,
        env={"PATH": str(tools), "HOME": str(tools)},
        capture_output=True,
        text=True,
    )


def python(tools: Path, name: str, body: str) -> None:
    make(tools, {name: f"#!/bin/sh\n{body}\n"})
    (tools / name).chmod(0o755)


def test_alone_it_says_what_it_can_do(checkout: Path, tools: Path) -> None:
    said = called(checkout, tools).stdout
    assert "make demo" in said
    assert "make test" in said


def test_without_a_new_enough_python_it_says_what_to_do(
    checkout: Path, tools: Path
) -> None:
    python(tools, "python3", "exit 1")
    done = called(checkout, tools, "demo")
    assert done.returncode != 0
    assert "needs Python 3.11 or newer" in done.stderr
    assert "make demo PYTHON=" in done.stderr
    assert not (checkout / ".venv").exists()


def test_it_passes_over_a_python_that_is_too_old_or_broken(
    checkout: Path, tools: Path
) -> None:
    python(tools, "python3", "exit 1")
    python(tools, "python3.13", "exit 127")
    python(tools, "python3.12", 'case "$1" in -c) exit 0;; *) echo "chosen: $@";; esac')
    done = called(checkout, tools, "demo")
    assert done.stdout.startswith("Setting up .venv")
    assert "chosen: -m venv --clear .venv" in done.stdout


@pytest.mark.fresh
@pytest.mark.timeout(1200)
def test_the_two_commands_work_in_a_new_checkout(checkout: Path) -> None:
    named = f"PYTHON={Path(sys.executable).resolve()}"
    for arguments in (
        ["demo", named],
        ["test", named, "TESTS=tests/tool/test_tree.py"],
    ):
        done = subprocess.run(
            ["make", *arguments], cwd=checkout, capture_output=True, text=True
        )
        assert done.returncode == 0, done.stdout + done.stderr
    again = subprocess.run(["make", "-q", ".venv/dev.stamp"], cwd=checkout)
    assert again.returncode == 0
