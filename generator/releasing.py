"""Release a project: read it, and write down what it says from now on."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from generator import archive, journal, model, pipeline, project, render
from generator.changes import MARKER, beside
from generator.diagnostics import Diagnostic, Report
from generator.golden_events import FOLDER
from generator.journal import Op
from generator.kinds import Kind, kind_of
from generator.releases import Texts, Unreleasable, release


@dataclass(frozen=True, slots=True)
class Release:
    """What a release would write into a project; nothing is written yet."""

    root: Path
    changes: tuple[Op, ...]
    warnings: tuple[Diagnostic, ...]

    def apply(self) -> None:
        """Write all of it, or nothing."""
        journal.apply(self.root, self.changes)


def plan(root: Path) -> Release:
    """What is to be written; `BlueprintError` where the project is not valid."""
    known = project.load(root)
    report = Report()
    locks = pipeline.released(pipeline.read(known.locks(), report), report)
    documents = pipeline.read(known.sources(), report)
    service = pipeline.understand(documents, report, locks)
    _refuse_outdated(service, known)
    _refuse_unsettled(known)
    texts = {
        path: text
        for path, text in release(service, locks, _migrations(root)).items()
        if not path.startswith(FOLDER) or not _edited(known, PurePosixPath(path))
    }
    # Golden events are generated ones: what follows merges them with what they were.
    golden = {PurePosixPath(p): t for p, t in texts.items() if p.startswith(FOLDER)}
    base = archive.dump({**known.base, **golden})
    texts = {**texts, str(project.BASE): base}
    return Release(root, tuple(_changes(root, texts)), report.warnings)


def _refuse_outdated(service: model.Service, known: project.Project) -> None:
    """What is released of the tables is what the migrations make of them."""
    for path, file in render.domains(service).items():
        if file.kind is Kind.MIGRATION and known.base.get(path) != file.text:
            raise Unreleasable(
                f"{path} is behind the blueprint: `scaffold sync`, then look at it"
            )


def _refuse_unsettled(known: project.Project) -> None:
    """What is released of a migration is what its owner has made up their mind on."""
    for path in known.base:
        if kind_of(str(path)) is not Kind.MIGRATION or path in known.without:
            continue
        content = known.read(path)
        if content is None:
            raise Unreleasable(f"{path} is missing: `scaffold sync` restores it")
        if known.read(beside(path)) is not None:
            raise Unreleasable(
                f"{path} is not settled: merge {beside(path).name} into it, and remove"
                " that file"
            )
        if MARKER.search(content):
            raise Unreleasable(f"{path} is not settled: it has conflict markers")


def _edited(known: project.Project, path: PurePosixPath) -> bool:
    """Whether somebody wrote into a generated file, which is then for `sync`."""
    content = known.read(path)
    return content is not None and content != known.base.get(path, "").encode()


def _changes(root: Path, texts: Texts) -> Iterator[Op]:
    for path, text in texts.items():
        place = root / path
        seen = place.read_bytes() if place.is_file() else None
        if seen != text.encode():
            yield Op(PurePosixPath(path), text, seen)


def _migrations(root: Path) -> Texts:
    return {
        file.relative_to(root).as_posix(): file.read_bytes().decode()
        for file in sorted(root.glob("migrations/*/*.sql"))
    }
