"""Compare a project with a release: the lock of a commit, or of another folder."""

from __future__ import annotations

from pathlib import Path, PurePosixPath

from generator import breaking, document, git, pipeline, project
from generator.diagnostics import Diagnostic, Report, did_you_mean
from generator.lock import Locks, read_lock
from generator.sources import LOCKS, WrongUsage, locks


class NothingToCompare(WrongUsage):
    """There is no release there."""


def against(root: Path, wanted: str) -> tuple[Diagnostic, ...]:
    """What breaks of the release that a commit, or the project in a folder, holds."""
    known = project.load(root)
    before = _released(root, wanted)
    report = Report()
    current = pipeline.released(pipeline.read(known.locks(), report), report)
    report.raise_if_errors()
    documents = pipeline.read(known.sources(), report)
    # Against the lock of today the log may be unreadable too: that is said as well.
    service = pipeline.understand(documents, report, current)
    return breaking.breaking(service, before, documents)


def _released(root: Path, wanted: str) -> Locks:
    report = Report()
    if Path(wanted).is_dir():
        texts = {
            str(each.place): each.place.read_text() for each in locks(Path(wanted))
        }
    else:
        found = git.files_at(root, wanted, PurePosixPath(LOCKS))
        if found is None:
            raise NothingToCompare(_missing(root, wanted))
        texts = {f"{LOCKS}/{name}": text for name, text in found.items()}
    read = [
        read_lock(document.load(text, path, report), report)
        for path, text in sorted(texts.items())
    ]
    report.raise_if_errors()
    if not read:
        raise NothingToCompare(
            f'"{wanted}" has no lock in {LOCKS}: nothing was released there'
        )
    return {each.domain: each for each in read if each is not None}


def _missing(root: Path, wanted: str) -> str:
    """Why there is nothing by this name."""
    said = f'"{wanted}" is no folder'
    if refusal := git.refusal(root):
        return f"{said}, and {refusal}"
    said += ", and no commit that git knows here"
    hint = did_you_mean(wanted, git.refs(root))
    return f"{said}; {hint}" if hint else said
