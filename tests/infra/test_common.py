"""The base words: ids, time, amounts, what may enter, and how refusals read."""

from __future__ import annotations

import math
import sys
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4

import msgspec
import pytest
from pydantic import Field, TypeAdapter, ValidationError

from app.common import bounded, saturating
from app.common.actor import ANONYMOUS, PUBLIC, SYSTEM, Actor, Owner
from app.common.aggregate import CorruptStream, UniqueKey, existing
from app.common.context import Context
from app.common.decimals import quantize
from app.common.errors import (
    CannotDecide,
    DomainError,
    Forbidden,
    InvalidTransition,
    NotFound,
    RuleViolated,
    Unavailable,
)
from app.common.ids import derived_id, new_id
from app.common.messages import Command
from app.common.storable import storable
from app.common.types import Bytes, Email, Json, Url
from tests.infra.lending import (
    FeeCharged,
    Loan,
    LoanOpened,
    Period,
    RenewLoan,
    ReturnLoan,
)
from tests.infra.service import NOON, PERIOD


def context(**values: object) -> Context:
    standard = {
        "now": NOON,
        "actor": SYSTEM,
        "command_id": UUID(int=1),
        "correlation_id": UUID(int=1),
    }
    return Context(**{**standard, **values})  # type: ignore[arg-type]


def test_new_ids_sort_by_time() -> None:
    ids = [new_id() for _ in range(100)]
    assert ids == sorted(ids)
    assert len(set(ids)) == 100


def test_derived_ids_repeat_and_keep_their_parts_apart() -> None:
    assert derived_id("a", 1) == derived_id("a", 1)
    assert derived_id("a", "bc") != derived_id("ab", "c")


def test_a_decision_taken_anew_makes_the_same_ids_in_the_same_order() -> None:
    first = context()
    ids = [first.new_id(), first.new_id()]
    again = first.again()
    assert [again.new_id(), again.new_id()] == ids
    assert ids[0] != ids[1]
    assert context(command_id=UUID(int=2)).new_id() not in ids


def test_today_is_the_date_where_the_service_lives() -> None:
    late = datetime(2030, 1, 15, 23, 30, tzinfo=UTC)
    assert context(now=late).today == date(2030, 1, 15)
    assert context(now=late, timezone="Europe/Vienna").today == date(2030, 1, 16)


def test_a_grant_lets_roles_owners_the_system_and_everybody_pass() -> None:
    alice = Actor(str(UUID(int=7)), frozenset({"guest"}))
    context(actor=alice).allow("guest")
    context(actor=alice).allow("staff", Owner("guest", UUID(int=7)))
    context(actor=SYSTEM).allow("staff")
    context(actor=ANONYMOUS).allow(PUBLIC)
    for grant in ("staff", Owner("guest", None), Owner("staff", UUID(int=7))):
        with pytest.raises(Forbidden):
            context(actor=alice).allow(grant)


def test_a_subject_that_only_calls_itself_system_is_not_the_system() -> None:
    with pytest.raises(Forbidden):
        context(actor=Actor("system")).allow("staff")


@pytest.mark.parametrize(
    ("value", "places", "expected"),
    [("80.005", 2, "80.01"), ("1", 2, "1.00"), ("2.5", 0, "3"), ("-2.5", 0, "-3")],
)
def test_amounts_are_rounded_half_up(value: str, places: int, expected: str) -> None:
    assert str(quantize(Decimal(value), places)) == expected


def test_amounts_with_many_digits_can_be_rounded() -> None:
    assert str(quantize(Decimal("9" * 60), 2)) == "9" * 60 + ".00"


def test_what_is_missing_is_not_rounded() -> None:
    assert quantize(None, 2) is None


def test_arithmetic_keeps_the_digits_of_amounts_in_every_thread() -> None:
    def grown() -> Decimal:
        return Decimal("9" * 40) * Decimal("9" * 40) + Decimal("0.01")

    exact = str((10**40 - 1) ** 2) + ".01"
    assert str(grown()) == exact
    with ThreadPoolExecutor() as pool:
        assert str(pool.submit(grown).result()) == exact


def nested(levels: int) -> dict[str, Any]:
    value: dict[str, Any] = {}
    for _ in range(levels - 1):
        value = {"n": value}
    return value


class Everything(Command):
    text: str = ""
    number: int = 0
    amount: Decimal = Decimal(0)
    share: float = 0.0
    at: datetime = NOON
    period: Period = PERIOD
    words: list[str] = Field(default_factory=list)
    free: dict[str, Json] = Field(default_factory=dict)


@pytest.mark.parametrize(
    "fields",
    [
        {"text": "a\x00b"},
        {"text": "half \ud800"},
        {"number": 2**63},
        {"amount": Decimal("1e5000")},
        {"amount": Decimal("NaN")},
        {"amount": Decimal("1" * 101)},
        {"share": float("inf")},
        {"share": float("nan")},
        {"at": datetime(2030, 1, 1)},
        {"words": ["fine", "a\x00b"]},
        {"free": {"deep": [{"n": 2**64}]}},
        {"free": {"a\x00b": 1}},
        {"free": nested(65)},
        {"free": nested(600)},
        {"unknown": 1},
    ],
    ids=lambda fields: str(fields)[:60],
)
def test_what_no_table_could_hold_does_not_enter(fields: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        Everything(**fields)  # type: ignore[arg-type]


def test_json_may_be_nested_as_deep_as_anybody_needs() -> None:
    assert Everything(free=nested(63)).free == nested(63)


def test_times_enter_in_utc() -> None:
    vienna = datetime(2030, 1, 1, 13, tzinfo=timezone(timedelta(hours=1)))
    command = Everything(at=vienna, free={"n": 1})
    assert command.at == vienna
    assert command.at.tzinfo is UTC
    assert command.model_fields_set == {"at", "free"}


@pytest.mark.parametrize(
    "moment",
    [
        datetime.min.replace(tzinfo=UTC),
        datetime.max.replace(tzinfo=UTC),
        datetime.min.replace(tzinfo=timezone(timedelta(hours=1))),
    ],
)
def test_a_moment_that_the_store_takes_for_infinity_does_not_enter(
    moment: datetime,
) -> None:
    with pytest.raises(ValueError, match=r"at: .*out of range"):
        storable("at", moment)


@pytest.mark.parametrize("span", [timedelta.max, timedelta.min])
def test_a_duration_longer_than_the_calendar_does_not_enter(span: timedelta) -> None:
    with pytest.raises(ValueError, match="longer than the calendar"):
        storable("period", span)


def test_the_ends_of_the_calendar_enter() -> None:
    for end in (saturating.FIRST, saturating.LAST, saturating.LONGEST):
        assert storable("end", end) == end


def test_nothing_passes_the_ends_of_the_calendar() -> None:
    day, ages = timedelta(days=1), 10**30
    first, last, longest = saturating.FIRST, saturating.LAST, saturating.LONGEST
    assert saturating.add(last, day) == saturating.subtract(last, -day) == last
    assert saturating.subtract(first, day) == saturating.add(first, -day) == first
    assert saturating.add(last, timedelta.resolution) == last
    assert saturating.add(date.max, day) == date.max
    assert saturating.subtract(date.min, day) == date.min
    assert saturating.multiply(day, ages) == saturating.multiply(-day, -ages) == longest
    assert saturating.multiply(-day, ages) == saturating.days(-ages) == -longest
    assert saturating.hours(ages) == saturating.minutes(ages) == longest
    assert saturating.seconds(ages) == saturating.total([longest, longest]) == longest


def test_no_float_is_larger_than_the_largest_and_none_is_no_number() -> None:
    largest, huge = sys.float_info.max, 10**400
    assert saturating.real(huge) == saturating.real(math.inf) == largest
    assert saturating.real(-huge) == saturating.real(-math.inf) == -largest
    assert saturating.plus(largest, largest) == saturating.plus(huge, huge) == largest
    assert saturating.minus(-largest, largest) == saturating.minus(1, huge) == -largest
    assert saturating.times(largest, -2.0) == saturating.times(-1.0, huge) == -largest
    assert saturating.over(largest, 0.5) == saturating.over(huge, 1.0) == largest
    assert saturating.sum_of([largest, largest, -largest]) == 0.0
    assert saturating.minus(huge, huge) == 0.0


def test_floats_that_are_numbers_are_as_they_always_were() -> None:
    assert saturating.plus(1.5, 2) == saturating.sum_of([1.5, 2.0]) == 3.5
    assert saturating.minus(1.5, 2) == -0.5
    assert saturating.times(1.5, 2) == 3.0
    assert saturating.over(3, 2.0) == saturating.real(1.5) == 1.5
    assert saturating.sum_of([]) == 0.0


def test_a_list_of_numbers_ends_where_nothing_may_fail_and_is_refused_elsewhere() -> (
    None
):
    for few in ((3,), (2, 5), (5, 2), (saturating.MOST,)):
        assert bounded.numbers(*few) == saturating.numbers(*few) == range(*few)
    for many in ((10**30,), (0, saturating.MOST + 1), (-(10**30), 10**30)):
        assert len(saturating.numbers(*many)) == saturating.MOST
        with pytest.raises(ValueError, match="100,000"):
            bounded.numbers(*many)


def test_amounts_that_grow_from_event_to_event_have_an_end() -> None:
    most, tiny = 10**1_000, Decimal("1e-1000")
    assert saturating.amount(most * most) == most
    assert saturating.amount(-most * most) == -most
    assert saturating.amount(Decimal("-7e5000")) == Decimal("-1e1000")
    assert saturating.amount(tiny * tiny) == 0
    assert str(saturating.amount(Decimal("0e5000"))) == "0"


@pytest.mark.parametrize("amount", ["-1.50", "0.00", "9e999", "1e-1000"])
def test_what_enters_is_no_amount_that_ends(amount: str) -> None:
    assert str(saturating.amount(Decimal(amount))) == str(Decimal(amount))
    assert saturating.amount(2**64) == 2**64


def test_products_of_the_largest_amounts_are_rounded() -> None:
    largest = Decimal("9e999")
    assert quantize(largest * largest * largest, 2) == largest * largest * largest


def test_a_text_that_doubles_has_an_end() -> None:
    assert saturating.text("word" * 3) == "word" * 3
    assert len(saturating.text("word" * saturating.LETTERS)) == saturating.LETTERS


def test_what_stays_in_the_calendar_is_as_it_always_was() -> None:
    span = timedelta(hours=5)
    assert saturating.add(NOON, span) == NOON + span
    assert saturating.subtract(date(2030, 1, 15), span * 9) == date(2030, 1, 14)
    assert saturating.multiply(span, 3) == saturating.total([span, span, span])
    assert saturating.total([]) == timedelta()
    assert saturating.days(2) == saturating.hours(48) == saturating.minutes(2880)
    assert saturating.seconds(7) == timedelta(seconds=7)


def test_a_value_rule_holds_at_the_door_and_not_in_the_store() -> None:
    backwards = {"starts_on": "2030-01-02", "due_on": "2030-01-01"}
    with pytest.raises(ValidationError, match="due after"):
        Everything(period=backwards)  # type: ignore[arg-type]
    assert msgspec.convert(backwards, Period).due_on == date(2030, 1, 1)


@pytest.mark.parametrize(
    ("kind", "text", "accepted"),
    [
        (Email, "ann@example.com", True),
        (Email, "ann", False),
        (Url, "https://example.com/a?b=c", True),
        (Url, "example", False),
    ],
)
def test_addresses_are_checked_and_stay_text(
    kind: Any, text: str, accepted: bool
) -> None:
    adapter: TypeAdapter[object] = TypeAdapter(kind)
    if accepted:
        assert adapter.validate_python(text) == text
    else:
        with pytest.raises(ValidationError):
            adapter.validate_python(text)


def test_bytes_travel_as_base64_and_are_not_too_many() -> None:
    adapter: TypeAdapter[bytes] = TypeAdapter(Bytes)
    assert adapter.validate_python("AAEC") == b"\x00\x01\x02"
    assert adapter.validate_python(b"AAEC") == b"AAEC"
    assert adapter.dump_json(b"\x00\x01\x02") == b'"AAEC"'
    for wrong in ("not base64!", b"x" * 65537):
        with pytest.raises(ValidationError):
            adapter.validate_python(wrong)


def test_equal_unique_keys_have_equal_texts() -> None:
    def text(*parts: object) -> str:
        return UniqueKey("s", parts).text

    noon_in_vienna = NOON.astimezone(timezone(timedelta(hours=1)))
    assert text(Decimal("1.0"), NOON) == text(Decimal("1.00"), noon_in_vienna)
    assert text("a", "b") != text("a b") != text("ab")
    assert text(Decimal("-0.0")) == text(Decimal(0))
    assert text(-0.0) == text(0.0)
    assert text(Decimal("1" * 40)) != text(Decimal("1" * 39 + "2"))
    assert text(1) != text("1")
    assert len(text("x" * 5000)) < 100
    assert text("x" * 5000) != text("x" * 4999)


def test_an_error_has_a_code_a_status_and_a_sentence() -> None:
    class RoomTaken(RuleViolated):
        """The room is taken."""

    assert RoomTaken().code == "RoomTaken"
    assert str(RoomTaken()) == "The room is taken."
    assert str(RoomTaken("Room 7 is taken.")) == "Room 7 is taken."
    assert RoomTaken.status == 409


def test_every_refusal_has_a_status_that_a_client_understands() -> None:
    def below(error: type[DomainError]) -> list[type[DomainError]]:
        return [error, *(e for child in error.__subclasses__() for e in below(child))]

    for error in below(DomainError):
        assert error.status in {403, 404, 409, 413, 422, 503}
        assert issubclass(error, Unavailable) == (error.status == 503)


def test_refusals_of_an_aggregate_name_it_and_its_state() -> None:
    loan = Loan(uuid4())
    with pytest.raises(NotFound, match=f"loan {loan.id}"):
        loan.return_loan(ReturnLoan(loan_id=loan.id), context())
    returned = Loan(uuid4())
    returned._record(_opened(returned))
    returned.return_loan(ReturnLoan(loan_id=returned.id), context())
    with pytest.raises(InvalidTransition, match='"returned"; this needs "open"'):
        returned.renew_loan(RenewLoan(loan_id=returned.id, days=1), context())


@pytest.mark.parametrize(
    "fee", [Decimal("NaN"), Decimal("1E+901"), Decimal("7" * 101)], ids=repr
)
def test_what_a_decision_computes_is_checked_before_it_happened(fee: Decimal) -> None:
    loan = Loan(uuid4())
    loan._record(_opened(loan))
    before = loan.state
    with pytest.raises(CannotDecide, match=r"FeeCharged\.fee") as refusal:
        loan._record(FeeCharged(loan_id=loan.id, fee=fee))
    assert refusal.value.status == 422
    assert (loan.state, len(loan.pending)) == (before, 1)


def test_key_changes_are_the_difference_of_what_was_and_is_held() -> None:
    loan = Loan(uuid4())
    loan.replay([_opened(loan)])
    assert loan.key_changes() == (frozenset(), frozenset())
    loan.return_loan(ReturnLoan(loan_id=loan.id), context())
    taken, dropped = loan.key_changes()
    assert (len(taken), len(dropped)) == (0, 1)


def test_a_change_to_what_was_never_created_is_a_corrupt_stream() -> None:
    with pytest.raises(CorruptStream):
        existing(None)
    with pytest.raises(CorruptStream):
        Loan(uuid4()).replay([FeeCharged(loan_id=uuid4(), fee=Decimal(1))])


def _opened(loan: Loan) -> LoanOpened:
    return LoanOpened(
        loan_id=loan.id,
        copy_id=uuid4(),
        reader_id=uuid4(),
        period=PERIOD,
        fee=Decimal(1),
        tags=[],
    )
