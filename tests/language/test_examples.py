"""Every field has an example: deterministic, readable, and within its own rules."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from generator.diagnostics import Report
from generator.document import load
from generator.example_scalars import NAMESPACE, named_id
from generator.patterns import shortest_match
from tests.language.vocabulary import FILE, Words

STATUS = {"Status": ["requested", "checked_in"]}
ROOT = Path(__file__).parents[2]


def stay(words: Words) -> Words:
    words.declare(
        "Stay",
        words.record(check_in="date", check_out="date"),
        {"self.check_out <= self.check_in": "Check-out must be after check-in."},
        {"nights": "(self.check_out - self.check_in).days"},
    )
    return words


def one(type: str, name: str = "reason") -> str:
    words = stay(Words(STATUS))
    field = words.field(name, type)
    return words.examples.code(field, [field])


@pytest.mark.parametrize(
    ("type", "printed"),
    [
        ("str", '"Reason"'),
        ("str(min_length=8)", '"ReasonRe"'),
        ("str(max_length=3)", '"Rea"'),
        ("str(min_length=3 max_length=3)", '"Rea"'),
        ('str(pattern="^[A-Z]{3}$")', '"AAA"'),
        ('str(pattern="^[a-z]*$")', '"a"'),
        ('str(pattern="^$")', '""'),
        ('str(min_length=4 pattern="^[A-Z]+[0-9]?$")', '"AAAA"'),
        ("int", "1"),
        ("int(ge=0)", "1"),
        ("int(ge=7)", "7"),
        ("int(gt=7)", "8"),
        ("int(le=0)", "0"),
        ("int(lt=-3)", "-4"),
        ("decimal", 'Decimal("1")'),
        ("decimal(ge=0 decimal_places=2)", 'Decimal("1")'),
        ("decimal(gt=1 decimal_places=2)", 'Decimal("1.01")'),
        ("decimal(ge=1.5)", 'Decimal("1.5")'),
        ("decimal(ge=20)", 'Decimal("20")'),
        ("decimal(gt=0 lt=1 decimal_places=2)", 'Decimal("0.99")'),
        ("decimal(gt=0 lt=1)", 'Decimal("0.5")'),
        ("decimal(le=0.5)", 'Decimal("0.5")'),
        ("decimal(max_digits=2 decimal_places=2)", 'Decimal("0.99")'),
        ("float", "1.0"),
        ("float(gt=2)", "3.0"),
        ("bool", "True"),
        ("date", "date(2030, 1, 22)"),
        ("date(ge=2031-05-01)", "date(2031, 5, 1)"),
        ("date(gt=2031-05-01)", "date(2031, 5, 2)"),
        ("date(le=2020-05-01)", "date(2020, 5, 1)"),
        ("date(lt=2020-05-01)", "date(2020, 4, 30)"),
        ("datetime", "datetime(2030, 1, 22, 12, 0, tzinfo=UTC)"),
        ("duration", "timedelta(hours=1)"),
        ("duration(le=10m)", "timedelta(minutes=10)"),
        ("duration(gt=1d)", "timedelta(days=1, hours=1)"),
        ("json", "{}"),
        ("email", '"reason@example.com"'),
        ("email(max_length=15)", '"a@example.com"'),
        ("url", '"https://example.com/reason"'),
        ("bytes", "b'reason'"),
        ("bytes(max_length=2)", "b're'"),
        ("uuid", f'UUID("{named_id("reason")}")'),
        ("guest.Guest", f'UUID("{named_id("reason")}")'),
        ("Status", "Status.REQUESTED"),
        (
            "Stay",
            "Stay(check_in=date(2030, 1, 22), check_out=date(2030, 1, 23))",
        ),
        ("list(int)", "[1]"),
        ("list(int)(min_length=2)", "[1, 1]"),
        ("list(int)(max_length=0)", "[]"),
        ("map(int)", '{"reason": 1}'),
        ("str?", "None"),
    ],
)
def test_a_field_without_an_example_gets_one(type: str, printed: str) -> None:
    assert one(type) == printed


def test_an_element_is_named_like_one_of_its_list() -> None:
    assert one("list(uuid)", "guest_ids") == f'[UUID("{named_id("guest_id")}")]'
    assert one("map(str)", "labels") == '{"label": "Label"}'


def test_a_text_is_cut_between_its_words() -> None:
    assert one("str(max_length=8)", "payment_method") == '"Payment"'


def test_each_later_date_of_a_message_is_a_day_more() -> None:
    words = stay(Words())
    fields = words.record(booked="date", stay="Stay", reason="str", until="datetime?")
    fields = (*fields, *words.record(leave="datetime"))
    codes = {each.name: words.examples.code(each, fields) for each in fields}
    assert codes == {
        "booked": "date(2030, 1, 22)",
        "stay": "Stay(check_in=date(2030, 1, 23), check_out=date(2030, 1, 24))",
        "reason": '"Reason"',
        "until": "None",
        "leave": "datetime(2030, 1, 26, 12, 0, tzinfo=UTC)",
    }


def test_what_is_written_wins_over_default_and_rule() -> None:
    words = stay(Words())
    fields = (
        words.field("rate", "decimal(ge=0)", example="9.90"),
        words.field("nights", "int", example="3", default="1"),
        words.field("note", "str?", example="late arrival"),
        words.field(
            "stay", "Stay", {"check_in": "2030-03-01", "check_out": "2030-03-04"}
        ),
    )
    printed = [str(each) for each in words.examples.arguments(fields)]
    assert printed == [
        'rate=Decimal("9.90")',
        "nights=3",
        'note="late arrival"',
        "stay=Stay(check_in=date(2030, 3, 1), check_out=date(2030, 3, 4))",
    ]


def test_a_default_is_left_to_itself() -> None:
    words = Words()
    fields = (words.field("nights", "int", default="1"), words.field("note", "str?"))
    assert words.examples.arguments(fields) == ()
    assert words.examples.json(fields) == "{}"


def test_a_field_of_a_value_object_brings_its_own_example() -> None:
    words = Words()
    code = words.field("code", "str(min_length=3)", example="EUR")
    amount = words.field("amount", "decimal", default='Decimal("5")')
    words.declare("Price", [code, amount])
    price = words.field("price", "Price")
    assert words.examples.code(price, [price]) == 'Price(code="EUR")'


def test_a_named_type_brings_its_own_example() -> None:
    words = Words()
    examples = words.examples
    field = words.field("rate", "decimal")
    named = type(field.type)("decimal", alias="shared.Money")
    field = type(field)("rate", named, "Money", field.origin)
    assert examples.code(field, [field]) == 'Decimal("1")'
    written = type(examples)(
        words, "shop", examples.evaluation, examples.documents, {"shared.Money": "9.90"}
    )
    assert written.code(field, [field]) == 'Decimal("9.90")'


def test_json_examples_are_what_a_client_sends() -> None:
    words = stay(Words(STATUS))
    fields = words.record(
        guest_id="uuid",
        status="Status",
        rate="decimal",
        stay="Stay",
        at="datetime",
        pause="duration",
        photo="bytes",
        note="str?",
    )
    assert words.examples.json(fields) == (
        f'{{"guest_id": "{named_id("guest_id")}", "status": "requested", "rate": "1", '
        '"stay": {"check_in": "2030-01-22", "check_out": "2030-01-23"}, '
        '"at": "2030-01-24T12:00:00Z", "pause": "PT1H", "photo": "cGhvdG8="}'
    )


def test_what_is_not_there_is_not_in_json() -> None:
    words = Words()
    words.declare("Place", words.record(street="str", floor="int?"))
    assert words.examples.json(words.record(home="Place")) == (
        '{"home": {"street": "Street"}}'
    )


def test_a_value_object_that_may_hold_itself_comes_to_an_end() -> None:
    words = Words()
    words.declare("Node", [words.field("name", "str")])
    words.declare("Node", words.record(name="str", children="list(Node)", up="Node?"))
    field = words.field("tree", "Node")
    assert words.examples.code(field, [field]) == 'Node(name="Name", children=[])'


def problems(words: Words, *fields: object) -> list[str]:
    report = Report()
    assert words.examples.check(fields, report) == (not report.diagnostics)  # type: ignore[arg-type]
    return [f"{each.code} {each.span} {each.message}" for each in report.diagnostics]


def test_a_field_without_a_possible_example_asks_for_one() -> None:
    words = Words(document=load("a: str\nb: str\n", FILE, Report()))
    field = words.field("b", 'str(max_length=2 pattern="^[a-z]{3,}$")')
    (problem,) = problems(words, words.field("a", "str"), field)
    assert problem.startswith(f'B601 {FILE}:2:4 no example of "b" can be made: ')


def test_a_rule_that_the_filling_rules_cannot_keep_asks_for_an_example() -> None:
    text = "value_objects:\n  Range: {fields: {low: int, high: int}}\n"
    words = Words(document=load(text, FILE, Report()))
    fields = words.record(low="int", high="int")
    words.declare("Range", fields, {"self.high <= self.low": "The range is empty."})
    expected = (
        f"B601 {FILE}:2:3 the example of Range breaks its own rule: The range is empty."
    )
    direct = words.field("range", "Range")
    within_list = words.field("ranges", "list(Range)")
    assert problems(words, direct) == [expected]
    assert "The range is empty." in problems(words, within_list)[0]


@pytest.mark.parametrize(
    ("example", "expected"),
    [
        ({"check_in": "2030-03-04", "check_out": "2030-03-01"}, "Check-out must be"),
        ({"check_in": "2030-03-04"}, '"check_out" of Stay is missing'),
        ("tomorrow", "expected a mapping"),
    ],
)
def test_a_written_example_must_be_right(example: object, expected: str) -> None:
    words = stay(Words())
    (problem,) = problems(words, words.field("stay", "Stay", example))
    assert problem.startswith("B601") and expected in problem


def test_a_rule_that_takes_too_long_is_not_waited_for() -> None:
    words = Words()
    rule = "any(n < 0 for n in range(10**12))"
    words.declare("Slow", words.record(size="int"), {rule: "Never."})
    (problem,) = problems(words, words.field("slow", "Slow"))
    assert "too many steps" in problem


def test_a_computed_value_can_be_part_of_a_rule() -> None:
    words = stay(Words())
    fields = words.values["Stay"].fields
    computed = {"nights": "[n for n in range((self.check_out - self.check_in).days)]"}
    words.declare("Stay", fields, {"len(self.nights) <= 1": "Two nights."}, computed)
    (problem,) = problems(words, words.field("stay", "Stay"))
    assert problem.endswith("breaks its own rule: Two nights.")


@pytest.mark.parametrize(
    ("pattern", "length", "text"),
    [
        ("^[A-Z]{3}$", 0, "AAA"),
        (r"^\d{4}-\d{2}$", 0, "0000-00"),
        ("[^,]+", 0, "a"),
        (r"^(foo|b)\w*$", 5, "baaaa"),
        ("^[A-Z]*[0-9]*$", 3, "AAA"),
        ("^a{2,4}b{0,9}$", 8, "aaaabbbb"),
        ("(?:ab){2,}?x?", 5, "ababab"),
        (r"(a|bc)-\1", 0, "a-a"),
        ("[\u044f-\u0451]{2}", 0, "\u044f\u044f"),
        ("[\u0100-\u0110]", 0, "\u0100"),
        (r"[\D]", 0, "a"),
        ("[^a]", 0, "A"),
        ("[^a-z]", 0, "A"),
        (".", 0, "a"),
    ],
)
def test_a_pattern_has_a_shortest_match(pattern: str, length: int, text: str) -> None:
    assert shortest_match(pattern, length) == text
    assert re.search(pattern, text)


@pytest.mark.parametrize("pattern", ["(", "[", "(a{9000}){9000}", r"\p{L}"])
def test_a_pattern_that_cannot_be_followed_has_no_match(pattern: str) -> None:
    assert shortest_match(pattern) is None


def test_named_ids_are_those_of_the_service() -> None:
    source = (ROOT / "templates/service/app/common/ids.py").read_text()
    assert f'UUID("{NAMESPACE}")' in source
