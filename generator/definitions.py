"""The order in which types are defined, so that each stands below what it uses."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from graphlib import CycleError, TopologicalSorter
from itertools import pairwise

from generator import model
from generator.resolve_types import ValueObjects
from generator.site import Note, Site
from generator.types import Type

CODES = {
    "B403": "Value objects contain each other in a circle.",
}


def in_order(
    found: Sequence[model.Alias | model.ValueObject], module: str
) -> tuple[model.Alias | model.ValueObject, ...]:
    """Aliases and value objects of one module, what is used before who uses it."""
    by_name = {f"{module}.{each.name}": each for each in found}
    graph = {
        name: [used for used in _used_by(each) if used in by_name and used != name]
        for name, each in by_name.items()
    }
    try:
        names = tuple(TopologicalSorter(graph).static_order())
    except CycleError:
        names = tuple(by_name)
    return tuple(by_name[name] for name in names)


def refuse_circles(sites: Mapping[str, Site], values: ValueObjects) -> None:
    """Report value objects, and modules of them, that need each other."""
    fields = {name: [*_used_by(value)] for name, value in values.declared().items()}
    _refuse_circle(
        {n: [u for u in used if u in fields] for n, used in fields.items()}, sites
    )
    modules: dict[str, list[str]] = {}
    for name, used in fields.items():
        module = name.partition(".")[0]
        others = {each.partition(".")[0] for each in used} - {module}
        modules.setdefault(module, []).extend(sorted(others))
    _refuse_circle(modules, sites)


def _refuse_circle(graph: Mapping[str, list[str]], sites: Mapping[str, Site]) -> None:
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        circle = list(reversed(error.args[1]))
        module, _, value = circle[0].partition(".")
        site = sites[module]
        place = site.at("value_objects", value) if value else site.at("value_objects")
        place.key_error(
            "B403",
            f"value objects need each other in a circle: {' -> '.join(circle)}",
            "let one of them hold an id or a plain value instead",
            also=[_edge(*pair, sites) for pair in pairwise(circle)],
        )


def _edge(one: str, other: str, sites: Mapping[str, Site]) -> Note:
    """Where the first of two says that it needs the second."""
    module, _, value = one.partition(".")
    site = sites[module].at("value_objects", *([value] if value else []))
    return site.key_span, f"{one} needs {other}"


def _used_by(each: model.Alias | model.ValueObject) -> Iterator[str]:
    if isinstance(each, model.Alias):
        yield from _named(each.type)
    else:
        for field in each.fields:
            yield from _named(field.type)


def _named(kind: Type) -> Iterator[str]:
    if kind.alias:
        yield kind.alias
    if kind.kind == "value":
        yield kind.name
    for part in kind.args:
        yield from _named(part)
