"""Run the scenarios of a blueprint: rendered to scratch, judged by pytest there."""

from __future__ import annotations

import os
import subprocess
import sys
import tomllib
from collections.abc import Sequence
from importlib.metadata import PackageNotFoundError, version
from pathlib import PurePosixPath

from generator import sources
from generator.diagnostics import Diagnostic, Report
from generator.interrupts import checkpoint, interruptible
from generator.pipeline import build
from generator.scratch import scratch
from generator.tree import Tree, put

TESTS = "tests/unit"
# Those parts of the extra `dev` of a service that its tests import, or are run by.
TESTING = ("httpx2", "pytest", "pytest-asyncio")
NOTHING_FOUND = 5
INHERITED_SETTINGS = ("PYTEST_ADDOPTS", "PYTEST_PLUGINS", "PYTHONPATH")


class Unprepared(sources.WrongUsage):
    """The rendered service cannot run in this environment."""


def run(name: str, *, aside: bool = False) -> tuple[int, tuple[Diagnostic, ...]]:
    """0 when every scenario holds, else 1; and what the blueprint is warned of.

    What the tests print goes to standard error where it is to be told `aside`.
    """
    report = Report()
    tree = build(sources.find(name), report)
    require_dependencies(tree, TESTING)
    with scratch() as folder:
        for path, file in tree.items():
            put(folder, path, file)
        checkpoint("test")
        with interruptible():
            output = sys.stderr if aside else None
            done = subprocess.run(
                _pytest(), cwd=folder, env=_environment(), stdout=output
            )
    return int(done.returncode not in (0, NOTHING_FOUND)), report.warnings


def require_dependencies(tree: Tree, others: Sequence[str] = ()) -> None:
    """`Unprepared`, with the way out, if a library of the service or another misses."""
    project = tomllib.loads(tree[PurePosixPath("pyproject.toml")].text)["project"]
    if missing := _missing([*project["dependencies"], *others]):
        raise Unprepared(
            f"the rendered service needs {', '.join(missing)}:"
            ' pip install "domain-scaffold[demo]"'
        )


def _missing(requirements: Sequence[str]) -> list[str]:
    from packaging.requirements import Requirement

    missing = []
    for requirement in map(Requirement, requirements):
        try:
            version(requirement.name)
        except PackageNotFoundError:
            missing.append(requirement.name)
    return missing


def _pytest() -> list[str]:
    plain = ["-o", "addopts=-q -rs", "-p", "no:cacheprovider", "--tb=short"]
    return [sys.executable, "-B", "-m", "pytest", *plain, TESTS]


def _environment() -> dict[str, str]:
    return {
        name: value
        for name, value in os.environ.items()
        if name not in INHERITED_SETTINGS
    }
