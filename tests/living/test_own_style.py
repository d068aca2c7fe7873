"""Ruff tells a project's own modules from others as it does in the project itself."""

from __future__ import annotations

from pathlib import PurePosixPath

import pytest

from generator import project
from generator.own_style import OwnStyle
from tests.living.projects import Living

TEXT = PurePosixPath("tests/unit/test_mine.py")


@pytest.mark.parametrize(
    ("setting", "module", "is_own"),
    [
        ("", "app", True),
        ("", "app.about", True),
        ("", "app.lending.commands", True),
        ("", "app.gone.commands", False),
        ("", "tests.gone.commands", True),
        ("", "app.api.routers", True),
        ("", "tests.spec", True),
        ("", "lending", False),
        ('src = ["app"]', "lending", True),
        ('src = ["app"]', "lending.commands", True),
    ],
)
def test_own_modules_stand_below_those_of_others(
    living: Living, setting: str, module: str, is_own: bool
) -> None:
    living.edit("pyproject.toml", "[tool.ruff]\n", f"[tool.ruff]\n{setting}\n")
    style = OwnStyle(project.load(living.root))
    written = f"import {module}\nimport zebra\n"
    [found] = style.formatted({TEXT: written}).values()
    assert found == (f"import zebra\n\nimport {module}\n" if is_own else written)
