"""Commands: what is asked, who may, what is refused, and what happens then."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from generator import model, names, prose
from generator.access import Gate, http_verb, resolve_access
from generator.diagnostics import TextError, did_you_mean
from generator.expressions import Binding, Scope, compile_expression
from generator.frame import Frame, lifecycle_member
from generator.printing import attributes, mentions, rounded
from generator.resolve_types import resolve_fields
from generator.shapes import CommandShape, EmissionShape, UniqueShape
from generator.site import Site
from generator.types import Type


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
    rules, partial, scope = _rules(shape, scope, site)
    emissions, more_partial = _emissions(shape, scope, frame, site)
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
    printed = [
        *(rule.broken for rule in rules),
        *(rule.message for rule in rules),
        *(assignment.code for each in emissions for assignment in each.arguments),
        *(each.condition for each in emissions if each.condition),
    ]
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
        errors=_errors(shape, rules, frame, partial or more_partial),
        example="{}",
        origin=site.origin,
        granted=tuple(shape.access or ()),
    )
    creating, updating = _roles_of_events(shape, site)
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
    shape: CommandShape, scope: Scope, site: Site
) -> tuple[tuple[model.Rule, ...], bool, Scope]:
    """The rules in order; what one has made sure of, the next ones know."""
    rules = []
    partial = False
    for index, rule in enumerate(shape.rules):
        place = site.at("rules", index)
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


def _emissions(
    shape: CommandShape, scope: Scope, frame: Frame, site: Site
) -> tuple[tuple[model.Emission, ...], bool]:
    found = []
    partial = False
    for index, emission in enumerate(shape.emits):
        place = site.at("emits", *emission.place)
        if any(_same(emission, each) for each in shape.emits[:index]):
            place.error("B116", f'"{emission.event}" is in this list already')
        if emission.event not in frame.events:
            place.error(
                "B410",
                f'{frame.name} has no event "{emission.event}"',
                did_you_mean(emission.event, frame.events),
            )
            continue
        condition, known = "", scope
        if emission.condition:
            compiled = place.at("if").condition(emission.condition, scope)
            if compiled is None:
                continue
            condition = compiled.code
            known = scope.knowing(compiled.facts)
            partial = partial or compiled.partial
        arguments, risky = _arguments(emission, shape, known, frame, site)
        partial = partial or risky
        found.append(model.Emission(emission.event, condition, arguments))
    return tuple(found), partial


def _same(one: EmissionShape, other: EmissionShape) -> bool:
    return (one.event, one.condition, one.mapping) == (
        other.event,
        other.condition,
        other.mapping,
    )


def _arguments(
    emission: EmissionShape,
    shape: CommandShape,
    scope: Scope,
    frame: Frame,
    site: Site,
) -> tuple[tuple[model.Assignment, ...], bool]:
    """Every field of the event from its first source of that name."""
    arguments = [model.Assignment(frame.id_field, "self.id")]
    partial = False
    mapping = site.at("emits", *emission.mapping_place)
    fields = {field.name: field for field in frame.events[emission.event]}
    for key in emission.mapping:
        if key not in fields:
            mapping.at(key).key_error(
                "B411",
                f'{emission.event} has no field "{key}"',
                did_you_mean(key, fields),
            )
    for name, field in fields.items():
        written = emission.mapping.get(name)
        if written is not None:
            place = mapping.at(name)
            expression = place.expression(written, scope, field.type)
            if expression:
                _refuse_secret(expression.code, scope, place)
                code = rounded(expression, field.type)
                arguments.append(model.Assignment(name, code))
                partial = partial or expression.partial
            continue
        if code := _by_name(field, shape, scope, frame, site, emission):
            arguments.append(model.Assignment(name, code))
    return tuple(arguments), partial


def _by_name(
    field: model.Field,
    shape: CommandShape,
    scope: Scope,
    frame: Frame,
    site: Site,
    emission: EmissionShape,
) -> str:
    place = site.at("emits", *emission.place)
    if field.name in shape.fields:
        source, what = field.name, "the command's field"
    elif field.name in frame.state and not shape.creates:
        source, what = f"state.{field.name}", "the state's field"
    else:
        if field.required and field.name not in site.view.symbols.broken:
            place.error(
                "B412",
                f'nothing gives "{field.name}" of {emission.event} a value',
                f"write it: `{emission.event}: {{{field.name}: ...}}`, or give the "
                "command a field of that name",
            )
        return ""
    if field.name in site.view.symbols.broken:
        return ""
    try:
        code = compile_expression(source, scope, field.type).code
        _refuse_secret(code, scope, place)
        return code
    except TextError as mistake:
        place.error(
            "B413",
            f'"{field.name}" of {emission.event} is {field.type}, but {what} of that '
            f"name does not fit: {mistake.message}",
            f"write it: `{emission.event}: {{{field.name}: ...}}`",
        )
        return ""


def _refuse_secret(code: str, scope: Scope, site: Site) -> None:
    """Nothing secret may reach an event, where it would stay for ever."""
    for name, binding in scope.names.items():
        if binding.secret and binding.code in attributes(code):
            site.error(
                "B704",
                f'"{name}" is secret, so no event may carry it',
                "leave it out of the event, or remove `secret:`",
            )


def _require(shape: CommandShape, frame: Frame, site: Site) -> str:
    if not shape.origins:
        return ""
    site.refuse_twice(shape.origins)
    if frame.lifecycle is None:
        site.error(
            "B414",
            f"{frame.name} has no lifecycle, so `from:` has nothing to look at",
            "add `lifecycle: <state field>` to the aggregate",
        )
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
    shape: CommandShape, rules: tuple[model.Rule, ...], frame: Frame, partial: bool
) -> tuple[str, ...]:
    errors = ["AlreadyExists" if shape.creates else "NotFound"]
    if shape.origins:
        errors.append("InvalidTransition")
    errors += [rule.error for rule in rules]
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
    for emission in shape.emits:
        event = frame.shape.events.get(emission.event)
        if event is None:
            continue
        enters = event.target in unique.while_in
        if enters and not set(shape.origins) <= set(unique.while_in):
            return True
        if mentioned & frame.changed_by(emission.event):
            return True
    return False


def _roles_of_events(
    shape: CommandShape, site: Site
) -> tuple[frozenset[str], frozenset[str]]:
    """Which events of a command may find no state, and which may find one."""
    if not shape.creates:
        return frozenset(), frozenset(each.event for each in shape.emits)
    creating: list[str] = []
    updating: list[str] = []
    sure = False
    for index, emission in enumerate(shape.emits):
        if not sure:
            creating.append(emission.event)
        if index:
            updating.append(emission.event)
        sure = sure or emission.condition is None
    if not shape.emits:
        site.key_error(
            "B417",
            "a command that creates must emit an event",
            "add `emits:`, or remove `creates: true`",
        )
    return frozenset(creating), frozenset(updating)
