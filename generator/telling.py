"""A plan in words: one line a file with its reason, and what a person has to do."""

from __future__ import annotations

import difflib
from collections.abc import Iterator
from pathlib import PurePosixPath

from generator.changes import Change, Plan
from generator.diagnostics import visible
from generator.project import HOME, WITHOUT

WIDTH = 9


def lines(plan: Plan) -> Iterator[str]:
    """What happens to each file, and what is left to do."""
    for change in plan.told:
        yield f"{change.verb:{WIDTH}}{change.path}  ({visible(change.reason)})"
        for conflict in change.conflicts:
            place = f"{change.path}:{conflict.line}"
            inside = f" {conflict.place}:" if conflict.place else ""
            yield f"  {place}:{inside} {visible(conflict.reason)}"
            yield from (f"    {visible(row)}" for row in conflict.rows)
        if change.lost is not None:
            yield f"  to do without it, name {change.lost} in {WITHOUT}"
        for note in change.notes:
            mark = "SUSPECT" if note.suspect else "note"
            place = f" {change.path}:{note.line}:" if note.line else ""
            inside = f" {note.place}:" if note.place else ""
            yield f"  {mark}:{place}{inside} {visible(note.text)}"
        if change.paste:
            yield f"  paste these lines into {change.path}:"
            yield from (f"    {line}" for line in change.paste)


def summary(plan: Plan, dry: bool) -> str:
    """The last line: how much was done, and what waits."""
    written = len([op for op in plan.ops if op.path.parts[0] != HOME])
    said = f"{written} files" if written != 1 else "1 file"
    waiting = [change.path for change in plan.unsettled]
    if not written and waiting:
        said = "nothing was written"
    elif not written:
        said = "nothing to do: the project follows its blueprint"
    elif dry:
        said += "; a dry run: none of them was written"
    if waiting:
        said += f"; to be settled by you: {', '.join(map(str, waiting))}"
    if suspects := sum(change.suspects for change in plan.told):
        lines = f"{suspects} lines are" if suspects != 1 else "1 line is"
        said += f"; {lines} SUSPECT, of which `make check` knows more"
    return said


def differences(plan: Plan) -> Iterator[str]:
    """What a run would change, as a unified diff."""
    for change in plan.changes:
        if change.path.parts[0] == HOME:
            continue
        former = change.former or change.path
        before = change.source if change.former else change.before
        if before != change.after:
            yield from _difference(former, before, change)


def _difference(
    former: PurePosixPath, before: bytes | None, change: Change
) -> Iterator[str]:
    old, new = _rows(before), _rows(change.after)
    found = difflib.unified_diff(
        old,
        new,
        "/dev/null" if before is None else f"a/{former}",
        "/dev/null" if change.after is None else f"b/{change.path}",
    )
    for row in found:
        yield row if row.endswith("\n") else f"{row}\n\\ No newline at end of file\n"


def _rows(content: bytes | None) -> list[str]:
    text = (content or b"").decode(errors="replace")
    return [f"{row}\n" for row in text.split("\n")[:-1]] + (
        [text.rpartition("\n")[2]] if text and not text.endswith("\n") else []
    )
