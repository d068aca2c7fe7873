"""Every mistake is told as its case under `tests/errors` says, word by word.

A case is a folder named by its code: a blueprint, and what `scaffold` prints about it.
`pytest --update-cases` writes the expectation anew; read the difference before you keep
it.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from generator import (
    api_changes,
    breaking,
    custom_changes,
    pipeline,
    table_changes,
)
from generator.catalogue import CATALOGUE
from generator.diagnostics import show
from generator.sources import Source, locks

CASES = sorted(
    path for path in (Path(__file__).parents[1] / "errors").iterdir() if path.is_dir()
)


def said_about(case: Path) -> str:
    """Everything that is reported about the blueprint of a case."""
    files = sorted(case.glob("*.yaml"), key=lambda file: file.name != "service.yaml")
    texts = [Source(file.name, file) for file in files]
    found, lines = pipeline.examine(texts, locks(case))
    return "".join(f"{show(each, lines)}\n" for each in found)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_a_mistake_is_told_word_by_word(case: Path, update_cases: bool) -> None:
    said = said_about(case)
    expected = case / "stderr.txt"
    if update_cases:
        expected.write_text(said)
    assert said == expected.read_text()
    assert case.name.partition("-")[0] in said


def test_every_code_about_a_blueprint_has_a_case() -> None:
    shown = {case.name.partition("-")[0] for case in CASES}
    # What breaks of a release is no mistake: its explanations show what is said.
    breaks = breaking.CODES | table_changes.CODES | api_changes.CODES
    breaks |= custom_changes.CODES
    about = {code for code in CATALOGUE if code.startswith("B")}
    assert about - breaks.keys() - shown == set()


def test_every_case_is_about_a_code_of_the_catalogue() -> None:
    shown = {case.name.partition("-")[0] for case in CASES}
    assert shown - set(CATALOGUE) == set()
