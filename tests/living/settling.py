"""What a person does after a `sync` that leaves something to them."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from typing import Literal

from generator import pipeline, project, render
from generator.diagnostics import Report
from generator.sources import find
from tests.living.projects import Living
from tests.living.salon import Change

CUSTOM = "app/tables/custom.py"
MISFITS = "P301|P108"
MARKED = re.compile(
    r"^<{7} .*\n(?P<ours>(?:.*\n)*?)"
    r"(?:\|{7}.*\n(?:.*\n)*?)?"
    r"={7}\n(?P<theirs>(?:.*\n)*?)>{7} .*\n",
    re.MULTILINE,
)

Side = Literal["ours", "theirs"]


def settle(living: Living, new: Mapping[str, str], codes: str = MISFITS) -> set[str]:
    """Give up what people wrote wherever `check` finds that it does not fit."""
    left = re.compile(rf"^(\S+?):\d+:\d+: (?:{codes}) ", re.MULTILINE)
    settled: set[str] = set()
    while wrong := set(left.findall(living.scaffold("check").stdout)) - settled:
        settled |= wrong
        for name in wrong:
            if name in new:
                living.put(name, new[name])
            else:
                (living.root / name).unlink()
    return settled


def rename(living: Living, change: Change) -> None:
    """Use the words of today in custom code, which nobody else ever writes in."""
    if not (living.root / CUSTOM).exists():
        return
    text = living.text(CUSTOM)
    for old, new in change.words:
        text = text.replace(old, new)
    living.put(CUSTOM, text)


def write_custom(living: Living, said: str) -> None:
    """Paste what `sync` says, and let it do nothing."""
    head = f"  paste these lines into {CUSTOM}:\n"
    pasted = said[said.index(head) + len(head) :].split("\n")
    rows = [row.removeprefix("    ") for row in pasted if row.startswith("    ")]
    assert rows
    found = living.scaffold("check")
    assert (found.exit_code, "P202" in found.stdout) == (1, True)
    text = "\n".join(rows).replace("raise NotImplementedError", "return")
    living.put(CUSTOM, f"{living.text(CUSTOM)}\n\n{text}\n")


def renamed(rows: Counter[str], change: Change) -> Counter[str]:
    """What people wrote, in the words of today."""
    found: Counter[str] = Counter()
    for row, count in rows.items():
        for old, new in change.words:
            row = row.replace(old, new)
        found[row] += count
    return found


def generated(living: Living) -> dict[str, str]:
    """What would be generated for the blueprint from nothing."""
    report = Report()
    documents = pipeline.read(find(living.root / "blueprints"), report)
    service = pipeline.understand(documents, report)
    whole = pipeline.printed(service, render.printed) | pipeline.language()
    kept = {path: file for path, file in whole.items() if project.is_kept(file)}
    return {str(path): file.text for path, file in kept.items()}


def settle_marks(living: Living, below: str, side: Side = "ours") -> None:
    """Take one side of every conflict that is marked in the files of a folder."""
    for name, content in living.files().items():
        if content and name.startswith(below):
            text = MARKED.sub(lambda found: found[side], content.decode())
            living.put(name, text)
