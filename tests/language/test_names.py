"""Names: their forms, and which of them generated code can bear."""

from __future__ import annotations

import builtins
import keyword

import pytest
from pydantic import BaseModel

from generator.names import (
    CODES,
    LONGEST,
    PYDANTIC,
    Kind,
    constant,
    identifier_problem,
    kebab,
    name_problem,
    pascal,
    plural,
    snake,
    title,
    unknown,
)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("Reservation", "reservation"),
        ("GetRoom", "get_room"),
        ("OAuth2Token", "oauth2_token"),
        ("IPv4Address", "ipv4_address"),
        ("HTTPServer", "http_server"),
        ("HTTP2Server", "http2_server"),
        ("ABTest", "ab_test"),
        ("VatID", "vat_id"),
        ("PlanAReview", "plan_a_review"),
        ("Room2Guest", "room2_guest"),
        ("S3Bucket", "s3_bucket"),
        ("EUR", "eur"),
        ("A", "a"),
        ("check_in", "check_in"),
        ("line_2", "line_2"),
    ],
)
def test_the_words_of_a_name_are_found(name: str, expected: str) -> None:
    assert snake(name) == expected
    assert snake(snake(name)) == snake(name)


def test_a_name_has_one_form_for_every_place() -> None:
    assert pascal("order_line") == pascal("OrderLine") == "OrderLine"
    assert kebab("OrderLine") == "order-line"
    assert title("OrderLine") == "Order line"
    assert constant("checked_in") == "CHECKED_IN"
    assert constant("US_DOLLAR") == "US_DOLLAR"
    assert pascal("OAuth2Token") == "OAuth2Token"


@pytest.mark.parametrize(
    ("one", "many"),
    [("guest", "guests"), ("OrderLine", "OrderLines"), ("person", "people")],
)
def test_many_have_a_name_too(one: str, many: str) -> None:
    assert plural(one) == many


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("Reservation", "type"),
        ("OAuth2Token", "type"),
        ("check_in", "field"),
        ("days", "field"),
        ("id", "field"),
        ("name", "column"),
        ("requested", "member"),
        ("EUR", "member"),
        ("property", "member"),
        ("guest", "domain"),
        ("night", "local"),
    ],
)
def test_a_good_name_is_accepted(name: str, kind: Kind) -> None:
    assert identifier_problem(name, kind) is None


@pytest.mark.parametrize(
    ("name", "kind", "code"),
    [
        ("reservation", "type", "B110"),
        ("Order_Line", "type", "B110"),
        ("Größe", "type", "B110"),
        ("1st", "field", "B110"),
        ("checkIn", "field", "B110"),
        ("_secret", "field", "B110"),
        ("two__lines", "field", "B110"),
        ("trailing_", "field", "B110"),
        ("naïve", "field", "B110"),
        ("a\n", "field", "B110"),
        ("", "field", "B110"),
        ("x; import os", "field", "B110"),
        ("../up", "domain", "B110"),
        ("checkedIn", "member", "B110"),
        ("a" * (LONGEST + 1), "field", "B110"),
        ("A" * (LONGEST + 1), "type", "B110"),
        ("class", "field", "B111"),
        ("in", "member", "B111"),
        ("today", "member", "B111"),
        ("true", "field", "B111"),
        ("None", "type", "B111"),
        ("import", "domain", "B111"),
        ("Decimal", "type", "B112"),
        ("Event", "type", "B112"),
        ("ValueError", "type", "B112"),
        ("Role", "type", "B112"),
        ("infra", "domain", "B112"),
        ("shared", "domain", "B112"),
        ("state", "field", "B112"),
        ("command", "field", "B112"),
        ("self", "field", "B112"),
        ("json", "field", "B112"),
        ("model_config", "field", "B112"),
        ("date", "field", "B112"),
        ("list", "field", "B112"),
        ("event_type", "field", "B112"),
        ("version", "event field", "B112"),
        ("live", "column", "B112"),
        ("stream_version", "column", "B112"),
        ("xmin", "column", "B112"),
        ("cursor", "filter", "B112"),
        ("len", "local", "B112"),
        ("print", "local", "B112"),
        ("context", "local", "B112"),
    ],
)
def test_a_name_that_would_break_generated_code_is_refused(
    name: str, kind: Kind, code: str
) -> None:
    found = name_problem(name, kind)
    assert found is not None
    assert found[0] == code
    assert code in CODES
    assert identifier_problem(name, kind) == found[1]


def test_a_name_in_the_wrong_form_is_offered_in_the_right_one() -> None:
    found = name_problem("checkIn", "field")
    assert found is not None
    assert found[2] == 'write "check_in"'


@pytest.mark.parametrize(
    ("name", "kind"), [("True", "field"), ("Self", "field"), ("At", "event field")]
)
def test_no_name_is_offered_that_would_be_refused(name: str, kind: Kind) -> None:
    found = name_problem(name, kind)
    assert found is not None
    assert found[2] == "choose another name"


def test_a_kind_of_name_has_its_article() -> None:
    found = name_problem("checkIn", "event field")
    assert found is not None
    assert found[1].startswith('"checkIn" is not an event field name: ')
    found = name_problem("a" * (LONGEST + 1), "event field")
    assert found is not None
    assert found[1].startswith("an event field name has at most")


def test_every_attribute_of_a_pydantic_model_is_refused_as_a_field() -> None:
    attributes = {name for name in dir(BaseModel) if not name.startswith("_")}
    assert attributes <= PYDANTIC


def test_no_keyword_and_no_builtin_type_becomes_a_name() -> None:
    for word in keyword.kwlist:
        assert name_problem(word, "field"), word
    for word in vars(builtins):
        if word[0].isupper():
            assert name_problem(word, "type"), word


def test_an_unknown_name_is_answered_by_what_there_is() -> None:
    assert unknown("cuont", ["count", "total"]) == 'did you mean "count"?'
    assert unknown("zebra", ["count", "total"]) == "known here: count, total"
    many = unknown("zebra", [f"name{i}" for i in range(10, 30)])
    assert many.startswith("known here: name10, name11, ")
    assert many.endswith("name17 and 12 more")
    assert unknown("zebra", []) == ""
