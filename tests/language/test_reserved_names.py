"""No name that a generated module imports can be declared in a blueprint."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from generator import imports
from generator.names import name_problem

ROOT = Path(__file__).parents[2]
TEMPLATES = sorted((ROOT / "templates/domain").rglob("*.jinja"))
IMPORT = re.compile(r"^from \S+ import (.+)$", re.MULTILINE)


def imported(text: str) -> set[str]:
    """The classes that a module imports under a fixed name."""
    names = ", ".join(IMPORT.findall(text)).split(", ")
    return {name for name in names if re.fullmatch(r"[A-Z]\w*[a-z]\w*", name)}


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda path: path.name)
def test_what_a_template_imports_is_reserved(template: Path) -> None:
    free = {
        name
        for name in imported(template.read_text())
        if name_problem(name, "type") is None
    }
    assert free == set()


def test_what_every_module_may_import_is_reserved() -> None:
    free = {
        name
        for name in imported(imports._STANDARD)
        if name_problem(name, "type") is None
    }
    assert free == set()
