"""What small blueprints become, file by file: read a change here as a reviewer would.

`pytest --update-cases` writes the trees anew.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from generator import pipeline, sources
from generator.diagnostics import Report
from generator.tree import Tree

CASES = sorted(
    path for path in (Path(__file__).parents[1] / "golden").iterdir() if path.is_dir()
)


def archive(tree: Tree) -> str:
    """The files that a blueprint's domains make, in one readable text."""
    parts = []
    for path, file in tree.items():
        if file.origin.startswith(("domain", "shared")):
            parts.append(f"-- {path} --\n{file.text}")
    return "".join(parts)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_a_blueprint_becomes_these_files(case: Path, update_cases: bool) -> None:
    tree = pipeline.build(sources.find(case), Report())
    expected = case / "expected.txtar"
    if update_cases:
        expected.write_text(archive(tree))
    assert archive(tree) == expected.read_text()


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_the_same_blueprint_becomes_the_same_bytes(case: Path) -> None:
    first = pipeline.build(sources.find(case), Report())
    second = pipeline.build(sources.find(case), Report())
    assert dict(first.items()) == dict(second.items())
