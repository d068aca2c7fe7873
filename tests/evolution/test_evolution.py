"""What may change after a release, and what may not; before one, everything may."""

from __future__ import annotations

import pytest

from generator import pipeline
from generator.diagnostics import BlueprintError, Report
from generator.document import Document
from generator.lock import Locks
from tests.evolution.projects import PURCHASES, released, shop

NAMED = "BuyerNamed: {fields: {name: str}}\nread"
NAMES = "fields: {name: str}, access"


def said(document: Document, locks: Locks) -> list[str]:
    """The codes that are reported about a domain, beside what it released."""
    try:
        pipeline.understand([document], Report(), locks)
    except BlueprintError as error:
        return [each.code for each in error.diagnostics if each.severity == "error"]
    return []


def named(event: str, command: str = "fields: {name: str}, access") -> Document:
    """The domain with another `BuyerNamed`, and the command that emits it."""
    return shop(PURCHASES, (NAMED, f"BuyerNamed: {event}\nread"), (NAMES, command))


@pytest.mark.parametrize(
    ("event", "command"),
    [
        (
            "{fields: {name: str, nick: str?}}",
            "fields: {name: str, nick: str?}, access",
        ),
        ("{fields: {name: str, nick: str = Bob}}", NAMES),
        ("{fields: {name: str?}}", NAMES),
        ("{fields: {name: str(max_length=3)}}", NAMES),
        ("", NAMES),
        ("{fields: {called: {type: str, was: name}}}", "fields: {called: str}, access"),
        (
            "{version: 2, fields: {name: int}, upcasts: {1: {from: {name: str}, set:"
            " {name: len(name)}}}}",
            "fields: {name: int}, access",
        ),
    ],
)
def test_what_the_log_bears_may_change_after_a_release(
    event: str, command: str
) -> None:
    assert said(named(event, command), {"shop": released()}) == []


@pytest.mark.parametrize(
    ("event", "command", "code"),
    [
        ("{fields: {name: int}}", "fields: {name: int}, access", "B805"),
        ("{fields: {called: str}}", "fields: {called: str}, access", "B805"),
        ("{version: 2, fields: {name: str}}", NAMES, "B804"),
        (
            "{version: 2, fields: {called: str}, upcasts: {1: }}",
            "fields: {called: str}, access",
            "B806",
        ),
    ],
)
def test_what_the_log_does_not_bear_may_not(
    event: str, command: str, code: str
) -> None:
    changed = named(event, command)
    assert said(changed, {"shop": released()}) == [code]
    assert said(changed, {}) == [], "before a release everything may change"


def test_a_version_that_was_never_released_needs_no_upcast() -> None:
    first = named("{version: 2, fields: {name: str}}")
    locks = {"shop": released(first)}
    assert said(first, locks) == []
    assert said(shop(), locks) == ["B803"]


def test_a_later_change_is_held_to_every_form_of_a_version() -> None:
    nick = "fields: {name: str, nick: str?}, access"
    grown = named("{fields: {name: str, nick: str?}}", nick)
    locks = {"shop": released(grown, {"shop": released()})}
    assert said(shop(), locks) == []
    other = named("{fields: {name: str, nick: int?}}", nick.replace("str?", "int?"))
    assert said(other, locks) == ["B805"]
    assert said(other, {"shop": released()}) == []


def test_what_was_released_need_not_be_emitted_any_more() -> None:
    command = (
        "      NameBuyer: {fields: {name: str}, access: internal, emits: BuyerNamed}\n"
    )
    quiet = shop(PURCHASES, (command, ""))
    assert said(quiet, {}) == ["B702"]
    assert said(quiet, {"shop": released()}) == []


def test_an_event_that_was_released_under_another_name_is_the_same() -> None:
    renamed = shop(
        PURCHASES,
        ("emits: BuyerNamed", "emits: CustomerNamed"),
        ("BuyerNamed: {", "CustomerNamed: {was: BuyerNamed, "),
    )
    locks = {"shop": released()}
    assert said(renamed, locks) == []
    assert released(renamed, locks).events == locks["shop"].events
    without = shop(renamed.text, ("was: BuyerNamed, ", ""))
    assert said(without, locks) == ["B802"]


def test_an_aggregate_that_has_another_name_leaves_its_log_as_it_is() -> None:
    renamed = shop(
        PURCHASES,
        ("  Purchase:\n", "  Sale:\n    was: Purchase\n"),
        ("key: purchase_id", "key: sale_id"),
        ("by: purchase_id", "by: sale_id"),
    )
    locks = {"shop": released()}
    assert said(renamed, locks) == []
    assert released(renamed, locks).events == locks["shop"].events


def test_a_domain_that_was_released_does_not_go() -> None:
    lock = released()
    other = lock.model_copy(update={"domain": "till"})
    assert said(shop(), {"shop": lock, "till": other}) == ["B802"]


@pytest.mark.parametrize(
    "text", ["now", "name / 0", "1 if 2 else 3", "__import__('os')"]
)
def test_an_upcast_is_a_pure_function_that_cannot_fail(text: str) -> None:
    event = (
        "{version: 2, fields: {name: str}, upcasts: {1: {from: {age: int}, set:"
        f' {{name: "{text}"}}}}}}}}'
    )
    assert said(named(event), {})


def test_a_project_is_printed_with_its_golden_events() -> None:
    locks = {"shop": released()}
    service = pipeline.understand([shop()], Report(), locks)
    tree = pipeline.printed(service, locks=locks)
    golden = [str(path) for path in tree if "golden_events/" in str(path)]
    assert golden == [
        "tests/golden_events/shop/BuyerNamed.v1.json",
        "tests/golden_events/shop/PurchaseMade.v1.json",
    ]
