"""The tests of a generated service notice when its code is broken."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from generator import pipeline
from tests.service.test_examples import ROOT

pytestmark = pytest.mark.service

BREAKS = {
    "a rule is left out": (
        "app/reservation/aggregate.py",
        "if command.stay.check_in < context.today:",
        "if command.stay.check_in is None:",
    ),
    "an emitted field is wrong": (
        "app/reservation/aggregate.py",
        'Decimal("0.8")',
        'Decimal("0.9")',
    ),
    "evolution forgets a state": (
        "app/reservation/aggregate.py",
        "return replace(existing(state), status=Status.REJECTED)",
        "return existing(state)",
    ),
    "a domain looks into another": (
        "app/reservation/commands.py",
        "from app.common.ids import new_id",
        "from app.common.ids import new_id\nfrom app.guest.aggregate import Guest",
    ),
}


@pytest.fixture(scope="module")
def hotel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("service") / "hotel"
    pipeline.generate(ROOT / "blueprints/booking_core", folder)
    return folder


@pytest.mark.parametrize("case", BREAKS)
def test_a_broken_service_fails_its_own_unit_tests(case: str, hotel: Path) -> None:
    file, good, bad = BREAKS[case]
    text = (hotel / file).read_text()
    assert good in text
    (hotel / file).write_text(text.replace(good, bad))
    try:
        failed = unit_tests(hotel)
    finally:
        (hotel / file).write_text(text)
    assert failed.returncode == 1, failed.stdout + failed.stderr


def test_it_passes_them_as_it_was_generated(hotel: Path) -> None:
    passed = unit_tests(hotel)
    assert passed.returncode == 0, passed.stdout + passed.stderr


def unit_tests(project: Path) -> subprocess.CompletedProcess[str]:
    """Run the tests of a service that need no server, up to the first that fails."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith("PYTEST_")}
    return subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-x", "tests/unit"],
        cwd=project,
        env=kept,
        capture_output=True,
        text=True,
        check=False,
    )
