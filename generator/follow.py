"""Make a project follow its blueprint: base, yours and new, file by file.

`base` is a file as it was last generated, `yours` what stands in the project, `new`
what is generated now. Nothing is written here.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import PurePosixPath

from generator import merge as merging
from generator.branches import Branches
from generator.changes import (
    MARKER,
    Change,
    State,
    beside,
    created,
    kept,
    marked,
    no_longer,
    unmergeable,
    waiting,
    written,
)
from generator.contract import unadopted
from generator.interrupts import checkpoint
from generator.kinds import Kind, owner_of
from generator.merge import Merged, Sides
from generator.merged_code import Step, own, suspected, tidied
from generator.moves import Moves
from generator.own_style import OwnStyle
from generator.project import Project, is_kept
from generator.project_code import unwritten
from generator.standing import Standing
from generator.tree import File

Texts = Mapping[PurePosixPath, str]


@dataclass(frozen=True)
class Following:
    """A project, and the files that its blueprint makes now.

    `new` may lack domains that are known not to have changed: `only` then names those
    that may have, and files of others are left alone. `renames` are words that the
    blueprint says were renamed.
    """

    project: Project
    new: Mapping[PurePosixPath, File]
    renames: Mapping[str, str]
    only: frozenset[str] | None = None

    def changes(self) -> tuple[Change, ...]:
        """What becomes of each generated file that is not as it should be."""
        checkpoint("merge")
        paths = [path for path in self._paths() if path not in self.standing]
        found = [self._change(path) for path in paths]
        style, base, new = self._style, self.project.base, self._generated
        standing = Standing(self.project, new, self._renames)
        found, by_hand = Moves(standing, self.new, self._sides).followed(found)
        step = Step(base, new, self._renames)
        found = suspected(tidied(found, style), style, step, self._own)
        found = unadopted(found, new)
        puts = [self._put_beside(each, each.beside) for each in found if each.beside]
        puts += [marked(*each) for each in standing.marked()]
        return (*found, *by_hand, *puts, *unwritten(self.project, new))

    def base_after(self, changes: Sequence[Change]) -> dict[PurePosixPath, str]:
        """The base of the next run: what is generated now, but for what has to wait."""
        after = {
            path: text
            for path, text in self._generated.items()
            if path not in self.new or is_kept(self.new[path])
        }
        for change in changes:
            if change.state is State.MARKERS:
                origin = self._moves.get(change.path, change.path)
                after.pop(change.path, None)
                if origin in self.project.base:
                    after[origin] = self.project.base[origin]
        for path, names in _lost(changes).items():
            before = self.project.base[self._moves.get(path, path)]
            former = merging.renamed(before, self._renames)
            after[path] = merging.restored(after[path], former, names)
        return after

    @cached_property
    def standing(self) -> frozenset[PurePosixPath]:
        """The files that are as they were generated, and would be so again."""
        return frozenset(filter(self._stands, self._paths()))

    # One file.

    def _paths(self) -> list[PurePosixPath]:
        listed = {path for path, file in self.new.items() if file.kind is Kind.SHARED}
        gone = self.project.base.keys() - set(self._moves.values())
        return sorted((self._generated.keys() | gone) - listed - self.project.without)

    def _stands(self, path: PurePosixPath) -> bool:
        """Whether a file is as it was generated, and would be generated so again."""
        base = self.project.base.get(path)
        if base is None or self._generated.get(path) != base:
            return False
        return path not in self.new or self.project.read(path) == base.encode()

    def _change(self, path: PurePosixPath) -> Change:
        origin = self._moves.get(path, path)
        base, content = self.project.base.get(origin), self.project.read(origin)
        if origin != path and content is not None:
            return self._moved(path, origin, base, content)
        return self._decided(path, base, content)

    def _moved(
        self,
        path: PurePosixPath,
        origin: PurePosixPath,
        base: str | None,
        content: bytes,
    ) -> Change:
        """What becomes of a file that a rename gives another path."""
        if (there := self.project.read(path)) is not None:
            return self._decided(path, base, there)
        change = self._decided(path, base, content)
        if change.state is State.MARKERS:
            return change
        move = replace(change, before=None, former=origin, source=content, quiet=False)
        reason = f"was {origin}; {change.reason}"
        return replace(move, verb=_moving(change), reason=reason)

    def _decided(
        self, path: PurePosixPath, base: str | None, content: bytes | None
    ) -> Change:
        file = self.new.get(path)
        if content is None:
            return self._absent(path, base, file)
        if file is not None and file.kind is Kind.ONCE:
            return kept(path, content, State.IN_STEP)
        if MARKER.search(content):
            return self._marked(path, base, content, file)
        if self.project.read(beside(path)) is not None:
            reason = f"merge {beside(path).name} into it, and remove that file"
            return waiting(path, content, reason, [1])
        try:
            yours = content.decode()
        except UnicodeDecodeError:
            if file is not None and file.text == base:
                return kept(path, content, State.EDITED)
            reason = "it is no UTF-8 text, so nothing can be merged into it"
            new = file.text if file else ""
            return unmergeable(path, content, new, reason)
        if file is None:
            return no_longer(path, base or "", yours, content)
        return self._three_way(path, base, yours, content, file)

    def _absent(
        self, path: PurePosixPath, base: str | None, file: File | None
    ) -> Change:
        if file is None:
            return Change("forget", path, "gone already", State.IN_STEP, quiet=True)
        styled = replace(file, text=self._styled_new.get(path, file.text))
        if file.kind is Kind.ONCE:
            return created(path, styled, f"{file.origin}, written once")
        if base is None:
            return created(path, styled, file.origin)
        restored = created(path, styled, "was missing")
        return replace(restored, verb="restore", state=State.MISSING)

    def _marked(
        self, path: PurePosixPath, base: str | None, content: bytes, file: File | None
    ) -> Change:
        """A file with conflict markers: git's are settled by structure, ours wait."""
        checkpoint("settle")
        branches, text = self._branches, None
        if file is not None:
            text = branches.together(path, base, file.text, self._renames)
        if text is not None:
            reason, after = "what two branches had changed", text.encode()
            return Change("settle", path, reason, State.BOTH, content, after)
        return marked(path, content)

    def _three_way(
        self,
        path: PurePosixPath,
        base: str | None,
        yours: str,
        content: bytes,
        file: File,
    ) -> Change:
        untouched = base is not None and merging.same(path, base, yours)
        if yours == file.text or base == file.text:
            state = State.IN_STEP if untouched or base is None else State.EDITED
            return kept(path, content, state)
        state = State.NEWER if untouched else State.BOTH
        if file.kind is Kind.MIGRATION and not untouched:
            reason = "edited by you, and SQL is never merged"
            return unmergeable(path, content, file.text, reason)
        if base == yours:
            return written(path, state, content, Merged(file.text), file)
        old, new = self._styled(path)
        merged = merging.merge(path, old, yours, new, self._renames)
        return written(path, state, content, merged, file)

    def _styled(self, path: PurePosixPath) -> tuple[str | None, str]:
        """A file as it was generated and as it is now, in the project's style."""
        origin = self._moves.get(path, path)
        old = self._styled_base.get(origin, self.project.base.get(origin))
        return old, self._styled_new.get(path, self.new[path].text)

    def _sides(self, path: PurePosixPath) -> Sides:
        """What was merged to a file, under the names that things have now."""
        old, new = self._styled(path)
        yours = (self.project.read(path) or b"").decode()
        texts = (merging.plain(text) for text in (old or "", yours, new))
        return Sides(*(merging.renamed(text, self._renames) for text in texts))

    def _put_beside(self, change: Change, text: bytes) -> Change:
        path = beside(change.path)
        reason = f"to be merged into {change.path.name} by hand"
        there = self.project.read(path)
        return Change("create", path, reason, State.IN_STEP, there, text, quiet=True)

    # What all files need.

    @cached_property
    def _generated(self) -> Texts:
        """Every file as it is generated now, those left alone included."""
        made = {path: file.text for path, file in self.new.items()}
        if self.only is None:
            return made
        base = self.project.base
        return {p: base[p] for p in base if owner_of(str(p)) not in self.only} | made

    @cached_property
    def _own(self) -> Texts:
        """The Python that nobody generates; none where nothing is generated anew."""
        return {} if self._generated == self.project.base else own(self.project)

    @cached_property
    def _renames(self) -> Mapping[str, str]:
        """The renames that happen now."""
        if not self.renames:
            return {}
        from generator.renames import pending

        both = self.project.base, self._generated
        return pending(self.renames, *(_python(texts) for texts in both))

    @cached_property
    def _moves(self) -> Mapping[PurePosixPath, PurePosixPath]:
        """From a new path to the one that the file had before a rename."""
        moves: dict[PurePosixPath, PurePosixPath] = {}
        for former in self.project.base if self._renames else ():
            path = PurePosixPath(_renamed(str(former), self._renames))
            is_new = path in self.new and path not in self.project.base
            if is_new and former not in self.new:
                moves[path] = former
        return moves

    @cached_property
    def _branches(self) -> Branches:
        return Branches(self.project)

    @cached_property
    def _style(self) -> OwnStyle:
        return OwnStyle(self.project)

    @cached_property
    def _styled_new(self) -> Texts:
        """What changed, in the project's style where that is not ours."""
        base = self.project.base
        changed = {p: t for p, t in self._generated.items() if base.get(p) != t}
        return self._style.own(changed)

    @cached_property
    def _styled_base(self) -> Texts:
        base = self.project.base
        changed = {self._moves.get(path, path) for path in self._styled_new}
        return self._style.own({path: base[path] for path in changed & base.keys()})


def _python(texts: Texts) -> list[str]:
    return [text for path, text in texts.items() if path.suffix == ".py"]


def _renamed(path: str, renames: Mapping[str, str]) -> str:
    """A path with the words that a rename changes; `_` ends a word there."""
    for old, new in renames.items():
        path = re.sub(rf"(?<![A-Za-z0-9]){re.escape(old)}(?![A-Za-z0-9])", new, path)
    return path


def _moving(change: Change) -> str:
    return "move" if change.is_settled else change.verb


def _lost(changes: Sequence[Change]) -> dict[PurePosixPath, list[str]]:
    """The names of the definitions that wait for a person, by the file of each."""
    found: dict[PurePosixPath, list[str]] = {}
    for change in changes:
        if change.lost is not None:
            found.setdefault(change.lost.path, []).append(change.lost.name)
    return found
