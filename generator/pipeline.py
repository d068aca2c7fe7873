"""The straight line from blueprint text to files on disk."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from generator import blueprint, document, evolution, lock, rules, sources, write
from generator.diagnostics import BlueprintError, Diagnostic, Report, Sources
from generator.document import Document
from generator.golden_events import golden_events
from generator.interrupts import checkpoint
from generator.lock import NOTHING, Locks, released_events
from generator.model import Service
from generator.render import render
from generator.resolve import resolve
from generator.sources import Source
from generator.style import polish
from generator.tree import File, Tree


@dataclass(frozen=True, slots=True)
class Plan:
    """What a run would write, where, and what it warns of; nothing is written yet."""

    place: write.Place
    tree: Tree
    warnings: tuple[Diagnostic, ...]


def plan(name: str | Path, project: Path) -> Plan:
    """The whole project that a blueprint describes, for an absent or empty folder."""
    place = write.fit(project)
    report = Report()
    tree = build(sources.whole(sources.find(name)), report)
    return Plan(place, tree, tuple(report.diagnostics))


def generate(name: str | Path, project: Path) -> Plan:
    """Plan a project and write it: all of its files, or none."""
    planned = plan(name, project)
    write.apply(planned.tree, write.Disk(planned.place))
    return planned


def load_service(name: str | Path, report: Report | None = None) -> Service:
    """The checked model of a blueprint, or `BlueprintError` with every mistake."""
    report = report or Report()
    return understand(read(sources.find(name), report), report)


def build(texts: Sequence[Source], report: Report, locks: Locks = NOTHING) -> Tree:
    """From texts to the finished tree."""
    documents = read(texts, report)
    service = understand(documents, report, locks)
    checkpoint("render")
    tree = render(service)
    checkpoint("style")
    return polish(tree) | golden_events(service, locks) | _copies(texts, documents)


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
    documents: Sequence[Document], report: Report, locks: Locks = NOTHING
) -> Service:
    """From values to the checked model."""
    checkpoint("parse")
    shaped = blueprint.parse(documents, report)
    checkpoint("resolve")
    service = resolve(shaped, report)
    checkpoint("check")
    rules.check(service, documents, report, released_events(locks))
    if not report.errors:
        evolution.check(service, locks, documents, report)
    report.raise_if_errors()
    return service


def _copies(texts: Sequence[Source], documents: Sequence[Document]) -> Tree:
    """The project keeps the blueprint that it was made from, ready for an editor."""
    from generator import schema

    copies = {
        f"blueprints/{text.name}": schema.announced(document.text)
        for text, document in zip(texts, documents, strict=True)
    }
    copies[schema.PLACE] = schema.text()
    return Tree((path, File(text, origin="blueprint")) for path, text in copies.items())
