"""The straight line from blueprint text to files on disk."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path

from generator import (
    blueprint,
    document,
    evolution,
    lock,
    project,
    rules,
    sources,
    write,
)
from generator.diagnostics import BlueprintError, Diagnostic, Report, Sources
from generator.document import Document
from generator.golden_events import golden_events
from generator.interrupts import checkpoint
from generator.kinds import Kind
from generator.lock import NOTHING, Locks, released_events
from generator.model import Service
from generator.render import Skeleton, copied, render
from generator.resolve import resolve
from generator.sources import Source
from generator.style import polish
from generator.tree import File, Tree


@dataclass(frozen=True, slots=True)
class NewProject:
    """What a new project would be, where, and what to warn of; nothing is written."""

    place: write.Place
    tree: Tree
    warnings: tuple[Diagnostic, ...]


def plan(name: str | Path, folder: Path) -> NewProject:
    """The whole project that a blueprint describes, for an absent or empty folder."""
    place = write.fit(folder)
    report = Report()
    tree = found(sources.whole(sources.find(name)), report)
    return NewProject(place, tree, tuple(report.diagnostics))


def generate(name: str | Path, folder: Path) -> NewProject:
    """Plan a project and write it: all of its files, or none."""
    planned = plan(name, folder)
    write.apply(planned.tree, write.Disk(planned.place))
    return planned


def load_service(name: str | Path, report: Report | None = None) -> Service:
    """The checked model of a blueprint, or `BlueprintError` with every mistake."""
    report = report or Report()
    return understand(read(sources.find(name), report), report)


def found(texts: Sequence[Source], report: Report) -> Tree:
    """A new project: what is generated, and what is kept to follow the blueprint."""
    return project.keeping(build(texts, report))


def build(texts: Sequence[Source], report: Report) -> Tree:
    """From texts to the finished tree."""
    documents = read(texts, report)
    service = understand(documents, report)
    return printed(service) | language() | copies(texts, documents)


def examine(
    texts: Sequence[Source], locks: Sequence[Source] = ()
) -> tuple[tuple[Diagnostic, ...], Sources]:
    """Everything that is to be said about a blueprint, and the lines of its files."""
    report = Report()
    documents, locked = read(texts, report), read(locks, report)
    try:
        understand(documents, report, released(locked, report))
        found = report.diagnostics
    except BlueprintError as error:
        found = error.diagnostics
    return found, {each.file: each.lines for each in (*documents, *locked)}


def read(texts: Sequence[Source], report: Report) -> list[Document]:
    """From texts to values that know their places."""
    checkpoint("read")
    return [document.read(text.place, text.file, report) for text in texts]


def released(documents: Sequence[Document], report: Report) -> Locks:
    """From values to what a project has released, by domain."""
    found = (lock.read_lock(each, report) for each in documents)
    return {each.domain: each for each in found if each is not None}


def understand(
    documents: Sequence[Document],
    report: Report,
    locks: Locks = NOTHING,
    only: Collection[str] | None = None,
) -> Service:
    """From values to the checked model; `only` names the domains to be printed."""
    checkpoint("parse")
    shaped = blueprint.parse(documents, report)
    checkpoint("resolve")
    service = resolve(shaped, report, only, locks)
    checkpoint("check")
    rules.check(service, documents, report, released_events(locks))
    if not report.errors:
        evolution.check(service, locks, documents, report)
    report.raise_if_errors()
    return service


def printed(
    service: Service,
    skeleton: Skeleton = copied,
    locks: Locks = NOTHING,
    only: Collection[str] | None = None,
) -> Tree:
    """From the model to formatted files; `only` names the domains that are wanted."""
    checkpoint("render")
    tree = render(service, skeleton, only)
    golden = golden_events(service, wanted(locks, only))
    checkpoint("style")
    return polish(tree) | golden


def wanted(locks: Locks, only: Collection[str] | None) -> Locks:
    """The locks of the domains that are to be printed."""
    return {name: each for name, each in locks.items() if only is None or name in only}


def language() -> Tree:
    """What editors are told of the language, in the version that is here."""
    from generator import schema

    return Tree([(schema.PLACE, File(schema.text(), origin="blueprint language"))])


def copies(texts: Sequence[Source], documents: Sequence[Document]) -> Tree:
    """The project keeps the blueprint that it was made from, ready for an editor."""
    from generator import schema

    return Tree(
        (
            f"blueprints/{text.name}",
            File(schema.announced(document.text), origin="blueprint", kind=Kind.ONCE),
        )
        for text, document in zip(texts, documents, strict=True)
    )
