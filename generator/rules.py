"""What must hold of a whole service: one function a rule, all listed at the end."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from generator import model
from generator.diagnostics import Diagnostic, Report, Span
from generator.document import Document
from generator.types import Type

CODES = {
    "B701": "A command starts from a state that no event leads to.",
    "B702": "An event is declared that no command emits.",
    "B703": "Two parts of the service claim the same table or HTTP path.",
    "B704": "A secret value would be stored or shown.",
    "B751": "A word of the lifecycle is never reached.",
    "B752": "An enum is not used.",
    "B753": "More than a fifth of all events are sync.",
    "B754": "Money is kept in a float.",
}


class Places:
    """Finds the place of a part of the model in its document."""

    def __init__(self, documents: Sequence[Document]) -> None:
        self._documents = {document.file: document for document in documents}

    def key(self, origin: model.Origin, *steps: str | int) -> Span:
        """The key of the part, or of something below it."""
        return self._documents[origin.file].key_span((*origin.path, *steps))

    def value(self, origin: model.Origin, *steps: str | int) -> Span:
        """The value of the part, or of something below it."""
        return self._documents[origin.file].span((*origin.path, *steps))


@dataclass(frozen=True, slots=True)
class Subject:
    """What a rule looks at."""

    service: model.Service
    places: Places
    released: frozenset[str] = frozenset()
    """Stored names of events that a log may hold."""

    def aggregates(self) -> Iterator[model.Aggregate]:
        """All aggregates of all domains."""
        for domain in self.service.domains:
            yield from domain.aggregates

    def events(self) -> Iterator[model.Event]:
        """All events of all aggregates."""
        for aggregate in self.aggregates():
            yield from aggregate.events


Rule = Callable[[Subject], Iterable[Diagnostic]]


def check(
    service: model.Service,
    documents: Sequence[Document],
    report: Report,
    released: frozenset[str] = frozenset(),
) -> None:
    """Put whatever breaks a rule into the report."""
    subject = Subject(service, Places(documents), released)
    for rule in RULES:
        for diagnostic in rule(subject):
            report.add(diagnostic)
    # What a person may mean is worth saying once what is wrong has been mended.
    for advice in () if report.errors else ADVICE:
        for diagnostic in advice(subject):
            report.add(diagnostic)


def reachable_states(subject: Subject) -> Iterator[Diagnostic]:
    """What a command starts from must be reached by some event."""
    for aggregate in subject.aggregates():
        reached = {event.target for event in aggregate.events}
        for command in aggregate.commands:
            origins = command.origins
            if origins and not reached & set(origins):
                yield Diagnostic(
                    "B701",
                    f"{command.name} can never run: no event leads to "
                    f"{' or '.join(origins)}",
                    subject.places.value(command.origin, "from"),
                    "give the event that leads there `to:`",
                )


def emitted_events(subject: Subject) -> Iterator[Diagnostic]:
    """An event without a command that emits it can never happen."""
    for aggregate in subject.aggregates():
        emitted = {
            event
            for command in aggregate.commands
            for each in command.emissions
            for event in each.events
        }
        for event in aggregate.events:
            if event.name not in emitted and event.stored_name not in subject.released:
                yield Diagnostic(
                    "B702",
                    f"no command emits {event.name}",
                    subject.places.key(event.origin),
                    "remove it, or add it to the `emits:` of a command",
                )


def own_places(subject: Subject) -> Iterator[Diagnostic]:
    """Tables and paths belong to one part each."""
    claims: dict[str, tuple[model.Origin, str]] = {}
    for what, name, origin in _claims(subject.service):
        taken = claims.setdefault(f"{what} {name}", (origin, name))
        if taken[0] is not origin:
            yield Diagnostic(
                "B703",
                f"the {what} {name} is claimed twice",
                subject.places.key(origin),
                "rename one of them",
                also=((subject.places.key(taken[0]), "the other claim"),),
            )


def _claims(service: model.Service) -> Iterator[tuple[str, str, model.Origin]]:
    for domain in service.domains:
        for read_model in domain.read_models:
            yield "table", read_model.table, read_model.origin
            for lookup in read_model.lookups:
                yield "table", lookup.table, read_model.origin
            for tally in read_model.tallies:
                yield "table", tally.table, read_model.origin
        for aggregate in domain.aggregates:
            yield "HTTP prefix", aggregate.path, aggregate.origin
            for command in aggregate.routed_commands:
                path = f"{aggregate.path}{command.path}"
                yield "HTTP path", f"POST {path}", command.origin
            for query in aggregate.routed_queries:
                path = f"{aggregate.path}{query.path}"
                yield "HTTP path", f"GET {path}", query.origin


def kept_secrets(subject: Subject) -> Iterator[Diagnostic]:
    """A secret is never part of an event, the state or a row."""
    for domain in subject.service.domains:
        stored = [
            *(field for each in domain.aggregates for field in each.state),
            *(f for each in domain.aggregates for e in each.events for f in e.fields),
            *(column.field for each in domain.read_models for column in each.columns),
        ]
        for field in stored:
            if field.secret:
                yield Diagnostic(
                    "B704",
                    f'"{field.name}" is secret, so nothing may store it',
                    subject.places.key(field.origin),
                    "keep what is derived from it, as a hash, or remove `secret:`",
                )


def used_lifecycle_words(subject: Subject) -> Iterator[Diagnostic]:
    """A state that no event reaches is often a forgotten `to:`."""
    for domain in subject.service.domains:
        enums = {enum.name: enum for enum in domain.vocabulary.enums}
        for aggregate in domain.aggregates:
            field = next(
                (f for f in aggregate.state if f.name == aggregate.lifecycle), None
            )
            enum = enums.get(field.type.name.rpartition(".")[2]) if field else None
            reached = {event.target for event in aggregate.events}
            for index, member in enumerate(enum.members if enum else ()):
                if enum and member.value not in reached:
                    yield Diagnostic(
                        "B751",
                        f"no event of {aggregate.name} leads to {member.value}",
                        subject.places.value(enum.origin, index),
                        severity="warning",
                    )


def used_enums(subject: Subject) -> Iterator[Diagnostic]:
    """An enum that nothing names is often a misspelt one."""
    used = set(_type_names(subject.service))
    vocabularies = [domain.vocabulary for domain in subject.service.domains]
    if subject.service.shared:
        vocabularies.append(subject.service.shared)
    for vocabulary in vocabularies:
        for enum in vocabulary.enums:
            if f"{vocabulary.module}.{enum.name}" not in used:
                yield Diagnostic(
                    "B752",
                    f"nothing uses the enum {enum.name}",
                    subject.places.key(enum.origin),
                    severity="warning",
                )


def _type_names(service: model.Service) -> Iterator[str]:
    for field in _all_fields(service):
        yield from _names_in(field.type)


def _names_in(kind: Type) -> Iterator[str]:
    yield kind.name
    for part in kind.args:
        yield from _names_in(part)


def _all_fields(service: model.Service) -> Iterator[model.Field]:
    for domain in service.domains:
        for value in domain.vocabulary.value_objects:
            yield from value.fields
        for aggregate in domain.aggregates:
            yield from aggregate.state
            for event in aggregate.events:
                yield from event.fields
            for command in aggregate.commands:
                yield from command.fields
        for read_model in domain.read_models:
            yield from (column.field for column in read_model.columns)
    for value in service.shared.value_objects if service.shared else ():
        yield from value.fields


def few_sync_events(subject: Subject) -> Iterator[Diagnostic]:
    """Every sync event makes its command slower; a fifth is plenty."""
    events = list(subject.events())
    sync = [event for event in events if event.sync]
    if len(events) >= 5 and len(sync) * 5 > len(events):
        yield Diagnostic(
            "B753",
            f"{len(sync)} of {len(events)} events are sync",
            subject.places.key(sync[0].origin, "sync"),
            "let clients `wait_for` the token of a command where they can",
            severity="warning",
        )


_MONEY = frozenset(
    [
        "amount",
        "balance",
        "charge",
        "cost",
        "fee",
        "price",
        "rate",
        "refund",
        "revenue",
        "salary",
        "tax",
        "total",
    ]
)


def exact_money(subject: Subject) -> Iterator[Diagnostic]:
    """A float cannot hold a cent."""
    for field in _all_fields(subject.service):
        if field.type.kind == "float" and _MONEY & set(field.name.split("_")):
            yield Diagnostic(
                "B754",
                f'"{field.name}" sounds like money and is a float',
                subject.places.key(field.origin),
                "use decimal(decimal_places=2)",
                severity="warning",
            )


RULES: tuple[Rule, ...] = (
    reachable_states,
    emitted_events,
    own_places,
    kept_secrets,
)

ADVICE: tuple[Rule, ...] = (
    used_lifecycle_words,
    used_enums,
    few_sync_events,
    exact_money,
)
