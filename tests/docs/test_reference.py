"""The catalogue of codes says what the tool says; `--update-cases` writes it anew.

A table has a row a code, and a page a family, with the explanation of each code.
"""

from __future__ import annotations

import re
from itertools import groupby
from pathlib import Path

import pytest

from generator.catalogue import CATALOGUE
from generator.diagnostics import Diagnostic
from generator.explanation import FOLDER, explain

PAGE = Path(__file__).parents[2] / "docs/reference/errors.md"
PAGES = PAGE.with_suffix("")
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
        parts.append(f"## {FAMILIES[family]}\n\n{head}\n{rows}\n")
    return "\n".join(parts)


def row(code: str) -> str:
    """A code, what it means, and the first message of its example."""
    said: Diagnostic = explain(code).before[0][0]
    kind = "*warning* " if said.severity == "warning" else ""
    link = f"[{code}](errors/{slug(code[:2])}.md#{code.lower()})"
    return f"| {link} | {kind}{CATALOGUE[code]} | {cell(said.message)} |"


def slug(family: str) -> str:
    """The name of the page of a family."""
    return FAMILIES[family].lower().replace(",", "").replace(" ", "-")


def family_page(family: str) -> str:
    """Every code of a family, as `scaffold explain` explains it."""
    codes = sorted(code for code in CATALOGUE if code.startswith(family))
    return f"# {FAMILIES[family]}\n\n" + "\n".join(map(section, codes))


def section(code: str) -> str:
    """The explanation of a code, with what is said about its example."""
    explanation = explain(code)
    text = (FOLDER / f"{code}.md").read_text()
    example, _, settled = text.rpartition(explanation.way_out)
    said = f"scaffold says:\n\n```text\n{explanation.said}\n```\n\n"
    shown = fenced(f"{example}{said}{explanation.way_out}{settled}")
    return f"## {code}\n\n**{explanation.meaning}**\n\n{shown}"


def fenced(text: str) -> str:
    """The blocks of an explanation as a page has them: with a title, in a language."""
    text = re.sub(r"^```removed (\S+)\n```$", r"`\1` is removed.", text, flags=re.M)
    text = re.sub(r"^```run$", "```sh", text, flags=re.M)
    head = r"^```(?:diff|edit|settle) (\S+)(?: bytes)?$"
    return re.sub(head, r'```diff title="\1"', text, flags=re.M)


def cell(text: str) -> str:
    """A message as it can stand in a table, word by word."""
    quoted = f"`` {text} ``" if "`" in text else f"`{text}`"
    return quoted.replace("|", "\\|")


def test_the_catalogue_has_a_row_for_every_code(update_cases: bool) -> None:
    if update_cases:
        PAGE.write_text(page())
    assert PAGE.read_text() == page()


@pytest.mark.parametrize("family", FAMILIES)
def test_each_family_has_a_page_that_explains_its_codes(
    family: str, update_cases: bool
) -> None:
    file = PAGES / f"{slug(family)}.md"
    if update_cases:
        file.parent.mkdir(exist_ok=True)
        file.write_text(family_page(family))
    assert file.read_text() == family_page(family)


def test_every_code_is_of_a_family_and_every_page_too() -> None:
    assert {code[:2] for code in CATALOGUE} == FAMILIES.keys()
    assert {file.stem for file in PAGES.iterdir()} == set(map(slug, FAMILIES))
