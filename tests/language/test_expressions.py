"""Expressions: what they print, what they refuse and where, and what they know."""

from __future__ import annotations

import time

import pytest

from generator.expressions import (
    CODES,
    Expression,
    ExpressionError,
    Scope,
    compile_condition,
    compile_expression,
)
from generator.types import (
    DECIMAL,
    FLOAT,
    INT,
    UUID,
    Type,
    list_of,
)
from tests.language.accepted_expressions import (
    CONDITIONS,
    NUMBERS,
    VALUES,
    WANTED,
)
from tests.language.world import (
    GUEST,
    IN_FOLD,
    LEVEL,
    SCOPE,
    STATUS,
)

REFUSED = [
    # Not written as expressions are.
    ("", "B301", 0),
    ("count +", "B301", 7),
    ("count = 3", "B301", 6),
    ("active && vip", "B301", 8),
    # Parts of Python that blueprints do not have.
    ("lambda: 1", "B302", 0),
    ("count + (lambda: 1)", "B302", 9),
    ("f'{count}'", "B302", 0),
    ("count ** 2", "B302", 0),
    ("(x := 1)", "B302", 1),
    ("{'a': 1}", "B302", 0),
    ("{1, 2}", "B302", 0),
    ("b'x'", "B302", 0),
    ("1j", "B302", 0),
    ("1e3", "B302", 0),
    ("...", "B302", 0),
    ("~count", "B302", 0),
    ("name[0:2]", "B304", 0),
    ("numbers[0:2]", "B302", 0),
    ("max(*numbers)", "B302", 4),
    ("[x for x in numbers for y in names]", "B302", 0),
    ("[x for x, y in lines]", "B302", 7),
    ("(count)(1)", "B303", 0),
    ("numbers[0](1)", "B302", 0),
    ("requested in states or requested in [Status.confirmed]", "B303", 23),
    ("count is 3", "B302", 9),
    ("1 < count is None", "B302", 0),
    ("count # much", "B302", 6),
    # Names.
    ("cuont + 1", "B303", 0),
    ("1 + cuont", "B303", 4),
    ("'é' + nmae", "B303", 6),
    ("  cuont", "B303", 2),
    ("count +\n  cuont", "B303", 10),
    ("state.totl", "B303", 0),
    ("event.att", "B303", 0),
    ("stay.nigths > 1", "B303", 0),
    ("count.__class__", "B303", 0),
    ("().__class__", "B302", 0),
    ("name.format(name)", "B303", 0),
    ("name.lower", "B303", 0),
    ("__import__('os')", "B303", 0),
    ("open('x')", "B303", 0),
    ("status == requsted", "B303", 10),
    ("Status.requsted == status", "B303", 0),
    ("Statsu.requested == status", "B303", 0),
    ("requested", "B303", 0),
    ("requested == confirmed", "B303", 0),
    ("Stay(check_inn=day, check_out=day)", "B303", 5),
    # Types.
    ("event", "B304", 0),
    ("count + name", "B304", 0),
    ("weight * amount", "B304", 0),
    ("weight == amount", "B304", 0),
    ("day + 1", "B304", 0),
    ("day + hours(1)", "B304", 0),
    ("day + pause", "B304", 0),
    ("moment - day", "B304", 0),
    ("moment < day", "B304", 0),
    ("active + 1", "B304", 0),
    ("active < vip", "B304", 0),
    ("status < former", "B305", 9),
    ("status < Status.confirmed", "B304", 0),
    ("guest_id == room_id", "B304", 0),
    ("guest_id < guest_id", "B304", 0),
    ("status == level", "B304", 0),
    ("name == 3", "B304", 0),
    ("name and active", "B304", 0),
    ("not count", "B304", 4),
    ("1 if count else 2", "B304", 5),
    ("1 if active else 'a'", "B304", 17),
    ("[1, 'a']", "B304", 4),
    ("[]", "B304", 0),
    ("9223372036854775808", "B304", 0),
    ("len(count)", "B304", 4),
    ("sum(names)", "B304", 4),
    ("sorted(states)", "B304", 7),
    ("any(numbers)", "B304", 4),
    ("round(count)", "B304", 6),
    ("[x for x in count]", "B304", 12),
    ("days(1.5)", "B304", 5),
    ("3 in names", "B304", 0),
    ("count in count", "B304", 9),
    ("numbers == names", "B304", 0),
    ("-name", "B304", 0),
    ("-active", "B304", 0),
    ("max(states)", "B304", 4),
    ("first(count)", "B304", 6),
    ("first(name)", "B304", 6),
    ("unique(numbers if active else names)", "B304", 30),
    ("unique([numbers])", "B304", 7),
    ("abs(name)", "B304", 4),
    ("max(day, moment)", "B304", 9),
    # What may be missing.
    ("limit > 3", "B305", 0),
    ("limit + 1", "B305", 0),
    ("limit in numbers", "B305", 0),
    ("limit in [1, 2]", "B305", 0),
    ("-limit", "B305", 1),
    ("sum([limit])", "B304", 4),
    ("sorted([limit])", "B305", 7),
    ("max([limit])", "B305", 4),
    ("None", "B304", 0),
    ("[None]", "B304", 0),
    ("[None for x in numbers]", "B304", 1),
    ("trial.nights", "B305", 0),
    ("limit is not None or limit > 3", "B305", 21),
    ("limit is None and limit > 3", "B305", 18),
    ("(limit is not None or active) and limit > 3", "B305", 34),
    ("[x.note.lower() for x in [stay]]", "B305", 1),
    ("max(limit, 1)", "B305", 4),
    # Two meanings.
    ("[count for count in numbers]", "B306", 11),
    ("[state for state in numbers]", "B306", 11),
    ("[event for event in numbers]", "B306", 11),
    ("[len for len in numbers]", "B306", 9),
    ("[context for context in numbers]", "B306", 13),
    # Answers that are fixed.
    ("1 == 1", "B309", 0),
    ("-(1 + 2) < 0.5", "B309", 0),
    ("Status.requested == Status.requested", "B309", 0),
    ("limit == None", "B309", 9),
    ("count is None", "B309", 0),
    ("active == true", "B309", 10),
    ("active and true", "B309", 11),
    ("active and active", "B309", 11),
    ("active and not active", "B309", 15),
    ("count > 1 or count <= 1", "B309", 13),
    ("true if active else false", "B309", 0),
    ("count if active else count", "B309", 0),
    ("status == requested and status == confirmed", "B309", 24),
    ("status == requested and status != confirmed", "B309", 24),
    ("(status == requested or status == confirmed) and status == cancelled",
     "B309", 49),
    ("status in [requested, confirmed] and status == cancelled", "B309", 37),
    ("status not in [requested, confirmed] and status == cancelled", "B309", 41),
    ("(former is None or former == requested) and former == confirmed", "B309", 44),
    ("status in [requested, confirmed, cancelled]", "B309", 0),
    ("count in []", "B309", 9),
    ("1 in [1, 2]", "B309", 0),
    ("active in [vip]", "B309", 0),
    ("'a' in 'abc'", "B309", 0),
    ("'a'.upper()", "B309", 0),
    ("count / 0", "B309", 0),
    ("count % 0.0", "B309", 0),
    # Arguments.
    ("new_id(1)", "B310", 0),
    ("days()", "B310", 0),
    ("len(names, names)", "B310", 0),
    ("round(amount, count)", "B310", 14),
    ("sorted(numbers, reverse=true)", "B310", 16),
    ("max()", "B310", 0),
    ("name.startswith()", "B310", 0),
    ("Stay(day, day)", "B310", 5),
    ("Stay(check_in=day)", "B310", 0),
    ("first()", "B310", 0),
    ("sum()", "B310", 0),
    ("abs(1, 2)", "B310", 0),
    ("range()", "B310", 0),
    ("range(0, 100_001)", "B310", 0),
    ("sum(sum(range(count)) for x in numbers)", "B302", 8),
    ("[len(range(x)) for x in range(count)]", "B302", 5),
    ("unique()", "B310", 0),
    ("any()", "B310", 0),
    ("sorted()", "B310", 0),
    ("round()", "B310", 0),
]  # fmt: skip
HINTS = [
    ("cuont > 1", 'did you mean "count"?'),
    ("status == requsted", 'did you mean "requested"?'),
    ("requested", "write Status.requested"),
    ("state.totl > 1", 'did you mean "total"?'),
    ("lenn(name)", 'did you mean "len"?'),
    ("Sty(check_in=day, check_out=day)", 'did you mean "Stay"?'),
    ("Stay(check_inn=day, check_out=day)", 'did you mean "check_in"?'),
    ("limit > 3", "test it first: limit is not None and ..."),
    ("limit == None", "write limit is None"),
    ("not count", "write a comparison, like count > 0"),
    ("day + 1", "write days(...)"),
    ("active && vip", "write `and` and `or`"),
    ("name.lower == name", "write lower()"),
    ("moment.date() == day", "write .date without parentheses"),
    ("moment < day", "take the date of the datetime: x.date"),
    ("moment - day", "take the date of the datetime: x.date"),
    ("weight < amount", "decimal is exact and float is not: make them one type"),
    ("guest_id == room_id", "they name different aggregates"),
    ("'n' + count", "only texts are joined; a message takes other values in braces"),
    ("Stay(day, day)", "write Stay(check_in=..., check_out=..., note=...)"),
    ("event", "name one of its fields: at, version"),
    ("active == false", "write active or not active"),
]


def refusal(
    source: str, scope: Scope = SCOPE, want: Type | None = None
) -> ExpressionError:
    with pytest.raises(ExpressionError) as caught:
        compile_expression(source, scope, want)
    return caught.value


@pytest.mark.parametrize(("source", "printed", "type"), NUMBERS + VALUES)
def test_an_expression_prints_what_it_says(
    source: str, printed: str, type: Type
) -> None:
    found = compile_expression(source, SCOPE)
    assert (found.code, found.type) == (printed, type)


@pytest.mark.parametrize(("source", "printed"), CONDITIONS)
def test_a_condition_prints_what_it_says(source: str, printed: str) -> None:
    assert compile_condition(source, SCOPE).code == printed


@pytest.mark.parametrize(("source", "type", "printed"), WANTED)
def test_a_wanted_type_goes_down_into_the_parts(
    source: str, type: Type, printed: str
) -> None:
    found = compile_expression(source, SCOPE, type)
    assert (found.code, found.type) == (printed, type)


@pytest.mark.parametrize(("source", "code", "offset"), REFUSED)
def test_a_mistake_is_refused_at_its_place(source: str, code: str, offset: int) -> None:
    found = refusal(source)
    assert (found.code, found.offset) == (code, offset), found.message
    assert found.code in CODES


@pytest.mark.parametrize(("source", "hint"), HINTS)
def test_a_mistake_comes_with_a_way_out(source: str, hint: str) -> None:
    assert refusal(source).hint == hint


@pytest.mark.parametrize("source", ["now", "today", "new_id()"])
def test_what_happened_does_not_depend_on_the_clock(source: str) -> None:
    assert refusal(source, IN_FOLD).code == "B307"


@pytest.mark.parametrize(
    "source",
    [
        "count / other",
        "count // other",
        "count % other",
        "numbers[0]",
        "first(lines).price",
        "max(numbers)",
        "min(x.price for x in lines)",
        "amount // 3",
        "amount % 3",
        "round(weight)",
    ],
)
def test_what_can_fail_is_flagged_and_refused_in_folds(source: str) -> None:
    assert compile_expression(source, SCOPE).partial
    assert refusal(source, IN_FOLD).code == "B308"


@pytest.mark.parametrize(
    "source",
    ["count / 2", "count // 2", "weight % 2", "round(amount)", "max(count, 0)"],
)
def test_what_cannot_fail_is_allowed_in_folds(source: str) -> None:
    assert not compile_expression(source, IN_FOLD).partial


def test_a_name_that_is_a_field_and_a_member_is_refused() -> None:
    names = {**SCOPE.names, "gold": SCOPE.names["count"]}
    scope = Scope(names, SCOPE.shapes)
    found = refusal("level == gold", scope)
    assert (found.code, found.offset, found.hint) == ("B306", 9, "write Level.gold")
    assert refusal("gold", scope, LEVEL).code == "B306"
    assert refusal("gold == level", scope).code == "B306"
    assert refusal("level in [silver, gold]", scope).code == "B306"
    qualified = compile_condition("level == Level.gold", scope)
    assert qualified.code == "command.level == Level.GOLD"


@pytest.mark.parametrize(
    ("source", "negated"),
    [
        ("count > 1", "command.count <= 1"),
        ("weight > 1", "not command.weight > 1.0"),
        ("active", "not command.active"),
        ("not active", "command.active"),
        ("active and vip", "not (command.active and command.vip)"),
        ("not (active and vip)", "command.active and command.vip"),
        ("0 < count < 3", "not 0 < command.count < 3"),
        ("status in [requested]", "command.status not in (Status.REQUESTED,)"),
    ],
)
def test_a_condition_prints_its_opposite(source: str, negated: str) -> None:
    assert compile_condition(source, SCOPE).negated == negated


@pytest.mark.parametrize(
    ("rule", "later"),
    [
        ("limit is not None", "limit > 3"),
        ("active and limit is not None", "limit > 3"),
        ("not (limit is None or active)", "limit > 3"),
        ("trial is not None and trial.note is not None", "trial.note.lower() == name"),
        ("status != requested", "status == confirmed"),
    ],
)
def test_what_a_rule_requires_is_known_to_later_ones(rule: str, later: str) -> None:
    facts = compile_condition(rule, SCOPE).facts
    compile_condition(later, SCOPE.knowing(facts))


@pytest.mark.parametrize(
    ("rule", "later", "code"),
    [
        ("limit is None or active", "limit > 3", "B305"),
        ("status == requested", "status == confirmed", "B309"),
        ("status == requested", "status == requested", "B309"),
        ("status != requested", "requested == status", "B309"),
        ("active", "active and vip", "B309"),
        ("not active", "active and vip", "B309"),
        ("limit is not None", "limit is None", "B309"),
    ],
)
def test_a_later_rule_says_something_new(rule: str, later: str, code: str) -> None:
    facts = compile_condition(rule, SCOPE).facts
    assert refusal(later, SCOPE.knowing(facts)).code == code


def test_a_condition_is_true_or_false() -> None:
    with pytest.raises(ExpressionError) as caught:
        compile_condition("limit", SCOPE)
    assert caught.value.hint == "write a comparison, like limit is not None"


@pytest.mark.parametrize(
    ("want", "source", "code"),
    [
        (INT, "amount", "B304"),
        (INT, "0.5", "B304"),
        (INT, "limit", "B305"),
        (INT, "None", "B305"),
        (FLOAT, "amount", "B304"),
        (Type("email"), "name", "B304"),
        (GUEST, "room_id", "B304"),
        (UUID, "count", "B304"),
        (INT, "key", "B304"),
        (list_of(DECIMAL), "numbers", "B304"),
        (list_of(INT.or_none), "numbers", "B304"),
        (STATUS, "level", "B304"),
        (STATUS, "reqested", "B303"),
    ],
)
def test_a_value_of_another_type_is_refused(want: Type, source: str, code: str) -> None:
    assert refusal(source, SCOPE, want).code == code


def test_an_expression_has_a_limit_in_characters_and_in_parts() -> None:
    assert refusal("1 + " * 125 + "1").code == "B301"
    assert refusal("1+" * 150 + "1").code == "B301"
    assert refusal("(" * 240 + "1" + ")" * 240).code == "B301"
    compile_expression("1+" * 90 + "1", SCOPE)


@pytest.mark.parametrize(
    "source",
    [
        "(s if(" * 28 + "active" + ")else requested)" * 28,
        "not " * 120 + "active",
        "(status if (" * 15 + "active" + ") == vip else requested)" * 15,
        "[" * 190 + "]" * 190,
        "-" * 480 + "1",
    ],
)
def test_a_hostile_expression_is_answered_at_once(source: str) -> None:
    start = time.perf_counter()
    try:
        found: Expression | ExpressionError = compile_expression(source[:500], SCOPE)
    except ExpressionError as error:
        found = error
    assert found is not None
    assert time.perf_counter() - start < 2


def test_a_name_alone_is_known_as_a_path() -> None:
    assert compile_expression("state.total", SCOPE).path == "state.total"
    assert compile_expression("state.total + 1", SCOPE).path == ""


@pytest.mark.parametrize(
    "source",
    [
        "day + days(1)",
        "moment - hours(3)",
        "today + days(count)",
        "now + days(1234567)",
        "pause * 2",
        "pause + pause",
    ],
)
def test_what_leaves_the_calendar_is_flagged_in_commands_alone(source: str) -> None:
    assert compile_expression(source, SCOPE).partial
    later = source.replace("today", "day").replace("now", "moment")
    assert not compile_expression(later, IN_FOLD).partial


@pytest.mark.parametrize(
    ("source", "printed"),
    [
        ("day + days(1)", "add(command.day, timedelta(days=1))"),
        ("moment - pause", "subtract(command.moment, command.pause)"),
        ("pause + moment", "add(command.moment, command.pause)"),
        ("pause + pause", "add(command.pause, command.pause)"),
        ("count * pause", "multiply(command.pause, command.count)"),
        ("hours(count)", "hours(command.count)"),
        ("sum([pause, pause])", "total([command.pause, command.pause])"),
        ("weight + 1", "plus(command.weight, 1.0)"),
        ("weight - count", "minus(command.weight, command.count)"),
        ("weight * weight", "times(command.weight, command.weight)"),
        ("weight / 2", "over(command.weight, 2.0)"),
        ("sum([weight, weight])", "sum_of([command.weight, command.weight])"),
    ],
)
def test_where_nothing_may_fail_the_calendar_and_floats_have_an_end(
    source: str, printed: str
) -> None:
    assert compile_expression(source, IN_FOLD).code == f"saturating.{printed}"


@pytest.mark.parametrize(
    ("source", "printed"),
    [
        ("max(weight, count)", "max(command.weight, saturating.real(command.count))"),
        (
            "weight if active else count",
            "command.weight if command.active else saturating.real(command.count)",
        ),
        ("weight in [count]", "command.weight in (saturating.real(command.count),)"),
    ],
)
def test_an_integer_becomes_a_float_where_none_may_be_too_large(
    source: str, printed: str
) -> None:
    assert compile_expression(source, IN_FOLD).code == printed


def test_how_many_numbers_are_listed_is_not_for_others_to_say() -> None:
    assert compile_expression("range(count)", SCOPE).partial
    printed = "list(saturating.numbers(1, command.count))"
    assert compile_expression("range(1, count)", IN_FOLD).code == printed


@pytest.mark.parametrize(
    ("source", "printed"),
    [
        ("state.total * 2", "saturating.amount(state.total * 2)"),
        ("state.total / 2", "saturating.amount(state.total / 2)"),
        (
            "amount * state.stay.nights",
            "saturating.amount(command.amount * state.stay.nights)",
        ),
        ("state.total + state.total", "saturating.amount(state.total + state.total)"),
        (
            "sum([state.total, amount])",
            "saturating.amount(sum([state.total, command.amount], Decimal(0)))",
        ),
        (
            "[each * count for each in [state.total]]",
            "[saturating.amount(each * command.count) for each in [state.total]]",
        ),
    ],
)
def test_what_each_event_may_multiply_has_an_end(source: str, printed: str) -> None:
    assert compile_expression(source, IN_FOLD).code == printed
    assert "saturating" not in compile_expression(source, SCOPE).code


@pytest.mark.parametrize(
    ("source", "printed"),
    [
        ("state.total + amount", "state.total + command.amount"),
        ("state.total - 1", "state.total - 1"),
        ("amount * count", "command.amount * command.count"),
        (
            "sum(each.price * each.count for each in lines)",
            "sum((each.price * each.count for each in command.lines), Decimal(0))",
        ),
    ],
)
def test_totals_and_what_one_event_says_are_plain_arithmetic(
    source: str, printed: str
) -> None:
    assert compile_expression(source, IN_FOLD).code == printed


@pytest.mark.parametrize(
    "source", ["today + days(14)", "now - hours(3)", "day - day", "hours(2)", "-pause"]
)
def test_what_stays_in_the_calendar_is_not_flagged(source: str) -> None:
    assert not compile_expression(source, SCOPE).partial
