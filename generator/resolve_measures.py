"""`group_by:` and `measures:` of a query: rows counted and added up."""

from __future__ import annotations

import re
from collections.abc import Mapping

from generator import model, names
from generator.diagnostics import did_you_mean
from generator.shapes import QueryShape
from generator.site import Site
from generator.types import DECIMAL, INT, Type, annotation

CODES = {
    "B531": "A measure is not one, or does not fit its column.",
    "B532": "A query is grouped by what has no groups, or for nothing.",
}

_MEASURE = re.compile(r"(?P<function>\w+)\(\s*(?P<column>\w*)\s*\)")
_ADDED = frozenset({"int", "decimal", "float", "duration"})
_ORDERED = frozenset({*_ADDED, "str", "email", "url", "date", "datetime"})
_FITTING: Mapping[str, frozenset[str]] = {
    "sum": _ADDED,
    "avg": _ADDED,
    "min": _ORDERED,
    "max": _ORDERED,
}
_FUNCTIONS = ("count", *_FITTING)
_KNOWN = "known: count(), sum(x), avg(x), min(x), max(x)"
_WHOLE = frozenset({"value", "map", "json", "list", "bytes"})


def resolve_groups(
    shape: QueryShape, columns: Mapping[str, model.Field], site: Site
) -> tuple[model.Field, ...]:
    """The columns whose values make the groups."""
    if shape.group_by and not shape.measures:
        site.at("group_by").key_error(
            "B532", "groups without measures say nothing", "add `measures:`"
        )
    found = []
    for index, name in enumerate(shape.group_by):
        lonely = len(shape.group_by) == 1
        place = site.at("group_by") if lonely else site.at("group_by", index)
        column = columns.get(name)
        if column is None:
            place.missing(
                name,
                "B532",
                f'there is no column "{name}" to group by',
                names.unknown(name, columns),
            )
        elif column.type.kind in _WHOLE:
            place.error("B532", f"{column.type} has no groups")
        elif column in found:
            place.error("B532", f'"{name}" is named twice')
        else:
            found.append(column)
    return tuple(found)


def resolve_measures(
    shape: QueryShape, columns: Mapping[str, model.Field], site: Site
) -> tuple[model.Measure, ...]:
    """What is counted or added up, each under its name."""
    found = []
    for name, written in shape.measures.items():
        place = site.at("measures", name)
        if problem := names.name_problem(name, "field"):
            place.key_error(*problem)
        if name in shape.group_by:
            place.key_error("B531", f'"{name}" is a column of the group already')
        measure = _measure(name, written, bool(shape.group_by), columns, place)
        if measure:
            found.append(measure)
    return tuple(found)


def _measure(
    name: str,
    written: str,
    grouped: bool,
    columns: Mapping[str, model.Field],
    site: Site,
) -> model.Measure | None:
    match = _MEASURE.fullmatch(written.strip())
    if match is None or match["function"] not in _FUNCTIONS:
        word = written.partition("(")[0]
        site.error(
            "B531", f"{written} is no measure", did_you_mean(word, _FUNCTIONS) or _KNOWN
        )
        return None
    function, argument = match["function"], match["column"]
    if function == "count":
        if argument:
            said = "count() takes no column: it counts rows"
            site.error("B531", said, "leave out the rows with `where:`")
            return None
        return model.Measure(_field(name, INT, site), "count", "")
    column = columns.get(argument)
    if column is None:
        site.missing(
            argument,
            "B531",
            f'there is no column "{argument}" to measure',
            names.unknown(argument, columns),
        )
        return None
    if column.type.kind not in _FITTING[function]:
        site.error("B531", f"{function}() does not fit {column.type.required}")
        return None
    kind = _answer(function, column.type, grouped)
    return model.Measure(_field(name, kind, site), function, argument)


def _answer(function: str, column: Type, grouped: bool) -> Type:
    """A sum of nothing is zero; nothing has no average, no least and no greatest."""
    kind = column.required.base
    if function == "sum":
        return kind
    if function == "avg" and kind == INT:
        kind = DECIMAL
    return kind if grouped and not column.optional else kind.or_none


def _field(name: str, kind: Type, site: Site) -> model.Field:
    printed = annotation(kind, constrained=False, naming=site.view.naming)
    return model.Field(name, kind, printed, site.origin)
