"""Definitions that a person moved to another file, followed to where they stand now.

What the generator changed in one of them is merged there, if one place is clearly
meant. Else a person has to carry it over, or to say in `.scaffold/without` that the
project does without what is generated there.
"""

from __future__ import annotations

import difflib
import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from generator import merge as merging
from generator.changes import Change, Definition, State, kept, written
from generator.merge import Conflict, Note, Sides
from generator.standing import Place, Standing
from generator.tree import File

if TYPE_CHECKING:
    from generator.merge.excerpts import Definitions
    from generator.merge.pieces import Piece

ALIKE = 0.5
"""How much must be left of what was generated for it to be the same definition."""
_WORD = re.compile(r"\w+")
HERE = "make this change here"
WHICH = "make this change where it belongs: {places}"
NOWHERE = "not found in the project; make this change where it belongs"

Changes = dict[PurePosixPath, Change]


@dataclass(frozen=True)
class Moves:
    """What became of definitions that no longer stand where they are generated.

    `sides` tells which texts of a file were merged, with former names as they are now.
    """

    standing: Standing
    new: Mapping[PurePosixPath, File]
    sides: Callable[[PurePosixPath], Sides]

    def followed(self, changes: Sequence[Change]) -> tuple[list[Change], list[Change]]:
        """The changes, moved definitions followed; and what is left for a person."""
        done = {change.path: change for change in changes}
        by_hand: list[Change] = []
        for change in changes:
            if _was_merged(change):
                by_hand += self._follow(change, done)
        return list(done.values()), by_hand

    def _follow(self, change: Change, done: Changes) -> Iterator[Change]:
        """Follow what stood in one file, and yield what could not be followed."""
        from generator.merge.excerpts import definitions, without

        path, sides = change.path, self.sides(change.path)
        try:
            was, mine, now = map(definitions, (sides.base, sides.yours, sides.new))
        except (SyntaxError, ValueError, RecursionError):
            return  # it was merged by rows, and nothing was left out
        places = {
            name: self.standing.places(path, name, was[name])
            for name in self._missing(change, was, mine, now)
        }
        meant = {
            name: found[0]
            for name, found in places.items()
            if _is_meant(name, was[name], mine, found, done)
        }
        if not places:
            return
        done[path] = self._merged(path, without(sides, places), change)
        told: list[Note] = []
        for name, found in places.items():
            lost = Definition(path, name)
            if name in meant and self._carry(lost, meant[name], sides, done):
                told.append(Note(name, f"followed to {found[0].path}"))
            elif name not in now or was[name].text == now[name].text:
                told += _left_over(name, found)
            elif PurePosixPath(str(lost)) in self.standing.project.without:
                told.append(Note(name, "changed by the generator; you do without it"))
            elif not _is_carried(was[name], now[name], found):
                yield self._by_hand(lost, was[name], now[name], found)
        done[path] = _noted(done[path], told)

    def _missing(
        self, change: Change, was: Definitions, mine: Definitions, now: Definitions
    ) -> Iterator[str]:
        """What was left out of a merge, or that nobody has there any more.

        And what has changed in nothing but the names that it uses.
        """
        yield from (
            e.place for e in change.notes if e.untaken and e.place in was.keys() & now
        )
        names = set(self.standing.renames.values())
        for name, piece in was.items():
            whole = name not in mine and (not _owner(name) or _owner(name) in mine)
            if (
                whole
                and piece.key[0] != "name"
                and (name not in now or not names.isdisjoint(_WORD.findall(piece.text)))
            ):
                yield name

    def _merged(self, path: PurePosixPath, sides: Sides, change: Change) -> Change:
        """The change of a file that was merged once more, with other sides."""
        content = change.before or b""
        yours = merging.renamed(content.decode(), self.standing.renames)
        merged = merging.merge(path, sides.base, yours, sides.new)
        again = written(path, State.BOTH, content, merged, self.new[path])
        doubts = [e for e in change.notes if e.suspect and e not in again.notes]
        return replace(again, notes=(*again.notes, *doubts))

    def _carry(
        self, lost: Definition, place: Place, sides: Sides, done: Changes
    ) -> bool:
        """Merge what changed in a definition where it stands; False if none can."""
        from generator.merge.excerpts import excerpts, head

        path = place.path
        content = self.standing.project.read(path) or b""
        change = done.get(path) or kept(path, content, State.EDITED)
        above = head(place.owner) if place.owner else ""
        yours = (change.after or b"").decode()
        there = merging.renamed(yours, self.standing.renames)
        around = Sides(sides.base, merging.plain(there), sides.new)
        parts = excerpts(around, (lost.name,), above)
        merged = merging.merge(path, parts.base, there, parts.new)
        if merged.beside is not None:
            return False
        if merged.text == yours:
            return True
        reason = f"{lost.name}, which you moved there from {lost.path}"
        if not change.quiet:
            reason = f"{change.reason}; {reason}"
        about = tuple(each for each in merged.notes if each.place or each.suspect)
        done[path] = replace(
            change,
            verb="conflict" if merged.conflicts else "merge",
            reason=reason,
            state=State.BOTH,
            after=merged.text.encode(),
            conflicts=merged.conflicts,
            notes=(*change.notes, *about),
            quiet=False,
        )
        return True

    def _by_hand(
        self, lost: Definition, was: Piece, now: Piece, found: Sequence[Place]
    ) -> Change:
        """What a person has to do: the change, and where it may belong."""
        path, line = (found[0].path, found[0].line) if found else (lost.path, 1)
        content = self.standing.project.read(path) or b""
        said = HERE if len(found) == 1 else NOWHERE
        if len(found) > 1:
            said = WHICH.format(places=_listed(found))
        rows = _difference(was, now)
        return replace(
            kept(path, content, State.MOVED),
            verb="by hand",
            reason=f"{lost.name} of {lost.path} is generated in another way now",
            conflicts=(Conflict(line, lost.name, said, rows),),
            quiet=False,
            lost=lost,
        )


def _was_merged(change: Change) -> bool:
    """Whether it is Python of both sides, in the place where it stood before."""
    both = change.state is State.BOTH and change.beside is None
    return both and change.path.suffix == ".py" and change.former is None


def _noted(change: Change, notes: Sequence[Note]) -> Change:
    """With more notes; what changes nothing then is a file that stays as it is."""
    notes = (*change.notes, *notes)
    if change.before is not None and change.after == change.before:
        if not change.conflicts:
            change = kept(change.path, change.before, State.EDITED)
        return replace(change, notes=notes, quiet=not notes)
    return replace(change, notes=notes)


def _owner(name: str) -> str:
    """The class that a definition belongs to, if to any."""
    return name.rpartition(".")[0]


def _is_meant(
    name: str,
    former: Piece,
    mine: Definitions,
    found: Sequence[Place],
    done: Changes,
) -> bool:
    """Whether there is one place, as alike as a thing that was moved and edited is.

    A method is followed only to a class that its own class inherits from.
    """
    if len(found) != 1 or found[0].keeps(former) < ALIKE:
        return False
    (place,) = found
    if any(each.former == place.path for each in done.values()):
        return False
    if place.path in done and not done[place.path].is_settled:
        return False
    owner = _owner(name)
    if not owner or place.owner is None:
        return not owner and place.owner is None
    from generator.merge.excerpts import bases

    return owner in mine and place.owner.key[1] in bases(mine[owner])


def _listed(found: Sequence[Place]) -> str:
    return " or ".join(map(str, found))


def _left_over(name: str, found: Sequence[Place]) -> Iterator[Note]:
    """What may have been kept elsewhere, under names that are no longer generated."""
    if found:
        said = f"no longer generated so; it may stand in {_listed(found)}"
        yield Note(name, said, suspect=True)


def _is_carried(was: Piece, now: Piece, found: Sequence[Place]) -> bool:
    """Whether a person has made a change, row by row, in the one place there is."""
    if len(found) != 1:
        return False
    before, after, there = (
        Counter(row.strip() for row in text.split("\n"))
        for text in (was.text, now.text, found[0].piece.text)
    )
    return not (after - before) - there and not (before - after) & there


def _difference(was: Piece, now: Piece) -> tuple[str, ...]:
    rows = difflib.unified_diff(
        was.text.rstrip("\n").split("\n"),
        now.text.rstrip("\n").split("\n"),
        "as it was generated",
        "as it is generated now",
        lineterm="",
    )
    return tuple(row.rstrip() for row in rows)
