"""Golden events say what every released form is read as, version after version."""

from __future__ import annotations

import json
from typing import Any

from generator import pipeline
from generator.diagnostics import Report
from generator.document import Document
from generator.golden_events import golden_events
from generator.lock import Locks
from tests.evolution.projects import released, shop

FIRST = shop(
    shop().text,
    (
        "{amount: Money, channel: Channel, place: Place}}\n      Buyer",
        "{amount_cents: int, place: Place}}\n      Buyer",
    ),
    ("emits: PurchaseMade", "emits: {PurchaseMade: {amount_cents: 725}}"),
    (
        "columns: {amount: Money, place: Place, channel: Channel}",
        "columns: {place: Place}",
    ),
    ("state: {amount: Money}", "state: {place: Place}"),
    ("    indexes: [[amount]]\n", ""),
)
SECOND = shop(
    FIRST.text,
    (
        "PurchaseMade: {fields: {amount_cents: int, place: Place}}",
        "PurchaseMade: {version: 2, fields: {amount: Money, place: Place}, upcasts:"
        " {1: {from: {amount_cents: int}, set: {amount: amount_cents / 100}}}}",
    ),
    ("emits: {PurchaseMade: {amount_cents: 725}}", "emits: PurchaseMade"),
)
THIRD = shop(
    SECOND.text,
    (
        "version: 2, fields: {amount: Money, ",
        "version: 3, fields: {amount: Money, channel: Channel, ",
    ),
    (
        "amount_cents / 100}}}}",
        'amount_cents / 100}}, 2: {set: {channel: "desk if amount > 5 else web"}}}}',
    ),
    ("town: str", "town: {type: str, was: city}"),
)


def golden(document: Document, locks: Locks) -> dict[str, Any]:
    service = pipeline.understand([document], Report(), locks)
    return {
        path.name: json.loads(file.text)
        for path, file in golden_events(service, locks).items()
    }


def test_a_payload_goes_through_every_version_after_its_own() -> None:
    first = shop(FIRST.text, ("town: str", "city: str"))
    locks = {"shop": released(first)}
    stored = golden(first, locks)["PurchaseMade.v1.json"]
    assert stored["stored"] == stored["read"]

    second = shop(SECOND.text, ("town: str", "city: str"))
    locks = {"shop": released(second, locks)}
    third = golden(THIRD, {"shop": released(THIRD, locks)})
    cents = stored["stored"]["amount_cents"]
    assert third["PurchaseMade.v1.json"] == {
        "type": "shop.PurchaseMade",
        "version": 1,
        "stored": stored["stored"],
        "read": {
            "purchase_id": stored["stored"]["purchase_id"],
            "amount": f"{cents / 100:.2f}",
            "channel": "web",
            "place": {"city": "City", "street": None},
        },
    }
    assert third["PurchaseMade.v2.json"]["version"] == 2
    assert third["PurchaseMade.v3.json"]["stored"]["place"]["city"] == "Town"


def test_a_project_without_a_release_has_no_golden_events() -> None:
    assert golden(THIRD, {}) == {}


def test_a_field_of_a_value_object_may_have_any_name() -> None:
    named = shop(shop().text, ("{town: str, street: str?}", "{name: str, code: int?}"))
    stored = golden(named, {"shop": released(named)})["PurchaseMade.v1.json"]["stored"]
    assert stored["place"] == {"name": "Name", "code": None}
