"""Two branches that both followed their blueprints settle after git has merged them."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest

from tests.living.projects import AGGREGATE, FINES, REGISTRY, Living, in_step
from tests.living.settling import settle_marks

LENDING = "blueprints/lending.yaml"
MEMBERS = "blueprints/members.yaml"
ROOMS = FINES.replace("fines", "rooms").replace("Fine", "Room").replace("fine", "room")


@pytest.fixture
def shared(living: Living) -> Living:
    """The project under git, its first state committed."""
    living.git("init", "-q", "-b", "main")
    commit(living)
    return living


def commit(living: Living) -> None:
    living.git("add", "-A")
    living.git("commit", "-q", "-m", "a step")


def merged(living: Living, one: object, other: object) -> None:
    """Two branches, each with its change followed, merged by git as far as it can."""
    for name, change in (("one", one), ("other", other)):
        living.git("checkout", "-q", "-B", name, "main")
        assert callable(change)
        change(living)
        followed = living.scaffold("sync")
        assert followed.exit_code == 0, followed.output
        commit(living)
    living.git("merge", "-q", "one", check=False)


def settle(living: Living) -> None:
    followed = living.scaffold("sync")
    assert followed.exit_code == 0, followed.output
    assert b"<<<<<<<" not in b"".join(c for c in living.files().values() if c)
    assert in_step(living)


def test_two_domains_that_change_apart(shared: Living) -> None:
    def one(living: Living) -> None:
        living.edit(LENDING, "days(28)", "days(21)")

    def other(living: Living) -> None:
        living.edit(MEMBERS, "summary: Who may take", "summary: Who can take")

    merged(shared, one, other)
    settle(shared)
    assert "timedelta(days=21)" in shared.text(AGGREGATE)


def test_two_branches_that_each_take_in_a_domain(shared: Living) -> None:
    def one(living: Living) -> None:
        living.put("blueprints/fines.yaml", FINES)

    def other(living: Living) -> None:
        living.put("blueprints/rooms.yaml", ROOMS)

    merged(shared, one, other)
    settle(shared)
    registry = shared.text(REGISTRY)
    assert registry.count("    FINES_DOMAIN,\n") == 1
    assert registry.count("    ROOMS_DOMAIN,\n") == 1
    assert "from app.fines" in registry and "from app.rooms" in registry


def test_a_field_here_and_the_same_method_edited_there(shared: Living) -> None:
    guard = "        if command.loan_id.int == 0:\n            raise ValueError\n"
    decision = "    def open_loan(self, command: OpenLoan, context: Context) -> None:\n"

    def one(living: Living) -> None:
        living.edit(LENDING, "days(28)", "days(21)")
        living.edit(
            LENDING,
            "{to: open, fields: {book: str, due: date}}",
            "{to: open, fields: {book: str, due: date, fee: int?}}",
        )

    def other(living: Living) -> None:
        living.edit(AGGREGATE, decision, decision + guard)

    merged(shared, one, other)
    settle(shared)
    text = shared.text(AGGREGATE)
    assert decision + guard in text and "timedelta(days=21)" in text


def test_both_add_the_same_field(shared: Living) -> None:
    def one(living: Living) -> None:
        living.edit(
            LENDING,
            "{to: open, fields: {book: str, due: date}}",
            "{to: open, fields: {book: str, due: date, fee: int?}}",
        )

    def other(living: Living) -> None:
        one(living)
        living.edit(LENDING, "days(14)", "days(7)")

    merged(shared, one, other)
    settle(shared)


def test_a_blueprint_that_git_left_in_conflict_is_for_a_person(shared: Living) -> None:
    def one(living: Living) -> None:
        living.edit(LENDING, "days(28)", "days(21)")

    def other(living: Living) -> None:
        living.edit(LENDING, "days(28)", "days(35)")

    merged(shared, one, other)
    before = shared.files()
    text = shared.text(LENDING)
    line = text[: text.index("<<<<<<<")].count("\n") + 1
    said = f"{LENDING}:{line}:1: B001 git left a conflict here"
    for command in ("sync", "sync --dry-run", "diff", "check", "release"):
        done = shared.scaffold(*command.split())
        assert done.exit_code == 1, command
        assert said in done.stdout + done.stderr, command
    assert shared.files() == before
    start, end = text.index("<<<<<<<"), text.index(">>>>>>>")
    row = next(row for row in text[start:end].splitlines() if "days(35)" in row)
    shared.put(LENDING, text[:start] + row + "\n" + text[text.index("\n", end) + 1 :])
    settle(shared)
    assert "timedelta(days=35)" in shared.text(AGGREGATE)


def test_two_releases_of_one_event_are_settled_as_the_lock_is_told_to(
    shared: Living,
) -> None:
    shared.scaffold("release")
    commit(shared)

    def releasing(field: str) -> Callable[[Living], None]:
        def change(living: Living) -> None:
            living.edit(LENDING, "{to: open, fields: {book", f"{opened}{field}, book")
            living.edit(LENDING, "columns: {", f"columns: {{{field}, ")
            assert living.scaffold("sync").exit_code == 0
            assert living.scaffold("release").exit_code == 0

        return change

    opened = "{to: open, fields: {"
    merged(shared, releasing("fee: int?"), releasing("tip: int?"))
    settle_marks(shared, LENDING)
    shared.put(
        LENDING, shared.text(LENDING).replace("tip: int?", "tip: int?, fee: int?")
    )
    lock = ".scaffold/lock/lending.yaml"
    told = shared.scaffold("sync")
    assert told.exit_code == 1 and f"{lock}:" in told.stderr
    way_out = re.search(r"`git (checkout --ours \S+)`", told.stderr)
    assert way_out is not None
    shared.git(*way_out[1].split())
    settle(shared)
    assert shared.scaffold("release").exit_code == 0
    commit(shared)
    settle(shared)
    assert "v1.2:" in shared.text(lock)
