"""The archive of generated texts: what goes in comes out, and git may merge it."""

from __future__ import annotations

import subprocess
from pathlib import Path, PurePosixPath

import pytest
from hypothesis import given
from hypothesis import strategies as st

from generator.archive import DamagedArchive, dump, load

AMBIGUOUS = (
    "-- a.py --",
    "\\-- a.py --",
    "-- --",
    "--  --",
    "\\",
    "\\ no newline at end",
    "\\\\ no newline at end",
    "<<<<<<< HEAD",
    "||||||| 1f3c2d",
    "=======",
    ">>>>>>> other",
    "========",
    "\r",
    "\f",
    "\u2028",
)
rows = st.one_of(
    st.sampled_from(AMBIGUOUS),
    st.text("ab-\\ <=", max_size=8),
    st.text(st.characters(exclude_categories=("Cs",)), max_size=6),
)
texts = st.builds(
    lambda lines, end: "\n".join(lines) + end,
    st.lists(rows, max_size=6),
    st.sampled_from(["", "\n"]),
)
paths = st.from_regex(r"[a-z]{1,3}(/[a-z]{1,3}){0,2}\.py", fullmatch=True)
trees = st.dictionaries(paths.map(PurePosixPath), texts, max_size=4)


@given(trees)
def test_what_goes_in_comes_out(files: dict[PurePosixPath, str]) -> None:
    archive = load(dump(files))
    assert archive.files == files
    assert not archive.settled


@given(trees)
def test_checked_out_with_other_line_ends_it_is_the_same_but_for_them(
    files: dict[PurePosixPath, str],
) -> None:
    plain = {path: text.replace("\r", "") for path, text in files.items()}
    assert load(dump(plain).replace("\n", "\r\n")).files == plain


def test_it_is_sorted_and_reads_well() -> None:
    files = {
        PurePosixPath("b.py"): "y = 1",
        PurePosixPath("a/c.py"): "",
        PurePosixPath("a/b.py"): "x = 1\n-- b.py --\n\\n\n",
    }
    assert dump(files) == (
        "-- a/b.py --\nx = 1\n\\-- b.py --\n\\\\n\n-- a/c.py --\n"
        "-- b.py --\ny = 1\n\\ no newline at end\n"
    )


DAMAGED = {
    "text above the first file": ("hello\n-- a.py --\n", "above the first file"),
    "the end of a row missing": ("-- a.py --\nx = 1", "in the middle of a row"),
    "a file twice": ("-- a.py --\n-- b.py --\n-- a.py --\n", "a.py is in it twice"),
    "a path that leads out": ("-- ../a.py --\n", "no path inside a project"),
    "an absolute path": ("-- /etc/passwd --\n", "no path inside a project"),
    "git's own files": ("-- .git/config --\n", r"\.git belongs to git"),
    "half a conflict": ("-- a.py --\n<<<<<<< HEAD\nx\n=======\n", "row 2"),
}


@pytest.mark.parametrize(("text", "reason"), DAMAGED.values(), ids=DAMAGED)
def test_a_damaged_archive_is_refused(text: str, reason: str) -> None:
    with pytest.raises(DamagedArchive, match=reason):
        load(text)


def git(folder: Path, *arguments: str) -> int:
    settings = ["-c", "user.name=a", "-c", "user.email=a@b.c"]
    line = ["git", *settings, *arguments]
    return subprocess.run(line, cwd=folder, capture_output=True).returncode


def merged(folder: Path, style: str, base: str, ours: str, theirs: str) -> str:
    """What git makes of one file that two branches changed."""
    place = folder / "base.txtar"
    git(folder, "init", "-q", "-b", "main")
    place.write_text(base)
    git(folder, "add", ".")
    git(folder, "commit", "-qm", "base")
    git(folder, "checkout", "-qb", "theirs")
    place.write_text(theirs)
    git(folder, "commit", "-qam", "theirs")
    git(folder, "checkout", "-q", "main")
    place.write_text(ours)
    git(folder, "commit", "-qam", "ours")
    git(folder, "-c", f"merge.conflictStyle={style}", "merge", "-q", "theirs")
    return place.read_bytes().decode()


@pytest.mark.parametrize("style", ["merge", "diff3", "zdiff3"])
def test_conflicts_of_two_branches_are_settled_by_either_side(
    tmp_path: Path, style: str
) -> None:
    def archive(**texts: str) -> str:
        domains = {"alpha": "a\n" * 9, "golf": "g\n" * 9, **texts}
        return dump({PurePosixPath(f"{k}.py"): v for k, v in domains.items()})

    text = merged(
        tmp_path,
        style,
        archive(),
        archive(bank="=======\nours\n", alpha="a\n" * 9 + "one\n", golf="G\n"),
        archive(bats="theirs\n", alpha="a\n" * 9 + "two\n"),
    )
    assert text.count("\n<<<<<<< ") >= 1
    archive_of_both = load(text)
    assert archive_of_both.settled
    files = {str(path): text for path, text in archive_of_both.files.items()}
    assert files == {
        "alpha.py": "a\n" * 9 + "one\n",
        "bank.py": "=======\nours\n",
        "golf.py": "G\n",
    }
