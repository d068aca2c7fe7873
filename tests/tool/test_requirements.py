"""One list of the service's libraries: the root's extras contain it."""

from __future__ import annotations

import ast
import sys
import tomllib
from importlib.metadata import packages_distributions, version
from pathlib import Path

import pytest
from packaging.requirements import Requirement

from generator import trial

ROOT = Path(__file__).parents[2]
SERVICE = ROOT / "templates/service/pyproject.toml.jinja"


def lists_of_the_service() -> tuple[list[str], list[str]]:
    text = SERVICE.read_text()
    quoted = "".join(
        line for line in text.splitlines(keepends=True) if "{{" not in line
    )
    project = tomllib.loads(quoted)["project"]
    return project["dependencies"], project["optional-dependencies"]["dev"]


def ours(*extras: str) -> dict[str, Requirement]:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    lists = [project["dependencies"]]
    lists += [project["optional-dependencies"][extra] for extra in extras]
    return {
        requirement.name: requirement
        for requirements in lists
        for requirement in map(Requirement, requirements)
    }


def for_testing() -> list[str]:
    """What `scaffold test` needs, as the service says it."""
    needed = [
        each
        for each in lists_of_the_service()[1]
        if Requirement(each).name in trial.TESTING
    ]
    assert len(needed) == len(trial.TESTING)
    return needed


def imported(file: Path) -> set[str]:
    """The packages that a test of the service imports, by their first name."""
    return {
        name.partition(".")[0]
        for node in ast.walk(ast.parse(file.read_text()))
        for name in (
            [each.name for each in node.names]
            if isinstance(node, ast.Import)
            else [node.module or ""]
            if isinstance(node, ast.ImportFrom)
            else []
        )
    }


@pytest.mark.parametrize(
    ("of_service", "in_root"),
    [
        (lists_of_the_service()[0], ours("demo")),
        (for_testing(), ours("demo")),
        (lists_of_the_service()[1], ours("demo", "dev")),
    ],
    ids=["to run", "to test", "to develop"],
)
def test_the_extras_contain_what_a_service_needs(
    of_service: list[str], in_root: dict[str, Requirement]
) -> None:
    for requirement in map(Requirement, of_service):
        own = in_root[requirement.name]
        same = own.specifier == requirement.specifier
        pinned = str(own.specifier).startswith("==")
        assert same or (pinned and version(own.name) in requirement.specifier), own


def test_what_tests_of_a_service_import_comes_with_make_demo() -> None:
    known = {*sys.stdlib_module_names, "app", "tests", "starlette"}  # FastAPI brings it
    found = {
        name
        for file in (ROOT / "templates/service/tests").rglob("*.py")
        for name in imported(file)
    }
    installed = packages_distributions()
    assert "httpx2" in found
    assert [
        name for name in found - known if not {*installed[name]} & {*ours("demo")}
    ] == []


def test_the_formatter_is_pinned_exactly_and_installed_so() -> None:
    assert str(ours()["ruff"].specifier) == f"=={version('ruff')}"
