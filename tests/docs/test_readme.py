"""What the README shows is true: its blueprint, its commands, its error, its links."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.docs.blocks import blocks as parts
from tests.docs.reader import ROOT, Reader
from tests.language.test_errors import said_about

README = (ROOT / "README.md").read_text()


def blocks(language: str) -> list[str]:
    """The fenced blocks of one language."""
    return re.findall(rf"```{language}\n(.*?)```", README, re.DOTALL)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder that holds the README's blueprint."""
    (tmp_path / "lending.yaml").write_text(blocks("yaml")[0])
    return tmp_path


def test_the_readme_opens_with_the_two_commands_that_the_makefile_has() -> None:
    first = [line.partition("#")[0].strip() for line in blocks("sh")[0].splitlines()]
    assert first == ["make demo", "make test"]
    makefile = (ROOT / "Makefile").read_text()
    assert all(
        re.search(rf"^{line.split()[1]}:", makefile, re.MULTILINE) for line in first
    )


@pytest.mark.parametrize("page", ["README.md", "docs/tutorial.md"])
def test_scaffold_is_on_the_path_before_it_is_typed(page: str) -> None:
    typed = [
        line
        for block in parts(ROOT / page)
        if block.language == "sh"
        for line in block.text.splitlines()
    ]
    commands = [line.split()[0] for line in typed]
    assert commands.index(".") < commands.index("scaffold")


def test_every_other_command_of_the_readme_succeeds(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    reader = Reader(folder, monkeypatch)
    _, *others = (each for each in parts(ROOT / "README.md") if each.language == "sh")
    for block in others:
        reader.follow(block)


def test_the_readme_shows_an_error_word_by_word(folder: Path) -> None:
    shown = next(block for block in blocks("text") if " B303 " in block)
    good = (folder / "lending.yaml").read_text()
    bad = good.replace("today <= state.due", "today <= state.du")
    assert bad != good
    (folder / "lending.yaml").write_text(bad)
    assert said_about(folder) == shown


def test_every_file_that_the_readme_names_is_there() -> None:
    linked = re.findall(r"\]\(([^)]+)\)", README)
    proofs = re.findall(r"`(tests/[a-z_/]+(?:\.py)?)`", README)
    assert linked and proofs
    assert [name for name in [*linked, *proofs] if not (ROOT / name).exists()] == []


def test_the_readme_shows_the_demo_as_it_is() -> None:
    walk = (ROOT / "generator/walk.py").read_text()
    shown = next(block for block in blocks("text") if "Idempotency-Key" in block)
    steps = re.findall(r"^ ?(\d+)  (.+)$", shown, re.MULTILINE)
    told = re.findall(r"\.step\(\s*\"(.+)\"\s*\)", walk)
    assert steps
    assert steps == [(str(told.index(step) + 1), step) for _, step in steps]
