"""What breaks of a release is told with its place; what is only added is not."""

from __future__ import annotations

import pytest

from generator import breaking, pipeline
from generator.api_changes import problems_of
from generator.diagnostics import Report
from generator.lock import Call, Column, Form, Lock, Table
from generator.table_changes import changes
from tests.evolution.projects import shop
from tests.evolution.test_migrations import SHOP as BEFORE
from tests.evolution.test_migrations import History

SHOP = BEFORE.replace(
    "  ListDeals: {",
    "  GetDeal: {from: DealView, by: deal_id, access: public}\n  ListDeals: {",
)
CLOSE = "Close: {from: open, access: internal"
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


@pytest.mark.parametrize(
    ("before", "now", "lost"),
    [
        (["public"], ["reader"], "everybody"),
        (["public"], [], "everybody"),
        ([], ["reader"], "every actor"),
        (["reader", "staff"], ["staff"], "reader"),
        (["reader", "staff"], ["clerk"], "reader and staff"),
        (["reader"], ["staff", "reader"], ""),
        (["reader"], ["public"], ""),
        (["reader"], [], ""),
        ([], ["public"], ""),
    ],
)
def test_who_could_call_and_may_not_any_more_is_named(
    before: list[str], now: list[str], lost: str
) -> None:
    locks = [
        Lock(domain="shop", commands={"Make": Call(route="POST /deals", access=each)})
        for each in (before, now)
    ]
    found = [(each.code, each.said) for each in problems_of(*locks)]
    assert found == ([("B833", f"Make is no longer for {lost}")] if lost else [])


@pytest.mark.parametrize(
    ("before", "now", "said"),
    [
        ("int", "int(ge=1)", "was int, and is int(ge=1)"),
        ("int(ge=1)", "int(ge=2)", "was int(ge=1), and is int(ge=2)"),
        ("int(gt=1)", "int(gt=0)", ""),
        ("int(le=5)", "int(le=4)", "was int(le=5), and is int(le=4)"),
        ("int(lt=4)", "int(lt=5)", ""),
        ("int(ge=1 le=5)", "int(le=5)", ""),
        ("str(min_length=1)", "str(min_length=2)", "and is str(min_length=2)"),
        ("str(max_length=9)", "str(max_length=10)", ""),
        ("str(pattern=^a)", "str(pattern=^b)", "and is str(pattern=^b)"),
        ("decimal(decimal_places=2)", "decimal(decimal_places=2 rounding=up)", ""),
        ("list(str) (max_length=9)", "list(str) (max_length=8)", "(max_length=8)"),
        ("list(str(min_length=1))", "list(str)", ""),
        ("int", "str", "was int"),
        ("int", "int?", ""),
        ("int?", "int", "can no longer be left out"),
        ("Status", "str", ""),
        ("Status", "Narrow", "could be closed"),
        ("Place", "Address", '"price.zip" must be sent now'),
        ("int", None, 'takes no "price" any more'),
        (None, "int", "must be sent now"),
        (None, "int = 3", ""),
        (None, "int?", ""),
    ],
)
def test_what_a_command_no_longer_takes_is_told(
    before: str | None, now: str | None, said: str
) -> None:
    locks = [
        Lock(
            domain="shop",
            commands={
                "Make": Call(
                    route="POST /deals", fields={} if each is None else {"price": each}
                )
            },
            values={"Place": {"town": "str"}, "Address": {"town": "str", "zip": "str"}},
            enums={"Status": ["open", "closed"], "Narrow": ["open"]},
        )
        for each in (before, now)
    ]
    found = [each for each in problems_of(*locks)]
    assert [each.code for each in found] == ["B834"] * bool(said)
    assert all(said in each.said for each in found), found


@pytest.mark.parametrize(
    ("before", "now", "said"),
    [
        ("str", "str?", '"note" may be missing now'),
        ("str", None, '"note" is gone'),
        ("str?", None, '"note" is gone'),
        ("str", "int", '"note" is now int'),
        ("str?", "str", ""),
        (None, "str", ""),
        ("Narrow", "Status", ""),
    ],
)
def test_what_a_query_answers_otherwise_is_told(
    before: str | None, now: str | None, said: str
) -> None:
    locks = [
        Lock(
            domain="shop",
            queries={"Get": Call(route="GET /deals", answer="one", rows="DealView")},
            rows={"DealView": {} if each is None else {"note": each}},
            enums={"Status": ["open", "closed"], "Narrow": ["open"]},
        )
        for each in (before, now)
    ]
    found = [each for each in problems_of(*locks)]
    assert [each.code for each in found] == ["B835"] * bool(said)
    assert all(said in each.said for each in found), found


def test_what_only_code_calls_breaks_code() -> None:
    before = Lock(domain="shop", commands={"Make": Call(), "Close": Call()})
    now = Lock(domain="shop", commands={"Close": Call(fields={"why": "str"})})
    assert [(each.code, each.said) for each in problems_of(before, now)] == [
        ("B841", "Make is gone; only code calls it"),
        ("B841", 'Close: "why" must be sent now; only code calls it'),
    ]


def test_another_number_of_rows_is_another_answer() -> None:
    locks = [
        Lock(domain="shop", queries={"Get": Call(route="GET /deals", answer=answer)})
        for answer in ("all", "page")
    ]
    [found] = problems_of(*locks)
    assert found.said == "Get answered with all, and does with page"


def test_what_hurts_most_is_told_first() -> None:
    text = SHOP.replace("Close: {from: open, access: public", CLOSE)
    history = History()
    history.release(text=text)
    document = shop(text.replace("price: int", "price: str").replace("Close:", "Shut:"))
    service = pipeline.understand([document], Report())
    found = breaking.breaking(service, history.locks, [document])
    assert list(dict.fromkeys(each.code[:3] for each in found)) == [
        *("B80", "B81", "B83", "B82", "B84"),
    ]
    assert (
        list(dict.fromkeys(map(breaking.level_of, found)))
        == sorted(breaking.Level)[::-1]
    )


def test_an_event_that_is_gone_makes_the_log_unreadable() -> None:
    found = told(
        ("      DealRaised: {fields: {price: int}}\n", ""),
        (
            "      Reprice: {fields: {price: int}, access: public,"
            " emits: DealRaised}\n",
            "",
        ),
        ("      DealRaised: update\n", ""),
    )
    assert "B802 DealRaised of Deal was released, and is gone" in found[0]


def test_a_table_that_is_used_no_more_is_compared_no_more() -> None:
    history = History()
    history.release(text=SHOP)
    dearer = ("DealRaised: update", "DealRaised: {update: {price: price + 1}}")
    history.release(dearer, text=SHOP)
    document = shop(SHOP, dearer)
    service = pipeline.understand([document], Report(), history.locks)
    assert breaking.breaking(service, history.locks, [document]) == ()


def test_a_table_that_was_made_anew_is_compared_with_what_it_is_now() -> None:
    history = History()
    history.release(text=SHOP)
    history.release(
        ("DealRaised: update", "DealRaised: {update: {price: price + 1}}"), text=SHOP
    )
    change = ("DealRaised: update", "DealRaised: {update: {price: price + 2}}")
    document = shop(SHOP, change)
    service = pipeline.understand([document], Report(), history.locks)
    [found] = breaking.breaking(service, history.locks, [document])
    assert found.message == 'DealView: DealRaised fills "price" in another way'


def test_an_event_that_goes_back_to_a_version_is_what_it_was_then() -> None:
    second = (
        "DealRaised: {fields: {price: int}}",
        "DealRaised: {version: 2, fields: {price: int, why: str},"
        " upcasts: {1: {from: {price: int}, set: {why: \"'none'\"}}}}",
    )
    why = ("Reprice: {fields: {price: int}", "Reprice: {fields: {price: int, why: str}")
    history = History()
    history.release(text=SHOP)
    history.release(second, why, text=SHOP)
    document = shop(SHOP)
    service = pipeline.understand([document], Report())
    found = breaking.breaking(service, history.locks, [document])
    assert [each.code for each in found] == ["B803", "B811", "B834"]
    assert '"why" is gone' in found[1].message


def test_a_difference_is_told_where_the_call_is_described() -> None:
    change = ("fields: {price: int}, access", "fields: {price: int(ge=1)}, access")
    [found] = told(change)
    line = SHOP[: SHOP.index("Reprice:")].count("\n") + 1
    assert found.startswith(f"{line} B834 ")
    [found] = told(("  ListDeals: {from: DealView, access: public}\n", ""))
    assert found.startswith("1 B831 ")


PRICE = Column(type="numeric", of="int")
ROWS = Table(read_model="DealView", key=["deal_id"], columns={"price": PRICE})
STATUS = Column(type="text", of="Status")


@pytest.mark.parametrize(
    ("before", "now", "code"),
    [
        (ROWS, ROWS, ""),
        (ROWS, ROWS.model_copy(update={"key": ["deal_id", "line"]}), "B821"),
        (ROWS, ROWS.model_copy(update={"stream": "shop.Deal"}), "B821"),
        (ROWS, ROWS.model_copy(update={"columns": {}}), "B823"),
        (
            ROWS.model_copy(
                update={"columns": {"s": STATUS}, "enums": {"Status": ["a", "b"]}}
            ),
            ROWS.model_copy(
                update={"columns": {"s": STATUS}, "enums": {"Status": ["a"]}}
            ),
            "B824",
        ),
        (
            ROWS,
            ROWS.model_copy(
                update={"columns": {"price": PRICE.model_copy(update={"default": "1"})}}
            ),
            "B825",
        ),
        (
            ROWS,
            ROWS.model_copy(update={"columns": {"price": PRICE, "n": PRICE}}),
            "B826",
        ),
    ],
)
def test_a_table_is_compared_part_by_part(before: Table, now: Table, code: str) -> None:
    found = changes(before, now, {}).reasons
    assert [each.code for each in found] == [code] * bool(code)


MADE = "shop.DealMade"


@pytest.mark.parametrize(
    ("default", "said", "released", "code"),
    [
        ("7", "event.n where n = 7", {}, ""),
        ("7", "event.n where n = 8", {}, "B826"),
        ("7", "event.n", {}, "B826"),
        ("7", "event.n where n = 7", {"n": "int"}, "B826"),
        ("7", "event.n + 1 where n = 7", {}, "B826"),
        ("", "event.n", {}, ""),
        ("", "event.n where n = 7", {}, "B826"),
        ("", "event.at", {}, "B826"),
    ],
)
def test_a_new_column_stays_where_no_record_says_anything_but_its_default(
    default: str, said: str, released: dict[str, str], code: str
) -> None:
    form = Form(digest="", fields=released, payload="")
    column = Column(
        type="numeric",
        of="int",
        nullable=not default,
        default=default,
        filled={MADE: said},
    )
    now = ROWS.model_copy(update={"columns": {"price": PRICE, "n": column}})
    found = changes(ROWS, now, {MADE: {"v1": form}}).reasons
    assert [each.code for each in found] == [code] * bool(code)
    assert changes(ROWS, now, {}).reasons == ()
