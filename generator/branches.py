"""Two branches that git was merging: what each had generated, and what people wrote."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import PurePosixPath

from generator import archive, git
from generator import merge as merging
from generator.project import BASE, Project

Texts = Mapping[PurePosixPath, str]


@dataclass(frozen=True)
class Branches:
    """The two sides of a merge that left conflicts in a project, if there was one."""

    project: Project

    def together(
        self,
        path: PurePosixPath,
        base: str | None,
        new: str,
        renames: Mapping[str, str],
    ) -> str | None:
        """What is generated now, with what people edited on each of the branches.

        None if git has no conflict there, or if it is one by structure as well.
        """
        stages = self._unmerged.get(path)
        if stages is None:
            return None
        ours, theirs = (each.get(path, base) for each in self._bases)
        text = new
        for former, edited in ((ours, stages.ours), (theirs, stages.theirs)):
            merged = merging.merge(path, former, edited, text, renames)
            if merged.conflicts or merged.beside is not None:
                return None
            text = merged.text
        return text

    @cached_property
    def _unmerged(self) -> Mapping[PurePosixPath, git.Stages]:
        return git.unmerged(self.project.root)

    @cached_property
    def _bases(self) -> tuple[Texts, Texts]:
        sides = git.sides(self.project.root, BASE)
        if sides is None:
            return self.project.base, self.project.base
        ours, theirs = (archive.load(side).files for side in sides)
        return ours, theirs
