"""What a policy sends: which field of its command comes from where."""

from __future__ import annotations

import pytest

from generator import model
from generator.blueprint import parse
from generator.diagnostics import Report
from generator.document import load
from generator.resolve import resolve

SERVICE = """\
service: shop
types: {Money: decimal(decimal_places=2)}
roles: [clerk]
"""

ORDERS = """\
domain: orders
aggregates:
  Order:
    state: {total: Money, note: str?}
    commands:
      Place:
        creates: true
        fields: {total: Money, note: str?, pieces: int}
        emits: Placed
      Close: {fields: {reason: str = "done", pieces: int?}, emits: Closed}
    events:
      Placed: {fields: {total: Money, note: str?, pieces: int}}
      Closed:
policies:
  Bill: {on: Placed, send: POLICY}
"""

BILLS = """\
domain: bills
aggregates:
  Invoice:
    state: {order_id: orders.Order, total: Money}
    commands:
      Write:
        creates: true
        fields: {order_id: orders.Order, total: Money, note: str}
        emits: Written
      Mail: {fields: {note: str?}, emits: Mailed}
    events:
      Written: {fields: {order_id: orders.Order, total: Money, note: str}}
      Mailed: {fields: {note: str?}}
"""


def resolved(policy: str) -> tuple[model.Policy | None, list[str]]:
    """The policy, and the codes of what is wrong with it."""
    report = Report()
    orders = ORDERS.replace("POLICY", policy)
    documents = [
        load(text, f"{name}.yaml", report)
        for name, text in (("service", SERVICE), ("orders", orders), ("bills", BILLS))
    ]
    service = resolve(parse(documents, report), report)
    [domain] = [each for each in service.domains if each.name == "orders"]
    codes = [each.code for each in report.errors]
    return (domain.policies[0] if domain.policies else None), codes


def arguments(policy: str) -> dict[str, str]:
    """The printed source of every field that the policy fills."""
    found, codes = resolved(policy)
    assert found is not None and codes == []
    return {each.name: each.code for each in found.arguments}


def test_what_is_not_written_comes_from_the_event_by_its_name() -> None:
    assert arguments("bills.Write, with: {note: '\"-\"'}") == {
        "invoice_id": 'derived_id("orders.Bill", envelope.event_id)',
        "order_id": "event.order_id",
        "total": "event.total",
        "note": '"-"',
    }


def test_a_field_with_a_default_may_go_without() -> None:
    assert arguments("Close") == {
        "order_id": "event.order_id",
        "pieces": "event.pieces",
    }


def test_what_is_written_wins_over_the_event() -> None:
    found = arguments("Close, with: {pieces: event.pieces + 1, reason: event.actor}")
    assert found["pieces"] == "event.pieces + 1"
    assert found["reason"] == "envelope.actor"


def test_an_id_that_the_command_creates_may_be_written_though_never_guessed() -> None:
    _, codes = resolved("Place, with: {order_id: order_id}")
    assert codes == ["B425"]  # which is the circle, and no complaint about the id


def test_a_computed_value_is_rounded_to_the_places_of_its_field() -> None:
    found = arguments("bills.Write, with: {note: '\"\"', total: total * 0.5}")
    assert found["total"] == 'quantize(event.total * Decimal("0.5"), 2)'


def test_a_condition_makes_a_value_sure_for_the_fields_below_it() -> None:
    _, codes = resolved("bills.Write")
    assert codes == ["B424"]
    found = arguments("bills.Write, if: note is not None")
    assert found["note"] == "event.note"


def test_now_is_the_moment_of_the_event() -> None:
    found, codes = resolved("Close, at: now + hours(1)")
    assert found is not None and codes == []
    assert found.due == "envelope.at + timedelta(hours=1)"


@pytest.mark.parametrize(
    ("policy", "code"),
    [
        ("Close, with: {reason: new_id()}", "B307"),
        ("Close, with: {pieces: 10 // pieces}", "B308"),
        ("Close, with: {pieces: state.total}", "B303"),
        ("Close, if: pieces", "B304"),
        ("Close, at: order_id", "B304"),
        ("bills.Mail", "B423"),
        ("bills.Mail, with: {invoice_id: order_id}", "B304"),
        ("bills.Mailed", "B421"),
    ],
)
def test_what_cannot_be_sent_is_refused(policy: str, code: str) -> None:
    _, codes = resolved(policy)
    assert codes == [code]
