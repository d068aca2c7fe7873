"""Blueprints that are no plain files, and names that are no plain names.

Whatever is wrong in a blueprint ends with 1 and a place, whatever is wrong with the
command with 2; neither shows a traceback, reads without end, or touches anything.
"""

from __future__ import annotations

import copy
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from typer.testing import CliRunner, Result

from generator import tree
from generator.cli import app

SERVICE = "service: shop\nroles: [clerk]\n"
DOMAIN = """\
domain: toys
types: {Money: decimal}
enums: {Status: [open, closed]}
value_objects: {Box: {fields: {size: int}, computed: {twice: size * 2}}}
aggregates:
  Toy:
    state: {status: Status, name: str, box: Box}
    lifecycle: status
    unique: [{of: [name], while: [open], error: NameTaken}]
    commands:
      AddToy:
        creates: true
        fields: {name: str, box: Box}
        access: clerk
        rules: [{require: name != "x", error: WrongName, message: "Not {name}."}]
        emits: [ToyAdded]
    events: {ToyAdded: {to: open, fields: {name: str, box: Box}}}
read_models:
  ToyView:
    key: toy_id
    columns: {name: str, price: "Money = 1"}
    indexes: [[name]]
    on: {ToyAdded: insert}
queries:
  ListToys: {from: ToyView, filter: [name], sort: [name], access: clerk}
  CountToys: {from: ToyView, group_by: [name], measures: {toys: count()}}
scenarios: [{name: It works, when: AddToy, then: [ToyAdded]}]
"""
EVIL = (
    *("../../evil", "/evil", "..", "evil/evil", "evil\\evil", "~/evil", "evil\n"),
    *("con", "class", "None", "__init__", "evil.py", "evil;import os", "{{ evil }}"),
    *("évil", "\u0435vil", "x" * 300, "", " evil", "$(evil)", "evil:Zone", "print"),
)
PROSE = frozenset({"message", "name", "scenarios"})
WRITING = frozenset({"os.mkdir", "os.rename", "os.remove", "os.symlink", "os.link"})


class Watch:
    """Notes which paths this process changes, while somebody is watching."""

    def __init__(self) -> None:
        self.watching = False
        self.changed: set[str] = set()
        sys.addaudithook(self._hear)

    def _hear(self, event: str, arguments: tuple[Any, ...]) -> None:
        if not self.watching:
            return
        if event == "open" and arguments[2] & (os.O_WRONLY | os.O_RDWR | os.O_CREAT):
            self.changed.add(str(arguments[0]))
        elif event in WRITING:
            self.changed |= {str(each) for each in arguments if isinstance(each, str)}


@pytest.fixture(scope="module")
def hook() -> Watch:
    return Watch()


@pytest.fixture
def watch(hook: Watch) -> Iterator[Watch]:
    hook.changed.clear()
    hook.watching = True
    yield hook
    hook.watching = False


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a good blueprint in `shop`."""
    monkeypatch.chdir(tmp_path)
    write(tmp_path / "shop", {"service.yaml": SERVICE, "toys.yaml": DOMAIN})
    return tmp_path


def write(folder: Path, files: dict[str, str]) -> None:
    folder.mkdir(exist_ok=True)
    for name, text in files.items():
        (folder / name).write_text(text, encoding="utf-8")


def new_project(blueprint: str = "shop", *options: str) -> Result:
    line = ["new-project", "made", "--blueprint", blueprint, *options]
    return CliRunner().invoke(app, line)


def names(data: Any, above: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The way to every key and every word of a blueprint that could be a name."""
    items: Any = ()
    if isinstance(data, dict):
        items = list(data.items())
    elif isinstance(data, list):
        items = list(enumerate(data))
    for step, value in items:
        yield (*above, step)
        yield from names(value, (*above, step))


def renamed(data: Any, way: tuple[Any, ...], name: str, *, key: bool) -> Any:
    """The blueprint with another key, or word, at one place."""
    changed = copy.deepcopy(data)
    parent = changed
    for step in way[:-1]:
        parent = parent[step]
    if key and isinstance(parent, dict):
        parent[name] = parent.pop(way[-1])
    elif isinstance(parent[way[-1]], str):
        parent[way[-1]] = name
    return changed


@pytest.mark.timeout(900)
def test_no_name_reaches_a_path_or_ends_in_a_traceback(
    folder: Path, watch: Watch
) -> None:
    data = yaml.load(DOMAIN, Loader=yaml.BaseLoader)
    tried = built = 0
    ways = [way for way in names(data) if not PROSE & set(way[-1:] + way[:1])]
    for number, way in enumerate(ways):
        evil = EVIL[number % len(EVIL)]
        changed = renamed(data, way, evil, key=bool(number // len(EVIL) % 2))
        write(folder / "shop", {"toys.yaml": yaml.safe_dump(changed)})
        watch.changed.clear()
        result = CliRunner().invoke(app, ["explain", "shop"])
        if not result.exit_code and built < 3:
            built += 1
            result = new_project("shop", "--dry-run")
        said = (way, evil, result.output)
        assert result.exit_code in (0, 1), said
        assert "bug in scaffold" not in result.output, said
        assert not result.exit_code or "toys.yaml:" in result.output, said
        assert not any("evil" in each for each in watch.changed), said
        tried += result.exit_code
    assert tried > 40
    assert not (folder / "made").exists()


def test_every_file_of_a_project_has_passed_the_guard_of_paths(
    folder: Path, watch: Watch, monkeypatch: pytest.MonkeyPatch
) -> None:
    passed = set()
    guard = tree.inside

    def noted(text: str) -> Any:
        passed.add(str(guard(text)))
        return guard(text)

    monkeypatch.setattr(tree, "inside", noted)
    assert new_project().exit_code == 0
    made = folder / "made"
    written = {
        str(each.relative_to(made)) for each in made.rglob("*") if each.is_file()
    }
    assert written
    assert written <= passed
    outside = {
        each
        for each in watch.changed
        if not Path(each).resolve().is_relative_to(folder) and "scaffold-" not in each
    }
    assert not {each for each in outside if "toys" in each}


@pytest.mark.parametrize("name", ["toys.yaml", "more.yaml"])
def test_what_is_no_file_is_refused_without_being_read(folder: Path, name: str) -> None:
    place = folder / "shop" / name
    place.unlink(missing_ok=True)
    makers = {
        "a pipe": lambda: os.mkfifo(place),
        "a folder": place.mkdir,
        "a device": lambda: place.symlink_to("/dev/zero"),
        "a link to nothing": lambda: place.symlink_to("nowhere"),
        "a link to itself": lambda: place.symlink_to(name),
    }
    for what, make in makers.items():
        make()
        result = new_project()
        assert (result.exit_code, f"{name}:1:1: B002" in result.output) == (1, True), (
            what
        )
        if place.is_dir() and not place.is_symlink():
            place.rmdir()
        else:
            place.unlink()
    assert not (folder / "made").exists()


@pytest.mark.parametrize("blueprint", ["/dev/zero", "/dev/null", "pipe", "nothing"])
def test_a_blueprint_that_is_no_file_is_wrong_usage(
    folder: Path, blueprint: str
) -> None:
    os.mkfifo(folder / "pipe")
    result = new_project(blueprint)
    assert (result.exit_code, "Traceback" in result.output) == (2, False)


def test_gigabytes_are_refused_by_their_size(folder: Path, watch: Watch) -> None:
    with (folder / "shop/toys.yaml").open("r+b") as file:
        file.truncate(5 * 2**30)
    result = new_project()
    assert (result.exit_code, "toys.yaml:1:1: B009" in result.output) == (1, True)
    assert "this has 5,368,709,120" in result.output


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"domain: \xff", "B002"),
        (b"\xff\xfed\x00o\x00", "B002"),
        (b"domain: toys\x00", "B003"),
        ("domain: \u202etoys".encode(), "B003"),
        (b"domain: &a toys\nx: *a\n", "B004"),
        (b"a: &a [x]\n" + b"b: [*a, *a, *a]\n" * 20_000, "B004"),
        (b"domain: !!python/object/apply:os.system [evil]", "B005"),
        (b"domain: toys\nx: " + b"[" * 100_000, "B009"),
        (b"domain: toys\n" + b"- " * 400_000, "B001"),
        (b"domain: toys\nx: [" + b"a," * 250_000 + b"]", "B009"),
        (b"%YAML 9.9\n---\ndomain: toys\n...\n---\n", "B"),
    ],
)
def test_hostile_yaml_is_refused_at_its_place(
    folder: Path, content: bytes, code: str
) -> None:
    (folder / "shop/toys.yaml").write_bytes(content)
    result = new_project()
    assert result.exit_code == 1, result.output[:500]
    assert f": {code}" in result.output and "toys.yaml:" in result.output
    assert "bug in scaffold" not in result.output
    assert not (folder / "made").exists()


def test_a_file_name_that_no_project_can_hold_is_said_plainly(folder: Path) -> None:
    (folder / "shop/toys.yaml").rename(folder / "shop/to:ys\n.yaml")
    result = new_project()
    assert (result.exit_code, "is no path inside a project" in result.output) == (
        1,
        True,
    )
    assert not (folder / "made").exists()
