"""What of a service can be drawn: domains, a life, a command's way, and everything."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from generator import model
from generator.diagnostics import did_you_mean
from generator.graph import Subject
from generator.graph.diagram import Diagram, Node, Sketch
from generator.sources import WrongUsage

START = "(start)"
ANY = "(any)"


def drawn(service: model.Service, subject: Subject, of: str = "") -> Diagram:
    """The diagram; `of` is the name of the domain, aggregate or command it is about."""
    return _SUBJECTS[subject](service, of)


@dataclass(frozen=True, slots=True)
class _Place:
    """A part of the service with the domain that it is of."""

    domain: model.Domain
    aggregate: model.Aggregate


def context(service: model.Service, of: str) -> Diagram:
    """The domains: whom each knows by name, listens to, and asks."""
    if of:
        raise WrongUsage("the context map is of the whole service; leave --of away")
    sketch = Sketch(f"{service.title}: context map")
    for domain in service.domains:
        names = tuple(each.name for each in domain.aggregates)
        sketch.node(Node(domain.name, "domain", domain.name, "domain", names))
    for domain in service.domains:
        for other, name in _references(domain):
            sketch.edge(domain.name, other, f"refers to {name}", loose=True)
        for row in domain.read_models:
            for source in _sources(row):
                if (other := source.partition(".")[0]) != domain.name:
                    sketch.edge(other, domain.name, f"tells {row.name}")
        for policy in domain.policies:
            steps = (policy.event.domain, domain.name, policy.command.domain)
            for here, there in pairwise(steps):
                if here != there:
                    sketch.edge(here, there, policy.name)
    return sketch.diagram


def lifecycle(service: model.Service, of: str) -> Diagram:
    """The states of an aggregate, and what leads from one to the next."""
    living = [each for each in _aggregates(service) if each.aggregate.lifecycle]
    names = {_named(each.domain, each.aggregate.name): each for each in living}
    found = names[_chosen(of, names, "aggregate with a lifecycle")]
    aggregate = found.aggregate
    sketch = Sketch(f"{aggregate.name}: lifecycle")
    targets = {event.name: event.target for event in aggregate.events}
    states = _states(service, found)
    staying: dict[str, list[str]] = {state: [] for state in states}
    moves: list[tuple[str, str, str]] = []
    for command in aggregate.commands:
        moving = [event for event in _emitted(command) if targets[event]]
        for origin in _origins(command):
            away = [event for event in moving if targets[event] != origin]
            if not away and origin in staying:
                staying[origin].append(command.name)
            for event in away:
                several = f"{command.name}: {event}"
                words = several if len(away) > 1 else command.name
                moves.append((origin, targets[event], words))
    entered = {target for _, target, _ in moves}
    left = {origin for origin, _, _ in moves}
    if START in left:
        sketch.node(Node(START, "start", ""))
    if ANY in left:
        sketch.node(Node(ANY, "rule", "any state"))
    for state in states:
        if state in entered or state in left:
            sketch.node(Node(state, "state", state, "", tuple(staying[state])))
    for origin, target, words in moves:
        sketch.edge(origin, target, words)
    return sketch.diagram


def flow(service: model.Service, of: str) -> Diagram:
    """The way of a command: what may refuse it, what happens, and what follows."""
    commands = {
        _named(each.domain, command.name): (each, command)
        for each in _aggregates(service)
        for command in each.aggregate.commands
    }
    name = _chosen(of, commands, "command")
    place, command = commands[name]
    sketch = Sketch(f"{name}: what it does")
    start = sketch.node(_command(place, command))
    before = start
    if command.errors:
        rule = Node("rules", "rule", place.aggregate.name, "may refuse", command.errors)
        before = sketch.node(rule)
        sketch.edge(start, before)
    for event in _emitted(command):
        key = _happens(sketch, service, place, event)
        conditional = any(
            isinstance(each, model.Emission) and each.event == event and each.condition
            for each in command.emissions
        )
        sketch.edge(before, key, *(("if",) if conditional else ()), loose=conditional)
        for policy, target in _policies(service, _named(place.domain, event)):
            sketch.edge(key, _policy(sketch, policy), loose=bool(policy.condition))
            sent = sketch.node(_command(*commands[target]))
            sketch.edge(f"policy {policy.qualified}", sent, loose=bool(policy.due))
    return sketch.diagram


def whole(service: model.Service, of: str) -> Diagram:
    """Every command, what happens by it, the rows that tell of it, and the policies."""
    domains = {domain.name for domain in service.domains}
    if of:
        _chosen(of, dict.fromkeys(domains), "domain")
    sketch = Sketch(f"{of or service.title}: what happens")
    for place in _aggregates(service):
        if of in ("", place.domain.name):
            for command in place.aggregate.commands:
                key = sketch.node(_command(place, command))
                for event in _emitted(command):
                    sketch.edge(key, _happens(sketch, service, place, event))
    commands = {
        _named(place.domain, command.name): (place, command)
        for place in _aggregates(service)
        for command in place.aggregate.commands
    }
    for domain in service.domains:
        for policy in domain.policies:
            event, sent = policy.event.qualified, policy.command.qualified
            near = (domain.name, policy.event.domain, policy.command.domain)
            if of and of not in near:
                continue
            place = _place_of(service, event)
            heard = _happens(sketch, service, place, policy.event.name)
            sketch.edge(heard, _policy(sketch, policy), loose=bool(policy.condition))
            target = sketch.node(_command(*commands[sent]))
            sketch.edge(f"policy {policy.qualified}", target, loose=bool(policy.due))
    return sketch.diagram


_SUBJECTS: Mapping[Subject, Callable[[model.Service, str], Diagram]] = {
    Subject.SERVICE: whole,
    Subject.CONTEXT: context,
    Subject.LIFECYCLE: lifecycle,
    Subject.FLOW: flow,
}


def _command(place: _Place, command: model.Command) -> Node:
    key = f"command {_named(place.domain, command.name)}"
    return Node(key, "command", command.name, place.domain.name)


def _policy(sketch: Sketch, policy: model.Policy) -> str:
    domain = policy.qualified.partition(".")[0]
    title = policy.name
    return sketch.node(Node(f"policy {policy.qualified}", "policy", title, domain))


def _happens(sketch: Sketch, service: model.Service, place: _Place, event: str) -> str:
    """The event, with the rows that it writes."""
    name = _named(place.domain, event)
    key = f"event {name}"
    if key in sketch:
        return key
    [found] = [each for each in place.aggregate.events if each.name == event]
    to = (f"to {found.target}",) if found.target else ()
    sketch.node(Node(key, "event", event, place.domain.name, to))
    for domain in service.domains:
        for row in domain.read_models:
            if how := _written_by(place, domain, row, event):
                full = f"rows {_named(domain, row.name)}"
                sketch.node(Node(full, "rows", row.name, domain.name))
                at_once = bool(found.sync) and how == "own"
                sketch.edge(key, full, *(("at once",) if at_once else ()))
    return key


def _written_by(
    place: _Place, domain: model.Domain, row: model.ReadModel, event: str
) -> str:
    """How an event changes rows: as their own, or as one of another stream."""
    kind = f"{place.domain.name}.{place.aggregate.name}"
    at_home = place.domain.name == domain.name
    own = at_home and row.aggregate == place.aggregate.name
    if own and event in {each.event for each in row.actions}:
        return "own"
    told = [(each.source.kind, [c.event for c in each.changes]) for each in row.lookups]
    told += [
        (each.source.kind, [c.event for c in each.contributions])
        for each in row.tallies
    ]
    printed = {event, f"{place.domain.pascal}{event}"}
    heard = any(source == kind and printed & {*events} for source, events in told)
    return "told" if heard else ""


def _policies(service: model.Service, event: str) -> Iterator[tuple[model.Policy, str]]:
    for domain in service.domains:
        for policy in domain.policies:
            if policy.event.qualified == event:
                yield policy, policy.command.qualified


def _emitted(command: model.Command) -> Iterator[str]:
    for emission in command.emissions:
        if isinstance(emission, model.CustomEmission):
            yield from emission.events
        else:
            yield emission.event


def _origins(command: model.Command) -> tuple[str, ...]:
    if command.creates:
        return (START,)
    return command.origins or (ANY,)


def _states(service: model.Service, place: _Place) -> tuple[str, ...]:
    """The states of a lifecycle, in the order of the blueprint."""
    state, name = place.aggregate.state, place.aggregate.lifecycle
    [enum] = [each.type.name for each in state if each.name == name]
    shared = service.shared.enums if service.shared else ()
    for each in (*place.domain.vocabulary.enums, *shared):
        if each.name == enum.rpartition(".")[2]:
            return tuple(member.value for member in each.members)
    return ()


def _references(domain: model.Domain) -> Iterator[tuple[str, str]]:
    """The aggregates of other domains whose ids it holds."""
    for aggregate in domain.aggregates:
        fields = [*aggregate.state]
        fields += [field for each in aggregate.commands for field in each.fields]
        fields += [field for each in aggregate.events for field in each.fields]
        for field in fields:
            for kind in (field.type, *field.type.args):
                other, _, name = kind.name.partition(".")
                if kind.kind == "ref" and other != domain.name:
                    yield other, name


def _sources(row: model.ReadModel) -> Iterator[str]:
    yield from (each.source.kind for each in row.lookups)
    yield from (each.source.kind for each in row.tallies)


def _aggregates(service: model.Service) -> Iterator[_Place]:
    for domain in service.domains:
        for aggregate in domain.aggregates:
            yield _Place(domain, aggregate)


def _place_of(service: model.Service, event: str) -> _Place:
    return next(
        place
        for place in _aggregates(service)
        for each in place.aggregate.events
        if _named(place.domain, each.name) == event
    )


def _named(domain: model.Domain, name: str) -> str:
    return f"{domain.name}.{name}"


def _chosen(of: str, known: Mapping[str, object], kind: str) -> str:
    """The full name of what is asked for; the only one, if nothing is."""
    found = [name for name in known if of in (name, name.partition(".")[2])]
    if not of and len(known) == 1:
        found = list(known)
    if len(found) == 1:
        return found[0]
    if not known:
        raise WrongUsage(f"the blueprint has no {kind}")
    options: Sequence[str] = found if len(found) > 1 else sorted(known)
    hint = did_you_mean(of, [*known, *(n.partition(".")[2] for n in known)])
    listed = hint or f"one of: {', '.join(options)}"
    asked = f"there is no {kind} {of}" if of else f"name the {kind} with --of"
    if len(found) > 1:
        asked = f"more than one {kind} is called {of}"
    raise WrongUsage(f"{asked}; {listed}")
