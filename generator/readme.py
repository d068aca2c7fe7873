"""What the README of a project tells of a domain: rows of tables, as plain data.

Names are words of code and stand in backticks; what people wrote passes through
`prose.markdown`. The template only sets the cells between bars.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from generator import names, prose

if TYPE_CHECKING:
    from generator.model.behaviour import Aggregate, Command, Event
    from generator.model.policies import Policy
    from generator.model.reading import Query
    from generator.model.service import Domain

Row = list[str]

NOTHING = ""
START = END = "[*]"


def section(domain: Domain) -> dict[str, Any]:
    """All that the README has to say of one domain."""
    return {
        "summary": _summary(domain, names.title(domain.name)),
        "aggregates": [_aggregate(each) for each in domain.aggregates],
        "queries": [_query(each, _prefix(each, domain)) for each in domain.queries],
        "policies": [_policy(each) for each in domain.policies],
    }


def _aggregate(aggregate: Aggregate) -> dict[str, object]:
    return {
        "name": aggregate.name,
        "summary": _summary(aggregate, names.title(aggregate.name)),
        "lifecycle": lifecycle(aggregate),
        "commands": [_command(each, aggregate) for each in aggregate.commands],
        "events": [_event(each) for each in aggregate.events],
    }


def lifecycle(aggregate: Aggregate) -> list[str]:
    """The lines of its state diagram; none where no event leads to a state.

    The states are those that events lead to. A name of the diagram is no word of
    Mermaid, whatever the blueprint calls the state.
    """
    targets = {each.name: each.target for each in aggregate.events if each.target}
    states = list(dict.fromkeys(targets.values()))
    steps = list(dict.fromkeys(_steps(aggregate, targets, states)))
    left = {source for source, target, _ in steps if source != target}
    last = [state for state in states if state not in left]
    return [
        *(f"{_state(state)} : {state}" for state in states),
        *(f"{_state(a)} --> {_state(b)} : {name}" for a, b, name in steps),
        *(f"{_state(state)} --> {END}" for state in last),
    ]


def _steps(
    aggregate: Aggregate, targets: dict[str, str], states: Sequence[str]
) -> Iterator[tuple[str, str, str]]:
    for command in aggregate.commands:
        sources = (START,) if command.creates else command.origins or tuple(states)
        for emission in command.emissions:
            for event in emission.events:
                for source in sources if event in targets else ():
                    yield source, targets[event], command.name


def _state(name: str) -> str:
    return name if name == START else f"s_{name}"


def _command(command: Command, aggregate: Aggregate) -> Row:
    return [
        _named(command, command.title),
        _route("POST", f"{aggregate.path}{command.path}", command.internal),
        _who(command),
        "new" if command.creates else _codes(command.origins) or "any",
        ", ".join(_outcomes(command)),
        _codes(command.errors),
    ]


def _outcomes(command: Command) -> Iterator[str]:
    """The events that it may lead to, and whether each is sure."""
    for emission in command.emissions:
        unsure = bool(emission.condition) or emission.is_custom
        for event in emission.events:
            yield f"{_code(event)} (perhaps)" if unsure else _code(event)


def _event(event: Event) -> Row:
    return [
        _named(event, event.title),
        _codes([event.target]) if event.target else NOTHING,
        _codes([field.name for field in event.fields]),
        "with the event" if event.sync else "soon after",
    ]


def _query(query: Query, prefix: str) -> Row:
    shape = {"one": "one", "page": "pages of", "groups": "a list of"}
    answer = f"{shape.get(query.reading, NOTHING)} {_code(query.row)}".strip()
    return [
        _named(query, query.title),
        _route("GET", f"{prefix}{query.path}", query.internal),
        _who(query),
        answer,
    ]


def _policy(policy: Policy) -> Row:
    unsaid = f"Whenever {policy.event.name}, then {policy.command.name}"
    return [
        _named(policy, unsaid),
        _code(policy.event.qualified),
        _code(policy.command.qualified),
        " and ".join(
            text
            for text, holds in (
                ("under its condition", policy.condition),
                ("when it is due", policy.due),
            )
            if holds
        )
        or "at once",
    ]


def _named(part: Command | Event | Query | Policy, unsaid: str) -> str:
    """Its name, and its summary if that says more than what stands for none."""
    said = _summary(part, unsaid)
    return f"{_code(part.name)}: {said}" if said else _code(part.name)


def _summary(
    part: Domain | Aggregate | Command | Event | Query | Policy, unsaid: str
) -> str:
    """Its summary, unless that is what stands for none."""
    said = part.summary
    return "" if said == prose.sentence(unsaid) else prose.markdown(said)


def _prefix(query: Query, domain: Domain) -> str:
    paths = {each.name: each.path for each in domain.aggregates}
    return paths.get(query.aggregate, NOTHING)


def _route(verb: str, path: str, internal: bool) -> str:
    return NOTHING if internal else _code(f"{verb} {path}")


def _who(asked: Command | Query) -> str:
    if asked.internal:
        return "the service itself"
    if asked.public:
        return "everybody"
    return _codes(asked.granted) or "whoever has a token"


def _codes(names: Sequence[str]) -> str:
    return ", ".join(map(_code, names))


def _code(name: str) -> str:
    return f"`{name}`"
