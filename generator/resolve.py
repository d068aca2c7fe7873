"""Give a blueprint its meaning: from shapes to the model that templates print.

Every mistake is reported: what cannot be resolved is left out, and the report says so
before anything is rendered. Only domains that cannot be told apart end it at once.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from generator import model, names, prose
from generator.blueprint import Blueprint
from generator.definitions import in_order, refuse_circles
from generator.derived import check_names
from generator.diagnostics import Report, did_you_mean
from generator.document import Document
from generator.imports import domain_imports, vocabulary_imports
from generator.lock import NOTHING, Locks
from generator.migrations import with_migrations
from generator.resolve_aggregate import resolve_aggregate
from generator.resolve_custom import refuse_shared
from generator.resolve_policies import with_policies
from generator.resolve_queries import resolve_query
from generator.resolve_read_models import resolve_read_model
from generator.resolve_tests import with_tests
from generator.resolve_types import ValueObjects, resolve_alias, resolve_enum
from generator.shapes import DomainShape, VocabularyShape
from generator.site import Site
from generator.symbols import SHARED, Symbols, View

CODES = {
    "B113": "A name is used twice where one thing can have it.",
    "B114": "A role names no aggregate whose id its subject could be.",
    "B115": "A time zone does not exist.",
    "B116": "A list holds the same thing twice.",
}


def resolve(
    blueprint: Blueprint,
    report: Report,
    only: Collection[str] | None = None,
    locks: Locks = NOTHING,
) -> model.Service:
    """The service that a blueprint describes, going on from what was released.

    `only` names the domains that get examples and tests where not all are wanted.
    """
    _check_domains(blueprint, report)
    symbols = Symbols.of(blueprint, report)
    roles = _roles(blueprint, symbols, report)
    sites = {
        name: Site(View(symbols, name), module.document, report, roles)
        for name, module in symbols.modules.items()
    }
    values = ValueObjects(sites)
    values.declare()
    refuse_circles(sites, values)
    symbols.compute = values.compute
    service = blueprint.service
    aggregates = {
        shape.domain: _aggregates(shape, sites[shape.domain])
        for shape, _ in blueprint.domains
    }
    _check_service(blueprint, report)
    vocabularies = {
        name: _vocabulary(name, module.shape, values, sites[name])
        for name, module in symbols.modules.items()
    }
    shared = vocabularies.pop(SHARED)
    shapes = {shape.domain: shape for shape, _ in blueprint.domains}
    # Policies name events and commands of other domains, so all domains come first.
    domains = [
        _domain(shape, vocabularies[name], aggregates, sites[name])
        for name, shape in shapes.items()
    ]
    resolved = model.Service(
        name=service.service,
        title=names.title(service.service),
        summary=prose.sentence(service.summary or names.title(service.service)),
        timezone=service.timezone,
        roles=roles,
        shared=shared if _declares_anything(shared) else None,
        domains=with_policies(domains, shapes, sites),
    )
    if not report.errors:
        resolved = with_migrations(resolved, locks)
    views = {name: site.view for name, site in sites.items()}
    return with_tests(resolved, blueprint, views, report, only)


def _roles(
    blueprint: Blueprint, symbols: Symbols, report: Report
) -> tuple[model.Role, ...]:
    document = blueprint.service_document
    listed = _listed_roles(document, report)
    known = [
        f"{module.name}.{aggregate}"
        for module in symbols.modules.values()
        for aggregate in module.aggregates
    ]
    found: list[model.Role] = []
    for name, entity in blueprint.service.roles.items():
        path = ("roles", listed.index(name) if name in listed else name)
        if problem := names.name_problem(name, "member"):
            code, message, hint = problem
            report.error(code, document.key_span(path), message, hint)
        elif same := names.same_constant(name, [role.name for role in found]):
            report.error(
                "B113",
                document.key_span(path),
                f'"{name}" and "{same}" are both {names.constant(name)} in generated '
                "code",
            )
        if entity is not None and entity not in known:
            report.error(
                "B114",
                document.span(path),
                f'"{entity}" is not an aggregate, so it cannot be who a {name} is',
                did_you_mean(entity, known) or "write domain.Aggregate, or nothing",
            )
        found.append(model.Role(name, names.constant(name), entity or ""))
    return tuple(found)


def _listed_roles(document: Document, report: Report) -> Sequence[str]:
    """The roles as they are written in a plain list, of which none stands twice."""
    written = document.data.get("roles")
    listed = written if isinstance(written, list) else []
    for index, name in enumerate(listed):
        if name in listed[:index]:
            place = document.span(("roles", index))
            report.error("B116", place, f'"{name}" is in this list already')
    return listed


def _check_service(blueprint: Blueprint, report: Report) -> None:
    service, document = blueprint.service, blueprint.service_document
    if problem := names.name_problem(service.service, "field"):
        code, message, hint = problem
        report.error(code, document.span(("service",)), message, hint)
    try:
        ZoneInfo(service.timezone)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        report.error(
            "B115",
            document.span(("timezone",)),
            f'there is no time zone "{service.timezone}"',
            "write a name of the IANA list, as Europe/Vienna",
        )


def _check_domains(blueprint: Blueprint, report: Report) -> None:
    """Every domain has a name of its own that the rest can look up."""
    wrong = False
    seen: dict[str, Document] = {}
    for shape, place in blueprint.domains:
        if problem := names.name_problem(shape.domain, "domain"):
            wrong = True
            code, message, hint = problem
            report.error(code, place.span(("domain",)), message, hint)
        if shape.domain in seen:
            wrong = True
            report.error(
                "B113",
                place.span(("domain",)),
                f'the domain "{shape.domain}" is in two files',
                also=[(seen[shape.domain].span(("domain",)), "the other one")],
            )
        seen[shape.domain] = place
    if wrong:
        report.raise_if_errors()


def _vocabulary(
    module: str, shape: VocabularyShape, values: ValueObjects, site: Site
) -> model.Vocabulary:
    aliases = tuple(
        alias
        for name, written in shape.types.items()
        if (alias := resolve_alias(name, written, site.at("types", name)))
    )
    enums = tuple(
        resolve_enum(name, members, site.at("enums", name))
        for name, members in shape.enums.items()
    )
    value_objects = tuple(
        values.finish(f"{module}.{name}") for name in shape.value_objects
    )
    return model.Vocabulary(
        module=module,
        enums=enums,
        value_objects=value_objects,
        definitions=in_order([*aliases, *value_objects], module),
        imports=vocabulary_imports(site.view),
    )


def _declares_anything(vocabulary: model.Vocabulary) -> bool:
    return bool(vocabulary.enums or vocabulary.definitions)


def _aggregates(shape: DomainShape, site: Site) -> tuple[model.Aggregate, ...]:
    return tuple(
        resolve_aggregate(name, shape.domain, written, site.at("aggregates", name))
        for name, written in shape.aggregates.items()
    )


def _domain(
    shape: DomainShape,
    vocabulary: model.Vocabulary,
    all_aggregates: Mapping[str, tuple[model.Aggregate, ...]],
    site: Site,
) -> model.Domain:
    aggregates = all_aggregates[shape.domain]
    read_models = {
        name: found
        for name, written in shape.read_models.items()
        if (
            found := resolve_read_model(
                name, written, all_aggregates, site.at("read_models", name)
            )
        )
    }
    site.view.symbols.broken.update(shape.read_models.keys() - read_models.keys())
    queries = tuple(
        query
        for name, written in shape.queries.items()
        if (
            query := resolve_query(
                name, written, read_models, aggregates, site.at("queries", name)
            )
        )
    )
    check_names(shape, site)
    refuse_shared(aggregates, site)
    return model.Domain(
        name=shape.domain,
        module=shape.domain,
        pascal=names.pascal(shape.domain),
        summary=prose.sentence(shape.summary or names.title(shape.domain)),
        constant=f"{names.constant(shape.domain)}_DOMAIN",
        imports=domain_imports(site.view),
        vocabulary=replace(vocabulary, imports=vocabulary_imports(site.view)),
        aggregates=tuple(
            replace(aggregate, routed_queries=_routed(queries, aggregate.name))
            for aggregate in aggregates
        ),
        refusals=_refusals(shape),
        read_models=tuple(read_models.values()),
        queries=queries,
        scenarios=(),
        origin=site.origin,
    )


def _routed(
    queries: tuple[model.Query, ...], aggregate: str
) -> tuple[model.Query, ...]:
    """The queries with a route, those without an argument in the path first."""
    routed = [q for q in queries if q.aggregate == aggregate and not q.internal]
    return tuple(sorted(routed, key=lambda query: query.single))


def _refusals(shape: DomainShape) -> tuple[model.Refusal, ...]:
    """Every declared error once, explained by its first message without blanks."""
    found: dict[str, str] = {}
    for aggregate in shape.aggregates.values():
        for command in aggregate.commands.values():
            for error, message, _ in command.refusals():
                plain = message if "{" not in (message or "{") else ""
                found[error] = found.get(error) or plain or ""
        for unique in aggregate.unique:
            found.setdefault(unique.error, "")
    return tuple(
        model.Refusal(name, prose.sentence(text or names.title(name)))
        for name, text in found.items()
    )
