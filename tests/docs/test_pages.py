"""Whoever does what a page says sees what the page shows.

`--update-cases` writes what commands print into the page; put `…` where it may vary.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.docs.blocks import Block, blocks, rewritten
from tests.docs.reader import ROOT, Reader, as_shown, changes, stands

DOCS = ROOT / "docs"
# Pages that are printed from the code, whole; their own tests compare them.
PRINTED = ("reference/errors/", "reference/errors.md", "reference/language.md")
PAGES = sorted(
    page
    for page in DOCS.rglob("*.md")
    if not str(page.relative_to(DOCS)).startswith(PRINTED) and blocks(page)
)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(DOCS)))
def test_what_a_page_says_is_so(
    page: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    update_cases: bool,
) -> None:
    reader = Reader(tmp_path, monkeypatch)
    printed: dict[tuple[int, int], str] = {}
    try:
        for block in blocks(page):
            shows = block.language == "text"
            if update_cases and shows and not as_shown(block.text, reader.said):
                printed[block.span] = reader.said
                continue
            with found_at(block):
                reader.follow(block)
    finally:
        if printed:
            page.write_text(rewritten(page, printed))


@contextmanager
def found_at(block: Block) -> Iterator[None]:
    """Let a failure begin with the place on the page."""
    try:
        yield
    except AssertionError as error:
        raise AssertionError(f"{block}\n{error}") from error


def test_dots_stand_for_what_may_vary_and_nothing_else_does() -> None:
    assert as_shown("took … s\n…\nend\n", "took 3 s\na\nb\nend\n")
    assert as_shown("…\nend\n", "end\n")
    assert not as_shown("took 3 s\n", "took 4 s\n")
    assert not as_shown("a\n", "a\nb\n")


def test_an_excerpt_has_no_gaps() -> None:
    assert stands("a:\n  b\n", "x\n  a:\n    b\n")
    assert not stands("a\nc\n", "a\nb\nc\n")


def test_a_diff_is_read_part_by_part() -> None:
    assert list(changes(" a\n-b\n+c\n@@\n+d\n")) == [("a\nb\n", "a\nc\n"), ("", "d\n")]
