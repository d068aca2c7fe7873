"""Rendered Python gets its final form from ruff, and from nothing of the user's."""

from pathlib import Path, PurePosixPath

import pytest

from generator.style import MalformedCode, polish
from generator.tree import File, Tree

PATH = PurePosixPath("app/guest/events.py")

LOOSE = """
from decimal import Decimal, ROUND_UP
from app.common.events import Event
from typing import Optional
import os
class GuestRegistered( Event ):


    name : Optional[str]
    total:Decimal
"""

FINAL = """\
from decimal import Decimal

from app.common.events import Event


class GuestRegistered(Event):
    name: str | None
    total: Decimal
"""


def polished(path: str, text: str) -> str:
    return polish(Tree([(path, File(text))]))[PurePosixPath(path)].text


def test_unused_imports_go_and_the_rest_is_sorted_and_formatted() -> None:
    assert polished(str(PATH), LOOSE) == FINAL


def test_what_has_its_final_form_stays_as_it_is() -> None:
    assert polished(str(PATH), FINAL) == FINAL


@pytest.mark.parametrize("path", ["app/build/events.py", "app/venv/a.py", "dist/a.py"])
def test_no_name_of_a_domain_hides_it_from_ruff(path: str) -> None:
    assert polished(path, LOOSE) == FINAL


def test_what_a_package_passes_on_is_no_unused_import() -> None:
    text = "from app.guest.events import GuestRegistered as GuestRegistered\n"
    assert polished("app/guest/__init__.py", text) == text


def test_other_files_and_all_marks_are_left_alone() -> None:
    tree = Tree(
        [
            ("Makefile", File("a :\n\tb  \n", origin="service")),
            ("run.py", File("x=1", executable=True, origin="service")),
        ]
    )
    done = polish(tree)
    assert done[PurePosixPath("Makefile")] == tree[PurePosixPath("Makefile")]
    assert done[PurePosixPath("run.py")] == File("x = 1\n", executable=True)
    assert done[PurePosixPath("run.py")].origin == "service"


def test_the_settings_of_the_user_take_no_part(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "ruff.toml").write_text("line-length = 20\nexclude = ['*.py']\n")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr("tempfile.tempdir", None)
    assert polished(str(PATH), LOOSE) == FINAL


def test_code_that_does_not_parse_is_named_with_its_place() -> None:
    with pytest.raises(MalformedCode, match=r"app/guest/events\.py:1:7"):
        polished(str(PATH), "class :\n")
