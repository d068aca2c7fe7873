"""`scaffold explain` says what a code means, and where values come from."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from typer.testing import CliRunner

from generator.catalogue import CATALOGUE
from generator.cli import app
from tests.tool.test_reporting import LENDING

ROOT = Path(__file__).parents[2]


def test_a_code_is_explained_by_an_example_and_its_way_out() -> None:
    done = CliRunner().invoke(app, ["explain", "b303"])
    assert (done.exit_code, done.stderr) == (0, "")
    for part in ("B303  ", "For example:", "What is said:", "The way out:", "^"):
        assert part in done.stdout


def test_without_a_code_all_are_listed() -> None:
    done = CliRunner().invoke(app, ["explain"])
    assert done.exit_code == 0
    assert [line.split()[0] for line in done.stdout.splitlines()] == sorted(CATALOGUE)


@pytest.mark.parametrize("word", ["B3O3", "B999", "B", "../B303", "b303.md"])
def test_what_is_no_code_is_refused(word: str) -> None:
    done = CliRunner().invoke(app, ["explain", word])
    assert (done.exit_code, done.stdout) == (2, "")
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("gust", 'nothing called gust; did you mean "Guest"?'),
        (
            "request",
            "; one of: RequestReservation, ReservationRequested, StaleRequests",
        ),
        ("NoSuch", "ask for a domain (guest, payment, reservation, room), or for"),
    ],
)
def test_a_name_that_is_not_there_is_answered_in_a_line(name: str, said: str) -> None:
    done = CliRunner().invoke(app, ["explain", "booking_core", name])
    assert (done.exit_code, done.stdout) == (2, "")
    assert said in done.stderr
    assert len(done.stderr) < 200


def test_where_there_are_few_names_they_are_listed(tmp_path: Path) -> None:
    file = tmp_path / "lending.yaml"
    file.write_text(LENDING)
    done = CliRunner().invoke(app, ["explain", str(file), "NoSuch"])
    assert "; one of: " in done.stderr
    assert "lending" in done.stderr and "lending." not in done.stderr


def explained(*arguments: str) -> str:
    done = CliRunner().invoke(app, ["explain", *arguments])
    assert done.exit_code == 0, done.stderr
    return done.stdout


def rows(table: str, said: str) -> list[list[str]]:
    """The rows of the table with a title, cell by cell."""
    [found] = [part for part in said.split("\n\n") if part.splitlines()[0] == table]
    return [re.split(r"  +", line.strip()) for line in found.splitlines()[1:]]


def test_each_field_of_an_event_says_where_it_comes_from() -> None:
    said = explained("booking_core", "reservation")
    assert rows("command CancelReservation emits ReservationCancelled", said) == [
        ["reservation_id", "reservation.Reservation", "the aggregate's id"],
        ["room_id", "room.Room", "state field"],
        ["reason", "str", "command field"],
    ]
    refund = rows(
        "command CancelReservation emits RefundOwed, if its condition holds", said
    )
    assert refund[-1] == ["amount", "decimal", "written: state.total * 0.8"]


def test_the_state_says_which_event_fills_it() -> None:
    said = explained("booking_core", "ReservationRequested")
    created = rows("event ReservationRequested creates the state of Reservation", said)
    assert ["status", "Status", "to: requested"] in created
    assert ["total", "decimal", "event field"] in created


def test_each_column_says_what_kind_it_is_and_what_fills_it() -> None:
    said = explained("booking_core", "reservation.ReservationView")
    columns = rows("read model ReservationView, a row for each Reservation", said)
    looked_up = "written: name, of the guest.Guest in guest_id"
    assert ["guest_name", "str?", "looked up", "GuestRegistered", looked_up] in columns
    assert ["ReservationConfirmed", "to: confirmed"] in columns
    assert columns[0] == [
        "reservation_id",
        "reservation.Reservation",
        "key",
        "ReservationRequested",
        "the stream's id",
    ]


def test_a_counted_column_says_whose_events_count() -> None:
    said = explained(str(ROOT / "tests/golden/joining"), "MemberView")
    columns = rows("read model MemberView, a row for each Member", said)
    counted = "written: row.payments + 1, for the row of the event's payer_id"
    assert ["payments", "int", "counted", "Paid", counted] in columns


def test_a_row_of_several_keys_is_told_as_one() -> None:
    said = explained(str(ROOT / "tests/golden/children"), "OrderLine")
    columns = rows(
        "read model OrderLine, a row for each Order and product_id and size", said
    )
    keys = [row[0] for row in columns if "key" in row[2:3]]
    assert keys == ["order_id", "product_id", "size"]


def test_queries_and_policies_are_told_too() -> None:
    said = explained("booking_core")
    query = rows("query ListReservations reads ReservationView", said)
    assert ["filter", "from_date", "check_in >= what is asked for"] in query
    assert ["sort", "check_in", "descending", "the default"] in query
    assert ["page", "50 rows"] in query
    stale = rows("query StaleRequests reads ReservationView", said)
    where = "status == requested and requested_at < now - minutes(30)"
    assert ["where", where, "always"] in stale
    policy = rows(
        "policy PayRefund: on reservation.RefundOwed sends payment.RefundGuest", said
    )
    assert policy[0] == ["payment_id", "payment.Payment", "derived from the event"]
    assert ["amount", "decimal", "event field"] in policy


def test_a_name_that_there_is_not_is_answered_by_the_closest_one() -> None:
    done = CliRunner().invoke(app, ["explain", "booking_core", "ReservationVeiw"])
    assert (done.exit_code, done.stdout) == (2, "")
    assert 'did you mean "ReservationView"?' in done.stderr


def test_a_blueprint_with_mistakes_is_told_of_them_in_the_format(
    tmp_path: Path,
) -> None:
    file = tmp_path / "lending.yaml"
    file.write_text(LENDING.replace("emits: LoanOpened", "emits: LoanOpend"))
    done = CliRunner().invoke(app, ["explain", str(file), "--format=json"])
    assert done.exit_code == 1
    found = json.loads(done.stdout)["diagnostics"]
    assert [each["code"] for each in found] == ["B410"]


def test_strict_fails_on_a_warning_and_still_tells(tmp_path: Path) -> None:
    file = tmp_path / "lending.yaml"
    file.write_text(LENDING + "enums: {Kind: [book]}\n")
    done = CliRunner().invoke(app, ["explain", str(file), "--strict"])
    assert done.exit_code == 1
    assert "B752" in done.stderr
    assert "command OpenLoan emits LoanOpened" in done.stdout
