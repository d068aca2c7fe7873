"""Pictures of the example are what `scaffold graph` draws; `--update-cases` redraws."""

from __future__ import annotations

from pathlib import Path

from typer.testing import CliRunner

from generator.cli import app
from tests.docs.reader import ROOT

PICTURE = ROOT / "docs/reference/pictures/cancel-reservation.svg"


def test_the_flow_of_a_command_is_drawn_as_it_is(
    tmp_path: Path, update_cases: bool
) -> None:
    drawn = PICTURE if update_cases else tmp_path / "drawn.svg"
    what = ["booking_core", "--kind", "flow", "--of", "CancelReservation"]
    done = CliRunner().invoke(
        app, ["graph", *what, "--format", "svg", "--out", str(drawn)]
    )
    assert done.exit_code == 0, done.output
    assert PICTURE.read_bytes() == drawn.read_bytes()
