"""Migrations that were released: files that stay as they are, line for line.

The lock knows only what they hash to. Their texts are where they always were: in the
project, among what was last generated, or on one of two branches that git is merging.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import PurePosixPath

from generator import archive, git
from generator.changes import MARKER
from generator.kinds import Kind
from generator.lock import Lock, Locks, hashed
from generator.project import BASE, Project
from generator.tree import File, Tree


def migrations(known: Project, locks: Locks) -> Tree:
    """The released migrations of these domains, as they were released.

    One that is found nowhere stays as it is, and `changed` tells of it.
    """
    found: list[tuple[str | PurePosixPath, File]] = []
    for lock in locks.values():
        for path, digest in _paths(lock):
            texts = list(_texts(known, path))
            released = (each for each in texts if hashed(each.encode()) == digest)
            if text := next(released, texts[0] if texts else ""):
                found.append((path, File(text, origin="released", kind=Kind.MIGRATION)))
    return Tree(found)


def changed(known: Project, locks: Locks) -> Iterator[PurePosixPath]:
    """The released migrations that are not what they were when they were released."""
    for lock in locks.values():
        for path, digest in _paths(lock):
            content = known.read(path)
            if content is None or hashed(content) != digest:
                yield path


def _paths(lock: Lock) -> Iterator[tuple[PurePosixPath, str]]:
    for name, digest in lock.migrations.items():
        yield PurePosixPath("migrations", lock.domain, name), digest


def _texts(known: Project, path: PurePosixPath) -> Iterator[str]:
    """Every text that the project has, or ever had, at this path."""
    content = known.read(path)
    if content is not None:
        yield content.decode(errors="replace")
    if path in known.base:
        yield known.base[path]
    if content is not None and MARKER.search(content):
        if stages := git.unmerged(known.root).get(path):
            yield from (stages.ours, stages.theirs)
        for side in git.sides(known.root, BASE) or ():
            if path in (files := archive.load(side).files):
                yield files[path]
