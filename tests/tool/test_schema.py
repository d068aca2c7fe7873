"""`scaffold schema` prints what editors need; a new project has it already."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import yaml
from jsonschema import Draft202012Validator
from typer.testing import CliRunner

from generator import pipeline, sources
from generator.cli import app
from generator.diagnostics import BlueprintError, Report
from generator.schema import LINE, announced
from tests.tool.folders import make
from tests.tool.test_reporting import LENDING

SERVICE = "service: library\n"


def test_it_is_printed_or_written_to_a_file(tmp_path: Path) -> None:
    printed = CliRunner().invoke(app, ["schema"])
    assert printed.exit_code == 0
    Draft202012Validator.check_schema(json.loads(printed.stdout))
    file = tmp_path / "schema.json"
    written = CliRunner().invoke(app, ["schema", "--out", str(file)])
    assert (written.exit_code, written.stdout) == (0, "")
    assert file.read_text() == printed.stdout


def test_a_file_that_cannot_be_written_is_said_in_words(tmp_path: Path) -> None:
    file = tmp_path / "nowhere" / "schema.json"
    done = CliRunner().invoke(app, ["schema", "--out", str(file)])
    assert done.exit_code == 1
    assert done.stderr == f"scaffold: {file}: No such file or directory\n"


@pytest.fixture
def project(tmp_path: Path) -> Path:
    make(tmp_path, {"b/service.yaml": SERVICE, "b/lending.yaml": LENDING})
    pipeline.generate(tmp_path / "b", tmp_path / "p")
    return tmp_path / "p"


def test_the_blueprints_of_a_project_lead_editors_to_their_schema(
    project: Path,
) -> None:
    for file in (project / "blueprints").iterdir():
        first = file.read_text().splitlines()[0]
        schema = (file.parent / first.partition("$schema=")[2]).resolve()
        validator = Draft202012Validator(json.loads(schema.read_text()))
        validator.validate(yaml.load(file.read_text(), yaml.CSafeLoader))


def test_a_blueprint_of_a_project_is_a_blueprint_and_gets_no_second_line(
    project: Path, tmp_path: Path
) -> None:
    pipeline.generate(project / "blueprints", tmp_path / "again")
    for file in (project / "blueprints").iterdir():
        again = tmp_path / "again/blueprints" / file.name
        assert again.read_bytes() == file.read_bytes()


def test_the_line_ends_as_the_others_do() -> None:
    assert announced("a: 1\r\n") == f"{LINE}\r\na: 1\r\n"


def test_messages_speak_of_the_file_that_was_named(tmp_path: Path) -> None:
    bad = LENDING.replace("reader: str}\n    commands", "reader: strr}\n    commands")
    make(tmp_path, {"b/service.yaml": SERVICE, "b/lending.yaml": bad})
    with pytest.raises(BlueprintError) as error:
        pipeline.build(sources.find(tmp_path / "b"), Report())
    [found] = error.value.diagnostics
    assert found.span.line == 4
