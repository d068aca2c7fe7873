"""A project is written into an absent or empty folder: all of it, or nothing."""

from __future__ import annotations

import stat
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from generator import write
from generator.tree import File, Tree
from tests.tool.folders import contents, make

TREE = Tree(
    [
        ("README.md", File("# Shop\n")),
        ("app/server.py", File("x = 1\n")),
        ("app/guest/events.py", File("y = 1\n")),
        ("bin/run", File("#!/bin/sh\n", executable=True)),
    ]
)
WRITTEN = {
    "README.md": b"# Shop\n",
    "app": None,
    "app/guest": None,
    "app/guest/events.py": b"y = 1\n",
    "app/server.py": b"x = 1\n",
    "bin": None,
    "bin/run": b"#!/bin/sh\n",
}
TARGETS = {"absent": "shop", "absent and deep": "a/b/shop", "empty": "empty"}


@pytest.fixture
def home(tmp_path: Path) -> Path:
    (tmp_path / "empty").mkdir()
    return make(tmp_path, {"neighbour/notes.txt": "mine"})


def write_to(folder: Path) -> None:
    write.apply(TREE, write.Disk(write.fit(folder)))


@pytest.mark.parametrize("target", TARGETS.values(), ids=TARGETS)
def test_every_file_arrives_and_nothing_else(home: Path, target: str) -> None:
    others = contents(home)
    write_to(home / target)
    assert contents(home / target) == WRITTEN
    assert others.items() <= contents(home).items()
    assert not list(home.rglob(f"{write.STAGE}*"))


def test_permissions_are_those_of_any_new_file(home: Path) -> None:
    (home / "plain").mkdir()
    (home / "plain/file").write_text("")
    write_to(home / "shop")
    for name, like in [("shop", "plain"), ("shop/README.md", "plain/file")]:
        assert (home / name).stat().st_mode == (home / like).stat().st_mode
    assert (home / "shop/bin/run").stat().st_mode & stat.S_IXUSR


def test_an_empty_folder_stays_the_folder_it_is(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(home / "empty")
    write_to(Path("."))
    assert contents(Path(".")) == WRITTEN


def failing_at(call: int, real: Callable[..., Any], error: type[BaseException]) -> Any:
    """A function that does its work, until it fails at its n-th call."""
    count = iter(range(1, 1000))

    def function(*arguments: Any) -> Any:
        if next(count) == call:
            raise error("no space left")
        return real(*arguments)

    return function


FAILURES = [
    pytest.param(name, real, call, error, id=f"{name}-{call}-{error.__name__}")
    for name, real in [
        ("generator.write.put", write.put),
        ("pathlib.Path.rename", Path.rename),
    ]
    for call in (1, 2, 3)
    for error in (OSError, KeyboardInterrupt)
]


@pytest.mark.parametrize("target", TARGETS.values(), ids=TARGETS)
@pytest.mark.parametrize(("name", "real", "call", "error"), FAILURES)
def test_a_failure_anywhere_leaves_nothing_behind(
    home: Path,
    monkeypatch: pytest.MonkeyPatch,
    target: str,
    name: str,
    real: Callable[..., Any],
    call: int,
    error: type[BaseException],
) -> None:
    before = contents(home)
    renames_once = "rename" in name and target != "empty"
    with monkeypatch.context() as patched:
        patched.setattr(name, failing_at(call, real, error))
        if renames_once and call > 1:
            write_to(home / target)
            assert contents(home / target) == WRITTEN
        else:
            with pytest.raises(error):
                write_to(home / target)
            assert contents(home) == before


def test_what_appears_meanwhile_is_not_overwritten(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    disk = write.Disk(write.fit(home / "shop"))
    with pytest.raises(write.Unfit, match="appeared meanwhile"), disk:
        for path, file in TREE.items():
            disk.put(path, file)
        make(home, {"shop/mine.txt": "mine"})
        disk.commit()
    assert contents(home / "shop") == {"mine.txt": b"mine"}


def test_a_dry_run_touches_nothing(home: Path) -> None:
    before = contents(home), home.stat().st_mtime_ns
    home.chmod(0o555)
    write.apply(TREE, write.Paper())
    home.chmod(0o755)
    assert (contents(home), home.stat().st_mtime_ns) == before


def unfit_targets(home: Path) -> dict[str, Path]:
    """Everything that is neither an absent nor an empty folder of one's own."""
    make(home, {"file": "", "full/hidden/.keep": ""})
    for name, target in [
        ("link", "empty"),
        ("dangling", "nowhere"),
        ("linked_file", "file"),
    ]:
        (home / name).symlink_to(target)
    return {
        "a file": home / "file",
        "below a file": home / "file" / "shop",
        "not empty": home / "full",
        "a link to an empty folder": home / "link",
        "a dangling link": home / "dangling",
        "a link to a file": home / "linked_file",
        "among the templates": write.templates("service") / "shop",
        "among the examples": write.blueprints() / "booking_core",
    }


def test_any_other_folder_is_refused_before_anything_happens(home: Path) -> None:
    targets = unfit_targets(home)
    before = contents(home)
    for reason, target in targets.items():
        with pytest.raises(write.Unfit):
            write.fit(target)
            pytest.fail(f"{reason} was taken")
    assert contents(home) == before


def test_an_unwritable_folder_is_refused(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(**_: object) -> str:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("tempfile.mkdtemp", refuse)
    with pytest.raises(write.Unfit, match="cannot be written: Permission denied"):
        write_to(home / "shop")
