"""What is drawn of a service, as Mermaid and as SVG."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

import pytest
from typer.testing import CliRunner

from generator import model, pipeline
from generator.cli import app
from generator.graph import Picture, Subject, mermaid, picture, svg
from generator.graph.diagram import Diagram, Edge, Node
from generator.graph.subjects import drawn

SVG = "{http://www.w3.org/2000/svg}"
ODD = 'a"b<c>&]|#;\n\u202e%%{init}'


@pytest.fixture(scope="module")
def booking() -> model.Service:
    """The example service."""
    return pipeline.load_service("booking_core")


def arrows(diagram: Diagram) -> set[tuple[str, str, str]]:
    """Every edge by the titles of its ends, with its words."""
    titles = {node.key: node.title for node in diagram.nodes}
    return {
        (titles[each.source], titles[each.target], " ".join(each.words))
        for each in diagram.edges
    }


def test_a_lifecycle_leads_from_state_to_state_by_commands(
    booking: model.Service,
) -> None:
    found = arrows(drawn(booking, Subject.LIFECYCLE, "Reservation"))
    assert ("", "requested", "RequestReservation") in found
    assert ("requested", "confirmed", "ConfirmReservation") in found
    assert ("confirmed", "cancelled", "CancelReservation") in found
    assert ("requested", "cancelled", "CancelReservation") not in found


def test_a_context_map_says_who_refers_to_whom_and_who_sends(
    booking: model.Service,
) -> None:
    found = arrows(drawn(booking, Subject.CONTEXT))
    assert ("payment", "reservation", "refers to Reservation") in found
    assert ("reservation", "payment", "PayRefund") in found
    assert any(a == "guest" and "tells ReservationView" in w for a, _, w in found)


def test_a_flow_goes_from_a_command_to_what_its_events_set_off(
    booking: model.Service,
) -> None:
    diagram = drawn(booking, Subject.FLOW, "CancelReservation")
    found = arrows(diagram)
    assert ("CancelReservation", "Reservation", "") in found
    assert ("Reservation", "RefundOwed", "if") in found
    assert ("RefundOwed", "PayRefund", "") in found
    assert ("PayRefund", "RefundGuest", "") in found
    [rules] = [each for each in diagram.nodes if each.look == "rule"]
    assert "InvalidTransition" in rules.lines


def test_the_whole_service_has_every_command_event_and_read_model(
    booking: model.Service,
) -> None:
    diagram = drawn(booking, Subject.SERVICE)
    titles = {node.title for node in diagram.nodes}
    for domain in booking.domains:
        for aggregate in domain.aggregates:
            assert {each.name for each in aggregate.commands} <= titles
            assert {each.name for each in aggregate.events} <= titles
        assert {each.name for each in domain.read_models} <= titles
    assert ("ReservationRequested", "ReservationView", "at once") in arrows(diagram)
    guest = drawn(booking, Subject.SERVICE, "guest")
    assert "RegisterGuest" in {node.title for node in guest.nodes}
    assert "TakePayment" not in {node.title for node in guest.nodes}


SUBJECTS = [
    (Subject.SERVICE, ""),
    (Subject.CONTEXT, ""),
    (Subject.LIFECYCLE, "Reservation"),
    (Subject.FLOW, "reservation.CancelReservation"),
]


@pytest.mark.parametrize(("subject", "of"), SUBJECTS)
def test_mermaid_declares_what_it_connects(
    booking: model.Service, subject: Subject, of: str
) -> None:
    text = picture(booking, subject, of, Picture.MERMAID)
    front, _, body = text.removeprefix("---\n").partition("---\n")
    head, *rows = body.splitlines()
    assert (front.startswith("title: '"), head) == (True, "flowchart LR")
    node = re.compile(r'    (n\d+)[\[({/]+"[^"]*"[\])}/]+:::(\w+)')
    edge = re.compile(r'    (n\d+) (?:-->|-\.->)(?:\|"[^"]*"\|)? (n\d+)')
    style = re.compile(r"    classDef (\w+) fill:#\w+,stroke:#\w+,color:#\w+")
    nodes = [found for row in rows if (found := node.fullmatch(row))]
    edges = [found for row in rows if (found := edge.fullmatch(row))]
    styles = [found for row in rows if (found := style.fullmatch(row))]
    assert len(nodes) + len(edges) + len(styles) == len(rows)
    assert {end for each in edges for end in each.groups()} <= {n[1] for n in nodes}
    assert {each[2] for each in nodes} == {each[1] for each in styles}


@pytest.mark.parametrize(("subject", "of"), SUBJECTS)
def test_svg_shows_every_word_and_needs_nothing_from_elsewhere(
    booking: model.Service, subject: Subject, of: str
) -> None:
    text = picture(booking, subject, of, Picture.SVG)
    shown = {each.text for each in ElementTree.fromstring(text).iter(f"{SVG}text")}
    diagram = drawn(booking, subject, of)
    words = {node.title for node in diagram.nodes if node.title}
    words |= {line for node in diagram.nodes for line in node.lines}
    words |= {word for edge in diagram.edges for word in edge.words}
    assert words <= shown
    assert "prefers-color-scheme: dark" in text
    assert re.findall(r"https?://[^\s\"]+", text) == ["http://www.w3.org/2000/svg"]


def test_no_text_becomes_markup() -> None:
    nodes = (Node("a", "rule", ODD, ODD, (ODD,)), Node("b", "event", "b"))
    diagram = Diagram(ODD, nodes, (Edge("a", "b", (ODD,)),))
    root = ElementTree.fromstring(svg.written(diagram))
    assert {each.tag for each in root.iter()} == {
        SVG + tag
        for tag in (
            *("svg", "title", "style", "defs", "marker", "path"),
            *("rect", "text", "g"),
        )
    }
    assert "\u202e" not in svg.written(diagram)
    rows = mermaid.written(diagram).splitlines()
    assert len([row for row in rows if row.startswith("    n")]) == 3
    assert all(row.count('"') in (0, 2) for row in rows[1:] if "title" not in row)
    assert len(rows) == 9
    assert "%%" not in "".join(rows)
    quoted = mermaid.written(Diagram("it's", nodes, ())).splitlines()[1]
    assert quoted == "title: 'it''s'"


@pytest.mark.parametrize("written", Picture)
def test_the_same_blueprint_is_the_same_bytes(
    booking: model.Service, written: Picture
) -> None:
    command = [sys.executable, "-m", "generator", "graph", "booking_core"]
    done = subprocess.run(
        [*command, "--format", written],
        cwd=Path(__file__).parents[2],
        env=os.environ | {"PYTHONHASHSEED": "7"},
        capture_output=True,
        check=True,
        text=True,
    )
    assert done.stdout == picture(booking, Subject.SERVICE, "", written)


def test_a_picture_goes_into_a_file(tmp_path: Path) -> None:
    out = tmp_path / "life.svg"
    options = ("--kind", "lifecycle", "--of", "Reservation", "--format", "svg")
    done = CliRunner().invoke(
        app, ["graph", "booking_core", *options, "--out", str(out)]
    )
    assert (done.exit_code, done.stdout) == (0, "")
    assert out.read_text().startswith("<svg ")


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--kind", "lifecycle"), "name the aggregate with a lifecycle with --of"),
        (("--kind", "lifecycle", "--of", "Guest"), "no aggregate with a lifecycle"),
        (("--kind", "flow", "--of", "CancelReservatio"), '"CancelReservation"'),
        (("--kind", "context", "--of", "guest"), "leave --of away"),
        (("--of", "gest"), 'did you mean "guest"'),
    ],
)
def test_what_is_not_there_cannot_be_drawn(options: tuple[str, ...], said: str) -> None:
    done = CliRunner().invoke(app, ["graph", "booking_core", *options])
    assert done.exit_code == 2
    assert said in done.stderr
