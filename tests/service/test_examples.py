"""Whole services: every example is rendered once, checked, and runs its own tests."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from generator import pipeline

pytestmark = pytest.mark.service

ROOT = Path(__file__).parents[2]
TYPE_CACHE = ROOT / ".mypy_cache" / "services"
BLUEPRINTS = [
    ROOT / "blueprints" / "booking_core",
    *sorted(path for path in (ROOT / "tests/golden").iterdir() if path.is_dir()),
]


@pytest.fixture(scope="module", params=BLUEPRINTS, ids=lambda path: path.name)
def project(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Path:
    """The service of one blueprint."""
    folder = tmp_path_factory.mktemp("service") / request.param.name
    pipeline.generate(request.param, folder)
    return folder


def made(project: Path, *arguments: str, code: int = 0) -> str:
    """What `make` of a project says, in the environment of this test run."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("PYTEST_", "PYTHONPATH", "MAKE", "MFLAGS"))
    }
    done = subprocess.run(
        ["make", "--no-print-directory", *arguments],
        cwd=project,
        env={
            **kept,
            "SCAFFOLD_PYTHON": sys.executable,
            "MYPY_CACHE_DIR": str(TYPE_CACHE),
        },
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == code, done.stdout + done.stderr
    return done.stdout


def test_a_generated_service_is_clean_and_typed(project: Path) -> None:
    assert "no issues found" in made(project, "check")


def test_a_generated_service_passes_its_own_tests(project: Path) -> None:
    assert " passed" in made(project, "test")
