"""What a person may mean, and yet is worth a word: one function a warning."""

from __future__ import annotations

import re
from collections.abc import Iterator

from generator import model
from generator.diagnostics import Diagnostic
from generator.subject import Rule, Subject
from generator.types import INDEXED, Type

CODES = {
    "B751": "A word of the lifecycle is never reached.",
    "B752": "An enum is not used.",
    "B753": "More than a fifth of all events are sync.",
    "B754": "Money is kept in a float.",
    "B755": "Nothing in the service reads an event.",
    "B756": "A role is not used.",
    "B757": "An event only repeats the state, and overwrites it too.",
    "B758": "An index or a key holds what may be longer than it takes.",
    "B759": "A domain declares nothing.",
}


def decides_freely(aggregate: model.Aggregate) -> bool:
    """Whether an event sets the lifecycle to a value of its own, which may be any."""
    return any(
        each.name == aggregate.lifecycle and not each.source.startswith("to: ")
        for event in aggregate.events
        for each in (*event.creation, *event.change)
    )


def used_lifecycle_words(subject: Subject) -> Iterator[Diagnostic]:
    """A state that no event reaches is often a forgotten `to:`."""
    for domain in subject.service.domains:
        enums = {enum.name: enum for enum in domain.vocabulary.enums}
        for aggregate in domain.aggregates:
            if decides_freely(aggregate):
                continue
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


def full_domains(subject: Subject) -> Iterator[Diagnostic]:
    """A domain without anything in it is one that somebody forgot to write."""
    for domain in subject.service.domains:
        vocabulary = domain.vocabulary
        if not (domain.aggregates or vocabulary.enums or vocabulary.definitions):
            yield Diagnostic(
                "B759",
                f"the domain {domain.name} declares nothing",
                subject.places.key(domain.origin, "domain"),
                "begin with `aggregates:`, each with `state`, `commands` and `events`",
                severity="warning",
            )


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


def heard_events(subject: Subject) -> Iterator[Diagnostic]:
    """An event that neither state, row nor policy follows may be a forgotten one."""
    heard = set(_heard(subject.service))
    for aggregate in subject.aggregates():
        domain = aggregate.kind.partition(".")[0]
        emitted = {
            event
            for command in aggregate.commands
            for emission in command.emissions
            for event in emission.events
        }
        for event in aggregate.events:
            follows = event.creates or event.change or event.name not in emitted
            if not follows and f"{domain}.{event.name}" not in heard:
                yield Diagnostic(
                    "B755",
                    f"nothing here reads {event.name}",
                    subject.places.key(event.origin),
                    "let a read model, a policy or the state follow it",
                    severity="warning",
                )


def _heard(service: model.Service) -> Iterator[str]:
    """The events that read models and policies follow, by their full names."""
    kinds = {
        each.kind: each for domain in service.domains for each in domain.aggregates
    }
    for domain in service.domains:
        for policy in domain.policies:
            yield policy.event.qualified
        for read_model in domain.read_models:
            for action in read_model.actions:
                yield f"{domain.name}.{action.event}"
            for source, printed in _listened(read_model):
                names = [event.name for event in kinds[source.kind].events]
                name = dict(zip(source.events, names, strict=True))[printed]
                yield f"{source.kind.partition('.')[0]}.{name}"


def _listened(read_model: model.ReadModel) -> Iterator[tuple[model.Source, str]]:
    """The events of other streams, by the names that they are printed with."""
    for lookup in read_model.lookups:
        yield from ((lookup.source, change.event) for change in lookup.changes)
    for tally in read_model.tallies:
        yield from ((tally.source, each.event) for each in tally.contributions)


_ROLE = re.compile(r"Role\.(\w+)")


def used_roles(subject: Subject) -> Iterator[Diagnostic]:
    """A role that no access names is often a misspelt one."""
    service = subject.service
    printed = [
        *(c.access for each in subject.aggregates() for c in each.commands),
        *(query.access for domain in service.domains for query in domain.queries),
    ]
    used = set(_ROLE.findall(" ".join(printed)))
    for role in service.roles:
        place = subject.places.role(role.name)
        if role.constant not in used and place:
            yield Diagnostic(
                "B756",
                f"no command and no query is for {role.name}",
                place,
                "name it in an `access:`, or remove it",
                severity="warning",
            )


def plain_repetitions(subject: Subject) -> Iterator[Diagnostic]:
    """What only repeats the state may bring an older value of it back."""
    for aggregate in subject.aggregates():
        for event in aggregate.events:
            emissions = [
                (command, each)
                for command in aggregate.commands
                for each in command.emissions
                if event.name in each.events
            ]
            for change in () if event.creates else event.change:
                places = [
                    subject.places.value(command.origin, "emits")
                    for command, emission in emissions
                    if _repeats(emission, change.name)
                ]
                if places and len(places) == len(emissions):
                    yield Diagnostic(
                        "B757",
                        f"{event.name} only repeats state.{change.name}, "
                        "and sets it too",
                        subject.places.key(event.origin),
                        "leave it unwritten: what comes from the state by its name "
                        "does not set it",
                        severity="warning",
                        also=tuple((each, "repeated here") for each in places),
                    )


def _repeats(emission: model.Emission | model.CustomEmission, name: str) -> bool:
    if isinstance(emission, model.CustomEmission):
        return False
    source = next((a.source for a in emission.arguments if a.name == name), "")
    return source == f"written: state.{name}"


def room_in_indexes(subject: Subject) -> Iterator[Diagnostic]:
    """A row that its index does not take stops whatever writes the rows."""
    for domain in subject.service.domains:
        for read_model in domain.read_models:
            indexed = {
                name
                for each in read_model.indexes
                if not each.hashed
                for name in each.columns
            }
            for column in read_model.columns:
                place = "an index" if column.name in indexed else "the key"
                if column.name not in {*indexed, *read_model.elements}:
                    continue
                if column.field.type.may_be_long:
                    yield Diagnostic(
                        "B758",
                        f'"{column.name}" is in {place}, and may be too long for it',
                        subject.places.key(column.field.origin),
                        "give what fills it a type of its own, such as"
                        f" `str(max_length=200)`; up to {INDEXED} signs fit",
                        severity="warning",
                    )


ADVICE: tuple[Rule, ...] = (
    used_lifecycle_words,
    used_enums,
    few_sync_events,
    exact_money,
    heard_events,
    used_roles,
    plain_repetitions,
    room_in_indexes,
    full_domains,
)
