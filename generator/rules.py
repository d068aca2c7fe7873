"""What must hold of a whole service: one function a rule, all listed at the end."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from generator import model
from generator.advice import ADVICE, decides_freely
from generator.diagnostics import Diagnostic, Report
from generator.document import Document
from generator.subject import Places, Rule, Subject

CODES = {
    "B701": "A command starts from a state that no event leads to.",
    "B702": "An event is declared that no command emits.",
    "B703": "Two parts of the service claim the same table or HTTP path.",
    "B704": "A secret value would be stored or shown.",
    "B705": "Nothing creates an aggregate.",
    "B706": "No event fills a column.",
}


def check(
    service: model.Service,
    documents: Sequence[Document],
    report: Report,
    released: frozenset[str] = frozenset(),
) -> None:
    """Put whatever breaks a rule into the report."""
    subject = Subject(service, Places(documents), report, released)
    for rule in RULES:
        for diagnostic in rule(subject):
            report.add(diagnostic)
    # The rest is worth saying once what is wrong has been mended.
    for rule in () if report.errors else (*PROMISES, *ADVICE):
        for diagnostic in rule(subject):
            report.add(diagnostic)


def reachable_states(subject: Subject) -> Iterator[Diagnostic]:
    """What a command starts from must be reached by some event."""
    for aggregate in subject.aggregates():
        unclear = subject.told("B415", aggregate.origin, "events") or any(
            subject.told("B101", event.origin)
            for event in aggregate.events
            if not event.target
        )
        if unclear or _emits_unclearly(subject, aggregate) or decides_freely(aggregate):
            continue
        reached = _reached(aggregate)
        for command in aggregate.commands:
            origins = command.origins
            if origins and not reached & set(origins):
                yield Diagnostic(
                    "B701",
                    f"{command.name} can never run: nothing leads to "
                    f"{' or '.join(origins)}",
                    subject.places.value(command.origin, "from"),
                    "give the event that leads there `to:`",
                )


def _emits_unclearly(subject: Subject, aggregate: model.Aggregate) -> bool:
    """Whether what some command emits could not be read."""
    return subject.told("B410", aggregate.origin, "commands") or any(
        subject.told("B101", command.origin)
        for command in aggregate.commands
        if not command.emissions
    )


def _reached(aggregate: model.Aggregate) -> set[str]:
    """The states that some way of commands leads to, from nothing on."""
    targets = {event.name: event.target for event in aggregate.events if event.target}
    reached: set[str] = set()
    while True:
        found = {
            targets[event]
            for command in aggregate.commands
            if not command.origins or reached & set(command.origins)
            for emission in command.emissions
            for event in emission.events
            if event in targets
        }
        if found <= reached:
            return reached
        reached |= found


def created_aggregates(subject: Subject) -> Iterator[Diagnostic]:
    """Without a command that creates, there is never one to command."""
    for aggregate in subject.aggregates():
        if aggregate.commands and not any(each.creates for each in aggregate.commands):
            yield Diagnostic(
                "B705",
                f"no command creates a {aggregate.name}, so there will never be one",
                subject.places.key(aggregate.origin),
                "say `creates: true` in the command that begins its life",
                also=tuple(
                    (subject.places.key(each.origin), "this needs one that is there")
                    for each in aggregate.commands
                ),
            )


def filled_columns(subject: Subject) -> Iterator[Diagnostic]:
    """A column that no event fills would be empty in every row for ever."""
    for domain in subject.service.domains:
        for read_model in domain.read_models:
            filled = {
                each.name
                for action in read_model.actions
                for each in (*action.arguments, *action.changes)
                if each.source
            }
            for column in read_model.stored_columns:
                if column.name not in filled:
                    yield Diagnostic(
                        "B706",
                        f'no event fills "{column.name}" of {read_model.name}',
                        subject.places.key(column.field.origin),
                        "write where its value comes from under `on:`, or remove it",
                    )


def emitted_events(subject: Subject) -> Iterator[Diagnostic]:
    """An event without a command that emits it can never happen."""
    for aggregate in subject.aggregates():
        if _emits_unclearly(subject, aggregate):
            continue
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


RULES: tuple[Rule, ...] = (
    reachable_states,
    emitted_events,
    own_places,
    kept_secrets,
)

# Rules that a mistake elsewhere would break as well.
PROMISES: tuple[Rule, ...] = (created_aggregates, filled_columns)
