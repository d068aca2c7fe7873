"""The command line says what happened in few words, and in its exit code."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

import generator
from generator.cli import app
from generator.places import blueprints
from tests.tool.folders import contents, make

BOOKING_CORE = blueprints() / "booking_core"


@pytest.fixture(autouse=True)
def somewhere_else(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def scaffold(*arguments: str) -> Result:
    return CliRunner().invoke(app, arguments)


def new_project(folder: str, blueprint: str, *options: str) -> Result:
    return scaffold("new-project", folder, "--blueprint", blueprint, *options)


def test_the_version_is_the_one_that_is_installed() -> None:
    assert scaffold("--version").stdout == f"scaffold {generator.__version__}\n"


def test_help_lists_every_command() -> None:
    said = scaffold("--help").stdout
    for command in ("new-project", "test", "demo"):
        assert f"\n  {command} " in said


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["new-project"], "name a folder and a --blueprint"),
        (["new-project", "shop"], "name a --blueprint"),
        (["new-project", "shop", "--blueprint", "booking_cor"], "booking_core"),
        (["new-project", "full", "--blueprint", "booking_core"], "not empty"),
        (["new-project", "full/mine", "--blueprint", "booking_core"], "is a file"),
        (["test", "nowhere"], "no blueprint 'nowhere'"),
        (["demo", "full"], "not empty"),
        (["dance"], "No such command"),
    ],
)
def test_wrong_usage_is_said_in_words_and_changes_nothing(
    tmp_path: Path, arguments: list[str], said: str
) -> None:
    make(tmp_path, {"full/mine": ""})
    before = contents(tmp_path)
    result = scaffold(*arguments)
    assert (result.exit_code, result.stdout) == (2, "")
    assert said in result.stderr
    assert "Traceback" not in result.stderr
    assert contents(tmp_path) == before


def test_a_format_that_is_not_there_is_answered_with_those_that_are() -> None:
    refused = scaffold("check", "--format", "xml")
    assert refused.exit_code == 2
    wanted = "there is no format 'xml': write one of text, json, github, sarif, junit"
    assert refused.stderr.splitlines()[-1].endswith(wanted)


def test_a_project_is_written_and_every_file_is_named(tmp_path: Path) -> None:
    result = new_project("my shop", "booking_core")
    assert result.exit_code == 0, result.stderr
    *lines, last = result.stdout.splitlines()
    created = {line.split()[1] for line in lines}
    written = {
        name for name, data in contents(Path("my shop")).items() if data is not None
    }
    assert created == written
    assert last == f"{len(written)} files; next: cd 'my shop' && make dev"
    assert "create  app/guest/events.py  (domain guest)" in lines


def test_a_dry_run_names_the_same_files_and_writes_none(tmp_path: Path) -> None:
    dry = new_project("shop", "booking_core", "--dry-run")
    assert dry.exit_code == 0
    assert contents(tmp_path) == {}
    real = new_project("shop", "booking_core")
    assert dry.stdout.splitlines()[:-1] == real.stdout.splitlines()[:-1]
    assert dry.stdout.splitlines()[-1].endswith("a dry run: none of them was written")


def test_the_same_blueprint_gives_the_same_bytes() -> None:
    for folder in ("one", "two"):
        generator.generate("booking_core", Path(folder))
    assert contents(Path("one")) == contents(Path("two"))


def test_the_project_keeps_its_blueprint_byte_for_byte_below_a_line_for_editors() -> (
    None
):
    generator.generate("booking_core", Path("shop"))
    line = b"# yaml-language-server: $schema=../.scaffold/schema/blueprint.json\n"
    assert contents(Path("shop/blueprints")) == {
        name: line + (text or b"") for name, text in contents(BOOKING_CORE).items()
    }


def test_one_domain_alone_is_no_project(tmp_path: Path) -> None:
    result = new_project("shop", str(BOOKING_CORE / "guest.yaml"))
    assert result.exit_code == 2
    assert "one domain" in result.stderr
    assert contents(tmp_path) == {}


@pytest.fixture
def mistaken(tmp_path: Path) -> str:
    """A blueprint with one mistake in each of two files."""
    shutil.copytree(BOOKING_CORE, tmp_path / "mistaken")
    for name, right, wrong in [
        ("guest.yaml", "emits: GuestRenamed", "emits: GuestRenmed"),
        ("reservation.yaml", "emits: ReservationConfirmed", "emits: Confirmd"),
    ]:
        file = tmp_path / "mistaken" / name
        assert right in file.read_text()
        file.write_text(file.read_text().replace(right, wrong))
    return "mistaken"


def test_all_mistakes_are_shown_at_once_with_their_places(
    tmp_path: Path, mistaken: str
) -> None:
    before = contents(tmp_path)
    result = new_project("shop", mistaken)
    assert (result.exit_code, result.stdout) == (1, "")
    assert "mistaken/guest.yaml:" in result.stderr
    assert 'did you mean "GuestRenamed"?' in result.stderr
    assert "mistaken/reservation.yaml:" in result.stderr
    assert "^^^^" in result.stderr
    assert contents(tmp_path) == before


def test_the_python_api_raises_what_the_command_prints(mistaken: str) -> None:
    with pytest.raises(generator.BlueprintError) as error:
        generator.plan(mistaken, Path("shop"))
    files = {diagnostic.span.file for diagnostic in error.value.diagnostics}
    assert files == {"mistaken/guest.yaml", "mistaken/reservation.yaml"}


def test_a_plan_writes_nothing_and_tells_what_would_be(tmp_path: Path) -> None:
    planned = generator.plan("booking_core", tmp_path / "shop")
    assert contents(tmp_path) == {}
    assert planned.place.project == tmp_path / "shop"
    assert len(planned.tree) > 100


def test_a_full_disk_is_said_in_words(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device", "app/server.py")

    monkeypatch.setattr("generator.write.put", full)
    result = new_project("shop", "booking_core")
    assert result.exit_code == 1
    assert result.stderr.endswith("scaffold: app/server.py: No space left on device\n")
    assert contents(tmp_path) == {}


def test_whoever_reads_along_may_stop_reading(tmp_path: Path) -> None:
    line = f"{sys.executable} -m generator explain | head -1"
    done = subprocess.run(line, shell=True, capture_output=True, text=True)
    assert done.stdout.startswith("B001")
    assert done.stderr == ""
