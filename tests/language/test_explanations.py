"""Every code is explained, by examples that are what their explanation says."""

from __future__ import annotations

import pytest

from generator.catalogue import CATALOGUE
from generator.diagnostics import show
from generator.explanation import FOLDER, explain, shown
from generator.sources import WrongUsage

CODES = sorted(CATALOGUE)


def test_every_code_has_an_explanation_and_nothing_else_has_one() -> None:
    assert sorted(file.stem for file in FOLDER.iterdir()) == CODES


@pytest.mark.parametrize("code", CODES)
def test_a_wrong_example_shows_its_code_and_no_other(code: str) -> None:
    found, lines = explain(code).before
    said = "\n".join(show(each, lines) for each in found)
    assert {each.code for each in found} == {code}, said


@pytest.mark.parametrize("code", CODES)
def test_a_corrected_example_has_nothing_wrong_in_it(code: str) -> None:
    found, lines = explain(code).after
    assert "\n".join(show(each, lines) for each in found) == ""


@pytest.mark.parametrize("code", CODES)
def test_an_explanation_says_why_and_what_to_do(code: str) -> None:
    explained = explain(code)
    assert explained.reason
    assert explained.way_out
    assert all(each.lines for each in explained.examples)
    assert explained.examples or explained.done


def test_an_explanation_shows_what_is_said_and_only_what_changes() -> None:
    said = shown(explain("b303"))
    assert said.startswith("B303  An expression names something that is not there.")
    assert 'B303 "dais" is not known here' in said
    assert "- " in said and "+ " in said


def test_a_code_that_there_is_not_is_answered_by_the_closest_one() -> None:
    with pytest.raises(WrongUsage, match='did you mean "B303"'):
        explain("B3O3")
