"""What git knows of a project, where there is git and the project is in it."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from generator.interrupts import interruptible


@dataclass(frozen=True, slots=True)
class Stages:
    """The three texts of a file that a merge of branches left in conflict."""

    base: str | None
    ours: str
    theirs: str


def unmerged(root: Path) -> Mapping[PurePosixPath, Stages]:
    """The files of which git's merge left conflicts, and both branches still have."""
    found: dict[PurePosixPath, dict[str, str]] = {}
    for entry in _said(root, "ls-files", "--unmerged", "-z").split("\0"):
        head, _, name = entry.partition("\t")
        if name:
            _, blob, stage = head.split()
            found.setdefault(PurePosixPath(name), {})[stage] = blob
    return {
        path: Stages(
            _blob(root, blobs["1"]) if "1" in blobs else None,
            _blob(root, blobs["2"]),
            _blob(root, blobs["3"]),
        )
        for path, blobs in found.items()
        if {"2", "3"} <= blobs.keys()
    }


def uncommitted(root: Path) -> frozenset[PurePosixPath]:
    """The files that differ from the last commit; none while branches are merged."""
    if _said(root, "rev-parse", "--quiet", "--verify", "MERGE_HEAD"):
        return frozenset()
    names = _said(root, "diff", "--name-only", "--relative", "-z", "HEAD").split("\0")
    return frozenset(PurePosixPath(name) for name in names if name)


def sides(root: Path, path: PurePosixPath) -> tuple[str, str] | None:
    """A file as the two branches have it that are being merged, ours first."""
    for other in ("MERGE_HEAD", "REBASE_HEAD", "CHERRY_PICK_HEAD"):
        if theirs := _said(root, "show", f"{other}:./{path}"):
            return _said(root, "show", f"HEAD:./{path}"), theirs
    return None


def _blob(root: Path, name: str) -> str:
    return _said(root, "cat-file", "blob", name)


def _said(root: Path, *arguments: str) -> str:
    """What git answers, as text; nothing without git or outside of a repository."""
    with interruptible():
        try:
            done = subprocess.run(
                ["git", "-C", str(root), *arguments], capture_output=True
            )
        except FileNotFoundError:
            return ""
    return "" if done.returncode else done.stdout.decode(errors="replace")


def refusal(root: Path) -> str:
    """Why git can say nothing of a folder: it is not there, or no repository is."""
    with interruptible():
        try:
            done = subprocess.run(
                ["git", "-C", str(root), "rev-parse", "--git-dir"],
                capture_output=True,
                env={**os.environ, "LC_ALL": "C"},
            )
        except FileNotFoundError:
            return "git is not installed, or not on the PATH"
    if not done.returncode:
        return ""
    said = done.stderr.decode(errors="replace").strip().partition("\n")[0]
    return f"git knows no repository here ({said.removeprefix('fatal: ')})"


def refs(root: Path) -> list[str]:
    """The tags and branches of a repository."""
    return _said(root, "for-each-ref", "--format=%(refname:short)").splitlines()


def files_at(root: Path, ref: str, folder: PurePosixPath) -> Mapping[str, str] | None:
    """The texts below a folder as they were at a commit, None where there is none.

    The commit may be named by a branch, a tag, or in any other way that git knows.
    """
    commit = _said(
        root,
        "rev-parse",
        "--verify",
        "--quiet",
        "--end-of-options",
        f"{ref}^{{commit}}",
    ).strip()
    if not commit:
        return None
    listed = _said(root, "ls-tree", "-z", "--name-only", f"{commit}:./{folder}")
    names = [each for each in listed.split("\0") if each]
    return {n: _said(root, "show", f"{commit}:./{folder}/{n}") for n in names}
