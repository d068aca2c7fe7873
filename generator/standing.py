"""Where definitions stand in a project now: people move them from file to file."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from difflib import SequenceMatcher
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, NamedTuple

from generator import merge as merging
from generator.kinds import owner_of
from generator.project import APP, Project

if TYPE_CHECKING:
    from generator.merge.pieces import Piece

MARKER = b"<<<<<<< yours"
"""What a merge of ours leaves; conflicts of git in such files are not our affair."""
_TOKEN = re.compile(r"\w+|\S")

Texts = Mapping[PurePosixPath, str]


class Place(NamedTuple):
    """A definition in a file, and the class that it belongs to, if to any."""

    path: PurePosixPath
    piece: Piece
    owner: Piece | None = None

    def __str__(self) -> str:
        return f"{self.path}:{self.line}"

    @property
    def line(self) -> int:
        """The row at which its code begins."""
        return self.piece.head + 1

    def keeps(self, former: Piece) -> float:
        """How much of what was generated is left in it, from 0 to 1."""
        before, now = (_TOKEN.findall(each.text) for each in (former, self.piece))
        blocks = SequenceMatcher(None, before, now, autojunk=False)
        return sum(each.size for each in blocks.get_matching_blocks()) / len(before)


@dataclass(frozen=True)
class Standing:
    """The code of a project, of which `new` is what is generated now."""

    project: Project
    new: Texts
    renames: Mapping[str, str]

    def places(self, origin: PurePosixPath, name: str, former: Piece) -> list[Place]:
        """Where a definition may stand that is not in the file `origin` any more.

        That is whatever bears its name in a file of the same domain, or of the same
        folder, but for what is generated there.
        """
        word, kind = name.rpartition(".")[2], former.key[0]
        if kind == "name" and word != name:
            return []  # fields of one name are everywhere
        found = []
        for path in sorted(self._near(origin)):
            content = self.project.read(path)
            base = self.project.base.get(path)
            if content is None or word.encode() not in content:
                continue
            if base is not None and content == base.encode():
                continue
            made = {*_defined(base or ""), *_defined(self.new.get(path, ""))}
            text = merging.plain(content.decode(errors="replace"))
            there = _defined(merging.renamed(text, self.renames))
            for each, piece in there.items():
                owner, _, last = each.rpartition(".")
                if (last, piece.key[0]) == (word, kind) and each not in made:
                    found.append(Place(path, piece, there.get(owner)))
        return found

    def marked(self) -> Iterator[tuple[PurePosixPath, bytes]]:
        """The files of people's own in which conflicts were left by a merge."""
        for path in self.project.code():
            if path not in self.project.base and path not in self.new:
                content = self.project.read(path) or b""
                if MARKER in content:
                    yield path, content

    def _near(self, origin: PurePosixPath) -> set[PurePosixPath]:
        project, owner = self.project, owner_of(str(origin))
        if not owner:
            return set(project.python(origin.parent, below=False))
        found = {*project.python(origin.parent)}
        if owner in project.domains:
            found |= {*project.python(PurePosixPath(APP, owner))}
        known = project.base
        return {e for e in found if e not in known or owner_of(str(e)) == owner}


def _defined(text: str) -> Mapping[str, Piece]:
    from generator.merge.excerpts import definitions

    try:
        return definitions(text)
    except (SyntaxError, ValueError, RecursionError):
        return {}
