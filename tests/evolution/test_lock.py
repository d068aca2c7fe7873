"""The lock: what has been released, in a text that only grows."""

from __future__ import annotations

import json
from hashlib import sha256

import pytest

from generator.diagnostics import Report
from generator.document import load
from generator.lock import Lock, read_lock, text_of
from generator.releases import Unreleasable, release
from tests.evolution.projects import MIGRATIONS, locks_in, released, shop, understood

PATH = ".scaffold/lock/shop.yaml"


def problems(text: str) -> list[str]:
    report = Report()
    read_lock(load(text, PATH, report), report)
    return [f"{each.span.line} {each.code} {each.message}" for each in report.errors]


def test_a_lock_says_how_each_event_lies_in_the_log() -> None:
    form = released().events["Purchase"]["PurchaseMade"]["v1"]
    assert form.fields == {
        "purchase_id": "uuid",
        "amount": "decimal",
        "channel": "Channel",
        "place": "Place",
    }
    assert form.values == {"Place": {"town": "str", "street": "str?"}}
    assert form.enums == {"Channel": ["web", "desk"]}
    assert json.loads(form.payload)["place"] == {"town": "Town", "street": None}


def test_a_lock_says_what_is_called_and_what_is_shown() -> None:
    lock = released()
    made, named = lock.commands["MakePurchase"], lock.commands["NameBuyer"]
    assert (made.route, made.access) == ("POST /purchases/make", ["public"])
    assert made.fields["amount"] == "decimal(ge=0 decimal_places=2)"
    assert (named.route, named.access) == ("", ["internal"])
    asked = lock.queries["GetPurchase"]
    assert (asked.answer, asked.rows) == ("one", "PurchaseView")
    assert lock.rows["PurchaseView"]["place"] == "Place"
    assert lock.values == {"Place": {"town": "str", "street": "str?"}}


def test_a_lock_says_which_tables_there_are() -> None:
    lock = released()
    table = lock.tables["purchase_view"]
    assert (table.read_model, table.key) == ("PurchaseView", ["purchase_id"])
    assert {name: each.type for name, each in table.columns.items()} == {
        "purchase_id": "uuid",
        "amount": "numeric",
        "place": "jsonb",
        "channel": "text",
    }
    assert table.columns["channel"].check == "CHECK (\"channel\" IN ('web', 'desk'))"
    assert list(table.indexes.values()) == [["amount"]]
    text = MIGRATIONS["migrations/shop/0001_read_models.sql"]
    assert lock.migrations == {
        "0001_read_models.sql": sha256(text.encode()).hexdigest()
    }


def test_a_lock_is_read_as_it_was_written() -> None:
    lock = released()
    report = Report()
    again = read_lock(load(text_of(lock), PATH, report), report)
    assert (again, report.diagnostics) == (lock, ())


def test_releasing_twice_changes_no_byte() -> None:
    service = understood(shop())
    once = release(service, {}, MIGRATIONS)
    assert release(service, locks_in(once), MIGRATIONS) == once


def test_the_order_of_a_blueprint_is_nothing_to_a_lock() -> None:
    events = "      BuyerNamed: {fields: {name: str}}\n"
    moved = shop(shop().text, (events, ""), ("    events:\n", f"    events:\n{events}"))
    assert text_of(released(moved)) == text_of(released())


def test_what_was_released_stays_as_it_is_and_more_is_added() -> None:
    before = released()
    grown = shop(shop().text, ("{name: str}}\nread", "{name: str, nick: str?}}\nread"))
    grown = shop(
        grown.text, ("{fields: {name: str}, a", "{fields: {name: str, nick: str?}, a")
    )
    after = released(grown, {"shop": before})
    forms = after.events["Purchase"]["BuyerNamed"]
    assert list(forms) == ["v1", "v1.1"]
    assert forms["v1"] == before.events["Purchase"]["BuyerNamed"]["v1"]
    assert forms["v1.1"].fields["nick"] == "str?"
    assert (
        after.events["Purchase"]["PurchaseMade"]
        == before.events["Purchase"]["PurchaseMade"]
    )


def test_another_example_changes_no_released_payload() -> None:
    before = released()
    other = shop(shop().text, ("{town: str,", "{town: {type: str, example: Graz},"))
    assert released(other, {"shop": before}).events == before.events


def test_every_released_form_has_a_golden_event() -> None:
    texts = release(understood(shop()), {}, MIGRATIONS)
    golden = {path: text for path, text in texts.items() if path.startswith("tests")}
    assert set(golden) == {
        "tests/golden_events/shop/BuyerNamed.v1.json",
        "tests/golden_events/shop/PurchaseMade.v1.json",
    }
    said = json.loads(golden["tests/golden_events/shop/BuyerNamed.v1.json"])
    assert (
        said["stored"]
        == said["read"]
        == json.loads(released().events["Purchase"]["BuyerNamed"]["v1"].payload)
    )


@pytest.mark.parametrize(
    ("migrations", "said"),
    [
        ({}, "0001_read_models.sql was released, and is gone"),
        (
            dict.fromkeys(MIGRATIONS, "DROP TABLE x;"),
            "has changed since it was released",
        ),
    ],
)
def test_a_released_migration_may_not_change(
    migrations: dict[str, str], said: str
) -> None:
    with pytest.raises(Unreleasable, match=said):
        release(understood(shop()), {"shop": released()}, migrations)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "1 B801 this lock is empty"),
        ("[]", "1 B801 this is no lock: Input should be a valid dictionary"),
        ("format: 1\ndomain: shop\nevnts: {}", "3 B801 this is no lock: Extra inputs"),
        ("format: 7\ndomain: shop", "1 B801 this version of scaffold does not know"),
        ("format: 1\ndomain: till", "2 B801 this is the place of another domain"),
        ("format: 1\ndomain: shop\nevents: [", "3 B001"),
        ("<<<<<<< HEAD\nformat: 1\n=======", "1 B001"),
    ],
)
def test_what_is_no_lock_is_told_with_its_place(text: str, said: str) -> None:
    found = problems(text)
    assert found[0].startswith(said) if found else not said, found


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        ("name: str", "name: int", "BuyerNamed v1 was changed by hand"),
        ("BuyerNamed:\n      v1", "BuyerNamed:\n      one", '"one" is no version'),
        ("payload: '{", "payload: '[", "a payload is a JSON object"),
    ],
)
def test_what_somebody_changed_in_a_lock_is_noticed(
    before: str, after: str, said: str
) -> None:
    text = text_of(released())
    assert before in text
    (found,) = problems(text.replace(before, after, 1))
    assert said in found


def test_a_lock_of_hostile_names_is_data() -> None:
    name = "x': {{ 7*7 }} # é"
    lock = Lock(
        domain="shop", migrations={name: "!!python/object"}, enums={"on": ["no"]}
    )
    report = Report()
    again = read_lock(load(text_of(lock), PATH, report), report)
    assert (again, report.diagnostics) == (lock, ())
