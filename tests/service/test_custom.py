"""Custom code in a whole service: unwritten, written, written wrongly, forgotten."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from generator import pipeline
from tests.service.test_examples import ROOT, TYPE_CACHE, made

pytestmark = pytest.mark.service

FUNCTIONS = ("check_room", "check_guest", "hold_and_greet", "charge", "tidy_up")

WRITTEN = '''\
"""What table decides in code of its own."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import TYPE_CHECKING

from app.common.context import Context
from app.common.errors import RuleViolated
from app.table.commands import (
    HoldByPhone,
    HoldTable,
    MoveParty,
    ReleaseTable,
    TidyUp,
)
from app.table.events import BookingEvent, FeeCharged, RegularGreeted, TableHeld
from app.table.exceptions import ClosedThatDay, NoRoom

if TYPE_CHECKING:
    from app.table.aggregate import BookingState

LARGEST = 12


def check_room(
    state: BookingState | None, command: HoldTable | MoveParty, context: Context
) -> None:
    """Let it pass, or refuse with NoRoom or ClosedThatDay."""
    if command.seats > LARGEST:
        raise NoRoom(f"No table has {command.seats} seats.")
    if state is None and context.today.weekday() == 6:
        raise ClosedThatDay()


def check_guest(command: HoldByPhone, context: Context) -> None:
    """Let it pass, or refuse with RuleViolated."""
    if command.guest == "Nobody":
        raise RuleViolated("Who calls?")


def hold_and_greet(
    command: HoldByPhone, context: Context
) -> Sequence[TableHeld | RegularGreeted]:
    """Say what happens, in order: TableHeld, RegularGreeted."""
    id, guest = command.booking_id, command.guest
    held = TableHeld(booking_id=id, guest=guest, seats=command.seats, fee=Decimal(0))
    return [held, RegularGreeted(booking_id=id, guest=guest)]


def charge(
    state: BookingState, command: ReleaseTable, context: Context
) -> Sequence[FeeCharged]:
    """Say what happens, in order: FeeCharged, FeeWaived; or refuse with FeeUnclear."""
    return [FeeCharged(booking_id=command.booking_id, fee=state.fee)]


def tidy_up(
    state: BookingState, command: TidyUp, context: Context
) -> Sequence[BookingEvent]:
    """Say what happens, in order: any events of Booking."""
    return []
'''

BY_HTTP = '''\
"""What a client hears of custom code that is not written yet."""

from uuid import UUID

from httpx2 import AsyncClient


async def test_it_is_not_implemented(client: AsyncClient) -> None:
    hold = {"guest": "Ada", "seats": 2, "on": "2030-02-01"}
    for _ in range(2):
        response = await client.post(
            "/bookings/hold-table", json=hold, headers={"Idempotency-Key": "once"}
        )
        assert response.status_code == 501
        assert response.headers["content-type"] == "application/problem+json"
        problem = response.json()
        assert problem["code"] == "NotWritten"
        assert problem["detail"] == (
            "app/table/custom.py: check_room is not written yet."
        )
        assert UUID(problem["correlation_id"])
'''


@pytest.fixture(scope="module")
def fresh(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A service of which nobody has written the custom code."""
    folder = tmp_path_factory.mktemp("custom") / "table"
    pipeline.generate(ROOT / "tests/golden/custom", folder)
    return folder


@pytest.fixture
def project(fresh: Path, tmp_path: Path) -> Path:
    """A copy of that service, to be written in."""
    return Path(shutil.copytree(fresh, tmp_path / "table"))


def run(project: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """A Python module at work in a project."""
    line = [sys.executable, "-m", *arguments]
    kept = {"MYPY_CACHE_DIR": str(TYPE_CACHE), "PATH": os.environ["PATH"]}
    return subprocess.run(line, cwd=project, env=kept, capture_output=True, text=True)


def test_a_fresh_service_says_what_is_to_be_written(project: Path) -> None:
    (project / "tests/integration/test_by_http.py").write_text(BY_HTTP)
    said = made(project, "test")
    assert "failed" not in said
    (listed,) = [line for line in said.splitlines() if "not written yet: " in line]
    assert all(f": {name}" in listed for name in FUNCTIONS)
    assert "app/table/custom.py: charge is not written yet" in said


def test_written_custom_code_is_typed_and_runs_its_scenarios(project: Path) -> None:
    (project / "app/table/custom.py").write_text(WRITTEN)
    assert "no issues found" in made(project, "check")
    said = made(project, "test")
    assert " passed" in said
    assert "not written yet" not in said


def test_wrong_custom_code_fails_its_scenario(project: Path) -> None:
    good = "command.seats > LARGEST"
    assert good in WRITTEN
    (project / "app/table/custom.py").write_text(WRITTEN.replace(good, "False"))
    done = run(project, "pytest", "tests/unit/table")
    assert done.returncode == 1
    assert "test_the_room_is_looked_at_before" in done.stdout


def test_custom_code_is_as_pure_as_every_decision(project: Path) -> None:
    file = project / "app/table/custom.py"
    file.write_text(f"{WRITTEN}\n\nimport app.infra.event_store.store\n")
    done = run(project, "pytest", "tests/unit/test_imports.py")
    assert done.returncode == 1
    assert "a pure part imports infra" in done.stdout


def test_a_function_that_is_named_later_is_an_error_of_types(project: Path) -> None:
    file = project / "app/table/custom.py"
    begin, end = WRITTEN.index("def charge("), WRITTEN.index("def tidy_up(")
    file.write_text(WRITTEN[:begin] + WRITTEN[end:])
    done = run(project, "mypy", "app/table")
    assert done.returncode == 1
    said = [line for line in done.stdout.splitlines() if "decisions.py" in line]
    assert "is missing following" in said[1] and said[2].endswith(" charge")


def test_a_function_of_another_type_is_an_error_of_types(project: Path) -> None:
    file = project / "app/table/custom.py"
    file.write_text(
        WRITTEN.replace("-> Sequence[FeeCharged]", "-> Sequence[TableHeld]")
    )
    done = run(project, "mypy", "app/table")
    assert done.returncode == 1
    assert "decisions.py" in done.stdout
    assert "Sequence[FeeCharged | FeeWaived]" in done.stdout
