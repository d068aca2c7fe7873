"""A tree holds only paths that stay inside a project, on every system."""

from pathlib import Path, PurePosixPath

import pytest

from generator.tree import File, Tree, UnsafePath, inside, put, read

LEAVING = [
    "",
    "/etc/passwd",
    "../outside",
    "app/../../outside",
    "app/./events.py",
    "app//events.py",
    "app/",
    "~/../x",
    "C:/windows",
    "app\\events.py",
    "app/events.py\0",
    "app/new\nline.py",
    "app/\u202egnp.py",
    ".git/hooks/pre-commit",
    ".GIT/config",
    "app/nul/events.py",
    "app/aux.py",
    "app/trailing ./x",
    "app/trailing.",
    "app/" + "a" * 256,
]


@pytest.mark.parametrize("path", LEAVING)
def test_a_path_that_could_leave_the_project_is_refused(path: str) -> None:
    with pytest.raises(UnsafePath):
        inside(path)


@pytest.mark.parametrize("path", ["README.md", ".github/workflows/ci.yml", "app/é.py"])
def test_a_plain_path_is_taken_as_it_is(path: str) -> None:
    assert inside(path) == PurePosixPath(path)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("app/a.py", "app/a.py"),
        ("app/a.py", "App/A.py"),
        ("app/\u00e9.py", "app/e\u0301.py"),
        ("app/a", "app/a/b.py"),
        ("app/a/b.py", "app/A"),
    ],
)
def test_two_files_never_want_the_same_place(one: str, other: str) -> None:
    with pytest.raises(UnsafePath):
        Tree([(one, File("1")), (other, File("2"))])
    with pytest.raises(UnsafePath):
        Tree([(one, File("1"))]) | Tree([(other, File("2"))])


def test_files_come_in_the_order_of_their_paths() -> None:
    tree = Tree([("b", File("")), ("a/z", File("")), ("a/b", File(""))])
    assert [str(path) for path in tree] == ["a/b", "a/z", "b"]


def test_what_is_put_on_disk_reads_back_the_same(tmp_path: Path) -> None:
    tree = Tree(
        [
            ("run", File("#!/bin/sh\n", executable=True)),
            ("a/text", File("é\r\nno newline at the end")),
        ]
    )
    for path, file in tree.items():
        put(tmp_path, path, file)
    assert read(tmp_path, "disk") == tree
