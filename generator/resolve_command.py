"""Commands: what is asked, who may, what is refused, and what happens then."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import chain

from generator import model, names, prose
from generator.access import Gate, http_verb, resolve_access
from generator.expressions import Binding, Scope
from generator.frame import Frame, lifecycle_member, refuse_without_lifecycle
from generator.printing import mentions
from generator.resolve_custom import custom_rule
from generator.resolve_emissions import Emission, resolve_emissions
from generator.resolve_types import resolve_fields
from generator.shapes import (
    CommandShape,
    CustomEmissionShape,
    CustomRuleShape,
    EmissionShape,
    UniqueShape,
)
from generator.site import Site
from generator.types import Type

Rule = model.Rule | model.CustomRule
Refusing = Rule | Emission


@dataclass(frozen=True, slots=True)
class Decision:
    """A command, and which events it may emit first and later in a stream's life."""

    command: model.Command
    creating: frozenset[str]
    updating: frozenset[str]


def resolve_command(
    name: str, shape: CommandShape, frame: Frame, site: Site
) -> Decision:
    """One command of an aggregate."""
    site.check_name("type")
    fields = resolve_fields(shape.fields, "field", site.at("fields"), constrained=True)
    scope = site.scope(_bindings(fields, shape, frame), clock=True, partial=True)
    rules, partial, scope = _rules(shape, scope, frame, site)
    emissions, more_partial = resolve_emissions(shape, scope, frame, site)
    site.at("access").refuse_twice(shape.access or ())
    access = resolve_access(
        shape.access,
        _gate(fields, shape, frame, site),
        site.document,
        (*site.path, "access"),
        site.report,
    )
    require = _require(shape, frame, site.at("from"))
    verb = http_verb(name, frame.name)
    printed = [code for each in (*rules, *emissions) for code in each.printed]
    command = model.Command(
        name=name,
        method=names.snake(name),
        title=names.title(name),
        summary=prose.sentence(shape.summary or names.title(name)),
        described=bool(shape.summary),
        creates=shape.creates,
        id_field=frame.id_field,
        fields=fields,
        origins=tuple(shape.origins) if require else (),
        require=require,
        rules=rules,
        emissions=emissions,
        uses_state=bool(require) or any(mentions(code, "state") for code in printed),
        partial=partial or more_partial,
        access=access.grants,
        public=access.public,
        internal=access.internal,
        path=f"/{verb}" if shape.creates else f"/{{{frame.id_field}}}/{verb}",
        errors=_errors(shape, (*rules, *emissions), frame, partial or more_partial),
        example="{}",
        origin=site.origin,
        granted=tuple(shape.access or ()),
    )
    creating, updating = _roles_of_events(shape, frame, site)
    return Decision(command, creating, updating)


def _bindings(
    fields: tuple[model.Field, ...], shape: CommandShape, frame: Frame
) -> Mapping[str, Binding]:
    bindings = {frame.id_field: Binding(frame.identity, "self.id")}
    if not shape.creates:
        bindings |= frame.state_bindings("state")
    for field in fields:
        bindings[field.name] = Binding(
            field.type, f"command.{field.name}", secret=field.secret
        )
    return bindings


def _rules(
    shape: CommandShape, scope: Scope, frame: Frame, site: Site
) -> tuple[tuple[Rule, ...], bool, Scope]:
    """The rules in order; what one has made sure of, the next ones know."""
    rules: list[Rule] = []
    partial = False
    for index, rule in enumerate(shape.rules):
        place = site.at("rules", index)
        if isinstance(rule, CustomRuleShape):
            rules.append(custom_rule(rule, shape, frame))
            continue
        error = rule.error or "RuleViolated"
        if rule.error and (problem := names.name_problem(rule.error, "type")):
            place.at("error").error(*problem)
        condition = place.at("require").condition(rule.require, scope)
        if rule.message is not None:
            message = place.at("message").message(rule.message, scope)
        elif rule.error:
            message = prose.string(prose.sentence(names.title(rule.error)))
        else:
            message = prose.string(f"{rule.require} does not hold.")
        if condition is None:
            continue
        partial = partial or condition.partial
        scope = scope.knowing(condition.facts)
        rules.append(model.Rule(condition.negated, error, message))
    return tuple(rules), partial, scope


def _require(shape: CommandShape, frame: Frame, site: Site) -> str:
    if not shape.origins:
        if site.written():
            said = "`from:` names no state"
            site.key_error("B100", said, "leave it out, or name one")
        return ""
    site.refuse_twice(shape.origins)
    if frame.lifecycle is None and frame.shape.lifecycle is not None:
        return ""
    if frame.lifecycle is None:
        refuse_without_lifecycle(frame, site)
        return ""
    if shape.creates:
        site.error("B414", "a command that creates comes from no state; remove `from:`")
        return ""
    members = [
        lifecycle_member(
            word, frame, site.at(index) if len(shape.origins) > 1 else site
        )
        for index, word in enumerate(shape.origins)
    ]
    if not all(members):
        return ""
    return f"self._require(state.{frame.shape.lifecycle}, {', '.join(members)})"


def _gate(
    fields: tuple[model.Field, ...], shape: CommandShape, frame: Frame, site: Site
) -> Gate:
    known: dict[str, Type] = {frame.id_field: frame.identity}
    if shape.creates:
        known |= {field.name: field.type for field in fields}
    else:
        known |= {field.name: field.type for field in frame.state.values()}
    variable = names.snake(frame.name)

    def owner(role: str, field: str) -> str:
        if field == frame.id_field:
            return f"Owner(Role.{role}, {variable}.id)"
        source = "command" if shape.creates else f"{variable}.existing"
        return f"Owner(Role.{role}, {source}.{field})"

    return Gate(site.roles, known, owner)


def _errors(
    shape: CommandShape, parts: Sequence[Refusing], frame: Frame, partial: bool
) -> tuple[str, ...]:
    errors = ["AlreadyExists" if shape.creates else "NotFound"]
    if shape.origins:
        errors.append("InvalidTransition")
    errors += [error for each in parts for error in each.errors]
    errors += [
        unique.error for unique in frame.shape.unique if _may_take(unique, shape, frame)
    ]
    if partial:
        errors.append("CannotDecide")
    return tuple(dict.fromkeys(errors))


def _may_take(unique: UniqueShape, shape: CommandShape, frame: Frame) -> bool:
    """Whether an event of the command can lead to a key that was not held before."""
    if shape.creates:
        return True
    mentioned = set(re.findall(r"[a-z_][a-z0-9_]*", " ".join(unique.of)))
    declared = frame.shape.events
    possible = [event for each in shape.emits for event in each.possible(declared)]
    for name in possible:
        if name not in declared:
            continue
        enters = declared[name].target in unique.while_in
        if enters and not set(shape.origins) <= set(unique.while_in):
            return True
        if mentioned & frame.changed_by(name):
            return True
    return False


def _roles_of_events(
    shape: CommandShape, frame: Frame, site: Site
) -> tuple[frozenset[str], frozenset[str]]:
    """Which events of a command may find no state, and which may find one."""
    declared = frame.shape.events
    possible = [each.possible(declared) for each in shape.emits]
    if not shape.creates:
        return frozenset(), frozenset(chain.from_iterable(possible))
    creating: list[str] = []
    updating: list[str] = []
    sure = False
    for index, (emission, events) in enumerate(zip(shape.emits, possible, strict=True)):
        if not sure:
            creating += _first(emission, events, frame, site)
        if index or len(events) > 1:
            updating += events
        sure = sure or emission.condition is None
    if not shape.emits and not site.told("B101"):
        site.key_error(
            "B417",
            "a command that creates must emit an event",
            "add `emits:`, or remove `creates: true`",
        )
    return frozenset(creating), frozenset(updating)


def _first(
    emission: EmissionShape | CustomEmissionShape,
    events: Sequence[str],
    frame: Frame,
    site: Site,
) -> Sequence[str]:
    """Those events of an emission that may be the first of a stream."""
    if isinstance(emission, EmissionShape):
        return events
    able = [event for event in events if frame.can_create(event)]
    if not able:
        site.at("emits", *emission.place, "custom").error(
            "B417",
            f"no event of {emission.custom} sets all that the state of {frame.name} "
            "requires, so none can be its first",
            "list one under `events:` that does",
        )
    return able
