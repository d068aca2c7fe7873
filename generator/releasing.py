"""Release a project: read it, and write down what it says from now on."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from generator import journal, pipeline, sources
from generator.diagnostics import Diagnostic, Report
from generator.journal import Op
from generator.releases import Texts, release
from generator.sources import WrongUsage

BLUEPRINTS = "blueprints"


@dataclass(frozen=True, slots=True)
class Release:
    """What a release would write into a project; nothing is written yet."""

    project: Path
    changes: tuple[Op, ...]
    warnings: tuple[Diagnostic, ...]

    def apply(self) -> None:
        """Write all of it, or nothing."""
        journal.apply(self.project, self.changes)


def plan(project: Path, *, dry: bool = False) -> Release:
    """What is to be written; `BlueprintError` where the project is not valid.

    Unless the run is a dry one, what an interrupted run had left is settled first.
    """
    if not (project / BLUEPRINTS).is_dir():
        raise WrongUsage(f"{project} is no project: it holds no {BLUEPRINTS}")
    if not dry:
        journal.recover(project)
    report = Report()
    locks = pipeline.released(pipeline.read(sources.locks(project), report), report)
    documents = pipeline.read(sources.find(project / BLUEPRINTS), report)
    service = pipeline.understand(documents, report, locks)
    texts = release(service, locks, _migrations(project))
    return Release(project, tuple(_changes(project, texts)), report.warnings)


def _changes(project: Path, texts: Texts) -> Iterator[Op]:
    for path, text in texts.items():
        place = project / path
        seen = place.read_bytes() if place.is_file() else None
        if seen != text.encode():
            yield Op(PurePosixPath(path), text, seen)


def _migrations(project: Path) -> Texts:
    return {
        file.relative_to(project).as_posix(): file.read_bytes().decode()
        for file in sorted(project.glob("migrations/*/*.sql"))
    }
