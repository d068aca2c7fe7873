"""Scenarios become unit tests: filled in by rule, or refused with the place."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from generator import model
from generator.blueprint import parse
from generator.diagnostics import Report
from generator.document import load
from generator.example_scalars import named_id
from generator.resolve import resolve

SERVICE = """\
service: hotel
timezone: Europe/Vienna
roles: {guest: stay.Guest, staff: }
types: {Money: decimal(ge=0 decimal_places=2)}
"""

DOMAIN = """\
domain: stay
enums: {Status: [booked, left]}
value_objects:
  Period:
    fields: {start: date, end: date}
    rules: [{require: end > start, message: It ends before it starts.}]
aggregates:
  Guest:
    commands:
      Join: {creates: true, emits: Joined}
    events: {Joined: }
  Visit:
    lifecycle: status
    unique: [{of: [room_id], error: RoomTaken}]
    state:
      status: Status
      guest_id: Guest
      room_id: uuid
      period: Period
      paid: Money
      nights: int
    commands:
      Book:
        creates: true
        fields:
          guest_id: Guest
          room_id: uuid
          period: Period
          price: Money
          note: str?
          beds: int = 2
        access: [staff, owner(guest_id)]
        rules: [{require: price > 0, error: TooCheap}]
        emits: {Booked: {paid: price, nights: "1"}}
      Extend:
        fields: {more: int(ge=1)}
        access: [owner(guest_id)]
        emits: {Extended: {nights: state.nights + more}}
      Leave: {from: booked, emits: [Left, {event: Paid, if: state.paid > 0}]}
    events:
      Booked:
        to: booked
        fields:
          {guest_id: Guest, room_id: uuid, period: Period, paid: Money, nights: int}
      Extended: {fields: {nights: int}}
      Doubled: {set: {nights: state.nights * 2}}
      Left: {to: left, fields: {room_id: uuid, nights: int}}
      Paid: {fields: {paid: Money, guest_id: Guest}}
scenarios:
"""

BOOKED = (
    "Booked(visit_id=VISIT_ID, guest_id=GUEST_ID, room_id=ROOM_ID, "
    "period=Period(start=date(2030, 1, 22), end=date(2030, 1, 23)), "
    'paid=Decimal("1"), nights=1)'
)


def played(scenario: str) -> tuple[tuple[model.Scenario, ...], Report]:
    """The scenarios of a domain with this one, written below `scenarios:`."""
    report = Report()
    indented = "\n".join(f"  {line}" for line in scenario.strip("\n").splitlines())
    documents = [
        load(SERVICE, "service.yaml", report),
        load(DOMAIN + indented + "\n", "stay.yaml", report),
    ]
    blueprint = parse(documents, report)
    assert blueprint is not None
    return resolve(blueprint, report).domains[0].scenarios, report


def one(scenario: str) -> model.Scenario:
    scenarios, report = played("- name: It works\n" + scenario)
    assert report.diagnostics == ()
    return scenarios[0]


def constants(scenario: model.Scenario) -> Mapping[str, str]:
    return {id.name: id.code for id in scenario.ids}


def test_what_is_left_out_is_an_example() -> None:
    scenario = one("  given: [Booked]\n  when: Leave\n  then: []")
    assert scenario.given_calls == BOOKED
    assert scenario.command_call == "Leave(visit_id=VISIT_ID)"
    assert scenario.when_arguments == "Visit.leave, command"
    assert scenario.outcome == "then()"
    assert constants(scenario) == {
        "VISIT_ID": f'UUID("{named_id("visit_id")}")',
        "GUEST_ID": f'UUID("{named_id("guest_id")}")',
        "ROOM_ID": f'UUID("{named_id("room_id")}")',
    }


def test_a_command_takes_defaults_and_examples_but_nothing_of_the_state() -> None:
    scenario = one(
        "  given: [Booked: {room_id: blue}]\n  when: Book\n  then: AlreadyExists"
    )
    assert scenario.command_call == (
        "Book(visit_id=VISIT_ID, guest_id=GUEST_ID, room_id=ROOM_ID, "
        "period=Period(start=date(2030, 1, 22), end=date(2030, 1, 23)), "
        'price=Decimal("1"))'
    )
    assert scenario.outcome == "then_refused(AlreadyExists)"


@pytest.mark.parametrize(
    ("given", "last"),
    [
        ("Booked: {room_id: blue, nights: 3}, Left", "room_id=BLUE, nights=3"),
        ("Booked, Extended: {nights: 5}, Left", "room_id=ROOM_ID, nights=5"),
        ("Booked: {nights: 3}, Doubled, Left", "room_id=ROOM_ID, nights=6"),
        ("Booked: {nights: 3}, Left: {nights: 9}", "room_id=ROOM_ID, nights=9"),
    ],
)
def test_an_event_before_takes_the_state_that_came_before_it(
    given: str, last: str
) -> None:
    scenario = one(f"  given: [{given}]\n  when: Leave\n  then: []")
    assert scenario.given[-1].call == f"Left(visit_id=VISIT_ID, {last})"


def test_expected_events_name_only_what_is_written() -> None:
    scenario = one(
        "  given: [Booked]\n  when: Leave\n"
        "  then: [Left, Paid: {paid: 1, guest_id: bob}]"
    )
    assert scenario.outcome == (
        'then(spec.event(Left), spec.event(Paid, paid=Decimal("1"), guest_id=BOB))'
    )


@pytest.mark.parametrize(
    ("then", "outcome"),
    [
        ("TooCheap", "then_refused(TooCheap)"),
        ("InvalidTransition", "then_refused(InvalidTransition)"),
        ("Left", "then(spec.event(Left))"),
        ("{Left: {nights: 1}}", "then(spec.event(Left, nights=1))"),
        ("[]", "then()"),
    ],
)
def test_an_outcome_is_an_error_or_events(then: str, outcome: str) -> None:
    assert one(f"  given: [Booked]\n  when: Leave\n  then: {then}").outcome == outcome


@pytest.mark.parametrize(
    ("actor", "printed"),
    [
        ("guest(alice)", "Actor(str(ALICE), frozenset({Role.GUEST}))"),
        ("guest", "Actor(str(GUEST_ID), frozenset({Role.GUEST}))"),
        ("staff", "Actor(str(STAFF), frozenset({Role.STAFF}))"),
        ("staff(utc)", "Actor(str(UTC_ID), frozenset({Role.STAFF}))"),
        ("system", ""),
    ],
)
def test_an_actor_has_a_role_and_a_name(actor: str, printed: str) -> None:
    scenario = one(f"  given: [Booked]\n  when: Leave\n  as: {actor}\n  then: []")
    assert scenario.actor == printed


def test_access_is_asked_only_of_somebody() -> None:
    extend = "  given: [Booked]\n  when: {Extend: {more: 1}}\n  then: [Extended]\n"
    assert one(extend).access == ""
    assert one(f"{extend}  as: guest(alice)").when_arguments == (
        "Visit.extend, command, actor=Actor(str(ALICE), frozenset({Role.GUEST})), "
        "access=lambda visit: (Owner(Role.GUEST, visit.existing.guest_id),)"
    )


def test_the_aggregate_can_be_named() -> None:
    scenario = one("  given: [Booked]\n  when: {Leave: {visit_id: mine}}\n  then: []")
    assert (scenario.stream, scenario.command_call) == ("MINE", "Leave(visit_id=MINE)")
    assert scenario.given_calls.startswith("Booked(visit_id=MINE,")


def test_an_id_can_be_written_out() -> None:
    id = "0190a7f0-0000-7000-8000-000000000001"
    scenario = one(f"  given: [Booked: {{room_id: {id}}}]\n  when: Leave\n  then: []")
    assert f'room_id=UUID("{id}")' in scenario.given_calls


def test_the_clock_can_be_set() -> None:
    scenario = one("  now: 2031-02-03T04:05+01:00\n  when: Leave\n  then: NotFound")
    assert scenario.now == "datetime(2031, 2, 3, 3, 5, tzinfo=UTC)"


@pytest.mark.parametrize(
    ("name", "function"),
    [
        ("A guest's name may change", "test_a_guests_name_may_change"),
        ("Größe: 3 Gäste!", "test_grosse_3_gaste"),
        ("2 nights, 1 price", "test_2_nights_1_price"),
    ],
)
def test_a_name_becomes_the_name_of_a_test(name: str, function: str) -> None:
    scenarios, report = played(f'- name: "{name}"\n  when: Leave\n  then: NotFound')
    assert report.diagnostics == ()
    assert scenarios[0].function == function


@pytest.mark.parametrize(
    ("scenario", "expected", "hint"),
    [
        (
            "when: Leaf\n  then: []",
            'B602 2 9 no command of this domain is named "Leaf"',
            "Leave",
        ),
        (
            "given: [Bookd]\n  when: Leave\n  then: []",
            'B602 2 11 no event of this domain is named "Bookd"',
            "Booked",
        ),
        (
            "when: Leave\n  then: NotFond",
            'B602 3 9 "NotFond" is neither an error nor an event of this domain',
            "NotFound",
        ),
        (
            "when: Leave\n  then: [Lefd]",
            'B602 3 10 no event of this domain is named "Lefd"',
            "Left",
        ),
        (
            "when: Leave\n  as: guests(bob)\n  then: []",
            'B602 3 7 "guests" is not a role of this service',
            "guest",
        ),
        (
            "when: Leave\n  as: guest of honour\n  then: []",
            'B602 3 7 "guest of honour" is not a role of this service',
            "known here: guest, staff, system",
        ),
        (
            "when: {Extend: {mor: 1}}\n  then: []",
            'B603 2 19 Extend has no field "mor"',
            "more",
        ),
        (
            "when: {Extend: {more: 0}}\n  then: []",
            'B603 2 25 "more": "0": must be greater than or equal to 1',
            "",
        ),
        (
            "when: {Book: {period: {start: 2030-02-01, end: x}}}\n  then: []",
            'B603 2 50 "period": expected a date, like 2030-01-22, got "x"',
            "",
        ),
        (
            "when: {Book: {period: {start: 2030-02-02, end: 2030-02-01}}}\n  then: []",
            'B603 2 25 "period": It ends before it starts.',
            "",
        ),
        (
            "when: {Book: {room_id: No Id}}\n  then: []",
            'B603 2 26 "room_id": expected a UUID, like '
            '01890a5d-ac96-774b-bcce-b302099a8057, got "No Id"',
            "",
        ),
        (
            "given: [Booked: {paid: much}]\n  when: Leave\n  then: []",
            'B603 2 26 "paid": expected a number, like 9.90, got "much"',
            "",
        ),
        (
            "when: Leave\n  then: [Left: {rooms: 1}]",
            'B603 3 17 Left has no field "rooms"',
            "room_id",
        ),
        (
            "now: soon\n  when: Leave\n  then: []",
            'B603 2 8 "now": expected a date and time, like 2030-01-22T15:00Z, '
            'got "soon"',
            "",
        ),
        (
            "when: [Leave]\n  then: []",
            "B604 2 9 a command is expected here: Name, or Name: {field: value}",
            "",
        ),
        (
            "when: {Leave: soon}\n  then: []",
            "B604 2 17 the fields of Leave are a mapping: Leave: {field: value}",
            "",
        ),
        (
            "given: [{Booked: , Left: }]\n  when: Leave\n  then: []",
            "B604 2 11 an event is expected here: Name, or Name: {field: value}",
            "an event stands for itself",
        ),
        (
            "when: Leave\n  then:",
            "B604 3 8 events or an error are expected here",
            "[]",
        ),
        (
            "given: [Joined]\n  when: Leave\n  then: []",
            "B604 2 11 Joined happens to Guest, the rest to Visit",
            "one aggregate",
        ),
        (
            "given: [Left]\n  when: Leave\n  then: []",
            "B604 2 11 Left cannot be first: it happens to what is there",
            "begin with",
        ),
        (
            "given: [Booked, Booked]\n  when: Leave\n  then: []",
            "B604 2 19 Booked creates what an event before it has created",
            "leave one",
        ),
        (
            "given: [Booked: {visit_id: a}]\n"
            "  when: {Leave: {visit_id: b}}\n  then: []",
            'B604 3 28 "visit_id" is another one than before',
            "one aggregate",
        ),
        (
            "when: Book\n  then: RoomTaken",
            "B604 3 9 RoomTaken depends on other aggregates, "
            "and a scenario has only one",
            "unique",
        ),
    ],
)
def test_a_mistake_is_shown_at_its_place(
    scenario: str, expected: str, hint: str
) -> None:
    scenarios, report = played("- name: It fails\n  " + scenario)
    (found,) = report.diagnostics
    line = found.span.line - DOMAIN.count("\n")
    place = f"{found.code} {line} {found.span.column - 2} {found.message}"
    assert (place, scenarios) == (expected, ())
    assert hint in found.hint


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("Ёж", "cannot stand in the name of a test"),
        ("!?", "needs letters or digits"),
        ("so long " * 9, "would have 76 characters"),
    ],
)
def test_a_name_that_cannot_be_a_test_is_refused(name: str, message: str) -> None:
    _, report = played(f'- name: "{name}"\n  when: Leave\n  then: NotFound')
    (found,) = report.diagnostics
    assert found.code == "B605"
    assert message in found.message


def test_two_scenarios_cannot_be_one_test() -> None:
    scenario = "- name: {}\n  when: Leave\n  then: NotFound\n"
    scenarios, report = played(
        scenario.format("So it is") + scenario.format("so, it is!")
    )
    (found,) = report.diagnostics
    assert (found.code, len(scenarios)) == ("B605", 1)
    assert found.also[0][0].line == found.span.line - 3


def test_a_domain_with_mistakes_is_not_blamed_for_its_scenarios_too() -> None:
    text = DOMAIN.replace("room_id: uuid", "room_id: uid") + (
        "  - {name: It, given: [Booked: {room_id: blue}], when: Leave, then: []}\n"
    )
    report = Report()
    documents = [load(SERVICE, "s.yaml", report), load(text, "stay.yaml", report)]
    blueprint = parse(documents, report)
    assert blueprint is not None
    resolve(blueprint, report)
    assert report.errors
    assert not any(each.code.startswith("B6") for each in report.errors)
