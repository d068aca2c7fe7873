"""The tests that a service gets: who asks for what, and what must come back."""

from __future__ import annotations

import pytest

from generator.blueprint import parse
from generator.diagnostics import Report
from generator.document import load
from generator.example_scalars import named_id
from generator.model_tests import Caller, DomainTests, fitting
from generator.resolve import resolve

SERVICE = """\
service: shop
timezone: America/New_York
roles: {buyer: shop.Buyer, clerk: }
"""

DOMAIN = """\
domain: shop
aggregates:
  Buyer:
    commands: {Register: {creates: true, access: REGISTER, emits: Registered}}
    events: {Registered: }
  Order:
    state: {buyer_id: Buyer, total: decimal}
    commands:
      Place:
        creates: true
        fields: {buyer_id: Buyer, total: decimal, day: date, parts: int = 1}
        access: [ACCESS]
        rules: [{require: RULE, error: Refused}]
        emits: [Placed, {event: Ended, if: total > 5}]
      Change: {fields: {total: decimal}, access: [ACCESS_LATER], emits: Changed}
      End: {access: internal, emits: Ended}
    events:
      Placed: {fields: {buyer_id: Buyer, total: decimal}}
      Changed: {fields: {total: decimal}}
      Ended:
read_models:
  OrderView:
    key: order_id
    columns: {buyer_id: Buyer, total: decimal}
    on: {Placed: insert, Changed: update, Ended: delete}
queries:
  GetOrder: {from: OrderView, by: order_id, access: [VIEW]}
  ListOrders: {from: OrderView, access: clerk}
  FindOrders: {from: OrderView, filter: [{name: least, column: total, op: ">="}]}
"""
CLERK = Caller('token_for("clerk", SOMEBODY)')
ANYBODY = Caller('token_for("somebody", SOMEBODY)')


def owner(name: str) -> Caller:
    return Caller(f'token_for("buyer", UUID("{named_id(name)}"))')


def generated(
    access: str = "clerk",
    register: str = "public",
    later: str = "clerk",
    view: str = "clerk",
    rule: str = "total < 5",
    example: str = "decimal",
) -> DomainTests:
    report = Report()
    text = DOMAIN.replace("ACCESS_LATER", later).replace("ACCESS", access)
    text = (
        text.replace("REGISTER", register).replace("VIEW", view).replace("RULE", rule)
    )
    text = text.replace("total: decimal, day", f"total: {example}, day")
    documents = [load(SERVICE, "s.yaml", report), load(text, "shop.yaml", report)]
    blueprint = parse(documents, report)
    assert blueprint is not None
    found = resolve(blueprint, report).domains[0].tests
    assert report.errors == ()
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("access", "caller"),
    [
        ("clerk", CLERK),
        ("owner(buyer_id), clerk", CLERK),
        ("owner(buyer_id)", owner("buyer_id")),
        ("public", Caller()),
    ],
)
def test_an_example_is_sent_by_somebody_who_may(access: str, caller: Caller) -> None:
    place = generated(access).creations[1]
    assert (place.path, place.caller, place.status) == ("/orders/place", caller, 201)
    assert place.guarded == (access != "public")


def test_who_owns_what_is_made_makes_it_with_their_own_id() -> None:
    made = generated(register="owner(buyer_id)").creations[0]
    assert made.caller == owner("buyer_id")
    assert made.example == f'{{"buyer_id": "{named_id("buyer_id")}"}}'


@pytest.mark.parametrize(
    ("rule", "refusal", "status"),
    [
        ("total < 5", "", 201),
        ("total > 5", "Refused", 409),
        ("parts > 1", "Refused", 409),
        ("day > today", "", 201),
        ("day > today + days(7)", "Refused", 409),
        ("now + hours(1) < now", "Refused", 409),
        ("total / (parts - 1) > 0", "CannotDecide", 422),
    ],
)
def test_the_answer_to_an_example_is_known(
    rule: str, refusal: str, status: int
) -> None:
    place = generated(rule=rule).creations[1]
    assert (place.refusal, place.status) == (refusal, status)
    assert bool(place.views) == (not refusal)


@pytest.mark.parametrize(
    ("view", "caller"),
    [("clerk", CLERK), ("owner(buyer_id)", owner("buyer_id")), ("public", Caller())],
)
def test_what_was_made_is_shown_to_somebody_who_may_look(
    view: str, caller: Caller
) -> None:
    place = generated(view=view).creations[1]
    (look,) = place.views
    assert (look.path, look.key) == ("/orders/{created['id']}", "order_id")
    assert look.caller == caller
    assert [each.method for each in place.lists] == ["list_orders"]


def test_a_row_that_the_example_ends_is_not_looked_for() -> None:
    place = generated(
        rule="total > 5", example="{type: decimal, example: 6}"
    ).creations[1]
    assert (place.status, place.views, place.lists) == (201, (), ())


def test_lists_are_asked_with_what_they_require() -> None:
    found = {each.method: (each.parameters, each.caller) for each in generated().lists}
    assert found == {
        "list_orders": ("", CLERK),
        "find_orders": ('{"least": "1"}', ANYBODY),
    }


@pytest.mark.parametrize(
    ("later", "caller"),
    [
        ("clerk", CLERK),
        ("owner(buyer_id)", ANYBODY),
        ("owner(buyer_id), clerk", ANYBODY),
        ("public", Caller()),
    ],
)
def test_what_does_not_exist_is_not_found(later: str, caller: Caller) -> None:
    (change,) = generated(later=later).strangers
    assert change.caller == caller
    assert change.path == f"/orders/{named_id('unknown')}/change"
    assert change.body == '{"total": "1"}'


def test_rows_are_folded_from_every_event_and_to_their_end() -> None:
    (rows,) = generated().rows
    (history,) = rows.histories
    assert [each.event for each in history.events] == ["Placed", "Changed", "Ended"]
    (ending,) = rows.endings
    assert [each.event for each in ending.events] == ["Placed", "Ended"]


def test_a_domain_without_scenarios_has_no_file_for_them() -> None:
    found = generated()
    assert found.rows_file == "test_shop_read_models.py"
    assert found.api_file == "test_shop_api.py"
    assert not any(unit.scenarios for unit in found.units)


def test_a_long_name_is_cut_and_stays_its_own() -> None:
    one, other = fitting("test", "a" * 70), fitting("test", "a" * 70 + "b")
    assert (len(one), len(other)) == (60, 60)
    assert one != other
    assert fitting("test", "open_loan") == "test_open_loan"


def test_an_event_has_its_default_where_the_command_says_nothing() -> None:
    report = Report()
    notes = """\
domain: notes
aggregates:
  Note:
    state: {title: str}
    commands:
      WriteNote: {creates: true, fields: {title: str}, emits: NoteWritten}
    events:
      NoteWritten: {fields: {title: str, mood: str?, pages: int = 3}}
read_models:
  NoteView:
    key: note_id
    columns: {title: str, mood: str?, pages: int}
    on: {NoteWritten: insert}
queries:
  GetNote: {from: NoteView, by: note_id}
  ListNotes: {from: NoteView, filter: [mood, pages]}
"""
    document = load(notes, "notes.yaml", report)
    tests = resolve(parse([document], report), report).domains[0].tests
    assert not report.errors
    assert tests is not None and tests.creations[0].status == 201
