"""Migrations: what tables need beyond the last release, in place or anew."""

from __future__ import annotations

import re

import pytest

from generator import pipeline, render
from generator.diagnostics import Report
from generator.lock import Locks
from generator.releases import release
from tests.evolution.projects import locks_in, shop

SHOP = """\
domain: shop
value_objects:
  Place: {fields: {town: str}}
enums:
  Status: [open, closed]
aggregates:
  Buyer:
    state: {name: str}
    commands:
      Enter: {creates: true, fields: {name: str}, access: public, emits: BuyerEntered}
    events:
      BuyerEntered: {fields: {name: str}}
  Deal:
    state: {buyer_id: Buyer, price: int, status: Status, place: Place}
    lifecycle: status
    commands:
      Make:
        creates: true
        fields: {buyer_id: Buyer, price: int, place: Place}
        access: public
        emits: DealMade
      Reprice: {fields: {price: int}, access: public, emits: DealRaised}
      Close: {from: open, access: public, emits: DealClosed}
    events:
      DealMade: {to: open, fields: {buyer_id: Buyer, price: int, place: Place}}
      DealRaised: {fields: {price: int}}
      DealClosed: {to: closed}
read_models:
  DealView:
    key: deal_id
    columns: {price: int, status: Status, buyer_id: Buyer, place: Place, name: str?}
    indexes: [[price]]
    on:
      DealMade: insert
      DealRaised: update
      DealClosed: update
      BuyerEntered: {where: {buyer_id: buyer_id}, update: {name: name}}
  BuyerView:
    key: buyer_id
    columns: {name: str, deals: int = 0}
    on:
      BuyerEntered: insert
      DealMade: {where: {buyer_id: buyer_id}, update: {deals: row.deals + 1}}
queries:
  ListDeals: {from: DealView, access: public}
"""
FIRST = "migrations/shop/0001_read_models.sql"
SECOND = "migrations/shop/0002_read_models.sql"
Change = tuple[str, str]


class History:
    """A project from release to release, as far as its tables go."""

    def __init__(self) -> None:
        self.locks: Locks = {}
        self.files: dict[str, str] = {}

    def printed(self, *changes: Change, text: str = SHOP) -> dict[str, str]:
        """Every file of the domain, parts of its text being replaced."""
        service = pipeline.understand([shop(text, *changes)], Report(), self.locks)
        return {str(path): file.text for path, file in render.domains(service).items()}

    def migrations(self, *changes: Change, text: str = SHOP) -> dict[str, str]:
        """The migrations that are printed."""
        printed = self.printed(*changes, text=text)
        return {path: sql for path, sql in printed.items() if path.endswith(".sql")}

    def release(self, *changes: Change, text: str = SHOP) -> None:
        """Release the domain as it is then."""
        self.files |= self.migrations(*changes, text=text)
        service = pipeline.understand([shop(text, *changes)], Report(), self.locks)
        self.locks = locks_in(release(service, self.locks, self.files))


@pytest.fixture
def once() -> History:
    """The domain, released once."""
    history = History()
    history.release()
    return history


def statements(sql: str) -> list[str]:
    """What a migration does, without its comments."""
    text = re.sub(r"^--.*\n", "", sql, flags=re.MULTILINE)
    return [" ".join(each.split()) for each in text.split(";") if each.strip()]


def test_what_is_not_released_is_one_migration_written_anew() -> None:
    history = History()
    assert list(history.migrations()) == [FIRST]
    changed = history.migrations(("indexes: [[price]]", "indexes: [[status]]"))
    assert list(changed) == [FIRST]
    assert changed != history.migrations()


def test_after_a_release_nothing_is_printed_until_a_table_changes(
    once: History,
) -> None:
    assert once.migrations() == {}
    assert once.migrations(("from: DealView", "from: BuyerView")) == {}


NOTED = (
    "      Close: {",
    "      Note: {fields: {note: str}, access: public, emits: DealNoted}\n"
    "      Close: {",
)
NOTED_EVENT = (
    "      DealClosed: {to",
    "      DealNoted: {fields: {note: str}}\n      DealClosed: {to",
)
NOTE = (
    "price: int, status: Status, buyer_id",
    "price: int, note: str?, status: Status, buyer_id",
)
NOTED_ROW = (
    "      DealRaised: update",
    "      DealRaised: update\n      DealNoted: update",
)


@pytest.mark.parametrize(
    ("changes", "done"),
    [
        pytest.param(
            [NOTED, NOTED_EVENT, NOTE, NOTED_ROW],
            ['ALTER TABLE "deal_view" ADD COLUMN "note" text'],
            id="a column that only a new event fills",
        ),
        pytest.param(
            [
                (
                    "buyer_id: Buyer, place: Place, name",
                    "buyer_id: Buyer, place: Place, rank: int = 3, name",
                )
            ],
            [
                'ALTER TABLE "deal_view" ADD COLUMN "rank" numeric NOT NULL '
                "DEFAULT '3'::numeric"
            ],
            id="a column with a default that nothing fills",
        ),
        pytest.param(
            [
                ("price: int}}\n      Dea", "price: int, why: str?}}\n      Dea"),
                (
                    "{fields: {price: int}, access",
                    "{fields: {price: int, why: str?}, access",
                ),
                (
                    "price: int, status: Status, buyer_id",
                    "price: int, why: str?, status: Status, buyer_id",
                ),
            ],
            ['ALTER TABLE "deal_view" ADD COLUMN "why" text'],
            id="a column from a field that no record has yet",
        ),
        pytest.param(
            [
                (
                    "buyer_id: Buyer, price: int, place: Place}}\n",
                    "buyer_id: Buyer, price: int, place: Place, rank: int = 3}}\n",
                ),
                (
                    "price: int, status: Status, buyer_id",
                    "price: int, rank: int = 3, status: Status, buyer_id",
                ),
            ],
            [
                'ALTER TABLE "deal_view" ADD COLUMN "rank" numeric NOT NULL '
                "DEFAULT '3'::numeric"
            ],
            id="a column with the default of a field that no record has yet",
        ),
        pytest.param(
            [("indexes: [[price]]", "indexes: [[price], [status, price]]")],
            [
                'CREATE INDEX "deal_view__status__price" ON "deal_view" '
                '("status", "price")'
            ],
            id="an index",
        ),
        pytest.param(
            [("    indexes: [[price]]\n", "")],
            ['DROP INDEX "deal_view__price"'],
            id="no index any more",
        ),
        pytest.param(
            [("[open, closed]", "[open, held, closed]")],
            [
                'ALTER TABLE "deal_view" DROP CONSTRAINT "deal_view_status_check", '
                'ADD CONSTRAINT "deal_view_status_check" CHECK ("status" IN '
                "('open', 'held', 'closed'))"
            ],
            id="a member more",
        ),
        pytest.param(
            [("columns: {price: int, s", "columns: {price: int?, s")],
            ['ALTER TABLE "deal_view" ALTER COLUMN "price" DROP NOT NULL'],
            id="a column that may be empty",
        ),
        pytest.param(
            [("[open, closed]", "[closed, open]")], [], id="members in another order"
        ),
    ],
)
def test_what_no_record_could_have_filled_changes_in_place(
    once: History, changes: list[Change], done: list[str]
) -> None:
    found = once.migrations(*changes)
    assert [each for sql in found.values() for each in statements(sql)] == done
    assert list(found) == ([SECOND] if done else [])
    assert 'name="deal_view",' in once.printed(*changes)["app/shop/read_models.py"]


@pytest.mark.parametrize(
    ("changes", "table", "reason"),
    [
        pytest.param(
            [
                ("columns: {price: int, s", "columns: {price: int, least: int?, s"),
                ("DealMade: insert", "DealMade: {insert: {least: price}}"),
            ],
            "deal_view",
            'DealMade fills "least", a new column',
            id="a column that records fill",
        ),
        pytest.param(
            [
                ("columns: {price: int, s", "columns: {price: int, made: datetime?, s"),
                ("DealMade: insert", "DealMade: {insert: {made: event.at}}"),
            ],
            "deal_view",
            'DealMade fills "made", a new column',
            id="a column that takes what every record has beside its fields",
        ),
        pytest.param(
            [
                (
                    "buyer_id: Buyer, price: int, place: Place}}\n",
                    "buyer_id: Buyer, price: int, place: Place, rank: int = 3}}\n",
                ),
                (
                    "price: int, status: Status, buyer_id",
                    "price: int, rank: int = 4, status: Status, buyer_id",
                ),
            ],
            "deal_view",
            'DealMade fills "rank", a new column',
            id="a column with another default than its field",
        ),
        pytest.param(
            [
                ("columns: {price: int, s", "columns: {price: int, least: int, s"),
                ("DealMade: insert", "DealMade: {insert: {least: price}}"),
            ],
            "deal_view",
            '"least" is new, and every row needs one',
            id="a column that no row can be without",
        ),
        pytest.param(
            [("DealRaised: update", "DealRaised: {update: {price: price + 1}}")],
            "deal_view",
            'DealRaised fills "price" in another way',
            id="another value",
        ),
        pytest.param(
            [
                (
                    "      DealClosed: update\n      B",
                    "      DealClosed: delete\n      B",
                )
            ],
            "deal_view",
            "DealClosed makes or ends other rows",
            id="rows that end",
        ),
        pytest.param(
            [
                ("columns: {price: int, s", "columns: {s"),
                ("indexes: [[price]]", "indexes: [[status]]"),
                ("      DealRaised: update\n", ""),
            ],
            "deal_view",
            '"price" is gone',
            id="a column that is gone",
        ),
        pytest.param(
            [
                ("columns: {price: int, s", "columns: {price: float, s"),
                ("DealMade: insert", "DealMade: {insert: {price: price * 1}}"),
                ("DealRaised: update", "DealRaised: {update: {price: price * 1}}"),
            ],
            "deal_view",
            '"price" was int, and is float',
            id="another type",
        ),
        pytest.param(
            [("update: {name: name}", "update: {name: name.upper()}")],
            "deal_view_buyer",
            'BuyerEntered fills "name" in another way',
            id="what is looked up",
        ),
        pytest.param(
            [("row.deals + 1", "row.deals + 2")],
            "buyer_view_deal_counts",
            'DealMade fills "deals" in another way',
            id="what is counted",
        ),
        pytest.param(
            [
                (
                    "DealRaised: {fields: {price: int}}",
                    "DealRaised: {version: 2, fields: {price: int},"
                    " upcasts: {1: {from: {price: int}, set: {price: price * 100}}}}",
                )
            ],
            "deal_view",
            'DealRaised fills "price" in another way',
            id="what old records are read as",
        ),
    ],
)
def test_what_records_would_have_filled_gets_a_table_of_its_own(
    once: History, changes: list[Change], table: str, reason: str
) -> None:
    found = once.migrations(*changes)
    assert list(found) == [SECOND]
    (sql,) = found.values()
    assert f'CREATE TABLE "{table}__2"' in sql
    assert statements(sql)[-1].endswith(f"error = NULL WHERE name = '{table}'")
    assert sql.count("CREATE TABLE") == 1 and "ALTER" not in sql and "DROP" not in sql
    assert reason in " ".join(sql.replace("-- ", "").split())
    assert f'name="{table}__2",' in once.printed(*changes)["app/shop/read_models.py"]


def test_an_event_that_no_release_knows_changes_no_table(once: History) -> None:
    row = (
        "DealRaised: update",
        "DealRaised: update\n      DealNoted: {update: {price: 1}}",
    )
    assert once.migrations(NOTED, NOTED_EVENT, row) == {}


def test_what_printed_code_is_called_fills_no_table_anew(once: History) -> None:
    renamed = [
        (
            "DealRaised: {fields: {price: int}}",
            "DealPriced: {was: DealRaised, fields: {cost: {type: int, was: price}}}",
        ),
        ("emits: DealRaised", "emits: {DealPriced: {cost: price}}"),
        ("DealRaised: update", "DealPriced: {update: {price: cost}}"),
    ]
    assert once.migrations(*renamed) == {}


def test_a_table_of_the_past_is_dropped_by_the_next_migration_but_one() -> None:
    history = History()
    history.release()
    dearer = ("DealRaised: update", "DealRaised: {update: {price: price + 1}}")
    history.release(dearer)
    assert history.locks["shop"].tables["deal_view"].retired
    assert history.migrations(dearer) == {}
    dearest = ("DealRaised: update", "DealRaised: {update: {price: price + 2}}")
    third = history.migrations(dearest)["migrations/shop/0003_read_models.sql"]
    assert 'CREATE TABLE "deal_view__3"' in third
    assert 'CREATE INDEX "deal_view__3__price"' in third
    assert statements(third)[-2:] == [
        'DROP TABLE "deal_view"',
        "DELETE FROM kernel.checkpoints WHERE name = 'deal_view'",
    ]
    history.release(dearest)
    assert sorted(n for n, t in history.locks["shop"].tables.items() if t.retired) == [
        "deal_view__2"
    ]


def test_a_read_model_that_comes_back_gets_a_name_that_nothing_has(
    once: History,
) -> None:
    head, tail = SHOP.index("  BuyerView:"), SHOP.index("queries:")
    without = SHOP[:head] + SHOP[tail:]
    once.release(text=without)
    (sql,) = once.migrations().values()
    assert 'CREATE TABLE "buyer_view__2"' in sql


def test_two_branches_that_change_tables_end_in_one_migration(once: History) -> None:
    ours = (
        "buyer_id: Buyer, place: Place, name",
        "buyer_id: Buyer, place: Place, rank: int = 3, name",
    )
    theirs = ("indexes: [[price]]", "indexes: [[price], [status]]")
    for each in ([ours], [theirs], [ours, theirs]):
        assert list(once.migrations(*each)) == [SECOND]
    (merged,) = once.migrations(ours, theirs).values()
    assert "ADD COLUMN" in merged and "CREATE INDEX" in merged


def test_a_migration_written_by_hand_takes_a_number(once: History) -> None:
    once.files["migrations/shop/0002_faster.sql"] = (
        "CREATE INDEX x ON deal_view (price);"
    )
    once.release()
    assert list(
        once.migrations(("indexes: [[price]]", "indexes: [[price], [status]]"))
    ) == ["migrations/shop/0003_read_models.sql"]
