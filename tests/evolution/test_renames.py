"""What is called otherwise now is called so wherever a person wrote about it."""

from __future__ import annotations

from generator.renames import renames
from tests.evolution.projects import shop, understood


def test_every_word_that_a_new_name_changes_is_listed() -> None:
    renamed = shop(
        shop().text,
        ("  Purchase:\n", "  Purchase:\n    was: [Sale, Deal]\n"),
        ("      BuyerNamed: {", "      BuyerNamed: {was: CustomerNamed, "),
        ("town: str", "town: {type: str, was: city}"),
    )
    found = renames(understood(renamed))
    assert found["SaleState"] == found["DealState"] == "PurchaseState"
    assert (found["sale_id"], found["sales_router"]) == (
        "purchase_id",
        "purchases_router",
    )
    assert (found["CustomerNamed"], found["city"]) == ("BuyerNamed", "town")


def test_a_word_that_something_else_still_bears_is_not_touched() -> None:
    renamed = shop(
        shop().text,
        (
            "place: Place}}\n      Buyer",
            "place: {type: Place, was: name}}}\n      Buyer",
        ),
    )
    assert renames(understood(renamed)) == {}


def test_where_nothing_was_renamed_nothing_is_listed() -> None:
    assert renames(understood(shop())) == {}
