"""Policies: which event makes the service send which command, with what in it.

A policy may name events and commands of any domain, so policies are resolved when all
aggregates are. What it sends is a function of its event alone: `now` is the moment at
which the event happened, and an event that is read again sends the same command.
"""

from __future__ import annotations

import builtins
import keyword
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from generator import model, names, prose
from generator.diagnostics import Span, TextError
from generator.expressions import Binding, Scope, compile_expression
from generator.imports import domain_imports
from generator.printing import rounded
from generator.shapes import DomainShape, PolicyShape
from generator.site import Note, Site
from generator.symbols import SHARED
from generator.types import DATE, DATETIME, INT, STR, UUID, Type, ref

CODES = {
    "B420": "A policy waits for an event that does not exist.",
    "B421": "A policy sends a command that does not exist.",
    "B422": "A policy writes a field that its command does not have.",
    "B423": "A field of the command that a policy sends has no source.",
    "B424": "A field of the event has the right name for a command, and another type.",
    "B425": "Policies set each other off in a circle.",
}

_METADATA = {
    "event.at": Binding(DATETIME, "envelope.at", near=True),
    "event.id": Binding(UUID, "envelope.event_id"),
    "event.actor": Binding(STR, "envelope.actor"),
    "event.version": Binding(INT, "envelope.version"),
    "now": Binding(DATETIME, "envelope.at", near=True),
    "today": Binding(
        DATE, "envelope.at.astimezone(zoneinfo.ZoneInfo(TIMEZONE)).date()", near=True
    ),
}

# What else stands at the top of the module, or below it in every function.
_TAKEN = frozenset(
    "assert_never dataclass date datetime derived_id envelope event field"
    " model_validator policies quantize replace saturating timedelta TIMEZONE UTC"
    " zoneinfo".split()
)

Aggregates = Mapping[str, Sequence[model.Aggregate]]


def with_policies(
    domains: Sequence[model.Domain],
    shapes: Mapping[str, DomainShape],
    sites: Mapping[str, Site],
) -> tuple[model.Domain, ...]:
    """The domains with their policies, now that each knows what the others have."""
    aggregates = {domain.name: domain.aggregates for domain in domains}
    found = []
    for domain in domains:
        site = sites[domain.name]
        vocabulary = _Vocabulary.of(domain.name, site)
        policies = tuple(
            policy
            for name, written in shapes[domain.name].policies.items()
            if (
                policy := _Policy(
                    name, written, vocabulary, aggregates, site.at("policies", name)
                ).resolve()
            )
        )
        found.append(
            replace(
                domain,
                imports=domain_imports(site.view),
                policies=policies,
                policy_imports=vocabulary.imports(policies),
            )
        )
    _refuse_circles(found, sites)
    return tuple(found)


@dataclass(frozen=True, slots=True)
class _Vocabulary:
    """The names that a module of policies has, and how it calls those of others."""

    domain: str
    own: frozenset[str]

    @classmethod
    def of(cls, domain: str, site: Site) -> _Vocabulary:
        symbols = site.view.symbols
        declared: set[str] = set()
        for module in (domain, SHARED):
            shape = symbols.modules[module].shape
            declared |= {*shape.types, *shape.enums, *shape.value_objects}
        own = symbols.modules[domain].shape
        if isinstance(own, DomainShape):
            for aggregate in own.aggregates.values():
                declared |= {*aggregate.events, *aggregate.commands}
        return cls(domain, frozenset(declared))

    def target(self, domain: str, name: str) -> model.Target:
        """A foreign name carries its domain where the bare one is taken."""
        clash = domain != self.domain and name in self.own
        return model.Target(
            domain, name, f"{names.pascal(domain)}{name}" if clash else name
        )

    def imports(self, policies: Sequence[model.Policy]) -> str:
        """The lines that bring events and commands in."""
        lines = {
            *(_import(each.event, "events") for each in policies),
            *(_import(each.command, "commands") for each in policies),
        }
        return "\n".join(sorted(lines))


def _import(target: model.Target, module: str) -> str:
    alias = "" if target.printed == target.name else f" as {target.printed}"
    return f"from app.{target.domain}.{module} import {target.name}{alias}"


@dataclass(frozen=True, slots=True)
class _Policy:
    """A policy on the way to its model."""

    name: str
    shape: PolicyShape
    vocabulary: _Vocabulary
    aggregates: Aggregates
    site: Site

    def resolve(self) -> model.Policy | None:
        """The policy, or None after a report."""
        self._check_name()
        event = self._event()
        command = self._command()
        if event is None or command is None:
            return None
        trigger, happened = event
        target, aggregate, sent = command
        scope = self._scope(trigger, happened)
        condition = ""
        if self.shape.condition is not None:
            compiled = self.site.at("if").condition(self.shape.condition, scope)
            if compiled is None:
                return None
            condition = compiled.code
            scope = scope.knowing(compiled.facts)
        return model.Policy(
            name=self.name,
            qualified=f"{self.vocabulary.domain}.{self.name}",
            function=names.snake(self.name),
            constant=names.constant(self.name),
            summary=prose.sentence(
                self.shape.summary or f"Whenever {trigger.name}, then {target.name}"
            ),
            event=trigger,
            command=target,
            arguments=tuple(
                _Mapping(self, happened, target, aggregate, sent, scope).arguments()
            ),
            condition=condition,
            due=self._due(scope),
            origin=self.site.origin,
        )

    def _check_name(self) -> None:
        self.site.check_name("type")
        function, constant = names.snake(self.name), names.constant(self.name)
        if keyword.iskeyword(function):
            self.site.key_error(
                "B111", f'"{function}", made of "{self.name}", is a word of Python'
            )
        elif {function, constant} & _TAKEN or hasattr(builtins, function):
            self.site.key_error(
                "B112",
                f'"{function}", made of "{self.name}", is a name of generated code',
                "choose another name",
            )

    def _event(self) -> tuple[model.Target, model.Event] | None:
        known = {
            (domain, event.name): event
            for domain, aggregates in self.aggregates.items()
            for aggregate in aggregates
            for event in aggregate.events
        }
        key = self._key(self.shape.on)
        if key not in known:
            self._unknown("B420", "on", "event", self.shape.on, known)
            return None
        return self.vocabulary.target(*key), known[key]

    def _command(
        self,
    ) -> tuple[model.Target, model.Aggregate, model.Command] | None:
        known = {
            (domain, command.name): (aggregate, command)
            for domain, aggregates in self.aggregates.items()
            for aggregate in aggregates
            for command in aggregate.commands
        }
        key = self._key(self.shape.send)
        if key not in known:
            self._unknown("B421", "send", "command", self.shape.send, known)
            return None
        return (self.vocabulary.target(*key), *known[key])

    def _key(self, written: str) -> tuple[str, str]:
        """The domain and the name: a bare one is of this domain."""
        domain, dot, name = written.rpartition(".")
        return (domain if dot else self.vocabulary.domain, name)

    def _unknown(
        self,
        code: str,
        key: str,
        what: str,
        written: str,
        known: Mapping[tuple[str, str], object],
    ) -> None:
        own = self.vocabulary.domain
        candidates = [name if at == own else f"{at}.{name}" for at, name in known]
        hint = names.elsewhere(written, candidates)
        if not hint and not written.startswith(f"{own}."):
            others = [f"{each}.{what}" for each in self.aggregates if each != own]
            hint = names.of_no_domain(written, others)
        self.site.at(key).error(
            code,
            f'there is no {what} "{written}"',
            hint or names.unknown(written, candidates),
        )

    def _scope(self, trigger: model.Target, event: model.Event) -> Scope:
        identity = self._identity(trigger, event)
        bindings = {event.id_field: Binding(identity, f"event.{event.id_field}")}
        for field in event.fields:
            bindings[field.name] = Binding(field.type, f"event.{field.name}")
        dotted = {f"event.{name}": binding for name, binding in bindings.items()}
        return self.site.scope({**bindings, **dotted, **_METADATA})

    def _identity(self, trigger: model.Target, event: model.Event) -> Type:
        owner = next(
            each for each in self.aggregates[trigger.domain] if event in each.events
        )
        return ref(owner.kind)

    def _due(self, scope: Scope) -> str:
        if self.shape.at is None:
            return ""
        moment = self.site.at("at").expression(self.shape.at, scope, DATETIME)
        return moment.code if moment else ""


@dataclass(frozen=True, slots=True)
class _Mapping:
    """Gives every field of the command its source: written, else by its name."""

    policy: _Policy
    event: model.Event
    target: model.Target
    aggregate: model.Aggregate
    command: model.Command
    scope: Scope

    def arguments(self) -> Iterator[model.Assignment]:
        """The arguments of the command; what has no source is reported."""
        fields = {
            self.command.id_field: self._id_type,
            **{field.name: field.type for field in self.command.fields},
        }
        written = self.policy.shape.mapping
        place = self.policy.site.at("with")
        for key in written:
            if key not in fields:
                place.at(key).key_error(
                    "B422",
                    f'{self.command.name} has no field "{key}"',
                    names.unknown(key, fields),
                )
        optional = {f.name for f in self.command.fields if not f.required}
        for name, kind in fields.items():
            if name in written:
                code = self._written(name, kind, place.at(name))
                source = f"written: {written[name]}"
            elif name == self.command.id_field and self.command.creates:
                code = f'derived_id("{self._cause}", envelope.event_id)'
                source = "derived from the event"
            elif name in self.scope.names:
                code, source = self._by_name(name, kind), "event field"
            else:
                code = source = ""
                if name not in optional:
                    self._missing(name)
            if code:
                yield model.Assignment(name, code, source)

    @property
    def _id_type(self) -> Type:
        return ref(self.aggregate.kind)

    @property
    def _cause(self) -> str:
        return f"{self.policy.vocabulary.domain}.{self.policy.name}"

    def _written(self, name: str, kind: Type, place: Site) -> str:
        text = self.policy.shape.mapping[name]
        expression = place.expression(text, self.scope, kind)
        return rounded(expression, kind) if expression else ""

    def _by_name(self, name: str, kind: Type) -> str:
        if name in self.policy.site.view.symbols.broken:
            return ""
        try:
            return compile_expression(name, self.scope, kind).code
        except TextError as mistake:
            self.policy.site.key_error(
                "B424",
                f'"{name}" of {self.command.name} is {kind}, but the event\'s field '
                f"of that name does not fit: {mistake.message}",
                f"write it: `with: {{{name}: ...}}`",
                also=self._places(name),
            )
            return ""

    def _places(self, name: str) -> list[Note]:
        """Where the event and the command declare a field."""
        site = self.policy.site
        return [
            site.declared(field.origin, f"the field of the {what}")
            for what, fields in (
                ("event", self.event.fields),
                ("command", self.command.fields),
            )
            for field in fields
            if field.name == name
        ]

    def _missing(self, name: str) -> None:
        if name in self.policy.site.view.symbols.broken:
            return
        missing = (
            f"nothing says which {self.aggregate.name} {self.command.name} is for"
            if name == self.command.id_field
            else f'nothing gives "{name}" of {self.command.name} a value'
        )
        self.policy.site.key_error(
            "B423",
            missing,
            f"write it: `with: {{{name}: ...}}`, or give the event a field of that "
            "name",
        )


def _refuse_circles(domains: Sequence[model.Domain], sites: Mapping[str, Site]) -> None:
    """An event that leads to itself would never come to rest."""
    emitted = {
        f"{domain.name}.{command.name}": [
            f"{domain.name}.{event}"
            for each in command.emissions
            for event in each.events
        ]
        for domain in domains
        for aggregate in domain.aggregates
        for command in aggregate.commands
    }
    policies = [policy for domain in domains for policy in domain.policies]
    reported: set[frozenset[str]] = set()
    for policy in policies:
        circle = _circle(policy, policies, emitted)
        members = frozenset(each.qualified for each in circle)
        if not circle or members in reported:
            continue
        reported.add(members)
        steps = [
            f"{each.event.qualified} -> {each.command.qualified}" for each in circle
        ]
        place, *others = (_span(each, sites) for each in circle)
        sites[SHARED].report.error(
            "B425",
            place,
            "this never comes to rest: "
            + " -> ".join([*steps, policy.event.qualified]),
            "leave one of the steps to a person, or to a saga that ends",
            also=[(each, "and then this one") for each in others],
        )


def _circle(
    start: model.Policy,
    policies: Sequence[model.Policy],
    emitted: Mapping[str, Sequence[str]],
) -> list[model.Policy]:
    """The shortest way from a policy back to it, without the return."""
    paths = [[start]]
    seen = {start.qualified}
    for path in paths:
        events = emitted.get(path[-1].command.qualified, ())
        for each in policies:
            if each.event.qualified not in events:
                continue
            if each is start:
                return path
            if each.qualified not in seen:
                seen.add(each.qualified)
                paths.append([*path, each])
    return []


def _span(policy: model.Policy, sites: Mapping[str, Site]) -> Span:
    site = sites[policy.qualified.partition(".")[0]]
    return site.document.key_span(policy.origin.path)
