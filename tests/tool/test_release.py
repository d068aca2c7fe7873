"""`scaffold release` writes down what goes out, and refuses what cannot."""

from __future__ import annotations

import json
from pathlib import Path, PurePosixPath

import pytest
from typer.testing import CliRunner, Result

from generator import archive, render
from generator.cli import app
from tests.evolution.projects import PURCHASES, shop, understood
from tests.tool.folders import contents, make

MIGRATION = "project/migrations/shop/0001_read_models.sql"
LOCK = "project/.scaffold/lock/shop.yaml"
GOLDEN = "project/tests/golden_events/shop/PurchaseMade.v1.json"


def release(*options: str) -> Result:
    return CliRunner().invoke(app, ["release", "project", *options])


@pytest.fixture(autouse=True)
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project, as far as a release reads it."""
    monkeypatch.chdir(tmp_path)
    printed = render.domains(understood(shop()))
    migration = printed[PurePosixPath(MIGRATION).relative_to("project")].text
    base = archive.dump({PurePosixPath(MIGRATION).relative_to("project"): migration})
    return make(
        tmp_path,
        {
            "project/blueprints/service.yaml": "service: shop",
            "project/blueprints/shop.yaml": PURCHASES,
            "project/.scaffold/base.txtar": base,
            MIGRATION: migration,
        },
    )


def test_a_release_writes_a_lock_and_golden_events(project: Path) -> None:
    result = release()
    assert result.exit_code == 0, result.stderr
    assert result.stdout.splitlines() == [
        "create  .scaffold/lock/shop.yaml",
        "create  tests/golden_events/shop/BuyerNamed.v1.json",
        "create  tests/golden_events/shop/PurchaseMade.v1.json",
        "update  .scaffold/base.txtar",
        "4 files; commit them with the release",
    ]
    golden = json.loads((project / GOLDEN).read_text())
    assert (golden["type"], golden["version"]) == ("shop.PurchaseMade", 1)


def test_a_second_release_has_nothing_to_add(project: Path) -> None:
    release()
    before = contents(project)
    assert release().stdout == "nothing is new since the last release\n"
    assert contents(project) == before


def test_a_dry_run_writes_nothing(project: Path) -> None:
    before = contents(project)
    assert "4 files; a dry run: none was written" in release("--dry-run").stdout
    assert contents(project) == before


@pytest.mark.parametrize(
    ("file", "before", "after", "said"),
    [
        ("project/blueprints/shop.yaml", "domain: shop", "domain: shop\nx: y", "B101"),
        (
            "project/blueprints/shop.yaml",
            "amount: Money, ch",
            "price: Money, ch",
            "B412",
        ),
        (MIGRATION, "purchase_view", "other", "has changed since it was released"),
        (LOCK, "amount: decimal", "amount: int", "B801"),
    ],
)
def test_what_is_not_sound_is_not_released(
    project: Path, file: str, before: str, after: str, said: str
) -> None:
    release()
    text = (project / file).read_text()
    assert before in text
    (project / file).write_text(text.replace(before, after, 1))
    there = contents(project)
    result = release()
    assert (result.exit_code, result.stdout) == (1, "")
    assert said in result.stderr and "Traceback" not in result.stderr
    assert contents(project) == there


def test_a_change_that_the_log_cannot_bear_is_not_released(project: Path) -> None:
    release()
    file = project / "project/blueprints/shop.yaml"
    file.write_text(
        file.read_text()
        .replace("name: str}, a", "name: int}, a")
        .replace("BuyerNamed: {fields: {name: str}", "BuyerNamed: {fields: {name: int}")
    )
    result = release()
    assert result.exit_code == 1
    assert (
        'B805 BuyerNamed is no longer what was released as version 1: "name" was str'
        in (result.stderr)
    )


def test_a_folder_that_is_no_project_is_wrong_usage(tmp_path: Path) -> None:
    result = CliRunner().invoke(app, ["release", "nowhere"])
    assert result.exit_code == 2
    assert "nowhere lies in no project" in result.stderr


def test_tables_whose_migration_is_behind_are_not_released(project: Path) -> None:
    blueprint = project / "project/blueprints/shop.yaml"
    blueprint.write_text(blueprint.read_text().replace("[[amount]]", "[[channel]]"))
    result = release()
    assert (result.exit_code, result.stdout) == (1, "")
    assert "0001_read_models.sql is behind the blueprint" in result.stderr
    assert not (project / LOCK).exists()


@pytest.mark.parametrize(
    ("text", "beside", "said"),
    [
        (None, None, "is missing: `scaffold sync` restores it"),
        ("-- mine\n", "-- new\n", "merge 0001_read_models.sql.new into it"),
        ("<<<<<<< HEAD\n=======\n>>>>>>> b\n", None, "it has conflict markers"),
    ],
)
def test_a_migration_that_waits_for_its_owner_is_not_released(
    project: Path, text: str | None, beside: str | None, said: str
) -> None:
    (project / MIGRATION).unlink()
    files = {MIGRATION: text, f"{MIGRATION}.new": beside}
    make(project, {name: each for name, each in files.items() if each is not None})
    there = contents(project)
    result = release()
    assert (result.exit_code, result.stdout) == (1, "")
    assert said in result.stderr
    assert contents(project) == there


def test_a_project_that_does_without_a_migration_is_released(project: Path) -> None:
    (project / MIGRATION).unlink()
    without = MIGRATION.removeprefix("project/")
    make(project, {"project/.scaffold/without": f"{without}\n"})
    assert release().exit_code == 0
    assert without not in (project / LOCK).read_text()


def test_a_golden_event_that_somebody_edited_is_left_to_sync(project: Path) -> None:
    release()
    edited = (project / GOLDEN).read_text().replace('"town"', '"city"')
    (project / GOLDEN).write_text(edited)
    base = (project / "project/.scaffold/base.txtar").read_text()
    assert release().exit_code == 0
    assert (project / GOLDEN).read_text() == edited
    assert (project / "project/.scaffold/base.txtar").read_text() == base
