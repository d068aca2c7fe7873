"""Reads the cases of the merge: what both sides did, and what must come of it.

A case begins with `=== title`. Its parts begin with `---`: `base` (a text, or the name
of one in `bases`), `yours`, `new` and `merged`, `renames`, `lost words`, `conflict`,
`note`, `suspect`, and `one way` with the reason why the exchanged sides may end
otherwise. Texts are told as edits of the base: after `@@`, rows that stay, go (`-`) or
come (`+`).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path, PurePosixPath

FOLDER = Path(__file__).parent


@dataclass(frozen=True)
class Case:
    title: str
    path: PurePosixPath
    base: str
    yours: str
    new: str
    merged: str
    yours_edits: str
    new_edits: str
    renames: dict[str, str] = field(default_factory=dict)
    lost: tuple[str, ...] = ()
    conflicts: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    suspects: tuple[str, ...] = ()
    one_way: bool = False


@cache
def cases() -> tuple[Case, ...]:
    found = [
        _case(file.stem, text)
        for file in sorted((FOLDER / "cases").glob("*.txt"))
        for text in file.read_text().split("=== ")[1:]
    ]
    return tuple(found)


def _case(file: str, text: str) -> Case:
    title, rest = text.split("\n", 1)
    parts = dict(_parts(rest))
    path = PurePosixPath("app/loan.py")
    for head in list(parts):
        if head.startswith("base "):
            name = head.removeprefix("base ")
            path = PurePosixPath(name)
            stored = FOLDER / "bases" / f"{name}.txt"
            parts["base"] = stored.read_text() if stored.exists() else parts[head]
    base = parts["base"]
    rows = {name: tuple(parts.get(name, "").splitlines()) for name in ROWS}
    return Case(
        f"{file}: {title}",
        path,
        base,
        edited(base, parts["yours"]),
        edited(base, parts["new"]),
        edited(base, parts["merged"]),
        parts["yours"],
        parts["new"],
        dict(row.split() for row in rows["renames"]),
        rows["lost words"],
        rows["conflict"],
        rows["note"],
        rows["suspect"],
        bool(rows["one way"]),
    )


ROWS = ("renames", "lost words", "conflict", "note", "suspect", "one way")


def _parts(text: str) -> Iterator[tuple[str, str]]:
    heads = list(re.finditer(r"^--- (.*)\n", text, re.MULTILINE))
    for head, after in zip(heads, [*heads[1:], None], strict=True):
        part = text[head.end() : after.start() if after else None]
        yield head[1], part.rstrip("\n") + "\n" if part.strip() else ""


def edited(text: str, hunks: str) -> str:
    """The text with these edits, each of which fits at exactly one place."""
    for hunk in re.split(r"^@@\n", hunks, flags=re.MULTILINE)[1:]:
        rows = [row or " " for row in hunk.rstrip("\n").split("\n")]
        old = "".join(f"{row[1:]}\n" for row in rows if row[0] in " -")
        new = "".join(f"{row[1:]}\n" for row in rows if row[0] in " +")
        padded = f"\n{text}"
        assert padded.count(f"\n{old}") == 1, f"not at one place:\n{old}"
        text = padded.replace(f"\n{old}", f"\n{new}")[1:]
    return text
