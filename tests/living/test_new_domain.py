"""A domain joins a project that lives."""

from __future__ import annotations

from pathlib import Path

import pytest

from generator import pipeline, render
from generator.diagnostics import Report
from generator.schema import announced
from generator.sources import find
from tests.living.projects import FINES, MEMBERS, REGISTRY, Living, in_step

ROUTERS = "app/api/__init__.py"


@pytest.fixture
def fines(tmp_path: Path) -> str:
    """The blueprint of a third domain, outside of the project."""
    (tmp_path / "fines.yaml").write_text(FINES)
    return str(tmp_path / "fines.yaml")


def test_a_domain_joins_as_if_it_had_been_there_from_the_start(
    living: Living, fines: str
) -> None:
    joined = living.scaffold("new-domain", fines)
    assert joined.exit_code == 0, joined.output
    documents = pipeline.read(find(living.root / "blueprints"), Report())
    service = pipeline.understand(documents, Report())
    whole = pipeline.printed(service, render.printed)
    code = {name: text for name, text in living.code().items() if text is not None}
    assert {name: text.decode() for name, text in code.items()} == {
        str(path): file.text for path, file in whole.items()
    }
    assert living.text("blueprints/fines.yaml") == announced(FINES)
    assert in_step(living)


def test_nothing_of_the_other_domains_is_touched(living: Living, fines: str) -> None:
    before = living.files()
    living.scaffold("new-domain", fines)
    after = living.files()
    changed = {name for name in before if after.get(name) != before[name]}
    assert changed == {
        "README.md",
        REGISTRY,
        ROUTERS,
        ".scaffold/base.txtar",
        ".scaffold/digest",
    }


def test_it_is_listed_once_in_each_list_and_the_rest_of_them_stays(
    living: Living, fines: str
) -> None:
    living.edit(REGISTRY, "    LENDING_DOMAIN,", "    LENDING_DOMAIN,  # the heart")
    living.scaffold("new-domain", fines)
    assert living.text(REGISTRY).endswith(
        "    FINES_DOMAIN,\n    LENDING_DOMAIN,  # the heart\n    MEMBERS_DOMAIN,\n)\n"
    )
    assert living.text(ROUTERS).count("fines.router") == 1


def test_every_file_is_named_with_its_reason(living: Living, fines: str) -> None:
    said = living.scaffold("new-domain", fines).stdout
    assert "create   app/fines/events.py  (domain fines)" in said
    assert f"register {REGISTRY}  (with fines)" in said


def test_a_dry_run_says_the_same_and_writes_nothing(living: Living, fines: str) -> None:
    before = living.files()
    dry = living.scaffold("new-domain", fines, "--dry-run")
    assert living.files() == before
    wet = living.scaffold("new-domain", fines)
    assert dry.stdout.splitlines()[:-1] == wet.stdout.splitlines()[:-1]


def test_a_domain_that_lies_in_the_project_already_is_taken_from_there(
    living: Living,
) -> None:
    place = living.put("blueprints/fines.yaml", FINES)
    assert living.scaffold("new-domain", str(place)).exit_code == 0
    assert in_step(living)


def test_where_a_list_is_not_clear_the_lines_are_said_and_all_else_is_done(
    living: Living, fines: str
) -> None:
    text = living.text(REGISTRY).replace(
        "DOMAINS: tuple", "def all_of_them():\n  x: tuple"
    )
    (living.root / REGISTRY).write_text(text)
    joined = living.scaffold("new-domain", fines)
    assert joined.exit_code == 3
    assert living.text(REGISTRY) == text
    assert "from app.fines.registration import FINES_DOMAIN" in joined.stdout
    assert (living.root / "app/fines/events.py").is_file()
    found = living.scaffold("check")
    assert found.exit_code == 1
    assert "P105" in found.stdout
    imports = "from app.fines.registration import FINES_DOMAIN\n"
    living.put(REGISTRY, text.replace("from app.lending", f"{imports}from app.lending"))
    living.edit(
        REGISTRY, "    MEMBERS_DOMAIN,\n", "    MEMBERS_DOMAIN, FINES_DOMAIN,\n"
    )
    assert in_step(living)


@pytest.mark.parametrize(
    ("file", "text", "said"),
    [
        ("members.yaml", MEMBERS, "has the domain members already"),
        ("service.yaml", "service: other\n", "is a service"),
        ("absent.yaml", None, "is no file"),
        (".", None, "is no file"),
    ],
)
def test_what_is_no_new_domain_is_refused(
    living: Living, tmp_path: Path, file: str, text: str | None, said: str
) -> None:
    if text is not None:
        (tmp_path / file).write_text(text)
    before = living.files()
    refused = living.scaffold("new-domain", str(tmp_path / file))
    assert refused.exit_code == 2
    assert said in refused.stderr
    assert living.files() == before


def test_a_mistake_in_it_is_shown_and_nothing_is_written(
    living: Living, tmp_path: Path
) -> None:
    bad = tmp_path / "fines.yaml"
    bad.write_text(FINES.replace("lending.Loan", "lending.Lone"))
    before = living.files()
    refused = living.scaffold("new-domain", str(bad))
    assert refused.exit_code == 1
    assert f"{bad}:" in refused.stderr
    assert 'did you mean "lending.Loan"?' in refused.stderr or "Lone" in refused.stderr
    assert living.files() == before


def test_a_project_that_is_behind_follows_its_blueprint_first(
    living: Living, fines: str
) -> None:
    living.edit("blueprints/lending.yaml", "days(28)", "days(21)")
    before = living.files()
    refused = living.scaffold("new-domain", fines)
    assert refused.exit_code == 1
    assert "scaffold sync" in refused.stderr
    assert living.files() == before
    assert living.scaffold("sync").exit_code == 0
    assert living.scaffold("new-domain", fines).exit_code == 0


def test_outside_of_a_project_it_says_what_a_project_is(
    fines: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    refused = Living(tmp_path).scaffold("new-domain", fines)
    assert refused.exit_code == 2
    assert "new-project" in refused.stderr


def test_a_project_is_found_from_a_folder_within_it_or_by_name(
    living: Living, fines: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    named = living.scaffold("new-domain", fines, "--project", "library/app/lending")
    assert named.exit_code == 0, named.output
    monkeypatch.chdir(living.root / "tests")
    assert living.scaffold("check").exit_code == 0
