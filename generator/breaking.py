"""What a blueprint breaks of what was released: in the log, on the wire, for callers.

A lock says how a release looked, and what would be released now is a lock too; so
everything here is one lock beside another, and knows only where to point.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from enum import IntEnum

from generator import evolution, model
from generator.api_changes import problems_of
from generator.compatibility import problems
from generator.custom_changes import misfits
from generator.diagnostics import Diagnostic, Report
from generator.document import Document
from generator.lock import Form, Lock, Locks, Table, released_forms, version_of
from generator.migrations import stem
from generator.releases import describe
from generator.subject import Places
from generator.table_changes import changes

CODES = {
    "B811": "Who reads the topic of a domain meets an event that is another now.",
}


class Level(IntEnum):
    """Who is hurt: nobody but our own code, up to everything that was ever recorded."""

    CODE = 1
    PROJECTION = 2
    API = 3
    WIRE = 4
    STORE = 5


_LEVELS = {"B80": Level.STORE, "B81": Level.WIRE, "B82": Level.PROJECTION}
_LEVELS |= {"B83": Level.API, "B84": Level.CODE}
_WIRE_HINT = (
    "whoever reads the topic has to know both: tell them before it is deployed, or"
    " leave the event and record another one beside it"
)
_TABLE_HINT = "`sync` makes a new table of it, which the worker fills from the log"


def level_of(diagnostic: Diagnostic) -> Level:
    """Who is hurt by what a diagnostic says."""
    return _LEVELS[diagnostic.code[:3]]


def breaking(
    service: model.Service, before: Locks, documents: Sequence[Document]
) -> tuple[Diagnostic, ...]:
    """Everything that breaks, the worst first."""
    report = Report()
    evolution.check(service, before, documents, report)
    found = [*report.diagnostics, *_Breaking(service, before, documents).findings()]
    return tuple(sorted(found, key=lambda each: (-level_of(each), each.span)))


class _Breaking:
    def __init__(
        self, service: model.Service, before: Locks, documents: Sequence[Document]
    ) -> None:
        self._service = service
        self._before = before
        self._now = describe(service, before)
        self._places = Places(documents)

    def findings(self) -> Iterator[Diagnostic]:
        """All but what makes the log unreadable."""
        for domain in self._service.domains:
            if domain.name in self._before:
                before, now = self._before[domain.name], self._now[domain.name]
                yield from self._wire(domain, before, now)
                yield from self._calls(domain, before, now)
                yield from self._tables(domain, before, now)
                yield from self._custom(domain, before, now)

    def _wire(
        self, domain: model.Domain, before: Lock, now: Lock
    ) -> Iterator[Diagnostic]:
        events = {
            event.stored_name.partition(".")[2]: event
            for aggregate in domain.aggregates
            for event in aggregate.events
        }
        for aggregate, stored in before.events.items():
            for name, forms in stored.items():
                event = events.get(name)
                if event is None:
                    continue
                today = _latest(now.events[aggregate][name], event.version)
                for problem in problems(today.records, _latest(forms).records):
                    # A member more is for readers to bear, as a field more is.
                    if not problem.of_enum:
                        said = f"{event.name} on the topic: {_turned(str(problem))}"
                        place = self._places.key(event.origin)
                        yield Diagnostic("B811", said, place, _WIRE_HINT)

    def _calls(
        self, domain: model.Domain, before: Lock, now: Lock
    ) -> Iterator[Diagnostic]:
        commands = {c.name: c.origin for a in domain.aggregates for c in a.commands}
        queries = {each.name: each.origin for each in domain.queries}
        for found in problems_of(before, now):
            origin = (commands | queries).get(found.name)
            place = (
                self._places.key(origin)
                if origin
                else self._places.value(domain.origin, "domain")
            )
            yield Diagnostic(found.code, found.said, place, found.hint)

    def _tables(
        self, domain: model.Domain, before: Lock, now: Lock
    ) -> Iterator[Diagnostic]:
        forms = released_forms(self._before)
        today = {stem(name): table for name, table in _used(now).items()}
        origins = {each.name: each.origin for each in domain.read_models}
        for name, table in _used(before).items():
            if (after := today.get(stem(name))) is None:
                continue
            for reason in changes(table, after, forms).reasons:
                place = self._places.key(origins[after.read_model])
                said = f"{after.read_model}: {reason.said}"
                yield Diagnostic(reason.code, said, place, _TABLE_HINT)

    def _custom(
        self, domain: model.Domain, before: Lock, now: Lock
    ) -> Iterator[Diagnostic]:
        asked = {
            function.name: function.origins[0]
            for aggregate in domain.aggregates
            for function in aggregate.custom
        }
        for found in misfits(before, now):
            place = (
                self._places.value(asked[found.function])
                if found.function in asked
                else self._places.value(domain.origin, "domain")
            )
            yield Diagnostic("B842", found.said, place, found.hint)


def _used(lock: Lock) -> Mapping[str, Table]:
    return {name: each for name, each in lock.tables.items() if not each.retired}


def _latest(forms: Mapping[str, Form], version: int = 0) -> Form:
    """The form that is recorded now, or was when this was released."""
    version = version or max(map(version_of, forms))
    labels = [label for label in forms if version_of(label) == version]
    return forms[max(labels, key=lambda label: (len(label), label))]


def _turned(said: str) -> str:
    """What keeps an old reader from a new record, as what has changed."""
    for old, new in (
        ("was not there", "is gone"),
        ("could be missing", "may be missing now"),
        (" was ", " is now "),
    ):
        said = said.replace(old, new)
    return said
