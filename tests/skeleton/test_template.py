"""The skeleton is a Copier template of its own, and what it renders is clean."""

import ast
import tomllib
from pathlib import Path

import pytest
from pytest_copie.plugin import Copie

from tests.skeleton.conftest import ANSWERS, TEMPLATE

LEFT_BEHIND = ("copier.yml", "__pycache__", ".mypy_cache", ".ruff_cache", ".dev")


def test_it_renders_from_its_defaults_alone(copie: Copie) -> None:
    result = copie.copy(template_dir=TEMPLATE)
    assert result.exception is None
    assert result.project_dir is not None
    assert (result.project_dir / "app" / "server.py").is_file()


def test_nothing_but_the_service_is_rendered(skeleton: Path) -> None:
    names = {path.name for path in skeleton.rglob("*")}
    assert names.isdisjoint(LEFT_BEHIND)
    assert not [name for name in names if name.endswith((".jinja", ".pyc"))]


def test_no_blank_is_left_in_what_was_rendered(skeleton: Path) -> None:
    for template in TEMPLATE.rglob("*.jinja"):
        rendered = skeleton / template.relative_to(TEMPLATE).with_suffix("")
        text = rendered.read_text().replace(str(ANSWERS["summary"]), "")
        assert "{%" not in text
        assert "{{" not in text.replace("{{ braces }}", "")


def test_an_answer_is_printed_as_it_was_given(skeleton: Path) -> None:
    about = ast.parse((skeleton / "app" / "about.py").read_text())
    said = {
        node.target.id: ast.literal_eval(node.value)
        for node in about.body
        if isinstance(node, ast.AnnAssign)
        and isinstance(node.target, ast.Name)
        and node.value is not None
    }
    assert said == {
        "NAME": "bare_service",
        "TITLE": "Bare Service",
        "SUMMARY": ANSWERS["summary"],
        "TIMEZONE": "Europe/Vienna",
    }
    project = tomllib.loads((skeleton / "pyproject.toml").read_text())["project"]
    assert project["name"] == "bare-service"
    assert project["description"] == ANSWERS["summary"]


def test_an_undefined_name_is_an_error(copie: Copie, tmp_path: Path) -> None:
    template = tmp_path / "template"
    template.mkdir()
    (template / "copier.yml").write_text((TEMPLATE / "copier.yml").read_text())
    (template / "page.txt.jinja").write_text("{{ servise }}")
    result = copie.copy(extra_answers=ANSWERS, template_dir=template)
    assert "servise" in str(result.exception)


@pytest.mark.parametrize("service", ["", "Hotel", "hotel-desk", "1st", "../up"])
def test_a_name_that_is_no_identifier_is_refused(copie: Copie, service: str) -> None:
    answers = {**ANSWERS, "service": service}
    assert copie.copy(extra_answers=answers, template_dir=TEMPLATE).exception


def test_a_service_without_roles_renders(copie: Copie) -> None:
    result = copie.copy(extra_answers={**ANSWERS, "roles": []}, template_dir=TEMPLATE)
    assert result.project_dir is not None, result.exception
    source = (result.project_dir / "app" / "common" / "roles.py").read_text()
    compile(source, "roles.py", "exec")
