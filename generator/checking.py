"""What CI asks of a project: that it follows its blueprint, and keeps the rules."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

from generator import journal, living, project, project_code
from generator.changes import Change, State
from generator.contract import Found, differing, to_settle
from generator.diagnostics import BlueprintError, Diagnostic, Report, Span, in_order

CODES = {
    "P101": "A generated file is behind the blueprint.",
    "P102": "A file was edited, and the blueprint has changed it too.",
    "P103": "A generated file is missing.",
    "P104": "A file has conflict markers, or a text beside it to be merged.",
    "P105": "A domain is missing in a shared list.",
    "P106": "A migration that was released is gone, or was changed.",
    "P107": "A definition that was moved or removed is generated in another way now.",
}

# What conflict markers make of a file besides, and what is not told again.
NO_PYTHON = frozenset({"L00", "P204"})

_CODES = {
    State.NEWER: "P101",
    State.BOTH: "P102",
    State.MISSING: "P103",
    State.MARKERS: "P104",
    State.UNLISTED: "P105",
    State.MOVED: "P107",
}
_HINTS = {
    State.NEWER: "`scaffold sync` brings it up to date",
    State.BOTH: "`scaffold sync` merges, and keeps what you wrote",
    State.MISSING: (
        "`scaffold sync` restores it; name it in .scaffold/without to do without it"
    ),
    State.MARKERS: "settle what is marked, then `scaffold sync`",
    State.UNLISTED: "`scaffold sync` puts it in",
    State.MOVED: (
        "`scaffold sync` shows the change: make it where the definition stands, or name"
        " {lost} in .scaffold/without to do without it"
    ),
}

_SAID = {
    State.NEWER: "{newer}: {reason}",
    State.BOTH: "edited by you, and {newer}: {reason}",
    State.MISSING: "it is generated, and is not there",
    State.MOVED: "{reason}",
}
FOLLOW = "now `scaffold sync`, and the project follows"
_BESIDE = "`scaffold sync` puts what is generated beside it, for you to merge"
_RESTORE = (
    "take it back from version control, or let `scaffold sync` restore it where it is"
    " gone; what is to change becomes another migration"
)


class Adopted(NamedTuple):
    """What was done to adopt what was written by hand, in words."""

    told: tuple[str, ...]
    follow: bool
    """Whether the blueprint is another one now, and `sync` is to follow it."""


def check(start: Path, by_hand: bool = False) -> tuple[Diagnostic, ...]:
    """Every finding in the project that a folder lies in; nothing is written.

    What `sync` settles by itself is none where only what is to be done `by_hand` is
    asked for.
    """
    root, _ = living.settled(start, write=False)
    known = project.load(root)
    found = tuple(_beside_its_blueprint(known, by_hand))
    marked = {each.span.file for each in found if each.code == _CODES[State.MARKERS]}
    code = project_code.findings(known)
    told = (e for e in code if e.code not in NO_PYTHON or e.span.file not in marked)
    return in_order((*found, *told))


def adopt(start: Path) -> Adopted:
    """Make the blueprint say what code was made to say by hand; what it was, in words.

    `NotAdopted`, and nothing written, if the blueprint would not be sound with it.
    """
    root, recovered = living.settled(start, write=True)
    before = (recovered,) if recovered else ()
    known = project.load(root)
    found = differing(known)
    if not found:
        return Adopted(before, follow=False)
    # Most projects say what their blueprints say, and nothing has to be understood.
    from generator.adoption import Adoption

    ops, told = Adoption(known, found).adopted()
    journal.apply(root, ops)
    return Adopted((*before, *told, FOLLOW), follow=True)


def _beside_its_blueprint(
    known: project.Project, by_hand: bool
) -> Iterator[Diagnostic]:
    """Where project and blueprint differ, or what is wrong with the blueprint."""
    try:
        plan = living.followed(known)
        yield from plan.warnings
        drift = [e for e in plan.drift if not (by_hand and e.is_settled)]
        yield from (_finding(known.root, change, plan.newer) for change in drift)
        yield from _released(known)
        found = differing(known)
        yield from _contract(known, _left(found, plan.unsettled) if by_hand else found)
    except BlueprintError as error:
        yield from error.diagnostics


def _left(found: Sequence[Found], unsettled: Sequence[Change]) -> Sequence[Found]:
    """What of the contract `sync` could not take over either."""
    said = {e.path: {conflict.reason for conflict in e.conflicts} for e in unsettled}
    left = [e for e in found if to_settle(e[1]) in said.get(e[0], ())]
    # A file with other conflicts was not looked at for its contract.
    known = {path for path, _ in left}
    return [e for e in found if e in left or (e[0] in said and e[0] not in known)]


def _released(known: project.Project) -> Iterator[Diagnostic]:
    """What differs from what was released, where anything was."""
    if not known.locks():
        return
    from generator import breaking, frozen, pipeline

    report = Report()
    locks = pipeline.released(pipeline.read(known.locks(), report), report)
    documents = pipeline.read(known.sources(), report)
    service = pipeline.understand(documents, report, locks)
    for each in breaking.breaking(service, locks, documents):
        # Between releases much may break, as long as everybody knows.
        yield replace(each, severity="warning")
    for path in frozen.changed(known, locks):
        place = Span(os.path.relpath(known.root / path), 1, 1)
        said = "databases have applied it, and it is not what was released any more"
        yield Diagnostic("P106", said, place, _RESTORE)


def _contract(known: project.Project, found: Sequence[Found]) -> Sequence[Diagnostic]:
    if not found:
        return ()
    from generator.adoption import Adoption

    return Adoption(known, found).findings()


def _finding(root: Path, change: Change, newer: str) -> Diagnostic:
    line = change.conflicts[0].line if change.conflicts else 1
    place = Span(os.path.relpath(root / change.path), line, 1)
    said = _SAID.get(change.state, "{state}: {reason}").format(
        state=change.state.value, reason=change.reason, newer=newer
    )
    hint = _HINTS[change.state] if change.beside is None else _BESIDE
    return Diagnostic(_CODES[change.state], said, place, hint.format(lost=change.lost))
