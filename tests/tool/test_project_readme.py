"""The README of a project tells its owner what the service does, and is right."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from markdown_it import MarkdownIt
from typer.testing import CliRunner

from generator import pipeline, readme
from generator.cli import app
from generator.model import Service

CHILDREN = Path(__file__).parents[1] / "golden/children"
ROUTES = """
import json
from app.server import create_app
paths = create_app().openapi()["paths"]
print(json.dumps([f"{verb.upper()} {path}" for path in paths for verb in paths[path]]))
"""
RESERVATION = """
[*] --> s_requested : RequestReservation
s_requested --> s_confirmed : ConfirmReservation
s_requested --> s_rejected : RejectReservation
s_confirmed --> s_cancelled : CancelReservation
s_rejected --> [*]
s_cancelled --> [*]
"""


@pytest.fixture(scope="module")
def service() -> Service:
    return pipeline.load_service("booking_core")


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("readme") / "project"
    pipeline.generate("booking_core", folder)
    return folder


@pytest.fixture(scope="module")
def text(project: Path) -> str:
    return (project / "README.md").read_text()


def tables(text: str) -> dict[str, list[list[str]]]:
    """The rows of all tables, by the first word of their heads."""
    found: dict[str, list[list[str]]] = {}
    head = ""
    cells: list[str] = []
    for token in MarkdownIt("commonmark").enable("table").parse(text):
        if token.type == "tr_open":
            cells = []
        elif token.type == "inline":
            cells.append(token.content)
        elif token.type == "thead_close":
            head = cells[0]
        elif token.type == "tr_close" and head:
            found.setdefault(head, []).append(cells)
        elif token.type == "table_close":
            head = ""
    return found


def names(rows: list[list[str]]) -> list[str]:
    return [row[0].split("`")[1] for row in rows]


def test_everything_of_the_blueprint_is_told_once(service: Service, text: str) -> None:
    told = tables(text)
    aggregates = [each for domain in service.domains for each in domain.aggregates]
    assert names(told["Command"]) == [c.name for a in aggregates for c in a.commands]
    assert names(told["Event"]) == [e.name for a in aggregates for e in a.events]
    queries = [query.name for domain in service.domains for query in domain.queries]
    assert names(told["Query"]) == queries
    policies = [each.name for domain in service.domains for each in domain.policies]
    assert names(told["Policy"]) == policies
    for domain in service.domains:
        assert text.count(f"## Domain `{domain.name}`\n\n{domain.summary}\n") == 1


def test_what_has_no_summary_is_not_introduced_by_its_name() -> None:
    catalogue = pipeline.load_service(str(CHILDREN)).domains[0]
    assert catalogue.aggregates[0].summary == "Product."
    told = readme.section(catalogue)
    assert told["summary"] == "What is sold."
    assert [each["summary"] for each in told["aggregates"]] == [""]


def test_its_routes_are_those_of_the_api(project: Path, text: str) -> None:
    done = subprocess.run(
        [sys.executable, "-c", ROUTES],
        cwd=project,
        env={**os.environ, "SECURITY_JWT_SECRET": "x" * 32, "PYTHONPATH": ""},
        capture_output=True,
        text=True,
        check=True,
    )
    served = {each for each in json.loads(done.stdout) if " /health/" not in each}
    told = tables(text)
    routes = [row[1].strip("`") for row in (*told["Command"], *told["Query"]) if row[1]]
    assert len(routes) == len(set(routes))
    assert set(routes) == served


def test_a_command_is_told_with_who_may_and_what_comes_of_it(text: str) -> None:
    (row,) = (row for row in tables(text)["Command"] if "CancelRes" in row[0])
    assert row[1:] == [
        "`POST /reservations/{reservation_id}/cancel`",
        "`staff`, `owner(guest_id)`",
        "`confirmed`",
        "`ReservationCancelled`, `RefundOwed` (perhaps)",
        "`NotFound`, `InvalidTransition`",
    ]


def test_a_lifecycle_is_a_picture_of_what_leads_where(text: str) -> None:
    fences = re.findall(r"```mermaid\n(.*?)```", text, re.DOTALL)
    (picture,) = (each for each in fences if "RequestReservation" in each)
    lines = [line.strip() for line in picture.splitlines()]
    assert lines[0] == "stateDiagram-v2"
    assert [line for line in lines if "-->" in line] == RESERVATION.split("\n")[1:-1]
    named = {line.partition(" : ")[0] for line in lines[1:] if "-->" not in line}
    drawn = {word for line in lines for word in line.split() if word.startswith("s_")}
    assert named == drawn


def test_what_its_owner_is_told_to_run_can_be_run(project: Path, text: str) -> None:
    makefile = (project / "Makefile").read_text()
    asked = set(re.findall(r"\bmake ([a-z]+)", text))
    assert asked >= {"dev", "test", "check", "token", "up"}
    for target in asked:
        assert re.search(rf"^{target}:", makefile, re.MULTILINE), target
    for command in set(re.findall(r"\bscaffold ([a-z][a-z-]+)", text)) - {"installs"}:
        assert CliRunner().invoke(app, [command, "--help"]).exit_code == 0, command
    for command in set(re.findall(r"python -m app ([a-z-]+)", text)):
        asked_app = [sys.executable, "-m", "app", command, "--help"]
        done = subprocess.run(asked_app, cwd=project, capture_output=True, check=False)
        assert done.returncode == 0, command


def test_the_places_that_it_names_are_there(project: Path, text: str) -> None:
    folders = [row[0].strip("`") for row in tables(text)["Folder"]]
    assert "deploy/" in folders
    for folder in folders:
        assert (project / folder.replace("NAME", "guest")).exists(), folder
    for overlay in re.findall(r"--kustomize (\S+)", text):
        assert (project / overlay / "kustomization.yaml").is_file()
