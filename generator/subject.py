"""What rules look at: a whole service, and where its parts stand in the blueprint."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from generator import model
from generator.diagnostics import Diagnostic, Report, Span
from generator.document import Document


class Places:
    """Finds the place of a part of the model in its document."""

    def __init__(self, documents: Sequence[Document]) -> None:
        self._documents = {document.file: document for document in documents}

    def key(self, origin: model.Origin, *steps: str | int) -> Span:
        """The key of the part, or of something below it."""
        return self._documents[origin.file].key_span((*origin.path, *steps))

    def role(self, name: str) -> Span | None:
        """Where a role is declared, in a list or a mapping; None if by nobody."""
        for document in self._documents.values():
            written = document.data.get("roles") or ()
            if name in written:
                step = written.index(name) if isinstance(written, list) else name
                return document.key_span(("roles", step))
        return None

    def value(self, origin: model.Origin, *steps: str | int) -> Span:
        """The value of the part, or of something below it."""
        return self._documents[origin.file].span((*origin.path, *steps))


@dataclass(frozen=True, slots=True)
class Subject:
    """What a rule looks at."""

    service: model.Service
    places: Places
    report: Report
    """What has been said already."""
    released: frozenset[str] = frozenset()
    """Stored names of events that a log may hold."""

    def told(self, code: str, origin: model.Origin, *steps: str) -> bool:
        """Whether a mistake was reported in a part, or in something below it."""
        return self.report.told(code, origin.file, (*origin.path, *steps))

    def aggregates(self) -> Iterator[model.Aggregate]:
        """All aggregates of all domains."""
        for domain in self.service.domains:
            yield from domain.aggregates

    def events(self) -> Iterator[model.Event]:
        """All events of all aggregates."""
        for aggregate in self.aggregates():
            yield from aggregate.events


Rule = Callable[[Subject], Iterable[Diagnostic]]
