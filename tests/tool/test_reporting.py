"""Findings say the same in every format, whatever a blueprint holds."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlparse
from xml.etree import ElementTree

import pytest
from pydantic import BaseModel
from sarif_pydantic import Sarif
from typer.testing import CliRunner

from generator.cli import app
from generator.diagnostics import Diagnostic, Span
from generator.reporting import Format, written
from tests.tool.folders import contents, make

HOSTILE = '50%0A, a:b <x> & "]]>" \x1b[2J\u202e\uffff\ud800 \r\n::error::no 日本'
WRONG = Diagnostic(
    "B303",
    HOSTILE,
    Span("a,b:c 100%.yaml", 2, 5, 9),
    "do this",
    also=((Span("/tmp/other.yaml", 1, 1), HOSTILE),),
)
DOUBTFUL = Diagnostic(
    "B752", "nobody uses it", Span("lending.yaml", 3, 1), severity="warning"
)
LINES = {"a,b:c 100%.yaml": [], "lending.yaml": [], "sound.yaml": []}

LENDING = """domain: lending
aggregates:
  Loan:
    state: {reader: str}
    commands:
      OpenLoan: {creates: true, fields: {reader: str}, emits: LoanOpened}
    events:
      LoanOpened: {fields: {reader: str}}
"""
TWICE = LENDING.replace("    commands", "    state: {}\n    commands")
UNUSED = LENDING + "enums: {Kind: [book, map]}\n"


def said(format: Format, *diagnostics: Diagnostic) -> str:
    return written(diagnostics, LINES, format)


def scaffold(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    line = [sys.executable, "-m", "generator", *arguments]
    return subprocess.run(line, cwd=folder, capture_output=True, text=True)


def test_json_gives_every_part_of_a_finding_unchanged() -> None:
    document = json.loads(said(Format.JSON, WRONG, DOUBTFUL))
    assert (document["errors"], document["warnings"]) == (1, 1)
    first, second = document["diagnostics"]
    kept = HOSTILE.replace("\ud800", r"\ud800")
    assert first["message"] == first["also"][0]["message"] == kept
    assert (first["file"], first["line"], first["column"]) == (WRONG.span.file, 2, 5)
    assert first["end_column"] == 9
    assert "end_column" not in second
    assert second["severity"] == "warning"


def test_json_is_ascii_so_that_no_terminal_obeys_it() -> None:
    assert said(Format.JSON, WRONG).isascii()


def test_a_workflow_command_is_one_line_and_gives_the_text_back() -> None:
    lines = said(Format.GITHUB, WRONG, DOUBTFUL).splitlines()
    assert [line[: line.index(" ")] for line in lines] == ["::error", "::warning"]
    found = re.fullmatch(r"::error (?P<properties>.*?)::(?P<data>.*)", lines[0])
    assert found
    properties = dict(
        pair.split("=", 1) for pair in found["properties"].split(",") if pair
    )
    assert unquote(properties["file"]) == "a,b:c 100%.yaml"
    assert (properties["line"], properties["col"]) == ("2", "5")
    assert properties["title"] == "scaffold B303"
    message, hint, also = unquote(found["data"]).splitlines()
    assert message.startswith('50%0A, a:b <x> & "]]>" \\x1b[2J\\u202e')
    assert hint == "do this"
    assert also.startswith("/tmp/other.yaml:1:1: ")


def unknown_keys(model: object) -> Iterator[str]:
    """Keys of a SARIF document that the standard does not have."""
    if isinstance(model, BaseModel):
        yield from model.model_extra or {}
        for name in type(model).model_fields:
            yield from unknown_keys(getattr(model, name))
    elif isinstance(model, list):
        for each in model:
            yield from unknown_keys(each)


def test_sarif_keeps_to_its_standard() -> None:
    text = said(Format.SARIF, WRONG, DOUBTFUL)
    log = Sarif.model_validate_json(text, strict=False)
    # The standard has `columnKind` for a run; the library does not know it.
    assert list(unknown_keys(log)) == ["columnKind"]
    assert log.version == "2.1.0"


def test_sarif_leads_to_each_place_and_to_the_rule() -> None:
    [run] = json.loads(said(Format.SARIF, WRONG, DOUBTFUL))["runs"]
    rules = [rule["id"] for rule in run["tool"]["driver"]["rules"]]
    assert rules == ["B303", "B752"]
    assert [each["level"] for each in run["results"]] == ["error", "warning"]
    for each in run["results"]:
        assert rules[each["ruleIndex"]] == each["ruleId"]
    place = run["results"][0]["locations"][0]["physicalLocation"]
    assert unquote(place["artifactLocation"]["uri"]) == "a,b:c 100%.yaml"
    assert place["region"] == {
        "startLine": 2,
        "startColumn": 5,
        "endLine": 2,
        "endColumn": 9,
    }
    other = run["results"][0]["relatedLocations"][0]["physicalLocation"]
    assert urlparse(other["artifactLocation"]["uri"]).path == "/tmp/other.yaml"


def test_junit_is_well_formed_and_counts_right() -> None:
    root = ElementTree.fromstring(said(Format.JUNIT, WRONG, DOUBTFUL).encode())
    suites = {suite.get("name"): suite for suite in root}
    assert list(suites) == list(LINES)
    assert (root.get("tests"), root.get("failures")) == ("3", "1")
    [failure] = root.iter("failure")
    assert failure.get("type") == "B303"
    assert "do this" in (failure.text or "")
    [aside] = root.iter("system-out")
    assert aside.text == "warning: lending.yaml:3:1:\nnobody uses it"
    assert suites["sound.yaml"][0].get("name") == "sound"


@pytest.mark.parametrize("format", Format)
def test_no_findings_are_a_document_of_none(format: Format) -> None:
    text = said(format)
    match format:
        case Format.JSON:
            assert json.loads(text)["diagnostics"] == []
        case Format.SARIF:
            assert json.loads(text)["runs"][0]["results"] == []
        case Format.JUNIT:
            assert ElementTree.fromstring(text.encode()).get("failures") == "0"
        case _:
            assert text == ""


def test_a_report_has_standard_output_for_itself(tmp_path: Path) -> None:
    make(tmp_path, {"b/service.yaml": "service: library\n", "b/lending.yaml": UNUSED})
    done = scaffold(tmp_path, "new-project", "p", "--blueprint", "b", "--format=json")
    assert done.returncode == 0, done.stderr
    document: dict[str, Any] = json.loads(done.stdout)
    assert [each["code"] for each in document["diagnostics"]] == ["B752"]
    assert "create  app/lending/events.py" in done.stderr


def test_errors_are_reported_in_the_format_and_fail(tmp_path: Path) -> None:
    make(tmp_path, {"lending.yaml": TWICE})
    for format in ("json", "github", "sarif", "junit"):
        line = ["test", str(tmp_path / "lending.yaml"), f"--format={format}"]
        done = CliRunner().invoke(app, line)
        assert (done.exit_code, done.stderr) == (1, ""), format
        assert "stands twice" in done.stdout
    done = scaffold(tmp_path, "test", "lending.yaml", "--format=yaml")
    assert done.returncode == 2


def test_the_tests_of_a_trial_are_told_beside_the_report(tmp_path: Path) -> None:
    make(tmp_path, {"lending.yaml": UNUSED})
    done = scaffold(tmp_path, "test", "lending.yaml", "--format=json", "--strict")
    assert json.loads(done.stdout)["warnings"] == 1
    assert "passed" in done.stderr
    assert done.returncode == 1  # because of the warning


def test_strict_makes_an_error_of_a_warning(tmp_path: Path) -> None:
    make(tmp_path, {"b/service.yaml": "service: library\n", "b/lending.yaml": UNUSED})
    before = contents(tmp_path)
    done = scaffold(tmp_path, "new-project", "p", "--blueprint", "b", "--strict")
    assert done.returncode == 1
    assert "B752" in done.stderr and "nothing is written" in done.stderr
    assert contents(tmp_path) == before


def test_the_documented_json_is_what_is_written(tmp_path: Path) -> None:
    page = Path(__file__).parents[2] / "docs/reference/formats.md"
    [shown] = re.findall(r"```json\n(.*?)```", page.read_text(), re.DOTALL)
    make(tmp_path, {"lending.yaml": TWICE})
    done = scaffold(tmp_path, "test", "lending.yaml", "--format=json")
    assert done.stdout == shown
