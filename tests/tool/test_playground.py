"""The demo replaces a former demo, and nothing that holds somebody's work."""

from __future__ import annotations

from pathlib import Path

import pytest

from generator import playground
from generator.tree import File, Tree
from generator.write import Unfit
from tests.tool.folders import contents, make

OLD = Tree([("README.md", File("old")), ("app/server.py", File("old"))])
NEW = Tree([("README.md", File("new"))])


@pytest.fixture
def demo(tmp_path: Path) -> Path:
    folder = tmp_path / "demo"
    playground.write(OLD, folder)
    return folder


def files(folder: Path) -> set[str]:
    return set(contents(folder)) - {str(playground.MARKER)}


def test_a_former_demo_is_replaced_with_all_that_it_left(demo: Path) -> None:
    make(demo, {".dev/postgres/data": "", "app/__pycache__/server.pyc": ""})
    playground.write(NEW, demo)
    assert files(demo) == {"README.md"}
    assert [path.name for path in demo.parent.iterdir()] == ["demo"]


def test_a_folder_that_no_demo_made_is_refused(tmp_path: Path) -> None:
    make(tmp_path, {"mine/notes.txt": "mine"})
    with pytest.raises(Unfit, match="not empty"):
        playground.write(NEW, tmp_path / "mine")
    assert files(tmp_path / "mine") == {"notes.txt"}


def test_work_that_was_done_in_a_demo_is_not_lost(demo: Path) -> None:
    make(demo, {"app/server.py": "edited"})
    before = contents(demo)
    with pytest.raises(Unfit, match=r"app/server\.py was edited"):
        playground.write(NEW, demo)
    assert contents(demo) == before


def test_a_running_demo_is_not_replaced(demo: Path) -> None:
    before = contents(demo)
    with playground.claimed(demo), pytest.raises(Unfit, match="a demo is running"):
        playground.write(NEW, demo)
    assert contents(demo) == before


def test_whoever_stands_in_a_demo_keeps_the_ground(
    demo: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(demo / "app")
    before = contents(demo)
    with pytest.raises(Unfit, match="from outside"):
        playground.write(NEW, demo)
    assert contents(demo) == before


def test_a_former_demo_stays_when_the_new_one_cannot_be_written(
    demo: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError("no space left")

    before = contents(demo.parent)
    monkeypatch.setattr("generator.write.put", full)
    with pytest.raises(OSError, match="no space left"):
        playground.write(NEW, demo)
    assert contents(demo.parent) == before
