"""`new-project` may be interrupted in every phase: no half project is left."""

from __future__ import annotations

import signal
from pathlib import Path

import pytest

from tests.tool.folders import contents
from tests.tool.processes import DRIVER, phases, running

NEW_PROJECT = ("new-project", "deep/shop", "--blueprint", "booking_core")
PHASES = ["read", "parse", "resolve", "check", "render", "style", "write", "commit"]
SIGNALS = {signal.SIGINT: 130, signal.SIGTERM: 143, signal.SIGHUP: 129}
MOMENTS = [
    *((phase, 1, signal.SIGINT) for phase in PHASES),
    *(("write", 100, number) for number in SIGNALS),
    *(("style", 1, number) for number in (signal.SIGTERM, signal.SIGHUP)),
]


@pytest.fixture
def scratch(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where temporary folders go, to see that none stays."""
    (tmp_path / "scratch").mkdir()
    monkeypatch.setenv("TMPDIR", str(tmp_path / "scratch"))
    return tmp_path / "scratch"


def test_the_table_names_every_phase(tmp_path: Path) -> None:
    assert phases(tmp_path / "record", tmp_path, *NEW_PROJECT) == PHASES


@pytest.mark.parametrize(("phase", "count", "number"), MOMENTS)
def test_nothing_is_left(
    tmp_path: Path, scratch: Path, phase: str, count: int, number: signal.Signals
) -> None:
    home = tmp_path / "home"
    home.mkdir()
    moment = (phase, str(count), str(number.value))
    with running("-c", DRIVER, *moment, *NEW_PROJECT, cwd=home) as run:
        code, said = run.outcome()
        assert run.relatives() == []
    assert code == SIGNALS[number], said
    assert said.endswith(f"scaffold: stopped by {number.name} in phase {phase!r}\n")
    assert contents(home) == {}
    assert contents(scratch) == {}


def test_a_killed_run_leaves_no_project_either(tmp_path: Path) -> None:
    moment = ("write", "100", str(signal.SIGKILL.value))
    with running("-c", DRIVER, *moment, *NEW_PROJECT, cwd=tmp_path) as run:
        code, _ = run.outcome()
    assert code == -signal.SIGKILL
    assert not (tmp_path / "deep").exists()
