"""The contract that code holds beside the one that the blueprint says.

Where they differ the blueprint's place is named, and what was written by hand can be
taken over into the blueprint: its text is edited, comments kept.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath

from generator import document, model, pipeline
from generator.contract import Difference, Found
from generator.diagnostics import Diagnostic, Path, Report, ScaffoldError, Span
from generator.document import Document
from generator.journal import Op
from generator.project import BLUEPRINTS, Project
from generator.subject import Places
from generator.type_names import vocabulary, written
from generator.yaml_edit import NoSuchPlace, scalar, with_entry, with_item, with_value

CODES = {
    "P301": "Code holds a part of the contract that the blueprint does not know.",
    "P302": "Code lacks a part of the contract that the blueprint says.",
    "P303": "Code says a part of the contract in another way than the blueprint.",
}

_CODES = {"more": "P301", "less": "P302", "other": "P303"}


class NotAdopted(ScaffoldError):
    """What was written by hand has no place in the blueprint as it is."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where the blueprint says what a class holds: its part, and the fields in it."""

    origin: model.Origin
    domain: str
    fields: Path = ("fields",)
    words: bool = False
    """Whether it is a list of words."""


@dataclass(frozen=True, slots=True)
class Finding:
    """A difference in a file of the project, and its place in the blueprint."""

    path: PurePosixPath
    difference: Difference
    place: Place | None


class Adoption:
    """The contract of a project whose code was edited by hand."""

    def __init__(self, project: Project, found: Sequence[Found]) -> None:
        self._project = project
        self._found = found
        report = Report()
        self._documents = pipeline.read(project.sources(), report)
        locks = pipeline.released(pipeline.read(project.locks(), report), report)
        self._locks = locks
        self._service = pipeline.understand(self._documents, report, locks)
        self._places = dict(_places(self._service))

    def findings(self) -> tuple[Diagnostic, ...]:
        """Each difference, with the line of the blueprint that it is about."""
        return tuple(self._diagnostic(each) for each in self._differences())

    def adopted(self) -> tuple[tuple[Op, ...], tuple[str, ...]]:
        """The blueprint as the code says it, and what was taken over, in words.

        What it has no words for is left. `NotAdopted` if that is all, or if the
        blueprint would not be sound with the rest.
        """
        texts = {each.file: each.text for each in self._documents}
        told: list[str] = []
        left: list[NotAdopted] = []
        for finding in self._differences():
            try:
                file, text, said = self._taken_over(finding, texts)
            except NotAdopted as error:
                left.append(error)
            else:
                texts[file] = text
                told.append(said)
        if left and not told:
            raise left[0]
        self._check(texts)
        changed = [each for each in self._documents if texts[each.file] != each.text]
        return tuple(self._op(each, texts[each.file]) for each in changed), tuple(told)

    def _differences(self) -> Iterator[Finding]:
        for path, each in self._found:
            yield Finding(path, each, self._places.get((str(path), each.owner)))

    def _diagnostic(self, finding: Finding) -> Diagnostic:
        difference, place = finding.difference, finding.place
        file = os.path.relpath(self._project.root / finding.path)
        also: tuple[tuple[Span, str], ...] = ()
        if place is not None:
            known = Places(self._documents)
            steps = (*place.fields, difference.member) if difference.was else ()
            also = ((known.key(place.origin, *steps), "the blueprint says it here"),)
        return Diagnostic(
            _CODES[difference.held],
            str(difference),
            Span(file, difference.line, 1),
            self._hint(finding),
            also=also,
        )

    def _hint(self, finding: Finding) -> str:
        text = self._written(finding)
        if text is None:
            return "write it into the blueprint, or make the code say what that says"
        return f"`scaffold check --adopt` makes the blueprint say `{text}`"

    def _written(self, finding: Finding) -> str | None:
        """What the blueprint would say, where it has words for what the code says."""
        difference, place = finding.difference, finding.place
        if place is None or difference.now is None:
            return None
        if place.words:
            added = difference.held == "more"
            return difference.now.default.strip("'\"") if added else None
        known = vocabulary(self._service, place.domain)
        kind = written(difference.now.annotation, difference.now.default, known)
        return f"{difference.member}: {kind}" if kind else None

    def _taken_over(
        self, finding: Finding, texts: Mapping[str, str]
    ) -> tuple[str, str, str]:
        """The file of the blueprint, its text with the difference in it, and a line."""
        difference, place = finding.difference, finding.place
        said = self._written(finding)
        if said is None or place is None:
            raise NotAdopted(
                f"{finding.path}:{difference.line}: {difference};"
                " the blueprint has no words for it: settle this by hand first"
            )
        file = place.origin.file
        path = (*place.origin.path, *place.fields)
        kind = scalar(said.partition(": ")[2])
        try:
            if place.words:
                text = with_item(texts[file], path, said)
            elif difference.held == "more":
                text = with_entry(texts[file], path, difference.member, kind)
            else:
                text = with_value(texts[file], (*path, difference.member), kind)
        except NoSuchPlace as error:
            raise NotAdopted(f"{file}: {difference.owner}: {error}") from error
        return file, text, f"adopt    {file}  ({difference.owner}: {said})"

    def _check(self, texts: Mapping[str, str]) -> None:
        report = Report()
        documents = [document.load(text, file, report) for file, text in texts.items()]
        try:
            pipeline.understand(documents, report, self._locks)
        except ScaffoldError as error:
            raise NotAdopted(
                "nothing is taken over, for the blueprint would not be sound with it:"
                f"\n{error}\nwrite into the blueprint what is missing there"
            ) from error

    def _op(self, changed: Document, text: str) -> Op:
        name = PurePosixPath(changed.file).name
        path = PurePosixPath(BLUEPRINTS, name)
        return Op(path, text, self._project.read(path))


def _places(service: model.Service) -> Iterator[tuple[tuple[str, str], Place]]:
    """Where the blueprint declares each class, by the file and name of that."""
    for domain in service.domains:
        name, home = domain.name, f"app/{domain.module}"
        for aggregate in domain.aggregates:
            for event in aggregate.events:
                place = Place(event.origin, name)
                yield (f"{home}/events.py", event.name), place
            for command in aggregate.commands:
                place = Place(command.origin, name)
                yield (f"{home}/commands.py", command.name), place
                yield (f"app/api/models/{domain.module}.py", command.body), place
        for row in domain.read_models:
            place = Place(row.origin, name, ("columns",))
            yield (f"{home}/read_models.py", row.name), place
        yield from _words(home, name, domain.vocabulary)
    if service.shared is not None:
        yield from _words("app/shared", "", service.shared)


def _words(
    home: str, domain: str, vocabulary: model.Vocabulary
) -> Iterator[tuple[tuple[str, str], Place]]:
    for enum in vocabulary.enums:
        place = Place(enum.origin, domain, (), words=True)
        yield (f"{home}/enums.py", enum.name), place
    for value in vocabulary.value_objects:
        yield (f"{home}/value_objects.py", value.name), Place(value.origin, domain)
