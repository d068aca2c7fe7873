"""The catalogue of codes says what the tool says; `--update-cases` writes it anew."""

from __future__ import annotations

from itertools import groupby
from pathlib import Path

from generator.catalogue import CATALOGUE
from generator.diagnostics import Diagnostic
from generator.explanation import explain

PAGE = Path(__file__).parents[2] / "docs/reference/errors.md"
FAMILIES = {
    "B0": "Files",
    "B1": "Keys and names",
    "B2": "Types and values",
    "B3": "Expressions and messages",
    "B4": "Commands, events and policies",
    "B5": "Read models and queries",
    "B6": "Examples and scenarios",
    "B7": "The whole service",
    "B8": "After a release",
    "L0": "The code of a service",
    "P1": "A project beside its blueprint",
    "P2": "Custom code",
    "P3": "The contract that code holds",
}
INTRODUCTION = """# What scaffold says, code by code

`scaffold explain B303` shows the same with an example, what is said about it, and the
way out; the links below lead there too. A warning stops nothing.
"""


def page() -> str:
    """The catalogue, out of the explanations and what is said about their examples."""
    parts = [INTRODUCTION]
    for family, codes in groupby(sorted(CATALOGUE), key=lambda code: code[:2]):
        rows = "\n".join(map(row, codes))
        head = "| code | means | as |\n|---|---|---|"
        parts.append(f"## {FAMILIES.get(family, family)}\n\n{head}\n{rows}\n")
    return "\n".join(parts)


def row(code: str) -> str:
    """A code, what it means, and the first message of its example."""
    said: Diagnostic = explain(code).before[0][0]
    kind = "*warning* " if said.severity == "warning" else ""
    link = f"[{code}](../../generator/explanations/{code}.md)"
    return f"| {link} | {kind}{CATALOGUE[code]} | {cell(said.message)} |"


def cell(text: str) -> str:
    """A message as it can stand in a table, word by word."""
    quoted = f"`` {text} ``" if "`" in text else f"`{text}`"
    return quoted.replace("|", "\\|")


def test_the_catalogue_has_a_row_for_every_code(update_cases: bool) -> None:
    if update_cases:
        PAGE.write_text(page())
    assert PAGE.read_text() == page()
