"""The page on the rules of all code names each of them, and what it shows is so."""

from __future__ import annotations

import re
from pathlib import Path

from generator.code_rules import CODES, check

PAGE = (Path(__file__).parents[2] / "docs/reference/code-rules.md").read_text()


def test_every_rule_has_a_row() -> None:
    assert re.findall(r"^\| (L\d\d) \|", PAGE, re.MULTILINE) == sorted(CODES)[1:]


def test_the_line_that_is_allowed_is_allowed_by_its_comment() -> None:
    [line] = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)
    assert check("app/lending/years.py", line) == ()
    [found] = check("app/lending/years.py", line.partition("#")[0])
    assert found.code == "L08"
