"""Names that generated code makes out of declared ones, and what they may not hit."""

from __future__ import annotations

import keyword
from collections.abc import Iterator

from generator import names
from generator.shapes import DomainShape
from generator.site import Site
from generator.symbols import SHARED

# What every aggregate has already, and what stands at the top of every router module.
_AGGREGATE = frozenset(
    "event_types evolve existing id key_changes kind pending replay state state_type"
    " unique_errors unique_keys version".split()
)
_ROUTER = frozenset({"problems", "router"})


def check_names(shape: DomainShape, site: Site) -> None:
    """Report every name of a domain that another one, or the code around it, has."""
    seen: dict[str, Site] = {}
    for name, place in _classes(shape, site):
        taken = seen.setdefault(name, place)
        if taken is not place:
            site.report.error(
                "B113",
                place.key_span,
                f'"{name}" is declared twice in this domain',
                "each type, event, command, read model and query has its own name",
                also=[(taken.key_span, "the first one")],
            )
    _check_derived_classes(shape, site, seen)
    _check_errors(shape, site, seen)
    _check_shared(site, seen)
    _check_methods(shape, site)


def _classes(shape: DomainShape, site: Site) -> Iterator[tuple[str, Site]]:
    for group, declared in (
        ("types", shape.types),
        ("enums", shape.enums),
        ("value_objects", shape.value_objects),
        ("aggregates", shape.aggregates),
        ("read_models", shape.read_models),
        ("queries", shape.queries),
    ):
        for name in declared:
            yield name, site.at(group, name)
    for aggregate, written in shape.aggregates.items():
        home = site.at("aggregates", aggregate)
        for name in written.commands:
            yield name, home.at("commands", name)
        for name in written.events:
            yield name, home.at("events", name)


def _check_derived_classes(
    shape: DomainShape, site: Site, seen: dict[str, Site]
) -> None:
    derived = {
        f"{aggregate}{part}": f"the {word} of {aggregate}"
        for aggregate in shape.aggregates
        for part, word in (
            ("State", "state"),
            ("Event", "events"),
            ("Handlers", "handlers"),
        )
    }
    for written in shape.aggregates.values():
        derived |= {f"{name}Body": f"the body of {name}" for name in written.commands}
        for name, event in written.events.items():
            derived |= {f"{name}V{n}": f"a version of {name}" for n in event.upcasts}
    for query, asked in shape.queries.items():
        if asked.measures:
            derived[f"{query}Row"] = f"the rows of {query}"
    for name, meaning in derived.items():
        if name in seen:
            seen[name].key_error(
                "B112", f'"{name}" is what generated code calls {meaning}', _OTHER
            )
    domain = names.constant(shape.domain)
    for name in shape.read_models:
        if names.constant(name) in ("SYNC_EVENTS", f"{domain}_DOMAIN"):
            site.at("read_models", name).key_error(
                "B112",
                f'"{names.constant(name)}" is a constant of every domain',
                _OTHER,
            )


def _check_errors(shape: DomainShape, site: Site, seen: dict[str, Site]) -> None:
    for aggregate, written in shape.aggregates.items():
        home = site.at("aggregates", aggregate)
        places = [
            (error, home.at("commands", command, *path))
            for command, each in written.commands.items()
            for error, _, path in each.refusals()
        ] + [
            (unique.error, home.at("unique", index, "error"))
            for index, unique in enumerate(written.unique)
        ]
        for error, place in places:
            if error in seen:
                place.report.error(
                    "B113",
                    place.span,
                    f'the error "{error}" has the name of something else',
                    _OTHER,
                    also=[(seen[error].key_span, "the other one")],
                )


def _check_shared(site: Site, seen: dict[str, Site]) -> None:
    shared = site.view.symbols.modules[SHARED]
    for group, declared in (
        ("types", shared.shape.types),
        ("enums", shared.shape.enums),
        ("value_objects", shared.shape.value_objects),
    ):
        for name in declared:
            if name in seen:
                place = seen[name]
                other = shared.document.key_span((group, name))
                place.report.error(
                    "B113",
                    place.key_span,
                    f'"{name}" is declared for the whole service already',
                    _OTHER,
                    also=[(other, "the shared one")],
                )


def _check_methods(shape: DomainShape, site: Site) -> None:
    """Commands and queries are methods too, and aggregates are variables."""
    for aggregate, written in shape.aggregates.items():
        home = site.at("aggregates", aggregate)
        _check_method(aggregate, home, frozenset())
        for command in written.commands:
            _check_method(command, home.at("commands", command), _AGGREGATE | _ROUTER)
    for query in shape.queries:
        _check_method(query, site.at("queries", query), _ROUTER)


def _check_method(name: str, place: Site, taken: frozenset[str]) -> None:
    method = names.snake(name)
    if keyword.iskeyword(method):
        place.key_error(
            "B111", f'"{method}", made of "{name}", is a word of Python', _OTHER
        )
    elif method in taken:
        place.key_error(
            "B112", f'"{method}", made of "{name}", is a name of generated code', _OTHER
        )


_OTHER = "choose another name"
