"""Read models: which event of a stream fills which column of its row."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from generator import model, names, prose
from generator.diagnostics import did_you_mean
from generator.expressions import Binding
from generator.listening import declares
from generator.printing import rounded
from generator.resolve_joins import Row, Told, resolve_joins
from generator.resolve_types import resolve_field
from generator.row_words import METADATA, read_columns, refuse_reading
from generator.shapes import ActionShape, ReadModelShape
from generator.site import Site
from generator.types import (
    Type,
    annotation,
    check,
    postgres,
)

CODES = {
    "B500": "The key of a read model is not the id of an aggregate of this domain.",
    "B501": "A read model names an event that its aggregate does not have.",
    "B502": "A column is named that the read model does not have.",
    "B503": "A required column is not filled when the row is made.",
    "B504": "A column and the event field of its name have different types.",
    "B505": "An event changes nothing in the row, or no event makes the row.",
    "B506": "An event has two actions on the row of its stream.",
    "B527": "An index names a column that is not stored with the row.",
}

LONGEST_INDEX = 63  # PostgreSQL cuts longer ones


def resolve_read_model(
    name: str,
    shape: ReadModelShape,
    aggregates: Mapping[str, Sequence[model.Aggregate]],
    site: Site,
) -> model.ReadModel | None:
    """One read model: its row is the fold of one stream, and others may be joined.

    `aggregates` are those of all domains, by the name of their domain.
    """
    site.check_name("type")
    home = aggregates[site.view.module]
    own = next((each for each in home if each.id_field == shape.key), None)
    if own is None:
        known = [each.id_field for each in home]
        site.at("key").error(
            "B500",
            f'the key "{shape.key}" is not the id of an aggregate of this domain',
            did_you_mean(shape.key, known) or f"known here: {', '.join(known)}",
        )
        return None
    columns = _columns(shape, own, site)
    row = Row(name, own, {column.name: column for column in columns}, site)
    written, told = _sorted(row, shape, aggregates)
    joins = resolve_joins(row, told)
    columns = joins.columns
    actions = tuple(_action(name, each, own, columns) for each in written)
    if not any(action.verb in ("insert", "upsert") for action in actions):
        site.at("on").key_error(
            "B505",
            f"no event makes a row of {name}",
            "one event must have the action `insert`",
        )
    for joined in [e.name for e in joins.lookups] + [e.name for e in joins.tallies]:
        if declares(site.view, joined):
            site.key_error(
                "B112",
                f'"{joined}" is what generated code calls what is joined to {name}',
                f'give "{joined}" another name',
            )
    table = names.snake(name)
    named = {each.event.name for each in written}
    return model.ReadModel(
        name=name,
        table=table,
        constant=names.constant(name),
        function=f"project_{table}",
        title=names.title(name),
        summary=prose.sentence(shape.summary or names.title(name)),
        key=shape.key,
        aggregate=own.name,
        union=own.union,
        columns=columns,
        actions=actions,
        ignored=tuple(each.name for each in own.events if each.name not in named),
        indexes=_indexes(table, shape, columns, site),
        lookups=joins.lookups,
        tallies=joins.tallies,
        origin=site.origin,
    )


@dataclass(frozen=True, slots=True)
class _Own:
    """What an event does to the row of its own stream."""

    event: model.Event
    shape: ActionShape
    site: Site


def _sorted(
    row: Row,
    shape: ReadModelShape,
    aggregates: Mapping[str, Sequence[model.Aggregate]],
) -> tuple[list[_Own], list[Told]]:
    """The actions of the row's own events, and those that other streams tell."""
    written: list[_Own] = []
    told: list[Told] = []
    for event_name, actions in shape.on.items():
        place = row.site.at("on", event_name)
        found = _event(row, event_name, aggregates, place)
        if found is None:
            continue
        source, event = found
        for action in actions:
            at = place.at(*action.place)
            if source.kind != row.own.kind or action.where:
                told.append(Told(event, source, action, at))
            elif any(each.event is event for each in written):
                at.error("B506", f"{event_name} has an action on its own row already")
            else:
                written.append(_Own(event, action, at))
    return written, told


def _event(
    row: Row,
    written: str,
    aggregates: Mapping[str, Sequence[model.Aggregate]],
    place: Site,
) -> tuple[model.Aggregate, model.Event] | None:
    """The event that a key of `on:` names, and whose it is."""
    domain, _, name = written.rpartition(".")
    domain = domain or place.view.module
    if domain not in aggregates:
        hint = did_you_mean(domain, aggregates)
        place.key_error("B501", f'there is no domain "{domain}"', hint)
        return None
    sources = aggregates[domain]
    if "." not in written:
        sources = sorted(sources, key=lambda each: each is not row.own)
    for source in sources:
        for event in source.events:
            if event.name == name:
                return source, event
    known = [event.name for each in sources for event in each.events]
    whose = row.own.name if domain == place.view.module else f"the domain {domain}"
    place.key_error("B501", f'{whose} has no event "{name}"', did_you_mean(name, known))
    return None


def _columns(
    shape: ReadModelShape, own: model.Aggregate, site: Site
) -> tuple[model.Column, ...]:
    key = Type("ref", own.kind)
    found = [_column(_plain(shape.key, key, site), site, key=True)]
    for name, written in shape.columns.items():
        if name == shape.key:
            continue
        field = resolve_field(
            written, "column", site.at("columns", name), constrained=False
        )
        if field:
            found.append(_column(field, site, key=False))
    return tuple(found)


def _plain(name: str, kind: Type, site: Site) -> model.Field:
    return model.Field(
        name,
        kind,
        annotation(kind, constrained=False, naming=site.view.naming),
        site.origin,
    )


def _column(field: model.Field, site: Site, *, key: bool) -> model.Column:
    kind = field.type
    condition = ""
    if kind.kind == "enum":
        members = site.view.members(kind.name)
        condition = f"CHECK ({check(kind, field.name, members)})"
    return model.Column(field, postgres(kind), condition, key)


def _action(
    name: str, written: _Own, own: model.Aggregate, columns: Sequence[model.Column]
) -> model.Action:
    event, shape, site = written.event, written.shape, written.site
    if shape.verb == "delete":
        return model.Action(event.name, "delete", name, ())
    by_name = {column.name: column for column in columns}
    for key in shape.mapping:
        if key not in by_name or by_name[key].key:
            site.at(shape.verb, key).key_error(
                "B502",
                f'{name} has no column "{key}" to write',
                did_you_mean(key, by_name),
            )
    _refuse_joined(written, columns)
    made, changes = [], []
    for column in columns:
        if column.kind != "own":
            continue
        value = _value(column, columns, written, own)
        if value and value.code:
            changes.append(value)
        if shape.verb != "update":
            made.append(value or _filled(column, written))
    if shape.verb == "update" and not changes:
        site.key_error(
            "B505",
            f"{event.name} changes no column of {name}",
            "leave the event out, or write what it changes",
        )
    return model.Action(event.name, shape.verb, name, tuple(made), tuple(changes))


def _refuse_joined(written: _Own, columns: Sequence[model.Column]) -> None:
    """A column that other streams fill is not filled by the row's own as well."""
    fields = {field.name for field in written.event.fields}
    for column in columns:
        if column.kind == "own":
            continue
        how = "looked up" if column.kind == "looked_up" else "counted"
        problem = f'"{column.name}" is {how} in other streams'
        if column.name in written.shape.mapping:
            written.site.at(written.shape.verb, column.name).key_error(
                "B522", f"{problem}, so {written.event.name} cannot write it"
            )
        elif column.name in fields:
            written.site.key_error(
                "B522",
                f"{problem}, and {written.event.name} has a field of that name",
                "give the column another name",
            )


def _filled(column: model.Column, told: _Own) -> model.Assignment:
    """What a new row has in a column that its event says nothing about."""
    if column.key:
        return model.Assignment(column.name, "envelope.stream_id", "the stream's id")
    if column.field.required and column.name not in told.site.view.symbols.broken:
        told.site.key_error(
            "B503",
            f'{told.event.name} makes a row, but nothing fills "{column.name}"',
            f"write it: `{told.shape.verb}: {{{column.name}: ...}}`, "
            "or make the column optional",
            also=[told.site.declared(column.field.origin, "the column is required")],
        )
    code = column.field.default
    return model.Assignment(column.name, code or "None", "default" if code else "")


def _value(
    column: model.Column,
    columns: Sequence[model.Column],
    told: _Own,
    own: model.Aggregate,
) -> model.Assignment | None:
    """What a column gets from an event: written, the lifecycle, or its field.

    None where the event says nothing about it, without code after a report.
    """
    event, shape, site = told.event, told.shape, told.site
    if column.key:
        return None
    fields = {field.name: field for field in event.fields}
    target = column.field.type
    if column.name in shape.mapping:
        code = _expression(column, columns, told, own)
        source = f"written: {shape.mapping[column.name]}"
        return model.Assignment(column.name, code, source)
    lifecycle = next((f for f in own.state if f.name == own.lifecycle), None)
    if column.name == own.lifecycle and event.target and lifecycle:
        if lifecycle.type.base == target.required.base:
            code = f"{site.view.naming(target.name)}.{names.constant(event.target)}"
            return model.Assignment(column.name, code, f"to: {event.target}")
    elif column.name in fields:
        given = fields[column.name].type
        if given.base == target.base or given.base == target.required.base:
            return model.Assignment(column.name, f"event.{column.name}", "event field")
        site.key_error(
            "B504",
            f'the event field "{column.name}" is {given}, the column is {target}',
            f"write it: `{shape.verb}: {{{column.name}: ...}}`",
            also=[
                site.declared(fields[column.name].origin, "the field of the event"),
                site.declared(column.field.origin, "the column"),
            ],
        )
        return model.Assignment(column.name, "")
    return None


def _expression(
    column: model.Column,
    columns: Sequence[model.Column],
    told: _Own,
    own: model.Aggregate,
) -> str:
    bindings: dict[str, Binding] = {
        field.name: Binding(field.type, f"event.{field.name}")
        for field in told.event.fields
    }
    bindings[own.id_field] = Binding(Type("ref", own.kind), "envelope.stream_id")
    bindings |= METADATA
    if told.shape.verb == "update":
        bindings |= {
            f"row.{each.name}": Binding(each.field.type, f"row.{each.name}")
            for each in columns
            if each.kind == "own"
        }
    place = told.site.at(told.shape.verb, column.name)
    written = told.shape.mapping[column.name]
    joined = {each.name for each in columns if each.kind != "own"}
    if reads := read_columns(written) & joined:
        refuse_reading(place, column.name, min(reads))
        return ""
    target = column.field.type
    expression = place.expression(written, place.scope(bindings), target)
    return rounded(expression, target) if expression else ""


def _indexes(
    table: str, shape: ReadModelShape, columns: Sequence[model.Column], site: Site
) -> tuple[model.Index, ...]:
    known = [column.name for column in columns]
    joined = {column.name for column in columns if column.kind != "own"}
    found = []
    for position, wanted in enumerate(shape.indexes):
        for step, column in enumerate(wanted):
            if column not in known:
                site.at("indexes", position, step).error(
                    "B502",
                    f'there is no column "{column}" to index',
                    did_you_mean(column, known),
                )
            elif column in joined:
                site.at("indexes", position, step).error(
                    "B527",
                    f'"{column}" is joined to the row when somebody reads',
                    "leave it out of the index",
                )
        place = site.at("indexes", position)
        if not wanted:
            place.error("B100", "an index names one column at least")
        place.refuse_twice(wanted)
        if wanted in shape.indexes[:position]:
            place.error("B116", "this index is in the list already")
        found.append(model.Index(_index_name(table, wanted), tuple(wanted)))
    return tuple(found)


def _index_name(table: str, columns: Sequence[str]) -> str:
    """A name that no other index has: no name of a blueprint holds two underscores."""
    name = "__".join((table, *columns))
    if len(name) <= LONGEST_INDEX:
        return name
    digest = hashlib.sha256(name.encode()).hexdigest()[:10]
    return f"{name[: LONGEST_INDEX - 12].rstrip('_')}__{digest}"
