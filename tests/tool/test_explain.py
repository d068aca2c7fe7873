"""`scaffold explain` says what a code means, and which codes there are."""

from __future__ import annotations

import pytest
from typer.testing import CliRunner

from generator.catalogue import CATALOGUE
from generator.cli import app


def test_a_code_is_explained_by_an_example_and_its_way_out() -> None:
    done = CliRunner().invoke(app, ["explain", "b303"])
    assert (done.exit_code, done.stderr) == (0, "")
    for part in ("B303  ", "For example:", "What is said:", "The way out:", "^"):
        assert part in done.stdout


def test_without_a_code_all_are_listed() -> None:
    done = CliRunner().invoke(app, ["explain"])
    assert done.exit_code == 0
    assert [line[:4] for line in done.stdout.splitlines()] == sorted(CATALOGUE)


@pytest.mark.parametrize("word", ["B3O3", "B999", "B", "../B303", "b303.md"])
def test_what_is_no_code_is_refused(word: str) -> None:
    done = CliRunner().invoke(app, ["explain", word])
    assert (done.exit_code, done.stdout) == (2, "")
    assert "Traceback" not in done.stderr
