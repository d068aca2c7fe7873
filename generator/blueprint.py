"""Read documents as a blueprint: sort the files, and report what is of the wrong shape.

Every mistake is reported, and all of a file at once.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TypeVar

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from generator import names
from generator.diagnostics import Report, did_you_mean
from generator.document import Document
from generator.keys import KEYS, QUOTE, Unknown, misplaced, report_unknown, unknown_keys
from generator.shape_words import meaning
from generator.shapes import DomainShape, FieldShape, RuleShape, ServiceShape, Shape
from generator.spelling import closest

CODES = {
    "B100": "A part of the blueprint has the wrong shape.",
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
    keys are only reported, unless a whole part stands below one: then what is said of
    the rest would be about its absence.
    """
    services: list[tuple[ServiceShape, Document]] = []
    domains: list[tuple[DomainShape, Document]] = []
    whole = True
    for document in documents:
        if not isinstance(document.data, dict):
            _report_no_mapping(document, report)
        elif "service" in document.data:
            service, read = _shaped(ServiceShape, document, report)
            whole &= read
            services += [(service, document)] if service else []
        elif "domain" in document.data:
            domain, read = _shaped(DomainShape, document, report)
            whole &= read
            domains += [(domain, document)] if domain else []
        else:
            report.error("B103", document.span(()), _NEITHER, _FIRST_KEY)
    for _, document in services[1:]:
        place = document.key_span(("service",))
        report.error("B104", place, "a blueprint has one service file")
    alone = len(domains) == 1 == len(documents)
    if not services and not alone and not report.errors:
        report.error("B104", documents[0].span(()), _NO_SERVICE, _FIRST_KEY)
    if not whole or any(
        each.code in _FATAL or each.code < "B100" for each in report.errors
    ):
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
    words = {grant for grant in access if grant.isidentifier()}
    return sorted(words - {"public", "internal", "owner"})


S = TypeVar("S", bound=Shape)


def _shaped(
    shape: type[S], document: Document, report: Report
) -> tuple[S | None, bool]:
    """A file in its shape, and whether no part of it stands where it is not read."""
    try:
        value = shape.model_validate(document.data)
    except ValidationError as problem:
        errors = problem.errors()
        for path in dict.fromkeys(misplaced(error["loc"]) for error in errors):
            if path:
                unknown = Unknown(path[:-1], str(path[-1]), {})
                report_unknown(unknown, document, report)
        for error in errors:
            if not misplaced(error["loc"]):
                _report_shape_error(error, document, report)
        return None, False
    whole = True
    for unknown in unknown_keys(value, ()):
        report_unknown(unknown, document, report)
        whole &= unknown.later or not isinstance(unknown.value, dict | list | Shape)
    return value, whole


def _report_shape_error(
    error: ErrorDetails, document: Document, report: Report
) -> None:
    path = document.known(error["loc"])
    if report.unreadable(document.span(path)):
        return
    if error["type"] == "missing":
        wanted = str(error["loc"][-1])
        near = closest(wanted, set(error["input"]) - KEYS)
        hint = (
            f"`{near}` is not a key here" if near else meaning(wanted, error["input"])
        )
        report.error("B103", document.span(path), f"`{wanted}` is missing", hint)
        return
    words = _PLAIN_WORDS.get(error["type"], "")
    said = words.format(**error.get("ctx", {})) or error["msg"]
    cut = _cut(str(error["loc"][-1])) if error["loc"] else ""
    hint = cut or _way_out(error)
    steps = [cut and error["loc"][-1], *reversed(path)]
    named = next((each for each in steps if each and isinstance(each, str)), "")
    name = f"`{named}`: " if named else ""
    report.error("B100", document.span(path), f"{name}{said}", hint)


def _cut(key: str) -> str:
    """A hint where a comma inside {} has cut `list(str, max_length=3)` or `max(a, b)`.

    YAML reads what stands behind the comma as another key.
    """
    return QUOTE if key.count(")") > key.count("(") else ""


def _way_out(error: ErrorDetails) -> str:
    """What to write instead; a type where a field has none."""
    if error.get("ctx", {}).get("class_name") == FieldShape.__name__:
        return f"write its type: `{error['loc'][-1]}: str`"
    if error["type"] == "dict_type" and error["loc"][-1] in _OF_FIELDS:
        return "write each with its type: {name: str, due: date}"
    if error.get("ctx", {}).get("class_name") == RuleShape.__name__:
        return "write {require: due > today, error: DueInThePast}"
    if error["type"] == "literal_error":
        return did_you_mean(str(error["input"]), WORD.findall(error["ctx"]["expected"]))
    return _WAYS_OUT.get(error["type"], "")


WORD = re.compile(r"'(\w+)'")
_OF_FIELDS = ("fields", "state", "columns")
_WAYS_OUT = {
    "dict_type": "write names and what belongs to each, one a line and further in",
    "model_type": "write its keys below it, one a line and further in",
    "list_type": "write it in brackets, or each below the other behind a dash",
    "bool_parsing": "write `true`, or leave it out",
    "one_verb": "write how the row changes, like {update: {due: due}}",
    "string_type": "write one word or text; what holds more stands in quotes",
    "not_in_a_list": "write them in brackets: [open, returned]",
    "role_in_list": "where one has an aggregate, write {guest: guest.Guest, staff: }",
}
_PLAIN_WORDS = {
    "string_type": "a name or a text is expected here",
    "dict_type": "a mapping is expected here",
    "list_type": "a list is expected here",
    "model_type": "a mapping is expected here",
    "bool_parsing": "`true` or `false` is expected here",
    "less_than_equal": "at most {le} is expected here",
    "greater_than_equal": "at least {ge} is expected here",
    "literal_error": "{expected} is expected here",
    "int_parsing": "a whole number is expected here",
}
