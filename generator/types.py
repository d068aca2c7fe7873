"""The types a blueprint can name, and how Python and Postgres write them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any, Literal, Protocol

from generator.prose import string

Kind = Literal[
    "str",
    "int",
    "decimal",
    "float",
    "bool",
    "uuid",
    "date",
    "datetime",
    "duration",
    "json",
    "email",
    "url",
    "bytes",
    "ref",
    "enum",
    "value",
    "list",
    "map",
    "none",
]
Bound = int | float | Decimal | date | datetime | timedelta
Naming = Callable[[str], str]
Path = tuple[str | int, ...]

PYTHON: Mapping[Kind, str] = {
    "str": "str",
    "int": "int",
    "decimal": "Decimal",
    "float": "float",
    "bool": "bool",
    "uuid": "UUID",
    "date": "date",
    "datetime": "datetime",
    "duration": "timedelta",
    "json": "Json",
    "email": "str",
    "url": "str",
    "bytes": "bytes",
    "ref": "UUID",
}
CHECKED: Mapping[Kind, str] = {"email": "Email", "url": "Url", "bytes": "Bytes"}
POSTGRES: Mapping[Kind, str] = {
    "str": "text",
    "int": "numeric",  # what a fold computes may need more than 64 bits
    "decimal": "numeric",
    "float": "double precision",
    "bool": "boolean",
    "uuid": "uuid",
    "date": "date",
    "datetime": "timestamptz",
    "duration": "interval",
    "json": "jsonb",
    "email": "text",
    "url": "text",
    "bytes": "bytea",
    "ref": "uuid",
    "enum": "text",
    "value": "jsonb",
    "list": "jsonb",
    "map": "jsonb",
}
BUILTIN: tuple[Kind, ...] = tuple(PYTHON)[:-1]
ROUNDINGS = ("half_up", "half_even", "half_down", "up", "down", "ceiling", "floor")
# PostgreSQL takes some 2,700 bytes a row of an index, and a sign has up to four.
INDEXED = 600
_OF_ANY_LENGTH = frozenset({"str", "url", "bytes", "json", "value", "list", "map"})
COMPARISONS = {"ge": ">=", "gt": ">", "le": "<=", "lt": "<"}


@dataclass(frozen=True, slots=True)
class Constraints:
    """What a value must keep where it enters the service."""

    ge: Bound | None = None
    gt: Bound | None = None
    le: Bound | None = None
    lt: Bound | None = None
    min_length: int | None = None
    max_length: int | None = None
    pattern: str | None = None
    max_digits: int | None = None
    decimal_places: int | None = None
    rounding: str | None = None

    def given(self) -> dict[str, Any]:
        """The constraints that are set, in their own order."""
        pairs = ((each.name, getattr(self, each.name)) for each in fields(self))
        return {name: value for name, value in pairs if value is not None}

    def and_also(self, other: Constraints) -> Constraints:
        """These, with what the other one says instead or in addition."""
        return Constraints(**{**self.given(), **other.given()})


@dataclass(frozen=True, slots=True)
class Type:
    """A type; equal types have equal values, whatever their constraints or alias."""

    kind: Kind
    name: str = ""
    args: tuple[Type, ...] = ()
    optional: bool = False
    constraints: Constraints | None = field(default=None, compare=False)
    alias: str = field(default="", compare=False)

    @property
    def base(self) -> Type:
        """The type without its constraints and alias, through all its parts."""
        args = tuple(each.base for each in self.args)
        return replace(self, args=args, constraints=None, alias="")

    @property
    def required(self) -> Type:
        return replace(self, optional=False) if self.optional else self

    @property
    def or_none(self) -> Type:
        return self if self.optional else replace(self, optional=True)

    @property
    def element(self) -> Type:
        """What a list or map holds."""
        return self.args[0]

    @property
    def may_be_long(self) -> bool:
        """Whether a value may be longer than a sorted index takes."""
        given, kind = self.constraints, self.kind
        longest = given.max_length if given and kind in ("str", "bytes") else None
        return kind in _OF_ANY_LENGTH and (longest is None or longest > INDEXED)

    @property
    def rounding(self) -> str:
        """The name in `decimal` of how a computed value is rounded."""
        mode = self.constraints.rounding if self.constraints else None
        return f"ROUND_{(mode or 'half_up').upper()}"

    @property
    def places(self) -> int | None:
        """To how many places a computed value is rounded, if to any."""
        return self.constraints.decimal_places if self.constraints else None

    def __str__(self) -> str:
        """The type as a blueprint would name it, without constraints."""
        text = self.name if self.kind == "ref" else self.name.rpartition(".")[2]
        text = text or self.kind
        if self.args:
            text = f"{self.kind}({self.element})"
        return f"{text}?" if self.optional else text


@dataclass(frozen=True, slots=True)
class Parameter:
    """What the constructor of a value object takes under one name."""

    type: Type
    required: bool = True


class Shapes(Protocol):
    """What is known about the enums and value objects that types name."""

    @property
    def declared(self) -> Mapping[str, Type]:
        """Enums and value objects by the name this blueprint writes for them."""

    def members(self, enum: str) -> Sequence[str]:
        """The members of an enum, by its qualified name."""

    def fields(self, value: str) -> Mapping[str, Type]:
        """Everything that can be read of a value object, computed values included."""

    def parameters(self, value: str) -> Mapping[str, Parameter]:
        """What the constructor of a value object takes."""

    def naming(self, name: str) -> str:
        """The Python name for a qualified name."""


STR, INT, DECIMAL, FLOAT = Type("str"), Type("int"), Type("decimal"), Type("float")
BOOL, UUID, BYTES, JSON = Type("bool"), Type("uuid"), Type("bytes"), Type("json")
DATE, DATETIME, DURATION = Type("date"), Type("datetime"), Type("duration")


def ref(aggregate: str) -> Type:
    """The identity of an aggregate, by its qualified name."""
    return Type("ref", aggregate)


def enum(name: str) -> Type:
    return Type("enum", name)


def value_object(name: str) -> Type:
    return Type("value", name)


def list_of(element: Type) -> Type:
    return Type("list", args=(element,))


def map_of(element: Type) -> Type:
    return Type("map", args=(element,))


def annotation(type: Type, *, constrained: bool, naming: Naming) -> str:
    """The type as Python writes it; with constraints where values enter."""
    text = _annotation(type, constrained, naming)
    return f"{text} | None" if type.optional else text


def _annotation(type: Type, constrained: bool, naming: Naming) -> str:
    if constrained and type.alias:
        return naming(type.alias)
    text = _bare(type, constrained, naming)
    arguments = pydantic_arguments(type) if constrained else ""
    return f"Annotated[{text}, Field({arguments})]" if arguments else text


def _bare(type: Type, constrained: bool, naming: Naming) -> str:
    if type.kind in ("list", "map"):
        element = annotation(type.element, constrained=constrained, naming=naming)
        return f"list[{element}]" if type.kind == "list" else f"dict[str, {element}]"
    if type.kind in ("enum", "value"):
        return naming(type.name)
    if constrained and type.kind in CHECKED:
        return CHECKED[type.kind]
    return PYTHON[type.kind]


def pydantic_arguments(type: Type) -> str:
    """The constraints as arguments of pydantic's `Field`."""
    given = type.constraints.given() if type.constraints else {}
    return ", ".join(
        f"{name}={_argument(name, value)}"
        for name, value in given.items()
        if name != "rounding"
    )


def _argument(name: str, value: object) -> str:
    if name == "pattern":
        return regex(str(value))
    if isinstance(value, Decimal) and value == value.to_integral_value():
        return str(int(value))
    return python(value)


def postgres(type: Type) -> str:
    """The column type; `null` or not is the column's affair."""
    return POSTGRES[type.kind]


def check(type: Type, column: str, members: Sequence[str] = ()) -> str:
    """What Postgres can check of a column, as a condition in SQL, or nothing."""
    name = sql_name(column)
    if type.kind == "enum":
        return f"{name} IN ({', '.join(sql_text(each) for each in members)})"
    given = type.constraints.given() if type.constraints else {}
    conditions = [
        f"{name} {sign} {given[key]}"
        for key, sign in COMPARISONS.items()
        if key in given and type.kind in ("int", "decimal", "float")
    ]
    if type.kind in ("str", "email", "url"):
        length = f"char_length({name})"
        if "min_length" in given:
            conditions.append(f"{length} >= {given['min_length']}")
        if "max_length" in given:
            conditions.append(f"{length} <= {given['max_length']}")
    return " AND ".join(conditions)


def sql_name(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def sql_text(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def regex(pattern: str) -> str:
    """A Python literal for a pattern: raw where that is possible."""
    plain = pattern.isprintable() and '"' not in pattern
    if plain and "\\" in pattern and not pattern.endswith("\\"):
        return f'r"{pattern}"'
    return string(pattern)


def python(value: object) -> str:
    """A Python expression for a plain value."""
    match value:
        case str():
            return string(value)
        case Decimal():
            return f'Decimal("{value}")'
        case datetime():
            return _datetime(value)
        case date():
            return f"date({value.year}, {value.month}, {value.day})"
        case timedelta():
            return _timedelta(value)
    return repr(value)


def _datetime(moment: datetime) -> str:
    parts = [moment.year, moment.month, moment.day, moment.hour, moment.minute]
    if moment.second or moment.microsecond:
        parts.append(moment.second)
    if moment.microsecond:
        parts.append(moment.microsecond)
    return f"datetime({', '.join(map(str, parts))}, tzinfo=UTC)"


def _timedelta(span: timedelta) -> str:
    seconds = span.seconds
    units = {
        "days": span.days,
        "hours": seconds // 3600,
        "minutes": seconds % 3600 // 60,
        "seconds": seconds % 60,
        "microseconds": span.microseconds,
    }
    return f"timedelta({', '.join(f'{unit}={n}' for unit, n in units.items() if n)})"
