"""Aggregates: state, events and uniqueness, with everything mapped by name."""

from __future__ import annotations

import re
from collections.abc import Sequence

from generator import model, names, prose
from generator.diagnostics import did_you_mean
from generator.expressions import Binding
from generator.frame import Frame, lifecycle_member, refuse_without_lifecycle
from generator.printing import mentions, rounded
from generator.resolve_command import Decision, resolve_command
from generator.resolve_custom import custom_functions
from generator.resolve_types import resolve_fields
from generator.resolve_versions import resolve_versions
from generator.shapes import AggregateShape, EventShape, UniqueShape
from generator.site import Site

CODES = {
    "B410": "An event or command is named that this aggregate does not have.",
    "B411": "A field is written that the target does not have.",
    "B412": "A field has no source.",
    "B413": "A source has the right name and another type.",
    "B414": "The lifecycle is used without being declared, or is not an enum.",
    "B415": "A word is not a state of the lifecycle.",
    "B416": "An event creates an aggregate without all that its state requires.",
    "B417": "A creating command cannot be sure to emit an event that creates.",
    "B419": "An aggregate has no command, or no event.",
    "B418": "A unique key is not a plain value, or an event may leave it unset.",
}


def resolve_aggregate(
    name: str, domain: str, shape: AggregateShape, site: Site
) -> model.Aggregate:
    """One aggregate, whole."""
    site.check_name("type")
    site.at("was").check_former_names(shape.was, "type")
    state = resolve_fields(shape.state, "field", site.at("state"), constrained=True)
    events = {
        event: resolve_fields(
            shaped.fields,
            "event field",
            site.at("events", event, "fields"),
            constrained=True,
        )
        for event, shaped in shape.events.items()
    }
    custom = custom_functions(name, shape, site)
    frame = Frame(
        name, domain, shape, site, {each.name: each for each in state}, events, custom
    )
    _check_frame(frame)
    decisions = tuple(
        resolve_command(command, shaped, frame, site.at("commands", command))
        for command, shaped in shape.commands.items()
    )
    plural = names.plural(names.snake(name))
    return model.Aggregate(
        name=name,
        module=names.snake(name),
        kind=f"{domain}.{name}",
        stored_kind=f"{domain}.{frame.stored_name}",
        plural=plural,
        path=f"/{names.kebab(plural)}",
        title=names.title(name).lower(),
        summary=prose.sentence(shape.summary or names.title(name)),
        id_field=frame.id_field,
        state=state,
        lifecycle=shape.lifecycle or "",
        commands=tuple(decision.command for decision in decisions),
        events=tuple(
            _event(event, shaped, frame, decisions)
            for event, shaped in shape.events.items()
        ),
        unique=tuple(
            _unique(unique, shape.unique[:index], frame, site.at("unique", index))
            for index, unique in enumerate(shape.unique)
        ),
        custom=tuple(custom.values()),
        routed_queries=(),
        origin=site.origin,
        was=tuple(shape.was),
    )


def _check_frame(frame: Frame) -> None:
    shape, site = frame.shape, frame.site
    for word, count in (("command", len(shape.commands)), ("event", len(shape.events))):
        if not count:
            site.key_error(
                "B419",
                f"{frame.name} has no {word}",
                "an aggregate decides about commands and remembers events; what is "
                "only a value belongs to `value_objects`",
            )
    if shape.lifecycle is not None:
        if shape.lifecycle not in shape.state:
            site.at("lifecycle").error(
                "B414",
                f'the lifecycle field "{shape.lifecycle}" is not in the state',
                did_you_mean(shape.lifecycle, shape.state),
            )
            site.view.symbols.broken |= frame.enums | {shape.lifecycle}
        elif (kind := frame.lifecycle) and (kind.kind != "enum" or kind.optional):
            site.at("lifecycle").error(
                "B414", f'a lifecycle is a required enum; "{shape.lifecycle}" is {kind}'
            )
    for group, fields in (
        ("state", frame.state),
        *(
            (("events", event, "fields"), {f.name for f in known})
            for event, known in frame.events.items()
        ),
        *(
            (("commands", command, "fields"), shaped.fields)
            for command, shaped in shape.commands.items()
        ),
    ):
        if frame.id_field in fields:
            steps = (group,) if isinstance(group, str) else group
            site.at(*steps, frame.id_field).key_error(
                "B113",
                f'"{frame.id_field}" is there already: it is the id of {frame.name}',
                "leave it out",
            )
    for command in shape.commands:
        if command in shape.events:
            site.at("commands", command).key_error(
                "B113", f'"{command}" is an event of {frame.name} too'
            )


def _event(
    name: str, shape: EventShape, frame: Frame, decisions: tuple[Decision, ...]
) -> model.Event:
    site = frame.site.at("events", name)
    site.check_name("type")
    site.at("was").check_former_names(shape.was, "type")
    creates = any(name in decision.creating for decision in decisions)
    updates = any(name in decision.updating for decision in decisions) or not creates
    written = (
        _written_changes(shape, frame, site, creating=False) if updates else ({}, False)
    )
    change, reads_state = written
    creation: tuple[model.Assignment, ...] = ()
    if creates:
        creation = _creation(name, shape, frame, site)
    return model.Event(
        name=name,
        stored_name=f"{frame.domain}.{shape.was[0] if shape.was else name}",
        title=names.title(name),
        summary=prose.sentence(shape.summary or names.title(name)),
        id_field=frame.id_field,
        fields=frame.events[name],
        sync=_sync(shape.sync, site.at("sync")),
        target=shape.target or "",
        creates=creates,
        updates=updates,
        creation=creation,
        change=tuple(change.values()),
        reads_state=reads_state,
        origin=site.origin,
        was=tuple(shape.was),
        id=frame.id_declared,
        version=shape.version,
        earlier=resolve_versions(name, shape, frame, site),
    )


def _sync(written: str | None, site: Site) -> str:
    """Why an event is sync; empty where it is not."""
    if written is None and site.written():
        site.key_error(
            "B100", "`sync:` says why, or `true`", "write it, or leave it out"
        )
    if written is None or written == "false":
        return ""
    return "Its row is written with it." if written == "true" else written


def _written_changes(
    shape: EventShape, frame: Frame, site: Site, *, creating: bool
) -> tuple[dict[str, model.Assignment], bool]:
    """What the event changes, field by field, and whether that reads the state."""
    event = str(site.path[-1])
    bindings = {
        field.name: Binding(field.type, f"event.{field.name}")
        for field in frame.events[event]
    }
    bindings[frame.id_field] = Binding(frame.identity, f"event.{frame.id_field}")
    if not creating:
        bindings |= frame.state_bindings("before")
    scope = site.scope(bindings)
    for key in shape.assign:
        if key not in frame.state:
            site.at("set", key).key_error(
                "B411",
                f'"{key}" is not in the state of {frame.name}',
                did_you_mean(key, frame.state),
            )
    changes: dict[str, model.Assignment] = {}

    def change(name: str, code: str, source: str) -> None:
        changes[name] = model.Assignment(name, code, source)

    reads_state = False
    broken = site.view.symbols.broken
    for name, field in frame.state.items():
        if name in shape.assign:
            place = site.at("set", name)
            expression = place.expression(shape.assign[name], scope, field.type)
            if expression:
                code = rounded(expression, field.type)
                change(name, code, f"written: {shape.assign[name]}")
                reads_state = reads_state or mentions(expression.code, "before")
        elif name == frame.shape.lifecycle and shape.target:
            if code := lifecycle_member(shape.target, frame, site.at("to")):
                change(name, code, f"to: {shape.target}")
        elif name in bindings and name not in broken and not frame.repeats(event, name):
            source = bindings[name]
            if source.type.base == field.type.base or (
                field.type.optional and source.type.base == field.type.required.base
            ):
                change(name, source.code, "event field")
            else:
                broken.add(name)
                site.key_error(
                    "B413",
                    f'the event field "{name}" is {source.type}, the state field of '
                    f"that name is {field.type}",
                    "write it with `set:`, or rename one of them",
                    also=[
                        (site.at("fields", name).key_span, "the field of the event"),
                        site.declared(field.origin, "the state's field"),
                    ],
                )
    if shape.target and frame.shape.lifecycle is None:
        refuse_without_lifecycle(frame, site.at("to"))
    return changes, reads_state


def _creation(
    name: str, shape: EventShape, frame: Frame, site: Site
) -> tuple[model.Assignment, ...]:
    changes, _ = _written_changes(shape, frame, site, creating=True)
    entered = frame.shape.lifecycle if shape.target else None
    missing = [
        field.name
        for field in frame.state.values()
        if field.required and field.name not in changes and field.name != entered
    ]
    broken = site.view.symbols.broken
    if shape.target and (frame.lifecycle is None or frame.lifecycle.kind != "enum"):
        return ()
    missing = [
        name for name in missing if name not in broken and name not in shape.assign
    ]
    if not shape.target and site.told("B101"):
        broken |= set(missing)
        return ()
    if missing:
        listed = ", ".join(f'"{each}"' for each in missing)
        site.key_error(
            "B416",
            f"{name} creates a {frame.name}, but nothing sets {listed} of its state",
            "give the event a field of that name, write it with `set:`, or make the "
            "state field optional",
            also=[
                site.declared(frame.state[each].origin, "this is required")
                for each in missing
            ],
        )
    return tuple(changes.values())


_EACH = re.compile(r"each\s+(?=\S)")
_ITEMS = ("item", "other", "third")


def _unique(
    shape: UniqueShape, before: Sequence[UniqueShape], frame: Frame, site: Site
) -> model.UniqueRule:
    bindings = {
        name: Binding(field.type, f"state.{name}")
        for name, field in frame.state.items()
    }
    scope = site.scope(bindings)
    parts: list[str] = []
    loops: list[str] = []
    if not shape.of:
        site.at("of").key_error("B100", "`of:` names no part of a key")
    if site.written("while") and not shape.while_in:
        site.at("while").key_error(
            "B100", "`while:` names no state", "leave it out, or name one"
        )
    site.at("of").refuse_twice(shape.of)
    site.at("while").refuse_twice(shape.while_in)
    for index, text in enumerate(shape.of):
        place = site.at("of", index) if len(shape.of) > 1 else site.at("of")
        each = _EACH.match(text)
        if not each:
            expression = place.expression(text, scope)
            kind = expression.type if expression else None
            code = expression.code if expression else ""
        else:
            expression = place.expression(text[each.end() :], scope)
            if expression and expression.type.kind != "list":
                place.error("B418", f'"each" needs a list, this is {expression.type}')
                continue
            kind = expression.type.element if expression else None
            code = _ITEMS[len(loops) % len(_ITEMS)]
            if expression:
                loops.append(f"for {code} in {expression.code}")
        if kind is not None and (
            kind.optional or kind.kind in ("list", "map", "json", "value")
        ):
            place.error(
                "B418",
                f"a unique key needs plain values that are always there, not {kind}",
            )
        parts.append(code)
    condition = _while(shape, frame, site.at("while"))
    if problem := names.name_problem(shape.error, "type"):
        site.at("error").error(*problem)
    return model.UniqueRule(
        scope=_key_space(shape, before, frame, site),
        key=", ".join(parts) + ("," if len(parts) == 1 else ""),
        loops=" ".join(loops),
        condition=condition,
        error=shape.error,
    )


def _key_space(
    shape: UniqueShape, before: Sequence[UniqueShape], frame: Frame, site: Site
) -> str:
    """What keeps the keys of a rule apart from those of others with its error."""
    alike = [each for each in before if each.error == shape.error]
    if any(each.of == shape.of for each in alike):
        site.error(
            "B116",
            "a rule of this error and these parts is there already",
            "list the words of both in one `while:`",
        )
    named = f"{frame.domain}.{frame.stored_name}.{shape.error}"
    return f"{named}.{len(alike) + 1}" if alike else named


def _while(shape: UniqueShape, frame: Frame, site: Site) -> str:
    if not shape.while_in:
        return ""
    if frame.lifecycle is None:
        site.error("B414", f"`while:` needs a lifecycle, and {frame.name} has none")
        return ""
    members = [
        lifecycle_member(word, frame, site.at(index))
        for index, word in enumerate(shape.while_in)
    ]
    field = f"state.{frame.shape.lifecycle}"
    if len(members) == 1:
        return f"{field} is {members[0]}"
    return f"{field} in ({', '.join(members)})"
