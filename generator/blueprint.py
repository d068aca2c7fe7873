"""Read documents as a blueprint: sort the files, and report what is of the wrong shape.

Every mistake is reported, and all of a file at once.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TypeVar

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from generator import names
from generator.diagnostics import Path, Report, did_you_mean
from generator.document import Document
from generator.shapes import DomainShape, ServiceShape, Shape

CODES = {
    "B100": "A part of the blueprint has the wrong shape.",
    "B101": "A key is not known here.",
    "B102": "A key of the language is not in this version of scaffold.",
    "B103": "A required key is missing.",
    "B104": "A file of the blueprint is missing, or two claim the same place.",
}


class Blueprint:
    """A parsed blueprint: the shapes, each beside the document it came from."""

    def __init__(
        self,
        service: ServiceShape,
        service_document: Document,
        domains: Sequence[tuple[DomainShape, Document]],
    ) -> None:
        self.service = service
        self.service_document = service_document
        self.domains = tuple(domains)


def parse(documents: Sequence[Document], report: Report) -> Blueprint:
    """Sort the files into a service and its domains, checking their shape.

    A single domain file is a blueprint too: it gets a service of its own name. Raises
    `BlueprintError` where files are not of the shape that the rest builds on; unknown
    keys are only reported.
    """
    services: list[tuple[ServiceShape, Document]] = []
    domains: list[tuple[DomainShape, Document]] = []
    for document in documents:
        if not isinstance(document.data, dict):
            _report_no_mapping(document, report)
        elif "service" in document.data:
            if service := _shaped(ServiceShape, document, report):
                services.append((service, document))
        elif "domain" in document.data:
            if domain := _shaped(DomainShape, document, report):
                domains.append((domain, document))
        else:
            report.error("B103", document.span(()), _NEITHER, _FIRST_KEY)
    for _, document in services[1:]:
        place = document.key_span(("service",))
        report.error("B104", place, "a blueprint has one service file")
    alone = len(domains) == 1 == len(documents)
    if not services and not alone and not report.errors:
        report.error("B104", documents[0].span(()), _NO_SERVICE, _FIRST_KEY)
    if any(each.code in _FATAL or each.code < "B100" for each in report.errors):
        report.raise_if_errors()
    if services:
        return Blueprint(*services[0], domains)
    shape, document = domains[0]
    roles: dict[str, str | None] = dict.fromkeys(_roles_of(shape))
    for aggregate in shape.aggregates:
        roles[names.snake(aggregate)] = f"{shape.domain}.{aggregate}"
    service = ServiceShape(service=shape.domain, summary=shape.summary, roles=roles)
    return Blueprint(service, document, domains)


_NEITHER = "this file is neither a service nor a domain"
_NO_SERVICE = "the blueprint has no service file"
_FIRST_KEY = "a service starts with `service: <name>`, a domain with `domain: <name>`"
_FATAL = frozenset({"B100", "B103", "B104"})


def _report_no_mapping(document: Document, report: Report) -> None:
    if not any(each.span.file == document.file for each in report.errors):
        message = "a blueprint file is a mapping"
        report.error("B100", document.span(()), message, _FIRST_KEY)


def _roles_of(shape: DomainShape) -> list[str]:
    """Roles that a domain file names, for when there is no service to declare them."""
    access = [
        grant
        for aggregate in shape.aggregates.values()
        for command in aggregate.commands.values()
        for grant in command.access or ()
    ] + [grant for query in shape.queries.values() for grant in query.access or ()]
    return sorted({g for g in access if g.isidentifier()} - {"public", "internal"})


S = TypeVar("S", bound=Shape)


def _shaped(shape: type[S], document: Document, report: Report) -> S | None:
    try:
        value = shape.model_validate(document.data)
    except ValidationError as problem:
        for error in problem.errors():
            _report_shape_error(error, document, report)
        return None
    for path, part, key in _unknown_keys(value, ()):
        _report_unknown_key(path, part, key, document, report)
    return value


def _report_shape_error(
    error: ErrorDetails, document: Document, report: Report
) -> None:
    path = document.known(error["loc"])
    if error["type"] == "missing":
        report.error("B103", document.span(path), f"`{error['loc'][-1]}` is missing")
        return
    said = _PLAIN_WORDS.get(error["type"], error["msg"])
    name = f"`{path[-1]}`: " if path else ""
    report.error("B100", document.span(path), f"{name}{said}", _cut_type(path))


def _cut_type(path: Path) -> str:
    """A hint where a comma inside {} has cut a type such as `list(str, max_length=3)`.

    YAML reads what stands behind the comma as another key.
    """
    cut = path and str(path[-1]).rstrip("?").endswith(")")
    return 'inside {}, a type with a comma stands in quotes: "list(...)"' if cut else ""


_PLAIN_WORDS = {
    "string_type": "a name or a text is expected here",
    "dict_type": "a mapping is expected here",
    "list_type": "a list is expected here",
    "model_type": "a mapping is expected here",
    "bool_parsing": "`true` or `false` is expected here",
    "int_parsing": "a whole number is expected here",
}


def _unknown_keys(value: object, path: Path) -> Iterator[tuple[Path, Shape, str]]:
    """Every key that no shape knows: (path of the mapping, its shape, the key)."""
    if isinstance(value, Shape):
        for key in value.model_extra or {}:
            yield path, value, key
        for name, field in type(value).model_fields.items():
            yield from _unknown_keys(getattr(value, name), (*path, field.alias or name))
    elif isinstance(value, Mapping):
        for key, item in value.items():
            yield from _unknown_keys(item, (*path, key))
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from _unknown_keys(item, (*path, index))


def _report_unknown_key(
    path: Path, part: Shape, key: str, document: Document, report: Report
) -> None:
    place = document.key_span((*document.known(path), key))
    if key in part.later:
        report.error(
            "B102",
            place,
            f"`{key}` is not in this version of scaffold",
            hint="leave it out; it is planned",
        )
        return
    names = [f.alias or n for n, f in type(part).model_fields.items()]
    known = [name for name in names if not name.endswith("place")]
    report.error(
        "B101",
        place,
        f"`{key}` is not a key here",
        hint=did_you_mean(key, known) or f"known keys: {', '.join(sorted(known))}",
    )
