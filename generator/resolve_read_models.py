"""Read models: which event of a stream fills which column of its row."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence

from generator import model, names, prose
from generator.listening import declares
from generator.resolve_actions import OwnAction
from generator.resolve_children import check_elements, resolve_children
from generator.resolve_joins import Row, Told, resolve_joins
from generator.resolve_types import resolve_field
from generator.shapes import ReadModelShape
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
    own = _own(shape, aggregates[site.view.module], site)
    if own is None:
        return None
    site.at("key").refuse_twice(shape.key)
    elements = tuple(dict.fromkeys(each for each in shape.key if each != own.id_field))
    columns = _columns(shape, own, site)
    by_name = {column.name: column for column in columns}
    row = Row(name, own, by_name, site, elements)
    written, told = _sorted(row, shape, aggregates)
    joins = resolve_joins(row, told)
    columns = joins.columns
    check_elements(row, columns)
    if elements:
        children = resolve_children(row, columns, written)
        actions = tuple(each.action for case in children for each in case.actions)
    else:
        children = ()
        actions = tuple(_action(each, name, columns) for each in written)
    makers = [each.shape for each in written if each.shape.verb in ("insert", "upsert")]
    if not makers and not site.at("on").told("B501"):
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
        key=own.id_field,
        elements=elements,
        aggregate=own.name,
        union=own.union,
        columns=columns,
        actions=actions,
        children=children,
        ignored=tuple(each.name for each in own.events if each.name not in named),
        indexes=_indexes(table, shape, columns, site),
        lookups=joins.lookups,
        tallies=joins.tallies,
        origin=site.origin,
    )


def _own(
    shape: ReadModelShape, home: Sequence[model.Aggregate], site: Site
) -> model.Aggregate | None:
    """The aggregate whose streams the rows are folds of."""
    key = shape.key[0] if shape.key else ""
    place = site.at("key", 0) if len(shape.key) > 1 else site.at("key")
    for each in home:
        if each.id_field == key:
            return each
    known = [each.id_field for each in home]
    place.error(
        "B500",
        f'the key "{key}" is not the id of an aggregate of this domain',
        names.unknown(key, known),
    )
    return None


def _sorted(
    row: Row,
    shape: ReadModelShape,
    aggregates: Mapping[str, Sequence[model.Aggregate]],
) -> tuple[list[OwnAction], list[Told]]:
    """The actions of the row's own events, and those that other streams tell."""
    written: list[OwnAction] = []
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
            elif not row.elements and any(each.event is event for each in written):
                at.error("B506", f"{event_name} has an action on its own row already")
            else:
                written.append(OwnAction(event, action, at, row.own))
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
        hint = names.unknown(domain, aggregates)
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
    hint = names.unknown(name, known)
    place.key_error("B501", f'{whose} has no event "{name}"', hint)
    return None


def _columns(
    shape: ReadModelShape, own: model.Aggregate, site: Site
) -> tuple[model.Column, ...]:
    key = Type("ref", own.kind)
    found = [_column(_plain(own.id_field, key, site), site, key=True)]
    for name, written in shape.columns.items():
        if name == own.id_field:
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
    written: OwnAction, name: str, columns: Sequence[model.Column]
) -> model.Action:
    if written.shape.for_each is not None:
        key = f"{written.own.id_field}, ..."
        written.site.at("for_each").key_error(
            "B509",
            f"a {written.own.name} has one row of {name}, and a list has many elements",
            f"say what tells the rows apart: `key: [{key}]`",
        )
        return model.Action(written.event.name, written.shape.verb, name, ())
    return written.resolve(name, columns)


def _indexes(
    table: str, shape: ReadModelShape, columns: Sequence[model.Column], site: Site
) -> tuple[model.Index, ...]:
    known = [column.name for column in columns]
    joined = {column.name for column in columns if column.kind != "own"}
    long = {column.name for column in columns if column.field.type.may_be_long}
    found = []
    for position, wanted in enumerate(shape.indexes):
        for step, column in enumerate(wanted):
            if column not in known:
                site.at("indexes", position, step).missing(
                    column,
                    "B502",
                    f'there is no column "{column}" to index',
                    names.unknown(column, known),
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
        hashed = len(wanted) == 1 and wanted[0] in long
        found.append(model.Index(index_name(table, wanted), tuple(wanted), hashed))
    return tuple(found)


def index_name(table: str, columns: Sequence[str]) -> str:
    """A name that no other index has: no name of a blueprint holds two underscores."""
    name = "__".join((table, *columns))
    if len(name) <= LONGEST_INDEX:
        return name
    digest = hashlib.sha256(name.encode()).hexdigest()[:10]
    return f"{name[: LONGEST_INDEX - 12].rstrip('_')}__{digest}"
