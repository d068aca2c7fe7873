"""What breaks of a release is told with its place; what is only added is not."""

from __future__ import annotations

import pytest

from generator import breaking, pipeline
from generator.diagnostics import Report
from tests.evolution.projects import shop
from tests.evolution.test_migrations import SHOP as BEFORE
from tests.evolution.test_migrations import History

SHOP = BEFORE.replace(
    "  ListDeals: {",
    "  GetDeal: {from: DealView, by: deal_id, access: public}\n  ListDeals: {",
)
Change = tuple[str, str]


def told(*changes: Change, text: str = SHOP) -> list[str]:
    """The code and message of everything that breaks."""
    history = History()
    history.release(text=text)
    document = shop(text, *changes)
    service = pipeline.understand([document], Report())
    found = breaking.breaking(service, history.locks, [document])
    return [f"{each.span.line} {each.code} {each.message}" for each in found]


MAKE = "        fields: {buyer_id: Buyer, price: int, place: Place}\n"


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        (
            [
                (
                    "queries:\n",
                    "queries:\n  AllBuyers: {from: BuyerView, access: public}\n",
                )
            ],
            None,
        ),
        ([("[open, closed]", "[open, held, closed]")], None),
        (
            [
                (
                    "fields: {price: int}, access",
                    "fields: {price: int, why: str?}, access",
                )
            ],
            None,
        ),
        (
            [
                (
                    "      Reprice: {fields: {price: int}, access: public",
                    "      Reprice: {fields: {price: int}, access: [public]",
                )
            ],
            None,
        ),
        (
            [("  ListDeals: {from: DealView, access: public}\n", "")],
            "B831 ListDeals is gone",
        ),
        (
            [
                (
                    "ListDeals: {from: DealView, access: public",
                    "ListDeals: {from: DealView, access: internal",
                )
            ],
            "B831 ListDeals is internal now",
        ),
        (
            [
                (
                    "ListDeals: {from: DealView, access: public",
                    "ListDeals: {from: DealView, access: authenticated",
                )
            ],
            "B833 ListDeals is no longer for everybody",
        ),
        (
            [("GetDeal: {from: DealView, by: deal_id", "GetDeal: {from: DealView")],
            "B832 GetDeal was",
        ),
        (
            [
                (
                    "fields: {price: int}, access",
                    "fields: {price: int, why: str}, access",
                )
            ],
            'B834 Reprice: "why" must be sent now',
        ),
        (
            [("fields: {price: int}, access", "fields: {price: int(ge=1)}, access")],
            'B834 Reprice: "price" was int, and is int(ge=1)',
        ),
        (
            [
                (
                    "price: int, status: Status, buyer_id",
                    "price: int?, status: Status, buyer_id",
                )
            ],
            'B835 GetDeal: "price" may be missing now',
        ),
        (
            [("DealRaised: update", "DealRaised: {update: {price: price + 1}}")],
            'B825 DealView: DealRaised fills "price" in another way',
        ),
        (
            [
                (
                    "DealRaised: {fields: {price: int}}",
                    "DealRaised: {version: 2, fields: {price: int?}, upcasts: {1: {}}}",
                ),
                ("columns: {price: int, s", "columns: {price: int?, s"),
                (
                    "price: int, status: Status, place",
                    "price: int?, status: Status, place",
                ),
            ],
            'B811 DealRaised on the topic: "price" may be missing now',
        ),
    ],
)
def test_each_difference_is_told_or_is_none(
    changes: list[Change], said: str | None
) -> None:
    found = told(*changes)
    if said is None:
        assert found == []
    else:
        assert any(said in each for each in found), found


def test_what_is_internal_now_is_told_once() -> None:
    query = told(("by: deal_id, access: public", "by: deal_id, access: internal"))
    assert [each.split(" ", 1)[1] for each in query] == ["B831 GetDeal is internal now"]


def test_a_member_more_breaks_nobody_who_reads() -> None:
    text = SHOP.replace(
        "BuyerEntered: {fields: {name: str}}",
        "BuyerEntered: {fields: {name: str, mood: Status?}}",
    )
    assert text != SHOP
    assert told(("[open, closed]", "[open, held, closed]"), text=text) == []
