"""Queries: what may be asked of a read model, in which order, and who may ask."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta

from generator import model, names, prose
from generator.access import Gate, http_verb, resolve_access
from generator.resolve_measures import resolve_groups, resolve_measures
from generator.resolve_where import resolve_where
from generator.scalars import read_scalar
from generator.shapes import FilterShape, QueryShape
from generator.site import Site
from generator.types import Type, annotation, list_of, python

CODES = {
    "B510": "A query reads a read model that this domain does not have.",
    "B511": "A filter or sort of a query does not fit its column.",
    "B533": "A query has keys that do not go together.",
    "B534": "An answer cannot be kept: for no time, or while it changes by itself.",
}

_NO_READ_MODEL = "declare one under `read_models:`"


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
        site.at("from").missing(
            shape.source,
            "B510",
            f'this domain has no read model "{shape.source}"',
            names.unknown(shape.source, read_models) or _NO_READ_MODEL,
        )
        return None
    own = next(each for each in aggregates if each.name == source.aggregate)
    columns = {column.name: column.field for column in source.columns}
    _refuse_mixtures(shape, site)
    fields, where = _conditions(shape, source, columns, site)
    fixed = (
        resolve_where(shape.where, columns, site.at("where")) if shape.where else None
    )
    clock = fixed is not None and fixed.clock
    site.at("access").refuse_twice(shape.access or ())
    site.at("filter").refuse_twice([each.name for each in shape.filter])
    site.at("sort").refuse_twice(shape.sort)
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
        single=bool(shape.by),
        where=where,
        sorts=_sorts(shape, source, columns, site),
        page=shape.page,
        access=access.grants,
        public=access.public,
        internal=access.internal,
        path=_path(name, shape, source, own),
        aggregate=own.name,
        origin=site.origin,
        fixed=fixed.code if fixed else "",
        fixed_text=shape.where or "",
        clock=clock,
        group_by=resolve_groups(shape, columns, site),
        measures=resolve_measures(shape, columns, site),
        cache_for=_kept_for(shape, clock, site),
        granted=tuple(shape.access or ()),
    )


def _refuse_mixtures(shape: QueryShape, site: Site) -> None:
    """Say which keys of a query have no meaning beside its others."""
    if shape.by and site.written("page"):
        site.at("page").key_error("B533", "one row by its key has no pages")
    if not shape.measures:
        return
    for key, written in (("by", shape.by), ("sort", shape.sort)):
        if written:
            site.at(key).key_error(
                "B533",
                f"`{key}` has no meaning where rows are added up",
                "measures take `where:`, `filter:` and `group_by:`",
            )
    if site.written("page"):
        site.at("page").key_error("B533", "the answer of measures has no pages")


def _kept_for(shape: QueryShape, clock: bool, site: Site) -> str:
    """The printed duration of `cache:`, or empty."""
    if shape.cache is None:
        return ""
    place = site.at("cache")
    try:
        duration = read_scalar("duration", shape.cache)
    except ValueError as expected:
        place.error("B534", f"`cache:` takes {expected}")
        return ""
    assert isinstance(duration, timedelta)
    if duration <= timedelta(0):
        place.error("B534", "an answer is kept for longer than no time at all")
    if clock:
        place.error(
            "B534",
            "the answer changes with the clock, so it cannot be kept",
            "leave out `cache:`, or `now` and `today` in `where:`",
        )
    return python(duration)


def _path(
    name: str, shape: QueryShape, source: model.ReadModel, own: model.Aggregate
) -> str:
    if shape.by:
        base = f"/{{{own.id_field}}}"
        whole = name == f"Get{own.name}" and not source.elements
        return base if whole else f"{base}/{http_verb(name, own.name)}"
    if name == f"List{names.pascal(own.plural)}":
        return ""
    return f"/{http_verb(name, own.name)}"


def _conditions(
    shape: QueryShape,
    source: model.ReadModel,
    columns: Mapping[str, model.Field],
    site: Site,
) -> tuple[tuple[model.Field, ...], tuple[model.Where, ...]]:
    if shape.by:
        keys = (source.key, *source.elements)
        if sorted(shape.by) != sorted(keys):
            site.at("by").error(
                "B511",
                f'`by:` takes the key of {source.name}, which is "{", ".join(keys)}"',
                "for another column write a list with `filter:`",
            )
        if shape.filter or shape.sort:
            site.key_error("B511", "a query `by` a key has no filter and no sort")
        named = tuple(columns[key] for key in keys if key in columns)
        return named, tuple(
            model.Where(key.name, "=", f"query.{key.name}", False) for key in named
        )
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
        site.missing(
            name,
            "B511",
            f'{source.name} has no column "{name}" to filter by',
            names.unknown(name, columns),
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
    if shape.op == "is_null" and not column.type.optional:
        site.error(
            "B511",
            f'"{name}" is never missing, so there is nothing to ask for',
            f"leave the filter out, or make the column optional: `{kind}?`",
            also=[site.declared(column.origin, "the column")],
        )
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
            place.missing(
                name,
                "B511",
                f'{source.name} has no column "{name}" to sort by',
                names.unknown(name, columns),
            )
        elif columns[name].type.kind in ("value", "map", "json", "list"):
            place.error("B511", f"{columns[name].type} has no order to sort by")
    return tuple(shape.sort) or (source.key,)
