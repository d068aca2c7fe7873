"""The list of decisions has them all; `--update-cases` writes it."""

from __future__ import annotations

from pathlib import Path

from tests.docs.reader import ROOT

FOLDER = ROOT / "docs/adr"
INTRODUCTION = """# Decisions

What surprised its authors, and why it is so: one page each.

| | |
|---|---|
"""


def row(page: Path) -> str:
    number, _, title = (
        page.read_text().partition("\n")[0].partition(" ")[2].partition(". ")
    )
    return f"| {number} | [{title}]({page.name}) |\n"


def test_the_list_has_every_decision(update_cases: bool) -> None:
    pages = sorted(FOLDER.glob("[0-9]*.md"))
    listed = INTRODUCTION + "".join(map(row, pages))
    if update_cases:
        (FOLDER / "index.md").write_text(listed)
    assert (FOLDER / "index.md").read_text() == listed
