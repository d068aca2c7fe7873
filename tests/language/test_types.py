"""Types: how they are written, printed and stored."""

from __future__ import annotations

from typing import Annotated

import pytest
from pydantic import Field, TypeAdapter

from generator.type_text import CODES, TypeTextError, parse_type
from generator.types import (
    BUILTIN,
    DECIMAL,
    INT,
    STR,
    Constraints,
    Kind,
    Type,
    annotation,
    check,
    list_of,
    postgres,
    regex,
    sql_name,
    sql_text,
)
from tests.language.world import GUEST, LEVEL, STATUS, STAY, WORLD

MONEY = Type("decimal", constraints=Constraints(ge=0), alias="shared.Money")
NAMES = {
    **WORLD.declared,
    "guest.Guest": GUEST,
    "Money": MONEY,
    "shared.Level": LEVEL,
}


def parsed(text: str) -> Type:
    return parse_type(text, NAMES.get, NAMES).type


def refusal(text: str) -> TypeTextError:
    with pytest.raises(TypeTextError) as caught:
        parse_type(text, NAMES.get, NAMES)
    assert caught.value.code in CODES
    return caught.value


@pytest.mark.parametrize("text", BUILTIN)
def test_a_built_in_type_is_its_own_name(text: Kind) -> None:
    assert parsed(text) == Type(text)
    assert str(parsed(text)) == text


@pytest.mark.parametrize(
    ("text", "entering", "inside", "column"),
    [
        ("str", "str", "str", "text"),
        ("int?", "int | None", "int | None", "numeric"),
        ("decimal", "Decimal", "Decimal", "numeric"),
        ("float", "float", "float", "double precision"),
        ("bool", "bool", "bool", "boolean"),
        ("uuid", "UUID", "UUID", "uuid"),
        ("date", "date", "date", "date"),
        ("datetime", "datetime", "datetime", "timestamptz"),
        ("duration", "timedelta", "timedelta", "interval"),
        ("json", "Json", "Json", "jsonb"),
        ("email", "Email", "str", "text"),
        ("url?", "Url | None", "str | None", "text"),
        ("bytes", "Bytes", "bytes", "bytea"),
        ("guest.Guest", "UUID", "UUID", "uuid"),
        ("Status", "Status", "Status", "text"),
        ("Stay", "Stay", "Stay", "jsonb"),
        ("Money?", "Money | None", "Decimal | None", "numeric"),
        ("list(Stay)", "list[Stay]", "list[Stay]", "jsonb"),
        ("list(Money?)", "list[Money | None]", "list[Decimal | None]", "jsonb"),
        ("map(list(int))", "dict[str, list[int]]", "dict[str, list[int]]", "jsonb"),
        (
            "str(min_length=3)",
            "Annotated[str, Field(min_length=3)]",
            "str",
            "text",
        ),
        (
            "decimal(ge=0 decimal_places=2 rounding=half_even)?",
            "Annotated[Decimal, Field(ge=0, decimal_places=2)] | None",
            "Decimal | None",
            "numeric",
        ),
        (
            "decimal(lt=0.50)",
            'Annotated[Decimal, Field(lt=Decimal("0.50"))]',
            "Decimal",
            "numeric",
        ),
        (
            "date(ge=2020-01-31)",
            "Annotated[date, Field(ge=date(2020, 1, 31))]",
            "date",
            "date",
        ),
        (
            "Money(le=100)",
            "Annotated[Decimal, Field(ge=0, le=100)]",
            "Decimal",
            "numeric",
        ),
        (
            "list(str(max_length=3), min_length=1)",
            "Annotated[list[Annotated[str, Field(max_length=3)]], Field(min_length=1)]",
            "list[str]",
            "jsonb",
        ),
        (
            r"str(pattern='^\d{1,3}$')",
            r'Annotated[str, Field(pattern=r"^\d{1,3}$")]',
            "str",
            "text",
        ),
    ],
)
def test_a_type_is_written_once_and_printed_for_every_place(
    text: str, entering: str, inside: str, column: str
) -> None:
    type = parsed(text)
    assert annotation(type, constrained=True, naming=WORLD.naming) == entering
    assert annotation(type, constrained=False, naming=WORLD.naming) == inside
    assert postgres(type) == column


@pytest.mark.parametrize(
    "text",
    [
        "decimal(ge=0 decimal_places=2)",
        "decimal(ge=0, decimal_places=2)",
        "decimal( ge = 0 , decimal_places=2 )",
        "decimal(ge=0\n  decimal_places=2,)",
    ],
)
def test_constraints_are_parted_by_spaces_or_commas(text: str) -> None:
    assert parsed(text).constraints == Constraints(ge=0, decimal_places=2)


@pytest.mark.parametrize(
    ("text", "type", "data", "offset"),
    [
        ("int = 3", INT, "3", 6),
        ("int=3", INT, "3", 4),
        ("str? = null", STR.or_none, None, 7),
        ('str = "null"', STR, "null", 6),
        ("str = hello: world", STR, "hello: world", 6),
        ("list(int) = [1, 2]", list_of(INT), ["1", "2"], 12),
        ("Stay = {check_in: 2030-01-01}", STAY, {"check_in": "2030-01-01"}, 7),
    ],
)
def test_a_default_stands_behind_its_type(
    text: str, type: Type, data: object, offset: int
) -> None:
    found = parse_type(text, NAMES.get)
    assert found.default is not None
    assert (found.type, found.default.data) == (type, data)
    assert found.default_offset == offset


def test_a_quoted_default_is_known_as_quoted() -> None:
    quoted = parse_type('json = "3"', NAMES.get).default
    bare = parse_type("json = 3", NAMES.get).default
    assert quoted is not None and quoted.quoted(())
    assert bare is not None and not bare.quoted(())


@pytest.mark.parametrize(
    ("text", "code", "offset"),
    [
        ("", "B201", 0),
        ("3", "B201", 0),
        ("list", "B201", 4),
        ("list()", "B201", 5),
        ("str x", "B201", 4),
        ("str??", "B201", 4),
        ("str?(min_length=1)", "B201", 4),
        ("int(ge=3", "B201", 8),
        ("int(ge)", "B201", 6),
        ("int(3)", "B201", 4),
        ("str =", "B201", 5),
        ("str = [", "B201", 7),
        ("str(pattern='abc)", "B201", 12),
        ("str(pattern=(a|b))", "B201", 12),
        (r"str(pattern=a{1,3})", "B201", 12),
        ("str(" * 200, "B201", 0),
        ("Statsu", "B202", 0),
        ("list(list(Statsu))", "B202", 10),
        ("guest.Gest", "B202", 0),
        ("str(ge=3)", "B203", 4),
        ("Status(ge=1)", "B203", 7),
        ("json(min_length=1)", "B203", 5),
        ("int(decimal_places=2)", "B203", 4),
        ("int(gee=1)", "B203", 4),
        ("int(ge=a)", "B204", 7),
        ("int(ge=1.5)", "B204", 7),
        ("date(ge=2030-02-30)", "B204", 8),
        ("str(min_length=-1)", "B204", 15),
        ("str(max_length=²)", "B204", 15),
        ("decimal(max_digits=0)", "B204", 19),
        ("decimal(decimal_places=2 rounding=sideways)", "B204", 34),
        ("str(pattern='[')", "B204", 12),
        ("str(pattern='(?=a)b')", "B204", 12),
        (r"str(pattern='(a)\1')", "B204", 12),
        ("int(ge=1 ge=2)", "B204", 9),
        ("int(ge=1 gt=2)", "B204", 4),
        ("int(ge=3 le=2)", "B204", 4),
        ("int(gt=3 lt=3)", "B204", 4),
        ("Money(lt=0)", "B204", 6),
        ("str(min_length=3 max_length=2)", "B204", 4),
        ("decimal(max_digits=2 decimal_places=3)", "B204", 8),
        ("decimal(rounding=up)", "B204", 8),
    ],
)
def test_a_mistake_in_a_type_is_refused_at_its_place(
    text: str, code: str, offset: int
) -> None:
    found = refusal(text)
    assert (found.code, found.offset) == (code, offset), found.message


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ("Statsu", 'did you mean "Status"?'),
        ("string", "write str"),
        ("Integer", "write int"),
        ("list", "write list(str)"),
        ("int(gee=1)", 'did you mean "ge"?'),
        ("str(ge=1)", "it has: min_length, max_length, pattern"),
        ("str?(min_length=1)", "the ? stands last"),
    ],
)
def test_a_mistake_in_a_type_comes_with_a_way_out(text: str, hint: str) -> None:
    assert refusal(text).hint == hint


def test_a_length_may_be_nothing() -> None:
    assert parsed("str(min_length=0)").constraints == Constraints(min_length=0)
    assert parsed("decimal(max_digits=1 decimal_places=0)").places == 0


def test_a_computed_value_is_rounded_as_its_type_says() -> None:
    assert parsed("decimal(decimal_places=2)").rounding == "ROUND_HALF_UP"
    banker = parsed("decimal(decimal_places=2 rounding=half_even)")
    assert (banker.places, banker.rounding) == (2, "ROUND_HALF_EVEN")
    assert parsed("decimal").places is None


def test_a_type_is_its_base_type_whatever_its_constraints() -> None:
    assert MONEY == DECIMAL
    assert MONEY.base.constraints is None
    assert list_of(MONEY).base.element.alias == ""
    assert INT.or_none.required == INT


@pytest.mark.parametrize(
    ("text", "condition"),
    [
        ("Status", "\"x\" IN ('requested', 'it''s')"),
        ("int(ge=1 lt=9)", '"x" >= 1 AND "x" < 9'),
        ("decimal(gt=-0.5 decimal_places=2)", '"x" > -0.5'),
        (
            "str(min_length=1 max_length=9)",
            'char_length("x") >= 1 AND char_length("x") <= 9',
        ),
        ("str(pattern=a)", ""),
        ("date(ge=2020-01-01)", ""),
        ("uuid", ""),
    ],
)
def test_a_column_is_checked_where_postgres_can(text: str, condition: str) -> None:
    assert check(parsed(text), "x", ["requested", "it's"]) == condition


def test_text_of_a_blueprint_cannot_leave_its_sql_literal() -> None:
    assert sql_text("a'; DROP TABLE x; --") == "'a''; DROP TABLE x; --'"
    assert sql_name('a"b') == '"a""b"'


@pytest.mark.parametrize(
    "pattern",
    [r"^\d+$", "a'b", 'a"b', "ends\\\\", r"a\"b\d", "new\nline", "\u202e", "é", "{x}"],
)
def test_a_pattern_is_printed_as_the_same_pattern(pattern: str) -> None:
    printed = regex(pattern)
    assert eval(printed) == pattern
    assert printed.isprintable()


@pytest.mark.parametrize("text", ["str(pattern='^[a-z]+$')", "int(ge=1)", "list(int)"])
def test_what_is_printed_is_what_pydantic_understands(text: str) -> None:
    printed = annotation(parsed(text), constrained=True, naming=WORLD.naming)
    TypeAdapter(eval(printed, {"Annotated": Annotated, "Field": Field}))


def test_an_enum_is_known_by_its_qualified_name() -> None:
    assert parsed("Status") == STATUS
    assert parsed("Status").name == "hotel.Status"
