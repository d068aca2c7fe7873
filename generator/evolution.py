"""What must hold between a blueprint and what the project has released."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from generator import model
from generator.compatibility import Problem, problems
from generator.diagnostics import Diagnostic, Report, Span
from generator.document import Document
from generator.lock import Form, Lock, Locks, version_of
from generator.schemas import Vocabularies
from generator.subject import Places

CODES = {
    "B802": "An event that was released is gone.",
    "B803": "The version of an event is lower than one that was released.",
    "B804": "A version that was released is no longer read.",
    "B805": "An event is no longer what its version was when it was released.",
    "B806": "An upcast does not begin with what was released.",
    "B807": "Two things have the same name in the log.",
}


def check(
    service: model.Service,
    locks: Locks,
    documents: Sequence[Document],
    report: Report,
) -> None:
    """Put into the report what would make a log unreadable."""
    for found in _Evolution(service, documents).findings(locks):
        report.add(found)


class _Evolution:
    """A service, beside what was released of it."""

    def __init__(self, service: model.Service, documents: Sequence[Document]) -> None:
        self._service = service
        self._places = Places(documents)
        self._first = documents[0]
        self._vocabularies = Vocabularies(service)

    def findings(self, locks: Locks) -> Iterator[Diagnostic]:
        """Everything that is wrong, domain by domain."""
        for domain in self._service.domains:
            yield from self._names(domain)
            if domain.name in locks:
                yield from self._released(domain, locks[domain.name])
        known = {domain.name for domain in self._service.domains}
        for name in locks.keys() - known:
            place = self._first.span(())
            yield Diagnostic(
                "B802", f"the domain {name} was released, and is gone", place, _KEEP
            )

    def _released(self, domain: model.Domain, lock: Lock) -> Iterator[Diagnostic]:
        known = {
            (_bare(aggregate.stored_kind), _bare(event.stored_name)): event
            for aggregate in domain.aggregates
            for event in aggregate.events
        }
        for aggregate, events in lock.events.items():
            for name, forms in events.items():
                event = known.get((aggregate, name))
                if event is None:
                    yield self._gone(domain, aggregate, name)
                    continue
                for label, form in forms.items():
                    yield from self._form(domain, event, version_of(label), form)

    def _gone(self, domain: model.Domain, aggregate: str, name: str) -> Diagnostic:
        owner = next(
            (a for a in domain.aggregates if _bare(a.stored_kind) == aggregate), None
        )
        place = (
            self._places.key(owner.origin)
            if owner
            else self._places.value(domain.origin, "domain")
        )
        said = f"{name} of {aggregate} was released, and is gone"
        return Diagnostic("B802", said, place, _KEEP)

    def _form(
        self, domain: model.Domain, event: model.Event, version: int, form: Form
    ) -> Iterator[Diagnostic]:
        if version > event.version:
            yield Diagnostic(
                "B803",
                f"version {version} of {event.name} was released, this is version "
                f"{event.version}",
                self._places.value(event.origin, "version"),
                f"versions only rise: write `version: {version}`, or a higher one",
            )
            return
        earlier = next((e for e in event.earlier if e.number == version), None)
        if earlier is None and version < event.version:
            yield Diagnostic(
                "B804",
                f"version {version} of {event.name} was released, and nothing says how "
                "it is read",
                self._places.key(event.origin, "version"),
                f"write `upcasts: {{{version}: {{from: ..., set: ...}}}}`",
            )
            return
        fields = earlier.fields if earlier else event.stored_fields
        reader = self._vocabularies.stored(fields, domain.name)
        for problem in problems(form.records, reader):
            yield self._unreadable(event, version, problem)

    def _unreadable(
        self, event: model.Event, version: int, problem: Problem
    ) -> Diagnostic:
        if version < event.version:
            return Diagnostic(
                "B806",
                f"in version {version} of {event.name}, as it was released, {problem}",
                self._places.key(event.origin, "upcasts", str(version)),
                _KEEP_VALUE
                if problem.is_inside
                else f"say so in `from:`, and in `set:` what {problem.path[0]} becomes",
            )
        return Diagnostic(
            "B805",
            f"{event.name} is no longer what was released as version {version}: "
            f"{problem}",
            self._place_of(event, problem.path[0]),
            _KEEP_VALUE
            if problem.is_inside
            else f"write `version: {version + 1}` and `upcasts: {{{version}: ...}}`, "
            "or leave it as it was",
        )

    def _place_of(self, event: model.Event, stored: str) -> Span:
        for field in event.fields:
            if field.stored_name == stored:
                return self._places.key(field.origin)
        return self._places.key(event.origin)

    def _names(self, domain: model.Domain) -> Iterator[Diagnostic]:
        """Nothing has the name in the log that another thing has."""
        aggregates = domain.aggregates
        yield from self._twice((a.stored_kind, a.origin) for a in aggregates)
        events = [event for each in aggregates for event in each.events]
        yield from self._twice((e.stored_name, e.origin) for e in events)
        for event in events:
            yield from self._fields_twice(event.stored_fields)
            for earlier in event.earlier:
                yield from self._fields_twice(earlier.fields)
        for value in domain.vocabulary.value_objects:
            yield from self._fields_twice(value.fields)

    def _fields_twice(self, fields: Sequence[model.Field]) -> Iterator[Diagnostic]:
        yield from self._twice((each.stored_name, each.origin) for each in fields)

    def _twice(self, named: Iterable[tuple[str, model.Origin]]) -> Iterator[Diagnostic]:
        seen: dict[str, model.Origin] = {}
        for name, origin in named:
            first = seen.setdefault(name, origin)
            if first is not origin:
                yield Diagnostic(
                    "B807",
                    f'the log knows two of these as "{name}"',
                    self._places.key(origin),
                    "what is new needs a name that nothing has had before",
                    also=((self._places.key(first), "the other one"),),
                )


def _bare(qualified: str) -> str:
    return qualified.partition(".")[2]


_KEEP = (
    "a log may hold it for ever: keep it, though nothing emits it any more; if it has "
    "another name now, write `was:`"
)
_KEEP_VALUE = (
    "keep the value object or enum as it was, and give the event a new one at a new "
    "version"
)
