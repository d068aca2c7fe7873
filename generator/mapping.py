"""Where every field, column and argument of a service comes from, as tables.

What was written and what was mapped by name is decided by the resolvers, who leave word
of it in the model (`Assignment.source`); here it is only laid out.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from generator import model
from generator.diagnostics import did_you_mean, visible
from generator.sources import WrongUsage

FEW = 12
NOTHING = "nothing: it may be missing"
Row = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Table:
    """What fills one part of the service; `names` are those it can be asked for by."""

    names: tuple[str, ...]
    title: str
    rows: tuple[Row, ...]

    def __str__(self) -> str:
        shown = [tuple(map(visible, row)) for row in self.rows]
        widths = [max(map(len, column)) for column in zip(*shown, strict=True)]
        lines = [
            "  ".join(
                cell.ljust(width) for cell, width in zip(row, widths, strict=True)
            )
            for row in shown
        ]
        return "\n".join([visible(self.title), *(f"  {x}".rstrip() for x in lines)])


def tables(service: model.Service) -> Iterator[Table]:
    """Commands, events, read models, queries and policies, domain by domain."""
    commands = {
        f"{domain.name}.{command.name}": (aggregate, command)
        for domain in service.domains
        for aggregate in domain.aggregates
        for command in aggregate.commands
    }
    for domain in service.domains:
        for aggregate in domain.aggregates:
            yield from _emissions(domain, aggregate)
            yield from _changes(domain, aggregate)
        for read_model in domain.read_models:
            yield _columns(domain, read_model)
        for query in domain.queries:
            yield _query(domain, query)
        for policy in domain.policies:
            yield _policy(domain, policy, *commands[policy.command.qualified])


def about(service: model.Service, name: str = "") -> Sequence[Table]:
    """The tables that have to do with a name, or all; `WrongUsage` if none has."""
    every = tuple(tables(service))
    if not name:
        return every
    found = [each for each in every if name in each.names]
    if not found:
        known = {known for each in every for known in each.names}
        hint = did_you_mean(name, known) or _offer(service, known, name)
        raise WrongUsage(f"the blueprint has nothing called {name}; {hint}")
    return found


def _offer(service: model.Service, known: set[str], wanted: str) -> str:
    """What may be asked for, in a line that can be read."""
    names = sorted(each for each in known if "." not in each)
    within = [each for each in names if wanted.casefold() in each.casefold()]
    shown = within or names
    if len(shown) <= FEW:
        return f"one of: {', '.join(shown)}"
    domains = ", ".join(each.name for each in service.domains)
    return (
        f"ask for a domain ({domains}), or for an aggregate, command, event, read"
        " model, query or policy of one"
    )


def _names(domain: model.Domain, *names: str) -> tuple[str, ...]:
    return (domain.name, *names, *(f"{domain.name}.{name}" for name in names))


def _emissions(domain: model.Domain, aggregate: model.Aggregate) -> Iterator[Table]:
    events = {event.name: event for event in aggregate.events}
    for command in aggregate.commands:
        for emission in command.emissions:
            if isinstance(emission, model.CustomEmission):
                yield _by_hand(domain, aggregate, command, emission)
                continue
            types = _types(aggregate, events[emission.event].fields)
            condition = ", if its condition holds" if emission.condition else ""
            yield Table(
                _names(domain, aggregate.name, command.name, emission.event),
                f"command {command.name} emits {emission.event}{condition}",
                tuple(_filled(types, emission.arguments)),
            )


def _by_hand(
    domain: model.Domain,
    aggregate: model.Aggregate,
    command: model.Command,
    emission: model.CustomEmission,
) -> Table:
    place = f"written by hand: app/{domain.module}/custom.py, {emission.function}"
    return Table(
        _names(domain, aggregate.name, command.name, *emission.events),
        f"command {command.name} emits what {emission.function} decides",
        tuple((event, place) for event in emission.events),
    )


def _types(aggregate: model.Aggregate, fields: Sequence[model.Field]) -> dict[str, str]:
    own = {aggregate.id_field: aggregate.kind}
    return own | {field.name: str(field.type) for field in fields}


def _filled(
    types: Mapping[str, str], arguments: Sequence[model.Assignment]
) -> Iterator[Row]:
    """Each field with its type and source, in the order of the blueprint."""
    sources = {each.name: each.source for each in arguments}
    for name, kind in types.items():
        yield name, kind, sources.get(name, NOTHING)


def _changes(domain: model.Domain, aggregate: model.Aggregate) -> Iterator[Table]:
    types = _types(aggregate, aggregate.state)
    for event in aggregate.events:
        changes = event.creation if event.creates else event.change
        if changes:
            verb = "creates" if event.creates else "changes"
            yield Table(
                _names(domain, aggregate.name, event.name),
                f"event {event.name} {verb} the state of {aggregate.name}",
                tuple((each.name, types[each.name], each.source) for each in changes),
            )


def _columns(domain: model.Domain, read_model: model.ReadModel) -> Table:
    told = list(_told(read_model))
    events = {event for _, event, _ in told}
    rows: list[Row] = []
    elements = read_model.elements
    for column in read_model.columns:
        key = column.key or column.name in elements
        kind = "key" if key else column.kind.replace("_", " ")
        head = (column.name, str(column.field.type), kind)
        sources = [(event, source) for name, event, source in told if name == head[0]]
        for event, source in sources or [("", NOTHING)]:
            rows.append((*head, event, source))
            head = ("", "", "")
    return Table(
        _names(domain, read_model.name, *sorted(events)),
        f"read model {read_model.name}, a row for each "
        + " and ".join([read_model.aggregate, *elements]),
        tuple(rows),
    )


def _told(read_model: model.ReadModel) -> Iterator[Row]:
    """Column, event and source of everything that fills a row."""
    for action in read_model.actions:
        for each in action.arguments or action.changes:
            if each.source:
                yield each.name, action.event, each.source
    for lookup in read_model.lookups:
        by = f", of the {lookup.source.kind} in {lookup.by.name}"
        for change in lookup.changes:
            for each in change.arguments:
                yield each.name, change.event, each.source + by
    for tally in read_model.tallies:
        for contribution in tally.contributions:
            for addition in contribution.additions:
                key, *counts = addition.arguments
                for each in counts:
                    at = f", for the row of the {key.source}"
                    yield each.name, contribution.event, each.source + at


def _query(domain: model.Domain, query: model.Query) -> Table:
    rows: list[Row] = [
        (
            "by" if query.single else "filter",
            where.argument.removeprefix("query."),
            f"{where.column} {where.operator} what is asked for",
            "may be left out" if where.optional else "",
        )
        for where in query.where
    ]
    if query.fixed:
        rows.append(("where", "", query.fixed_text, "always"))
    rows += [("group", field.name, "column", "") for field in query.group_by]
    rows += [
        ("measure", each.name, f"{each.function}({each.column})", "")
        for each in query.measures
    ]
    if query.paged:
        rows += [
            (
                "sort",
                sort.removeprefix("-"),
                "descending" if sort.startswith("-") else "ascending",
                "the default" if index == 0 else "",
            )
            for index, sort in enumerate(query.sorts)
        ]
        rows.append(("page", "", f"{query.page} rows", ""))
    title = f"query {query.name} reads {query.read_model}"
    return Table(_names(domain, query.name, query.read_model), title, tuple(rows))


def _policy(
    domain: model.Domain,
    policy: model.Policy,
    aggregate: model.Aggregate,
    command: model.Command,
) -> Table:
    return Table(
        _names(domain, policy.name, policy.event.name, policy.command.name),
        f"policy {policy.name}: on {policy.event.qualified} "
        f"sends {policy.command.qualified}",
        tuple(_filled(_types(aggregate, command.fields), policy.arguments)),
    )
