"""What a command leads to: its events, each field from its first source."""

from __future__ import annotations

from generator import model, names
from generator.diagnostics import Span, TextError
from generator.expressions import Scope, compile_expression
from generator.frame import Frame
from generator.printing import attributes, rounded
from generator.resolve_custom import custom_emission
from generator.shapes import CommandShape, CustomEmissionShape, EmissionShape, Shape
from generator.site import Site

Emission = model.Emission | model.CustomEmission


def resolve_emissions(
    shape: CommandShape, scope: Scope, frame: Frame, site: Site
) -> tuple[tuple[Emission, ...], bool]:
    """The emissions in order, and whether one of them can fail."""
    found: list[Emission] = []
    partial = False
    for index, emission in enumerate(shape.emits):
        place = site.at("emits", *emission.place)
        if any(_same(emission, each) for each in shape.emits[:index]):
            place.error("B116", f'"{_named(emission)}" is in this list already')
        if not _declared(emission, frame, place):
            continue
        condition, known = "", scope
        if emission.condition:
            compiled = place.at("if").condition(emission.condition, scope)
            if compiled is None:
                continue
            condition = compiled.code
            known = scope.knowing(compiled.facts)
            partial = partial or compiled.partial
        if isinstance(emission, CustomEmissionShape):
            found.append(custom_emission(emission, condition, shape, frame))
            continue
        arguments, risky = _arguments(emission, shape, known, frame, site)
        partial = partial or risky
        found.append(model.Emission(emission.event, condition, arguments))
    return tuple(found), partial


def _named(emission: EmissionShape | CustomEmissionShape) -> str:
    if isinstance(emission, CustomEmissionShape):
        return emission.custom
    return emission.event


def _same(one: Shape, other: Shape) -> bool:
    places = {"place", "mapping_place"}
    return one.model_dump(exclude=places) == other.model_dump(exclude=places)


def _declared(
    emission: EmissionShape | CustomEmissionShape, frame: Frame, place: Site
) -> bool:
    """Whether its events are events of the aggregate; others are reported."""
    if isinstance(emission, EmissionShape):
        listed = {emission.event: place}
    else:
        place.at("events").refuse_twice(emission.events)
        listed = {
            event: place.at("events", index)
            for index, event in enumerate(emission.events)
        }
    unknown = [event for event in listed if event not in frame.events]
    for event in unknown:
        listed[event].error(
            "B410",
            f'{frame.name} has no event "{event}"',
            names.unknown(event, frame.events),
        )
    return not unknown


def _arguments(
    emission: EmissionShape,
    shape: CommandShape,
    scope: Scope,
    frame: Frame,
    site: Site,
) -> tuple[tuple[model.Assignment, ...], bool]:
    """Every field of the event from its first source of that name."""
    arguments = [model.Assignment(frame.id_field, "self.id", "the aggregate's id")]
    partial = False
    mapping = site.at("emits", *emission.mapping_place)
    fields = {field.name: field for field in frame.events[emission.event]}
    for key in emission.mapping:
        if key not in fields and key not in frame.shape.events[emission.event].fields:
            site.view.symbols.broken.add(key)
            mapping.at(key).key_error(
                "B411",
                f'{emission.event} has no field "{key}"',
                names.unknown(key, fields) or "add it to the `fields:` of the event",
            )
    for name, field in fields.items():
        written = emission.mapping.get(name)
        if written is not None:
            place = mapping.at(name)
            expression = place.expression(written, scope, field.type)
            if expression:
                _refuse_secret(expression.code, scope, place)
                code = rounded(expression, field.type)
                arguments.append(model.Assignment(name, code, f"written: {written}"))
                partial = partial or expression.partial
            continue
        if code := _by_name(field, shape, scope, frame, site, emission):
            owner = "command" if name in shape.fields else "state"
            arguments.append(model.Assignment(name, code, f"{owner} field"))
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
                also=[site.declared(field.origin, "the field is declared here")],
            )
        return ""
    if field.name in site.view.symbols.broken:
        return ""
    try:
        code = compile_expression(source, scope, field.type).code
        _refuse_secret(code, scope, place)
        return code
    except TextError as mistake:
        site.view.symbols.broken.add(field.name)
        place.error(
            "B413",
            f'"{field.name}" of {emission.event} is {field.type}, but {what} of that '
            f"name does not fit: {mistake.message}",
            f"write it: `{emission.event}: {{{field.name}: ...}}`",
            also=[
                site.declared(field.origin, "the field of the event"),
                (_source_span(field.name, shape, frame, site), what),
            ],
        )
        return ""


def _source_span(name: str, shape: CommandShape, frame: Frame, site: Site) -> Span:
    """Where the field is declared that an event's field would take its value from."""
    if name in shape.fields:
        return site.at("fields", name).key_span
    return frame.site.at("state", name).key_span


def _refuse_secret(code: str, scope: Scope, site: Site) -> None:
    """Nothing secret may reach an event, where it would stay for ever."""
    for name, binding in scope.names.items():
        if binding.secret and binding.code in attributes(code):
            site.error(
                "B704",
                f'"{name}" is secret, so no event may carry it',
                "leave it out of the event, or remove `secret:`",
            )
