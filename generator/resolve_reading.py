"""Read models and queries: which event fills which column, and who may look."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from generator import model, names, prose
from generator.access import Gate, http_verb, resolve_access
from generator.blueprint import (
    ActionShape,
    FilterShape,
    QueryShape,
    ReadModelShape,
)
from generator.diagnostics import did_you_mean
from generator.expressions import Binding
from generator.printing import rounded
from generator.resolve_types import resolve_field
from generator.site import Site
from generator.types import (
    DATETIME,
    INT,
    STR,
    UUID,
    Type,
    annotation,
    check,
    list_of,
    postgres,
)

CODES = {
    "B500": "The key of a read model is not the id of an aggregate of this domain.",
    "B501": "A read model names an event that its aggregate does not have.",
    "B502": "A column is named that the read model does not have.",
    "B503": "A required column is not filled when the row is made.",
    "B504": "A column and the event field of its name have different types.",
    "B505": "An event changes nothing in the row, or no event makes the row.",
    "B510": "A query reads a read model that this domain does not have.",
    "B511": "A filter or sort of a query does not fit its column.",
}

_METADATA = {
    "event.at": Binding(DATETIME, "envelope.at"),
    "event.id": Binding(UUID, "envelope.event_id"),
    "event.actor": Binding(STR, "envelope.actor"),
    "event.version": Binding(INT, "envelope.version"),
}


def resolve_read_model(
    name: str, shape: ReadModelShape, aggregates: Sequence[model.Aggregate], site: Site
) -> model.ReadModel | None:
    """One read model: a table whose row is the fold of one stream."""
    site.check_name("type")
    own = next((each for each in aggregates if each.id_field == shape.key), None)
    if own is None:
        known = [each.id_field for each in aggregates]
        site.at("key").error(
            "B500",
            f'the key "{shape.key}" is not the id of an aggregate of this domain',
            did_you_mean(shape.key, known) or f"known here: {', '.join(known)}",
        )
        return None
    columns = _columns(shape, own, site)
    actions = tuple(
        action
        for event, written in shape.on.items()
        if (action := _action(name, event, written, own, columns, site.at("on", event)))
    )
    if not any(action.verb == "insert" for action in actions):
        site.at("on").key_error(
            "B505",
            f"no event makes a row of {name}",
            "one event must have the action `insert`",
        )
    table = names.snake(name)
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
        ignored=tuple(each.name for each in own.events if each.name not in shape.on),
        indexes=_indexes(table, shape, columns, site),
        origin=site.origin,
    )


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
    name: str,
    event_name: str,
    shape: ActionShape,
    own: model.Aggregate,
    columns: Sequence[model.Column],
    site: Site,
) -> model.Action | None:
    event = next((each for each in own.events if each.name == event_name), None)
    if event is None:
        if "." in event_name:
            site.key_error(
                "B102",
                "columns fed by events of another aggregate are not in this version",
            )
            return None
        site.key_error(
            "B501",
            f'{own.name} has no event "{event_name}"',
            did_you_mean(event_name, [each.name for each in own.events]),
        )
        return None
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
    arguments = [
        model.Assignment(column.name, code)
        for column in columns
        if (code := _value(column, columns, event, shape, own, site))
    ]
    if shape.verb == "update" and not arguments:
        site.key_error(
            "B505",
            f"{event_name} changes no column of {name}",
            "leave the event out, or write what it changes",
        )
    return model.Action(event.name, shape.verb, name, tuple(arguments))


def _value(
    column: model.Column,
    columns: Sequence[model.Column],
    event: model.Event,
    shape: ActionShape,
    own: model.Aggregate,
    site: Site,
) -> str:
    """What a column gets from an event: written, the lifecycle, or its field."""
    if column.key:
        return "envelope.stream_id" if shape.verb == "insert" else ""
    fields = {field.name: field for field in event.fields}
    target = column.field.type
    written = shape.mapping.get(column.name)
    if written is not None:
        return _written(column, written, columns, event, shape, own, site)
    lifecycle = next((f for f in own.state if f.name == own.lifecycle), None)
    if column.name == own.lifecycle and event.target and lifecycle:
        if lifecycle.type.base == target.required.base:
            return f"{site.view.naming(target.name)}.{names.constant(event.target)}"
    elif column.name in fields:
        source = fields[column.name].type
        if source.base == target.base or source.base == target.required.base:
            return f"event.{column.name}"
        site.key_error(
            "B504",
            f'the event field "{column.name}" is {source}, the column is {target}',
            f"write it: `{shape.verb}: {{{column.name}: ...}}`",
        )
        return ""
    broken = site.view.symbols.broken
    if shape.verb == "insert" and column.field.required and column.name not in broken:
        site.key_error(
            "B503",
            f'{event.name} makes a row, but nothing fills "{column.name}"',
            f"write it: `insert: {{{column.name}: ...}}`, or make the column optional",
        )
    if shape.verb == "insert" and not column.field.required:
        return column.field.default or "None"
    return ""


def _written(
    column: model.Column,
    written: str,
    columns: Sequence[model.Column],
    event: model.Event,
    shape: ActionShape,
    own: model.Aggregate,
    site: Site,
) -> str:
    bindings: dict[str, Binding] = {
        field.name: Binding(field.type, f"event.{field.name}") for field in event.fields
    }
    bindings[own.id_field] = Binding(Type("ref", own.kind), "envelope.stream_id")
    bindings |= _METADATA
    if shape.verb == "update":
        bindings |= {
            f"row.{each.name}": Binding(each.field.type, f"row.{each.name}")
            for each in columns
        }
    place = site.at(shape.verb, column.name)
    target = column.field.type
    expression = place.expression(written, place.scope(bindings), target)
    return rounded(expression, target) if expression else ""


def _indexes(
    table: str, shape: ReadModelShape, columns: Sequence[model.Column], site: Site
) -> tuple[model.Index, ...]:
    known = [column.name for column in columns]
    found = []
    for position, wanted in enumerate(shape.indexes):
        for step, column in enumerate(wanted):
            if column not in known:
                site.at("indexes", position, step).error(
                    "B502",
                    f'there is no column "{column}" to index',
                    did_you_mean(column, known),
                )
        name = f"{table}_{'_'.join(wanted)}"
        found.append(model.Index(name[:60], tuple(wanted)))
    return tuple(found)


def resolve_query(
    name: str,
    shape: QueryShape,
    read_models: Mapping[str, model.ReadModel],
    aggregates: Sequence[model.Aggregate],
    site: Site,
) -> model.Query | None:
    """One query: its arguments, conditions, order and access."""
    site.check_name("type")
    source = read_models.get(shape.source)
    if source is None:
        if shape.source not in site.view.symbols.broken:
            site.at("from").error(
                "B510",
                f'this domain has no read model "{shape.source}"',
                did_you_mean(shape.source, read_models),
            )
        return None
    own = next(each for each in aggregates if each.name == source.aggregate)
    columns = {column.name: column.field for column in source.columns}
    fields, where = _conditions(shape, source, columns, site)
    access = resolve_access(
        shape.access,
        Gate(
            site.roles,
            {field.name: field.type for field in columns.values()},
            lambda role, field: f'OwnerColumn(Role.{role}, "{field}")',
        ),
        site.document,
        (*site.path, "access"),
        site.report,
    )
    return model.Query(
        name=name,
        method=names.snake(name),
        title=names.title(name),
        summary=prose.sentence(shape.summary or names.title(name)),
        described=bool(shape.summary),
        read_model=source.name,
        table_constant=source.constant,
        fields=fields,
        single=shape.by is not None,
        where=where,
        sorts=_sorts(shape, source, columns, site),
        page=shape.page,
        access=access.grants,
        public=access.public,
        internal=access.internal,
        path=_path(name, shape, own),
        aggregate=own.name,
        origin=site.origin,
    )


def _path(name: str, shape: QueryShape, own: model.Aggregate) -> str:
    if shape.by is not None:
        base = f"/{{{own.id_field}}}"
        return (
            base if name == f"Get{own.name}" else f"{base}/{http_verb(name, own.name)}"
        )
    if name == f"List{names.pascal(own.plural)}":
        return ""
    return f"/{http_verb(name, own.name)}"


def _conditions(
    shape: QueryShape,
    source: model.ReadModel,
    columns: Mapping[str, model.Field],
    site: Site,
) -> tuple[tuple[model.Field, ...], tuple[model.Where, ...]]:
    if shape.by is not None:
        if shape.by != source.key:
            site.at("by").error(
                "B511",
                f'`by:` takes the key of {source.name}, which is "{source.key}"',
                "for another column write a list with `filter:`",
            )
        if shape.filter or shape.sort:
            site.key_error("B511", "a query `by` a key has no filter and no sort")
        key = columns[source.key]
        return (key,), (model.Where(key.name, "=", f"query.{key.name}", False),)
    fields, where = [], []
    for index, written in enumerate(shape.filter):
        found = _filter(written, source, columns, site.at("filter", index))
        if found:
            fields.append(found[0])
            where.append(found[1])
    # Pydantic and Python alike want arguments without a default first.
    fields.sort(key=lambda field: not field.required)
    return tuple(fields), tuple(where)


_ORDERED = frozenset({"int", "decimal", "float", "date", "datetime", "duration", "str"})
_TEXTS = frozenset({"str", "email", "url"})


def _filter(
    shape: FilterShape,
    source: model.ReadModel,
    columns: Mapping[str, model.Field],
    site: Site,
) -> tuple[model.Field, model.Where] | None:
    name = shape.column or shape.name
    column = columns.get(name)
    if column is None:
        site.error(
            "B511",
            f'{source.name} has no column "{name}" to filter by',
            did_you_mean(name, columns),
        )
        return None
    if problem := names.name_problem(shape.name, "filter"):
        site.error(*problem)
    kind = column.type.required
    comparing = shape.op in ("<", "<=", ">", ">=")
    if (
        (comparing and kind.kind not in _ORDERED)
        or (shape.op == "starts_with" and kind.kind not in _TEXTS)
        or (shape.op == "contains" and kind.kind not in _TEXTS)
        or kind.kind in ("value", "map", "json", "list", "bytes")
    ):
        site.error("B511", f'the operator "{shape.op}" does not fit {kind}')
        return None
    if shape.op == "in":
        kind = list_of(kind)
    elif shape.op == "is_null":
        kind = Type("bool")
    argument = kind.or_none if shape.optional else kind
    field = model.Field(
        shape.name,
        argument,
        annotation(argument, constrained=False, naming=site.view.naming),
        site.origin,
    )
    where = model.Where(name, shape.op, f"query.{shape.name}", shape.optional)
    return field, where


def _sorts(
    shape: QueryShape,
    source: model.ReadModel,
    columns: Mapping[str, model.Field],
    site: Site,
) -> tuple[str, ...]:
    for index, written in enumerate(shape.sort):
        name = written.removeprefix("-")
        place = site.at("sort", index) if len(shape.sort) > 1 else site.at("sort")
        if name not in columns:
            place.error(
                "B511",
                f'{source.name} has no column "{name}" to sort by',
                did_you_mean(name, columns),
            )
        elif columns[name].type.kind in ("value", "map", "json", "list"):
            place.error("B511", f"{columns[name].type} has no order to sort by")
    return tuple(dict.fromkeys(shape.sort)) or (source.key,)
