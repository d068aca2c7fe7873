"""Merges row by row, by git, and the markers that a conflict leaves in a text."""

from __future__ import annotations

import io
import os
import re
import subprocess
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from generator.interrupts import interruptible
from generator.merge.outcome import Conflict
from generator.scratch import scratch

YOURS, BASE, NEW = "yours", "base", "new"
# Until all is merged, a marker carries its place and its reason behind this character.
_SEPARATOR = "\x1f"
_OPENING = re.compile(rf"^(<{{7,}}) {YOURS}(?:{_SEPARATOR}.*)?\r?$", re.MULTILINE)
_LIKE_MARKERS = re.compile(r"^(?:<+|\|+|=+|>+)(?=[ \r\n]|$)", re.MULTILINE)
_STYLES = ("--zdiff3", "--diff3")


class CannotMerge(Exception):
    """No merge by rows is possible here, as without git or of binary data."""


@dataclass(frozen=True, slots=True)
class Sides:
    """The three texts of one thing; one that a side does not have is empty."""

    base: str
    yours: str
    new: str

    @property
    def settled(self) -> str | None:
        """The text, if at most one side changed it."""
        if self.yours == self.new or self.new == self.base:
            return self.yours
        return self.new if self.yours == self.base else None


def rows(text: str) -> list[str]:
    """The rows with their ends: a row ends at a newline, at nothing else."""
    return list(io.StringIO(text, newline="\n"))


def merge_rows(
    sides: Sides,
    place: str = "",
    reason: str = "both changed these rows",
    sound: Callable[[str], bool] = lambda text: True,
) -> str:
    """Merge by rows; conflicts are marked, and are wider where needed to be `sound`."""
    settled = sides.settled
    if settled is not None:
        return settled
    text = _by_git(sides, _SEPARATOR.join((YOURS, place, reason)))
    if all(sound(side) for side in choices(text)):
        return text
    return _whole(sides, place, reason)


def choices(text: str) -> tuple[str, ...]:
    """What the text can become: itself, or its conflicts settled either way."""
    if not _OPENING.search(text):
        return (text,)
    return _settled(text, YOURS), _settled(text, NEW)


def marked(text: str) -> bool:
    return _OPENING.search(text) is not None


def conflicts(text: str) -> tuple[str, tuple[Conflict, ...]]:
    """The text with plain markers, and what they stand for."""
    found, plain = [], []
    for number, row in enumerate(rows(text), 1):
        if not _OPENING.match(row):
            plain.append(row)
            continue
        label, place, reason = row.rstrip("\n").split(_SEPARATOR)
        found.append(Conflict(number, place, reason))
        plain.append(label + "\n")
    return "".join(plain), tuple(found)


def has_markers(text: str) -> list[int]:
    """The rows at which conflicts of ours begin that nobody has settled yet."""
    return [n for n, row in enumerate(rows(text), 1) if _OPENING.match(row)]


def _by_git(sides: Sides, label: str) -> str:
    with scratch() as folder:
        for name, text in ((YOURS, sides.yours), (BASE, sides.base), (NEW, sides.new)):
            (folder / name).write_bytes(text.encode())
        labels = [part for name in (label, BASE, NEW) for part in ("-L", name)]
        # Neither a hook nor a repository around us may take part.
        clean = {key: v for key, v in os.environ.items() if not key.startswith("GIT_")}
        for style in _STYLES:
            size = f"--marker-size={_marker_size(sides)}"
            line = ["git", "merge-file", "-p", style, size, *labels, YOURS, BASE, NEW]
            try:
                with interruptible():
                    done = subprocess.run(
                        line, cwd=folder, capture_output=True, env=clean
                    )
            except FileNotFoundError:
                raise CannotMerge("git is not installed, which merges rows") from None
            # Up to 127 it counts conflicts; 129 is an option that an old git lacks.
            if done.returncode < 128:
                return done.stdout.decode()
    raise CannotMerge(done.stderr.decode(errors="replace").strip())


def _marker_size(sides: Sides) -> int:
    """Longer than whatever looks like a marker, as rows under headings do."""
    texts = (sides.base, sides.yours, sides.new)
    found = (len(each) for text in texts for each in _LIKE_MARKERS.findall(text))
    return max(7, 1 + max(found, default=0))


def _whole(sides: Sides, place: str, reason: str) -> str:
    """One conflict over everything but the rows that both begin or end with."""
    yours, new = rows(_ended(sides.yours)), rows(_ended(sides.new))
    top = alike_at_start(yours, new)
    end = alike_at_start(yours[top:][::-1], new[top:][::-1])
    head, tail = yours[:top], yours[len(yours) - end :]
    label = _SEPARATOR.join((YOURS, place, reason))
    size = _marker_size(sides)
    return "".join(
        (
            *head,
            f"{'<' * size} {label}\n",
            *yours[top : len(yours) - end],
            f"{'|' * size} {BASE}\n",
            _ended(sides.base),
            f"{'=' * size}\n",
            *new[top : len(new) - end],
            f"{'>' * size} {NEW}\n",
            *tail,
        )
    )


def _ended(text: str) -> str:
    return text if text.endswith("\n") or not text else text + "\n"


def alike_at_start(one: Sequence[str], other: Sequence[str]) -> int:
    """How many texts both begin with."""
    count = 0
    for a, b in zip(one, other, strict=False):
        if a != b:
            break
        count += 1
    return count


def _settled(text: str, choice: str) -> str:
    kept, side, size = [], "", 0
    for row in rows(text):
        opening = _OPENING.match(row)
        if opening:
            side, size = YOURS, len(opening[1])
        elif side == YOURS and row.rstrip() == f"{'|' * size} {BASE}":
            side = BASE
        elif side == BASE and row.rstrip() == "=" * size:
            side = NEW
        elif side == NEW and row.rstrip() == f"{'>' * size} {NEW}":
            side = ""
        elif side in ("", choice):
            kept.append(row)
    return "".join(kept)
