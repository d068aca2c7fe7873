"""The shape of a blueprint: which keys there are, and what kind of thing each holds.

Shape only. A name, type or expression is still text here; `resolve` gives it meaning.
Every scalar arrives as its source text, so `1.10` and `on` are what the author wrote.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Annotated, Any, ClassVar, Literal, get_args

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Discriminator,
    Field,
    Tag,
    field_validator,
    model_validator,
)
from pydantic_core import PydanticCustomError

from generator.diagnostics import Path


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


def _expressions(value: object) -> object:
    """Take the null of YAML for the null of an expression, which looks the same.

    What a comma has cut off of an expression is a key without a value too.
    """
    if not isinstance(value, dict):
        return _mapped(value)
    return {
        name: "null" if each is None and name.isidentifier() else each
        for name, each in value.items()
    }


def _in_brackets(value: object) -> object:
    """Refuse the words of an enum that brackets do not make a list."""
    if isinstance(value, dict) or (isinstance(value, str) and "," in value):
        raise PydanticCustomError("not_in_a_list", "the words of an enum are a list")
    return value


Names = Annotated[list[str], BeforeValidator(_listed)]
Words = Annotated[Names, BeforeValidator(_in_brackets)]
Expressions = Annotated[dict[str, str], BeforeValidator(_expressions)]


class FieldShape(Shape):
    """A field: `email`, `str(min_length=3)`, or the long form with `type:`."""

    later = frozenset({"personal"})

    type: str
    default: Any = None
    summary: str = ""
    example: Any = None
    secret: bool = False
    was: Names = []

    @model_validator(mode="before")
    @classmethod
    def _short_form(cls, value: object) -> object:
        return {"type": value} if isinstance(value, str) else value


Fields = Annotated[dict[str, FieldShape], BeforeValidator(_mapped)]


class RuleShape(Shape):
    """What must hold, and how its refusal is called."""

    require: str
    error: str | None = None
    message: str | None = None


class CustomRuleShape(Shape):
    """A rule that a function of `custom.py` keeps, and how it may refuse."""

    custom: str
    errors: Names = Field(default=[], alias="error")


def _written(value: object) -> str:
    """How a rule or emission is written; no key of the language is called so."""
    by_hand = isinstance(value, dict) and "custom" in value
    return "by hand" if by_hand else "in the blueprint"


Rules = list[
    Annotated[
        Annotated[RuleShape, Tag("in the blueprint")]
        | Annotated[CustomRuleShape, Tag("by hand")],
        Discriminator(_written),
    ]
]


class ValueObjectShape(Shape):
    """A value with rules of its own and computed properties."""

    summary: str = ""
    fields: Fields
    rules: Rules = []
    computed: Expressions = {}


class EmissionShape(Shape):
    """One event that a command may emit, with the fields that are written out."""

    event: str
    condition: str | None = Field(default=None, alias="if")
    mapping: Expressions = Field(default={}, alias="with")
    place: tuple[str | int, ...] = ()
    mapping_place: tuple[str | int, ...] = ()

    def possible(self, declared: Iterable[str]) -> Sequence[str]:
        """The events that it may lead to, of those that the aggregate declares."""
        return [self.event]

    def fills(self, field: str) -> bool:
        """Whether it gives a field of its events a value of its own."""
        return field in self.mapping


class CustomEmissionShape(Shape):
    """Events that a function of `custom.py` chooses; left out, any of the aggregate."""

    custom: str
    events: Names = []
    errors: Names = Field(default=[], alias="error")
    condition: str | None = Field(default=None, alias="if")
    place: tuple[str | int, ...] = ()

    def possible(self, declared: Iterable[str]) -> Sequence[str]:
        """The events that it may lead to, of those that the aggregate declares."""
        known = list(declared)
        return [event for event in self.events if event in known] or known

    def fills(self, field: str) -> bool:
        """Whether it gives a field of its events a value of its own."""
        return True


Emissions = list[
    Annotated[
        Annotated[EmissionShape, Tag("in the blueprint")]
        | Annotated[CustomEmissionShape, Tag("by hand")],
        Discriminator(_written),
    ]
]


def _emissions(value: object) -> object:
    """Bring every way to write `emits` into one list, remembering the places."""
    if isinstance(value, list):
        nested = [_emission(item, (index,)) for index, item in enumerate(value)]
        return [emission for items in nested for emission in items]
    return _emission(value, ())


def _emission(value: object, place: Path) -> list[object]:
    if isinstance(value, str):
        return [{"event": value, "place": place, "mapping_place": place}]
    if isinstance(value, dict) and "custom" in value:
        return [{**value, "place": place}]
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
    rules: Rules = []
    emits: Annotated[Emissions, BeforeValidator(_emissions)] = []

    def refusals(self) -> Iterator[tuple[str, str | None, Path]]:
        """Each refusal that it declares, with its message, and the place."""
        for index, rule in enumerate(self.rules):
            place: Path = ("rules", index, "error")
            if isinstance(rule, CustomRuleShape):
                for number, error in enumerate(rule.errors):
                    yield error, None, (*place, number)
            elif rule.error:
                yield rule.error, rule.message, place
        for emission in self.emits:
            if isinstance(emission, CustomEmissionShape):
                for number, error in enumerate(emission.errors):
                    yield error, None, ("emits", *emission.place, "error", number)


class UpcastShape(Shape):
    """How the version before is read: what it had, and what is made of that."""

    had: Fields = Field(default={}, alias="from")
    assign: Expressions = Field(default={}, alias="set")

    @model_validator(mode="before")
    @classmethod
    def _nothing_written(cls, value: object) -> object:
        return {} if value is None else value


class EventShape(Shape):
    """Something that happened to an aggregate."""

    later = frozenset({"erases", "public", "personal"})

    summary: str = ""
    was: Names = []
    version: int = Field(default=1, ge=1, le=999)
    upcasts: dict[str, UpcastShape] = {}
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

    later = frozenset({"id", "keep"})

    summary: str = ""
    was: Names = []
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


Verb = Literal["insert", "update", "upsert", "delete"]
_VERBS: tuple[Verb, ...] = get_args(Verb)
_ONE_VERB = "one of `insert`, `update`, `upsert` and `delete` is expected here"


class ActionShape(Shape):
    """What an event does to a row: that of its stream, or those that `where` names.

    With `for_each`, to one child row for each element of a list.
    """

    verb: Verb
    mapping: Expressions = {}
    where: Expressions = {}
    for_each: str | None = None
    place: tuple[str | int, ...] = ()

    @model_validator(mode="before")
    @classmethod
    def _written_forms(cls, value: object) -> object:
        if isinstance(value, str):
            return {"verb": value}
        if isinstance(value, dict):
            verbs = [key for key in _VERBS if key in value]
            if len(verbs) == 1:
                rest = {k: v for k, v in value.items() if k != verbs[0]}
                return {"verb": verbs[0], "mapping": value[verbs[0]], **rest}
            if not verbs and {"where", "for_each"} & value.keys():
                return {"verb": "update", **value}
            if "verb" not in value:
                raise PydanticCustomError("one_verb", _ONE_VERB)
        return value


def _actions(value: object) -> object:
    """Let one action stand for a list of one, remembering where each is written."""
    if not isinstance(value, list):
        return [value]
    return [
        {**item, "place": (index,)}
        if isinstance(item, dict)
        else {"verb": item, "place": (index,)}
        for index, item in enumerate(value)
    ]


Actions = Annotated[list[ActionShape], BeforeValidator(_actions)]


class ReadModelShape(Shape):
    """A table that answers questions, filled by events."""

    later = frozenset({"was"})

    summary: str = ""
    key: Names
    columns: Fields
    indexes: list[Names] = []
    on: dict[str, Actions]


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

    summary: str = ""
    source: str = Field(alias="from")
    by: Names = []
    where: str | None = None
    filter: list[FilterShape] = []
    sort: Names = []
    page: int = Field(default=50, ge=1, le=500)
    group_by: Names = []
    measures: Expressions = {}
    cache: str | None = None
    access: Names | None = None


class PolicyShape(Shape):
    """Whenever this event, then this command."""

    later = frozenset({"for_each"})

    summary: str = ""
    on: str
    send: str
    mapping: Expressions = Field(default={}, alias="with")
    condition: str | None = Field(default=None, alias="if")
    at: str | None = None


class ScenarioShape(Shape):
    """An example of the domain's behaviour, which becomes a unit test."""

    later = frozenset({"saga", "reads", "calls", "after"})

    name: str
    given: Annotated[list[Any], BeforeValidator(_listed)] = []
    when: Any
    then: Any
    now: str | None = None
    actor: str | None = Field(default=None, alias="as")


class VocabularyShape(Shape):
    """What a service and a domain can both declare."""

    summary: str = ""
    types: dict[str, FieldShape] = {}
    enums: dict[str, Words] = {}
    value_objects: dict[str, ValueObjectShape] = {}


class DomainShape(VocabularyShape):
    """One bounded context: one file."""

    later = frozenset({"sagas", "schedules", "push", "adapters", "tenant", "settings"})

    domain: str
    aggregates: dict[str, AggregateShape] = {}
    read_models: dict[str, ReadModelShape] = {}
    queries: dict[str, QueryShape] = {}
    policies: dict[str, PolicyShape] = {}
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
            if not all(isinstance(role, str) for role in value):
                raise PydanticCustomError("role_in_list", "in a list, a role is a word")
            return dict.fromkeys(value)
        return value
