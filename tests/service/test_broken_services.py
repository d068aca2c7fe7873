"""The tests of a generated service notice when its code is broken."""

from __future__ import annotations

from pathlib import Path

import pytest

from generator import pipeline
from tests.service.test_examples import ROOT, made

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


@pytest.mark.parametrize("case", BREAKS)
def test_a_broken_service_fails_its_own_unit_tests(case: str, tmp_path: Path) -> None:
    file, good, bad = BREAKS[case]
    project = tmp_path / "hotel"
    pipeline.generate(ROOT / "blueprints/booking_core", project)
    text = (project / file).read_text()
    assert good in text
    (project / file).write_text(text.replace(good, bad))
    made(project, "test", code=2)
