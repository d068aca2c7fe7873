"""Columns that other streams fill: looked up by a reference, or counted by the key.

No order is kept between streams. So what one stream tells about the row of another is
folded or added up by itself and joined when somebody reads; whatever would depend on
which stream was read first is refused.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from generator import model, names
from generator.counting import Part, counted_part, started
from generator.diagnostics import did_you_mean
from generator.expressions import Binding
from generator.listening import listened
from generator.printing import rounded
from generator.row_words import METADATA, read_columns, refuse_reading
from generator.shapes import ActionShape
from generator.site import Site
from generator.types import Type, ref

CODES = {
    "B520": "An event of another aggregate does not say which rows it tells of.",
    "B521": "Rows would be found in a way that depends on the order of streams.",
    "B522": "A column would be filled from two sides.",
    "B523": "A column would be computed from one that follows another stream.",
    "B524": "A counted column would do more than add, or keep the least or greatest.",
    "B525": "A column has a type or default that cannot be counted or looked up.",
    "B528": "A row among several of its stream would count.",
    "B526": "An event of another aggregate would make or end a row.",
}


@dataclass(frozen=True, slots=True)
class Row:
    """The read model that is told about."""

    name: str
    own: model.Aggregate
    columns: Mapping[str, model.Column]
    site: Site
    elements: Sequence[str] = ()

    @property
    def key(self) -> model.Column:
        """The column that holds the id of the row's stream."""
        return self.columns[self.own.id_field]


@dataclass(frozen=True, slots=True)
class Told:
    """One action of an event that is told about rows of other streams."""

    event: model.Event
    source: model.Aggregate
    shape: ActionShape
    site: Site

    @property
    def by(self) -> str:
        """The column by which rows are found."""
        return next(iter(self.shape.where))

    @property
    def field(self) -> str:
        """The field of the event that the column must equal."""
        return self.shape.where[self.by]

    @property
    def bindings(self) -> dict[str, Binding]:
        """What expressions may use of the event."""
        found = {f.name: Binding(f.type, f"event.{f.name}") for f in self.event.fields}
        own = Binding(ref(self.source.kind), "envelope.stream_id")
        return {**found, self.source.id_field: own, **METADATA}


@dataclass(frozen=True, slots=True)
class Joins:
    """What is joined to the rows of a read model, and all columns of these."""

    lookups: tuple[model.Lookup, ...]
    tallies: tuple[model.Tally, ...]
    columns: tuple[model.Column, ...]


def resolve_joins(row: Row, told: Iterable[Told]) -> Joins:
    """Sort what is told into lookups and counts; refuse what is neither."""
    looked_up: dict[str, list[Told]] = {}
    counted: dict[str, list[Told]] = {}
    kinds: dict[str, model.ColumnKind] = {}
    owners: dict[str, str] = {}
    for each in told:
        kind = _kind(row, each)
        if kind is None:
            continue
        kinds |= {name: kind for name in each.shape.mapping if name in row.columns}
        if not _fills(row, each):
            continue
        for name in each.shape.mapping:
            if owners.setdefault(name, each.by) != each.by:
                each.site.at("update", name).key_error(
                    "B522",
                    f'"{name}" is filled by way of "{owners[name]}" already',
                    "give each reference a column of its own",
                    also=[(row.site.at("columns", name).key_span, "the column")],
                )
        if kind == "looked_up":
            looked_up.setdefault(each.by, []).append(each)
        else:
            counted.setdefault(each.source.kind, []).append(each)
    by_name = {
        name: replace(column, kind=kinds.get(name, "own"))
        for name, column in row.columns.items()
    }
    row = replace(row, columns=by_name)
    parts: dict[str, Part] = {}
    lookups = tuple(_lookup(row, by, group) for by, group in looked_up.items())
    tallies = tuple(_tally(row, group, parts) for group in counted.values())
    columns = (
        started(column, parts[name].how) if name in parts else column
        for name, column in row.columns.items()
    )
    return Joins(lookups, tallies, tuple(columns))


def _kind(row: Row, told: Told) -> model.ColumnKind | None:
    """Whether an action looks up or counts; nothing after a report."""
    place = told.site.at("where")
    if told.shape.for_each is not None:
        told.site.at("for_each").key_error(
            "B509",
            f"{told.event.name} tells of rows of other streams, and no order between "
            "streams is kept",
            "`for_each:` goes with the events that make the rows",
        )
        return None
    if len(told.shape.where) != 1:
        what = f"{told.event.name} is an event of {told.source.name}"
        told.site.key_error(
            "B520",
            f"{what}: say by one column which rows of {row.name} it tells of",
            "write `where: {<reference or key>: <field of the event>}`",
        )
        return None
    column = row.columns.get(told.by)
    if column is None:
        place.at(told.by).key_error(
            "B502",
            f'{row.name} has no column "{told.by}" to find rows by',
            did_you_mean(told.by, row.columns),
        )
        return None
    if told.field != told.source.id_field and told.field not in _fields(told):
        place.at(told.by).error(
            "B501",
            f'{told.event.name} has no field "{told.field}"',
            did_you_mean(told.field, [told.source.id_field, *_fields(told)]),
        )
        return None
    if column.key:
        return _counts(row, told, place)
    return _looks_up(row, column, told, place)


def _fields(told: Told) -> dict[str, Type]:
    return {field.name: field.type for field in told.event.fields}


def _counts(row: Row, told: Told, place: Site) -> model.ColumnKind | None:
    own = ref(row.own.kind)
    if row.elements:
        place.key_error(
            "B528",
            f"a {row.own.name} has many rows of {row.name}: what is counted for the "
            f"{row.own.name} belongs to none of them",
            f"count in a read model whose key is {row.key.name} alone",
        )
        return None
    if told.source.kind == row.own.kind and told.field == told.source.id_field:
        place.key_error(
            "B521",
            f"{told.event.name} is an event of the row's own stream",
            "leave `where:` out",
        )
        return None
    kind = _fields(told).get(told.field, ref(told.source.kind))
    if kind.required.base != own:
        place.at(told.by).error(
            "B521",
            f'"{told.field}" is {kind}, and never the key of {row.name}, '
            f"which is {own}",
            f"name a field of {told.event.name} that is {own}",
        )
        return None
    return "counted"


def _looks_up(
    row: Row, column: model.Column, told: Told, place: Site
) -> model.ColumnKind | None:
    if column.field.type.kind != "ref":
        place.at(told.by).key_error(
            "B520",
            f'"{told.by}" is {column.field.type}: rows are found by their key, or by '
            "a column that refers to an aggregate",
        )
        return None
    if column.field.type.required.base != ref(told.source.kind):
        place.at(told.by).key_error(
            "B521",
            f'"{told.by}" refers to {column.field.type.required}, and '
            f"{told.event.name} is an event of {told.source.kind}",
            f"name a column that refers to {told.source.kind}",
        )
        return None
    if told.field != told.source.id_field:
        place.at(told.by).error(
            "B521",
            f'the rows with this "{told.field}" would have to be there before '
            f"{told.event.name} is read, and no order between streams is kept",
            f"a row can look up the {told.source.name} that it refers to: "
            f"`{{{told.by}: {told.source.id_field}}}`",
        )
        return None
    return "looked_up"


def _fills(row: Row, told: Told) -> bool:
    """Whether the action names columns that can be filled from outside."""
    if told.shape.verb != "update":
        told.site.key_error(
            "B526",
            f"{told.event.name} is an event of {told.source.name}: it can neither "
            f"make nor end a row of {row.name}",
            "write `update:`; rows are made and ended by the events of their stream",
        )
        return False
    if not told.shape.mapping:
        told.site.key_error(
            "B505",
            f"{told.event.name} changes no column of {row.name}",
            "write what it changes: an event of another stream maps nothing by name",
        )
        return False
    fine = True
    for name in told.shape.mapping:
        place = told.site.at("update", name)
        if name not in row.columns or row.columns[name].key or name == told.by:
            place.key_error(
                "B502",
                f'{row.name} has no column "{name}" to write',
                did_you_mean(name, [each for each in row.columns if each != told.by]),
            )
            fine = False
    return fine


def _lookup(row: Row, by: str, group: Sequence[Told]) -> model.Lookup:
    stem = by.removesuffix("_id")
    table = f"{names.snake(row.name)}_{stem}"
    filled = {name for told in group for name in told.shape.mapping}
    columns = tuple(row.columns[name] for name in row.columns if name in filled)
    for column in columns:
        _check_looked_up(row, column)
    if row.columns[by].kind != "own":
        group[0].site.at("where", by).key_error(
            "B521",
            f'"{by}" is filled by another stream itself',
            "look up by a column that the row's own events fill",
        )
    source = listened(group[0].source, row.site.view)
    printed = dict(zip(_events(group[0].source), source.events, strict=True))
    changes: dict[str, tuple[model.Assignment, ...]] = {}
    for told in group:
        name = printed[told.event.name]
        before = changes.get(name, ())
        _refuse_twice(told, {each.name for each in before})
        changes[name] = (*before, *_looked_up(row, told, columns))
    return model.Lookup(
        name=names.pascal(table),
        table=table,
        constant=names.constant(table),
        function=f"look_up_{table}",
        by=row.columns[by],
        source=source,
        columns=columns,
        changes=tuple(model.Change(*each) for each in changes.items()),
    )


def _events(aggregate: model.Aggregate) -> list[str]:
    return [event.name for event in aggregate.events]


def _check_looked_up(row: Row, column: model.Column) -> None:
    place = row.site.at("columns", column.name)
    if not column.field.type.optional:
        place.error(
            "B525",
            f'"{column.name}" is looked up, and there may be nothing to find yet',
            f"make it optional: `{column.field.type}?`",
        )
    elif column.field.default:
        place.error("B525", f'"{column.name}" is looked up, so it has no default')


def _refuse_twice(told: Told, filled: set[str]) -> None:
    """Another action of an event fills other columns than the one before."""
    for name in sorted(told.shape.mapping.keys() & filled):
        told.site.at("update", name).key_error(
            "B522", f'{told.event.name} fills "{name}" in an action before this one'
        )


def _looked_up(
    row: Row, told: Told, columns: Sequence[model.Column]
) -> list[model.Assignment]:
    bindings = told.bindings | {
        f"row.{each.name}": Binding(each.field.type, f"row.{each.name}", kept=True)
        for each in columns
    }
    found = []
    for name, text in told.shape.mapping.items():
        place = told.site.at("update", name)
        target = row.columns[name].field.type
        allowed = {each.name for each in columns}
        if reads := read_columns(text) & row.columns.keys() - allowed:
            refuse_reading(place, name, min(reads))
            continue
        expression = place.expression(text, place.scope(bindings), target)
        if expression:
            code = rounded(expression, target)
            found.append(model.Assignment(name, code, f"written: {text}"))
    return found


def _tally(row: Row, group: Sequence[Told], parts: dict[str, Part]) -> model.Tally:
    source = listened(group[0].source, row.site.view)
    printed = dict(zip(_events(group[0].source), source.events, strict=True))
    table = _tally_name(row, group[0].source)
    contributions: dict[str, tuple[model.Addition, ...]] = {}
    filled: dict[str, str] = {}
    for told in group:
        arguments = []
        for name, text in told.shape.mapping.items():
            place = told.site.at("update", name)
            part = counted_part(row.columns[name], text, place, told.bindings)
            if part is None:
                continue
            first = parts.setdefault(name, part)
            if first.how != part.how:
                place.error(
                    "B524",
                    f'"{name}" is a {first.how} already, and cannot be a {part.how} '
                    "too: then the order would matter",
                    "count the two in columns of their own",
                    also=[(row.site.at("columns", name).key_span, "the column")],
                )
            filled[name] = first.how
            arguments.append(model.Assignment(name, part.code, f"written: {text}"))
        name = printed[told.event.name]
        addition = _addition(row, told, tuple(arguments))
        contributions[name] = (*contributions.get(name, ()), addition)
    return model.Tally(
        name=names.pascal(table),
        table=table,
        constant=names.constant(table),
        function=f"count_{table.removesuffix('_counts')}",
        key=row.key,
        source=source,
        counts=tuple(
            model.Counted(started(row.columns[name], filled[name]), filled[name])
            for name in row.columns
            if name in filled
        ),
        contributions=tuple(
            model.Contribution(*each) for each in contributions.items()
        ),
    )


def _tally_name(row: Row, source: model.Aggregate) -> str:
    """Domains may have aggregates of one name, so that of another domain goes along."""
    domain = source.kind.partition(".")[0]
    home = domain == row.site.view.module
    stem = "" if home or domain == names.snake(source.name) else f"{domain}_"
    return f"{names.snake(row.name)}_{stem}{names.snake(source.name)}_counts"


def _addition(
    row: Row, told: Told, arguments: tuple[model.Assignment, ...]
) -> model.Addition:
    binding = told.bindings[told.field]
    key = model.Assignment(row.key.name, binding.code, f"event's {told.field}")
    condition = f"{binding.code} is not None" if binding.type.optional else ""
    return model.Addition(condition, (key, *arguments))
