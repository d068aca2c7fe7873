"""The service skeleton, rendered by itself: without a generator, without domains."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from pytest_copie.plugin import Copie

ROOT = Path(__file__).parents[2]
TEMPLATE = ROOT / "templates" / "service"
CACHE = ROOT / ".mypy_cache" / "skeleton"

ANSWERS = {
    "service": "bare_service",
    "summary": 'A service that does "nothing" yet: \\ {{ braces }} and äöü 🙂.',
    "scaffold": ">=0.1.0,<0.2",
    "timezone": "Europe/Vienna",
    "roles": [
        {"name": "guest", "constant": "GUEST"},
        {"name": "staff", "constant": "STAFF"},
    ],
    "domains": [],
}


@pytest.fixture(scope="session")
def skeleton(copie_session: Copie) -> Path:
    """The rendered skeleton, styled as the generator styles it."""
    result = copie_session.copy(extra_answers=ANSWERS, template_dir=TEMPLATE)
    assert result.exception is None, result.exception
    project = result.project_dir
    assert project is not None
    run(project, "ruff", "check", "--fix", "--exit-zero", "--quiet", ".")
    run(project, "ruff", "format", "--quiet", ".")
    return project


def run(project: Path, module: str, *arguments: str) -> str:
    """Run a module inside a project; its output, which is shown when it fails."""
    done = subprocess.run(
        [sys.executable, "-m", module, *arguments],
        cwd=project,
        env=bare_environment(),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def known_settings(project: Path) -> set[str]:
    """The names of all settings that a project has."""
    lines = (project / ".env.example").read_text().splitlines()
    return {line.partition("=")[0] for line in lines if line and line[0] != "#"}


def bare_environment() -> dict[str, str]:
    """This environment without what a test run or a developer may have put into it."""
    settings = ("BUS", "CACHE", "DATABASE", "HTTP", "METRICS", "SECURITY", "SERVICE")
    ours = (*(f"{each}_" for each in settings), "WORKER_", "PYTEST_")
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith((*ours, "PYTHONPATH"))
    }
    return kept | {
        "PYTHONDONTWRITEBYTECODE": "1",
        "RUFF_NO_CACHE": "true",
        "MYPY_CACHE_DIR": str(CACHE),
    }
