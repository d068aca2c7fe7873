"""The shape of a blueprint: which keys there are, and what kind of thing each holds.

Shape only. A name, type or expression is still text here; `resolve` gives it meaning.
Every scalar arrives as its source text, so `1.10` and `on` are what the author wrote.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Annotated, Any, ClassVar, Literal, TypeVar

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationError,
    field_validator,
    model_validator,
)
from pydantic_core import ErrorDetails

from generator import names
from generator.diagnostics import Path, Report, did_you_mean
from generator.document import Document

CODES = {
    "B100": "A part of the blueprint has the wrong shape.",
    "B101": "A key is not known here.",
    "B102": "A key of the language is not in this version of scaffold.",
    "B103": "A required key is missing.",
    "B104": "A file of the blueprint is missing, or two claim the same place.",
}


class Shape(BaseModel):
    """One mapping of the language.

    Keys it does not know are kept while pydantic parses, and reported afterwards
    together with all others. `later` names keys of the language that this version
    refuses.
    """

    model_config = ConfigDict(extra="allow", frozen=True, populate_by_name=True)
    later: ClassVar[frozenset[str]] = frozenset()


def _listed(value: object) -> object:
    """Let one thing stand for a list of one."""
    if value is None:
        return []
    return value if isinstance(value, list) else [value]


def _mapped(value: object) -> object:
    """Let a key without a value stand for an empty mapping."""
    return {} if value is None else value


Names = Annotated[list[str], BeforeValidator(_listed)]
Expressions = Annotated[dict[str, str], BeforeValidator(_mapped)]


class FieldShape(Shape):
    """A field: `email`, `str(min_length=3)`, or the long form with `type:`."""

    later = frozenset({"personal", "was"})

    type: str
    default: Any = None
    summary: str = ""
    example: Any = None
    secret: bool = False

    @model_validator(mode="before")
    @classmethod
    def _short_form(cls, value: object) -> object:
        return {"type": value} if isinstance(value, str) else value


Fields = Annotated[dict[str, FieldShape], BeforeValidator(_mapped)]


class RuleShape(Shape):
    """What must hold, and how its refusal is called."""

    later = frozenset({"custom"})

    require: str
    error: str | None = None
    message: str | None = None


class ValueObjectShape(Shape):
    """A value with rules of its own and computed properties."""

    summary: str = ""
    fields: Fields
    rules: list[RuleShape] = []
    computed: Expressions = {}


class EmissionShape(Shape):
    """One event that a command may emit, with the fields that are written out."""

    later = frozenset({"custom"})

    event: str
    condition: str | None = Field(default=None, alias="if")
    mapping: Expressions = Field(default={}, alias="with")
    place: tuple[str | int, ...] = ()
    mapping_place: tuple[str | int, ...] = ()


def _emissions(value: object) -> object:
    """Bring every way to write `emits` into one list, remembering the places."""
    if isinstance(value, list):
        nested = [_emission(item, (index,)) for index, item in enumerate(value)]
        return [emission for items in nested for emission in items]
    return _emission(value, ())


def _emission(value: object, place: Path) -> list[object]:
    if isinstance(value, str):
        return [{"event": value, "place": place, "mapping_place": place}]
    if isinstance(value, dict) and "event" in value:
        return [{**value, "place": place, "mapping_place": (*place, "with")}]
    if isinstance(value, dict):
        return [
            {
                "event": name,
                "with": mapping,
                "place": (*place, name),
                "mapping_place": (*place, name),
            }
            for name, mapping in value.items()
        ]
    return [value]


class CommandShape(Shape):
    """What somebody may ask of an aggregate."""

    later = frozenset({"reads", "calls", "on_error", "returns", "let", "id"})

    summary: str = ""
    creates: bool = False
    fields: Fields = {}
    origins: Names = Field(default=[], alias="from")
    access: Names | None = None
    rules: list[RuleShape] = []
    emits: Annotated[list[EmissionShape], BeforeValidator(_emissions)] = []


class EventShape(Shape):
    """Something that happened to an aggregate."""

    later = frozenset({"version", "upcasts", "erases", "was", "public", "personal"})

    summary: str = ""
    target: str | None = Field(default=None, alias="to")
    assign: Expressions = Field(default={}, alias="set")
    sync: str | None = None
    fields: Fields = {}


class UniqueShape(Shape):
    """A key that one aggregate at a time may hold."""

    of: Names
    while_in: Names = Field(default=[], alias="while")
    error: str


class AggregateShape(Shape):
    """A consistency boundary: its state, its commands, its events."""

    later = frozenset({"id", "keep", "was"})

    summary: str = ""
    state: Fields = {}
    lifecycle: str | None = None
    unique: list[UniqueShape] = []
    commands: dict[str, CommandShape] = {}
    events: dict[str, EventShape] = {}

    @field_validator("commands", "events", mode="before")
    @classmethod
    def _bare_names(cls, value: object) -> object:
        if isinstance(value, dict):
            return {k: {} if v is None else v for k, v in value.items()}
        return value


Verb = Literal["insert", "update", "delete"]


class ActionShape(Shape):
    """What an event does to the row of its stream."""

    later = frozenset({"where", "upsert", "for_each"})

    verb: Verb
    mapping: Expressions = {}

    @model_validator(mode="before")
    @classmethod
    def _written_forms(cls, value: object) -> object:
        if isinstance(value, str):
            return {"verb": value}
        if isinstance(value, dict):
            verbs = [key for key in ("insert", "update", "delete") if key in value]
            if len(verbs) == 1:
                rest = {k: v for k, v in value.items() if k != verbs[0]}
                return {"verb": verbs[0], "mapping": value[verbs[0]], **rest}
            if not verbs and cls.later & value.keys():
                return {"verb": "update", **value}
        return value


class ReadModelShape(Shape):
    """A table that answers questions, filled by events."""

    later = frozenset({"was"})

    summary: str = ""
    key: str
    columns: Fields
    indexes: list[Names] = []
    on: dict[str, ActionShape]


Operator = Literal[
    "=", "!=", "<", "<=", ">", ">=", "in", "contains", "starts_with", "is_null"
]


class FilterShape(Shape):
    """A condition that the caller of a query fills in: `status?` or the long form."""

    name: str
    column: str = ""
    op: Operator = "="
    optional: bool = False

    @model_validator(mode="before")
    @classmethod
    def _short_form(cls, value: object) -> object:
        if isinstance(value, str):
            value = {"name": value}
        if isinstance(value, dict) and isinstance(value.get("name"), str):
            name = value["name"]
            if name.endswith("?"):
                value = {**value, "name": name[:-1], "optional": "true"}
        return value


class QueryShape(Shape):
    """A question that a read model answers."""

    later = frozenset({"where", "cache", "group_by", "measures"})

    summary: str = ""
    source: str = Field(alias="from")
    by: str | None = None
    filter: list[FilterShape] = []
    sort: Names = []
    page: int = Field(default=50, ge=1, le=500)
    access: Names | None = None


class ScenarioShape(Shape):
    """An example of the domain's behaviour, which becomes a unit test."""

    later = frozenset({"saga", "reads", "calls", "after"})

    name: str
    given: list[Any] = []
    when: Any
    then: Any
    now: str | None = None
    actor: str | None = Field(default=None, alias="as")


class VocabularyShape(Shape):
    """What a service and a domain can both declare."""

    summary: str = ""
    types: dict[str, FieldShape] = {}
    enums: dict[str, Names] = {}
    value_objects: dict[str, ValueObjectShape] = {}


class DomainShape(VocabularyShape):
    """One bounded context: one file."""

    later = frozenset(
        {"policies", "sagas", "schedules", "push", "adapters", "tenant", "settings"}
    )

    domain: str
    aggregates: dict[str, AggregateShape] = {}
    read_models: dict[str, ReadModelShape] = {}
    queries: dict[str, QueryShape] = {}
    scenarios: list[ScenarioShape] = []


class ServiceShape(VocabularyShape):
    """The service as a whole: `service.yaml`."""

    later = frozenset({"tenant", "settings"})

    service: str
    timezone: str = "UTC"
    roles: dict[str, str | None] = {}

    @field_validator("roles", mode="before")
    @classmethod
    def _plain_list(cls, value: object) -> object:
        if isinstance(value, list):
            return {role: None for role in value if isinstance(role, str)}
        return value


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
    report.error("B100", document.span(path), f"{name}{said}")


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
