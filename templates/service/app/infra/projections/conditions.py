"""Conditions on rows, and their SQL; values travel as parameters, never as text."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Literal, TypeAlias

import msgspec

from app.common.actor import SYSTEM, Actor, OwnerColumn
from app.common.errors import Forbidden
from app.common.read_models import Column, Table
from app.infra.projections.rows import quoted

Operator = Literal[
    "=", "!=", "<", "<=", ">", ">=", "in", "contains", "starts_with", "is_null"
]


@dataclass(frozen=True, slots=True)
class Where:
    """A column compared with a value; an optional one without a value is left out."""

    column: str
    operator: Operator
    value: Any
    optional: bool = False


@dataclass(frozen=True, slots=True)
class AllOf:
    """Each of these holds."""

    conditions: tuple["Condition", ...]


@dataclass(frozen=True, slots=True)
class AnyOf:
    """At least one of these holds."""

    alternatives: tuple["Condition", ...]


@dataclass(frozen=True, slots=True)
class Not:
    """This does not hold; a condition that SQL cannot decide does not."""

    condition: "Condition"


@dataclass(frozen=True, slots=True)
class Everything:
    """No condition at all."""


Condition: TypeAlias = Where | AllOf | AnyOf | Not | Everything


def all_of(*conditions: Condition) -> Condition:
    """Holds where each of these does."""
    return AllOf(conditions)


def any_of(*alternatives: Condition) -> Condition:
    """Holds where at least one of these does."""
    return AnyOf(alternatives)


def negated(condition: Condition) -> Condition:
    """Holds wherever this does not, rows without a value included."""
    return Not(condition)


def visible_to(actor: Actor, *grants: str | OwnerColumn) -> Condition:
    """The rows that the grants show to this actor; a refusal if they show none."""
    if actor is SYSTEM or any(isinstance(g, str) and actor.has(g) for g in grants):
        return Everything()
    owned = tuple(
        Where(grant.column, "=", actor.id)
        for grant in grants
        if isinstance(grant, OwnerColumn)
        and actor.has(grant.role)
        and actor.id is not None
    )
    if not owned:
        raise Forbidden()
    return AnyOf(owned)


@dataclass(slots=True)
class Parameters:
    """The values of a statement, in the order of their placeholders."""

    values: list[Any] = field(default_factory=list)

    def add(self, value: Any) -> str:
        """The placeholder of one more value."""
        self.values.append(value)
        return f"${len(self.values)}"


def condition_sql(
    table: Table[Any], condition: Condition, parameters: Parameters
) -> str:
    """The condition as SQL over the columns of the table."""
    match condition:
        case Everything():
            return "true"
        case AllOf(conditions):
            parts = [condition_sql(table, part, parameters) for part in conditions]
            return f"({' AND '.join(parts) or 'true'})"
        case AnyOf(alternatives):
            parts = [condition_sql(table, part, parameters) for part in alternatives]
            return f"({' OR '.join(parts) or 'false'})"
        case Not(negative):
            # `NOT` of an unknown is unknown; here what is not true does not hold.
            return f"({condition_sql(table, negative, parameters)}) IS NOT TRUE"
        case Where(optional=True, value=None):
            return "true"
        case Where(operator=operator, value=None) if operator not in _OF_NOTHING:
            return "false"
        case Where(name, operator, value):
            column = table.column(name)
            return _OPERATORS[operator](column, value, parameters)


def _compared(operator: str) -> Callable[[Column, Any, Parameters], str]:
    def sql(column: Column, value: Any, parameters: Parameters) -> str:
        return f"{quoted(column.name)} {operator} {_typed(column, value, parameters)}"

    return sql


def _equal(column: Column, value: Any, parameters: Parameters) -> str:
    if value is None:
        return f"{quoted(column.name)} IS NULL"
    return f"{quoted(column.name)} = {_typed(column, value, parameters)}"


def _different(column: Column, value: Any, parameters: Parameters) -> str:
    if value is None:
        return f"{quoted(column.name)} IS NOT NULL"
    return f"{quoted(column.name)} IS DISTINCT FROM {_typed(column, value, parameters)}"


def _one_of(column: Column, value: Any, parameters: Parameters) -> str:
    placeholder = parameters.add([_parameter(column, item) for item in value])
    return f"{quoted(column.name)} = ANY ({placeholder}::{column.type}[])"


def _contains(column: Column, value: Any, parameters: Parameters) -> str:
    if column.type == "jsonb":
        placeholder = parameters.add(_parameter(column, [value]))
        return f"{quoted(column.name)} @> {placeholder}::jsonb"
    return f"strpos({quoted(column.name)}, {parameters.add(str(value))}) > 0"


def _starts_with(column: Column, value: Any, parameters: Parameters) -> str:
    return f"starts_with({quoted(column.name)}, {parameters.add(str(value))})"


def _is_null(column: Column, value: Any, parameters: Parameters) -> str:
    return f"{quoted(column.name)} IS {'NULL' if value else 'NOT NULL'}"


def _typed(column: Column, value: Any, parameters: Parameters) -> str:
    return f"{parameters.add(_parameter(column, value))}::{column.type}"


def _parameter(column: Column, value: Any) -> Any:
    if column.type == "jsonb":
        return msgspec.Raw(msgspec.json.encode(value))
    return value


# The others compare nothing with anything, and so hold for no row.
_OF_NOTHING: Final = frozenset({"=", "!=", "is_null"})

_OPERATORS: Final[Mapping[Operator, Callable[[Column, Any, Parameters], str]]] = {
    "=": _equal,
    "!=": _different,
    "<": _compared("<"),
    "<=": _compared("<="),
    ">": _compared(">"),
    ">=": _compared(">="),
    "in": _one_of,
    "contains": _contains,
    "starts_with": _starts_with,
    "is_null": _is_null,
}
