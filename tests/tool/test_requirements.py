"""One list of the service's libraries: the root's extras contain it."""

from __future__ import annotations

import tomllib
from importlib.metadata import version
from pathlib import Path

import pytest
from packaging.requirements import Requirement

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


@pytest.mark.parametrize(
    ("of_service", "in_root"),
    [
        (lists_of_the_service()[0], ours("demo")),
        (lists_of_the_service()[1], ours("demo", "dev")),
    ],
    ids=["to run", "to develop"],
)
def test_the_extras_contain_what_a_service_needs(
    of_service: list[str], in_root: dict[str, Requirement]
) -> None:
    for requirement in map(Requirement, of_service):
        own = in_root[requirement.name]
        same = own.specifier == requirement.specifier
        pinned = str(own.specifier).startswith("==")
        assert same or (pinned and version(own.name) in requirement.specifier), own


def test_the_formatter_is_pinned_exactly_and_installed_so() -> None:
    assert str(ours()["ruff"].specifier) == f"=={version('ruff')}"
