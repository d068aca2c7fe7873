"""How values of one type become values of another, and where two types meet."""

from __future__ import annotations

from dataclasses import replace

from generator.expressions import code
from generator.expressions.code import Code
from generator.types import DECIMAL, FLOAT, STR, Type

NUMBERS = ("int", "decimal", "float")
TEXTS = ("str", "email", "url")
IDS = ("uuid", "ref")
ORDERED = (*NUMBERS, *TEXTS, "date", "datetime", "duration")
UNHASHABLE = ("list", "map", "json", "none")


def convert(found: Code, want: Type) -> Code | None:
    """The code as a value of the wanted type, or None if it is not one."""
    if found.type.kind == "none":
        return found.cast(want) if want.optional or want == found.type else None
    if found.type.optional and not want.optional:
        return None
    have, target = found.type.required, want.required
    if have == target or _same_python(have, target):
        return found.cast(want)
    if have.optional or found.type.optional:
        return None
    if target.kind == "decimal" and have.kind == "int":
        return as_decimal(found).cast(want)
    if target.kind == "float" and (found.number or have.kind == "int"):
        return as_float(found).cast(want)
    return None


def _same_python(have: Type, want: Type) -> bool:
    """Whether values of one type are values of the other without a conversion."""
    if have.kind in ("list", "map") and have.kind == want.kind:
        parts = have.element, want.element
        return parts[0].optional == parts[1].optional and (
            parts[0] == parts[1] or _same_python(parts[0].required, parts[1].required)
        )
    if want.kind == "str":
        return have.kind in TEXTS
    ids = have.kind in IDS and want.kind in IDS
    return ids and "uuid" in (have.kind, want.kind)


def as_decimal(found: Code) -> Code:
    if found.number:
        return Code(
            DECIMAL, f'Decimal("{found.number}")', number=found.number, constant=True
        )
    return code.call(DECIMAL, "Decimal", found.text)


def as_float(found: Code) -> Code:
    if found.number:
        text = repr(float(found.number))
        return replace(found, type=FLOAT, text=text, level=level_of(text))
    return code.call(FLOAT, "float", found.text)


def as_real(found: Code) -> Code:
    """An integer of any size as a float, where nothing may fail."""
    return code.call(FLOAT, "saturating.real", found.text)


def level_of(number: str) -> int:
    return code.UNARY if number.startswith("-") else code.ATOM


def unify(type: Type, other: Code) -> Type | None:
    """The type that holds values of both, or None."""
    if type.kind == "none":
        return other.type.or_none
    if other.type.kind == "none":
        return type.or_none
    optional = type.optional or other.type.optional
    have, want = type.required, other.type.required
    joined = _unify(have, want)
    return joined.or_none if joined and optional else joined


def _unify(one: Type, other: Type) -> Type | None:
    if one == other:
        return one
    kinds = {one.kind, other.kind}
    if kinds == {"int", "decimal"}:
        return DECIMAL
    if kinds == {"int", "float"}:
        return FLOAT
    if kinds <= set(TEXTS):
        return STR
    if kinds == set(IDS):
        return one if one.kind == "uuid" else other
    return None


def meeting(one: Code, other: Code) -> Type | None:
    """The type in which two values are compared."""
    if any(each.number for each in (one, other)):
        kinds = {one.type.kind, other.type.kind}
        if kinds == {"decimal", "float"}:
            literal = one if one.type.kind == "decimal" else other
            return FLOAT if literal.number else None
    return unify(one.type.required, other.cast(other.type.required))


def why_not(one: Type, other: Type) -> str:
    if {one.kind, other.kind} == {"decimal", "float"}:
        return "decimal is exact and float is not: make them one type"
    if {one.kind, other.kind} == {"date", "datetime"}:
        return "take the date of the datetime: x.date"
    if one.kind == other.kind == "ref":
        return "they name different aggregates"
    return ""
