"""The template tree is the table of outputs, and templates only print."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import cast

import jinja2
import pytest
from plumbum import local

from generator import render
from generator.model import Service
from generator.tree import Tree, UnsafePath
from tests.tool.folders import make

SKELETON = {
    "service/copier.yml": """\
_subdirectory: "."
_envops:
  {undefined: jinja2.StrictUndefined, trim_blocks: true, keep_trailing_newline: true}
_exclude: [copier.yml, __pycache__]
service: {type: str, default: service}
""",
    "service/README.md.jinja": "# {{ service }}\n",
    "service/app/plain.py": "A = '{{ untouched }}'\n",
    "service/app/__pycache__/plain.pyc": "",
}


@dataclass(frozen=True)
class Aggregate:
    """As much of an aggregate as these templates print."""

    module: str


@dataclass(frozen=True)
class Domain:
    """As much of a domain as these templates print."""

    module: str
    aggregates: tuple[Aggregate, ...] = ()
    queries: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        return self.module


@dataclass(frozen=True)
class Shop:
    """As much of a service as these templates print."""

    domains: tuple[Domain, ...]
    shared: object = None
    answers: Mapping[str, object] = field(default_factory=lambda: {"service": "shop"})


LENDING = Domain("lending", (Aggregate("loan"), Aggregate("fine")), ("GetLoan",))
MEMBERS = Domain("members", (Aggregate("member"),))


@pytest.fixture
def templates(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(render, "templates", lambda name: tmp_path / name)
    return make(tmp_path, SKELETON)


def rendered(*domains: Domain, shared: object = None) -> dict[str, str]:
    tree: Tree = render.render(cast(Service, Shop(domains, shared)))
    return {str(path): file.text for path, file in tree.items()}


SERVICE_FILES = {"README.md": "# shop\n", "app/plain.py": "A = '{{ untouched }}'\n"}


def test_the_skeleton_is_rendered_and_copied(templates: Path) -> None:
    assert rendered() == SERVICE_FILES


def test_git_is_not_asked_about_the_files_of_the_skeleton(
    templates: Path, tmp_path: Path
) -> None:
    asked = tmp_path / "asked"
    git = make(tmp_path / "bin", {"git": f'#!/bin/sh\necho "$@" >> {asked}\nexit 1\n'})
    (git / "git").chmod(0o700)
    with local.env(PATH=f"{git}:{local.env['PATH']}"):
        assert rendered() == SERVICE_FILES
    assert not asked.exists()


def test_a_path_is_printed_for_each_domain_or_for_each_aggregate(
    templates: Path,
) -> None:
    make(
        templates / "domain",
        {
            "app/{{ domain.module }}/__init__.py": "",
            "app/{{ domain.module }}/{{ aggregate.module }}.py.jinja": """\
{% if domain.module %}
{{ aggregate.module }} of {{ domain.module }} of {{ service.domains[0].module }}
{% endif %}
""",
        },
    )
    assert rendered(LENDING, MEMBERS) == SERVICE_FILES | {
        "app/lending/__init__.py": "",
        "app/lending/loan.py": "loan of lending of lending\n",
        "app/lending/fine.py": "fine of lending of lending\n",
        "app/members/__init__.py": "",
        "app/members/member.py": "member of members of lending\n",
    }


@pytest.mark.parametrize(
    "path",
    [
        "{% if domain.queries %}app/{{ domain.module }}/queries.py{% endif %}.jinja",
        "app/{{ domain.module }}/{% if domain.queries %}queries.py{% endif %}.jinja",
        "app/{% if domain.queries %}{{ domain.module }}{% endif %}/queries.py",
    ],
)
def test_a_path_with_an_empty_part_is_no_file(templates: Path, path: str) -> None:
    make(templates / "domain", {path: ""})
    assert rendered(LENDING, MEMBERS) == SERVICE_FILES | {"app/lending/queries.py": ""}


def test_what_all_domains_see_is_printed_once_and_only_where_it_is(
    templates: Path,
) -> None:
    make(templates / "shared", {"app/shared/types.py.jinja": "{{ shared }}"})
    assert rendered(LENDING, MEMBERS) == SERVICE_FILES
    assert rendered(LENDING, MEMBERS, shared="Money") == SERVICE_FILES | {
        "app/shared/types.py": "Money"
    }


def test_what_is_not_defined_is_an_error_that_names_the_template(
    templates: Path,
) -> None:
    make(templates / "domain", {"app/events.py.jinja": "{{ domain.evnts }}"})
    with pytest.raises(jinja2.UndefinedError, match="evnts") as error:
        rendered(LENDING)
    assert error.value.__notes__ == ["while printing the template app/events.py.jinja"]


def test_a_template_reaches_no_internals(templates: Path) -> None:
    make(templates / "domain", {"app/x.py.jinja": "{{ domain.__class__.__mro__ }}"})
    with pytest.raises(jinja2.exceptions.SecurityError):
        rendered(LENDING)


@pytest.mark.parametrize("name", ["..", "../..", "a:b", "a/../../b", ".git", "con"])
def test_no_name_leads_out_of_the_project(templates: Path, name: str) -> None:
    make(templates / "domain", {"{{ domain.module }}/events.py": ""})
    with pytest.raises(UnsafePath):
        rendered(Domain(name))


def test_two_templates_never_print_the_same_file(templates: Path) -> None:
    make(templates / "domain", {"app/{{ domain.module }}.py": ""})
    with pytest.raises(UnsafePath, match="same place"):
        rendered(Domain("plain"))


def test_each_file_says_where_it_comes_from(templates: Path) -> None:
    make(templates / "domain", {"app/{{ domain.module }}/events.py": ""})
    tree = render.render(cast(Service, Shop((LENDING,))))
    assert tree[PurePosixPath("README.md")].origin == "service"
    assert tree[PurePosixPath("app/lending/events.py")].origin == "domain lending"
