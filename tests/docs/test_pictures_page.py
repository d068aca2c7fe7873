"""The page on pictures runs as it stands, and shows what is printed."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest
from typer.testing import CliRunner

from generator.cli import app

PAGE = Path(__file__).parents[2] / "docs/reference/pictures.md"
LIFECYCLE = "scaffold graph booking_core --kind lifecycle --of Reservation"
_PICTURE = re.compile(r"(?<=```mermaid\n).*?(?=```)", re.DOTALL)


def commands() -> list[str]:
    """The commands of the page."""
    blocks = re.findall(r"```sh\n(.*?)```", PAGE.read_text(), re.DOTALL)
    return [
        row.partition("#")[0].strip() for block in blocks for row in block.splitlines()
    ]


@pytest.mark.parametrize("line", sorted(set(commands())))
def test_a_command_of_the_page_draws(
    line: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    done = CliRunner().invoke(app, shlex.split(line)[1:])
    assert done.exit_code == 0, done.output
    assert done.stdout.startswith("---\ntitle: ") or any(tmp_path.iterdir())


def test_the_picture_of_the_page_is_what_is_printed(update_cases: bool) -> None:
    drawn = CliRunner().invoke(app, shlex.split(LIFECYCLE)[1:]).stdout
    if update_cases:
        PAGE.write_text(_PICTURE.sub(lambda _: drawn, PAGE.read_text()))
    assert LIFECYCLE in commands()
    assert _PICTURE.findall(PAGE.read_text()) == [drawn]
