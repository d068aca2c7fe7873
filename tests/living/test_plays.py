"""What three teams did to their projects, played in full by the commands they type."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.living.projects import (
    AGGREGATE,
    FINES,
    LENDING,
    MEMBERS,
    SERVICE,
    Living,
)
from tests.service.test_examples import made

pytestmark = [pytest.mark.service, pytest.mark.timeout(600)]

BLUEPRINT = "blueprints/lending.yaml"
EVENTS = "app/lending/events.py"
DECISION = "    def renew_loan(self, command: RenewLoan, context: Context) -> None:\n"
GUARD = (
    '        if command.loan_id.int == 7:\n            raise ValueError("unlucky")\n'
)
RENEWALS = (
    ("due: date}\n    lifecycle", "due: date, renewals: int = 0}\n    lifecycle"),
    (
        "      LoanRenewed: {fields: {due: date}}",
        "      LoanRenewed: {fields: {due: date}, set: {renewals: state.renewals + 1}}",
    ),
    (
        "          - {require: today <= state.due, error: LoanOverdue}",
        "          - {require: today <= state.due, error: LoanOverdue}\n"
        "          - {require: state.renewals < 3, error: RenewedTooOften}",
    ),
)
"""A change that reaches the state, an event, a decision and a refusal."""


@pytest.fixture
def library(tmp_path: Path) -> Living:
    """A project of two domains, made by the command."""
    texts = {"service.yaml": SERVICE, "lending.yaml": LENDING, "members.yaml": MEMBERS}
    for name, text in texts.items():
        place = tmp_path / "blueprint" / name
        place.parent.mkdir(exist_ok=True)
        place.write_text(text)
    root = tmp_path / "library"
    typed(
        tmp_path, "new-project", str(root), "--blueprint", str(tmp_path / "blueprint")
    )
    return Living(root)


def typed(folder: Path, *words: str, code: int = 0) -> str:
    """What scaffold says when it is called in a folder, and ends with this code."""
    kept = {"PATH": os.environ["PATH"], "PYTHONPATH": str(Path(__file__).parents[2])}
    done = subprocess.run(
        [sys.executable, "-m", "generator", *words],
        cwd=folder,
        env=kept,
        capture_output=True,
        text=True,
    )
    said = done.stdout + done.stderr
    assert done.returncode == code, said
    return said


def at_rest(library: Living) -> None:
    """Nothing is left to be done: for scaffold, for ruff and mypy, for the tests."""
    typed(library.root, "check")
    before = library.files()
    typed(library.root, "sync")
    assert library.files() == before
    assert "no issues found" in made(library.root, "check")


def unit_tests(library: Living) -> None:
    line = [
        sys.executable,
        "-m",
        "pytest",
        "-q",
        "-p",
        "no:cacheprovider",
        "tests/unit",
    ]
    kept = {"PATH": os.environ["PATH"]}
    done = subprocess.run(
        line, cwd=library.root, env=kept, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stdout + done.stderr


def changed(library: Living) -> None:
    """Let the blueprint say more."""
    for old, new in RENEWALS:
        library.edit(BLUEPRINT, old, new)


def test_a_team_reformats_everything_by_its_own_settings(
    library: Living, tmp_path: Path
) -> None:
    library.edit(
        "pyproject.toml",
        '[tool.ruff]\nline-length = 88\ntarget-version = "py311"\n',
        '[tool.ruff]\nline-length = 110\ntarget-version = "py311"\n'
        'format.quote-style = "single"\n',
    )
    library.edit(
        "pyproject.toml",
        "[tool.mypy]\n",
        "[tool.ruff.lint.isort]\nforce-single-line = true\n\n[tool.mypy]\n",
    )
    made(library.root, "format")
    assert "    kind = 'lending.Loan'\n" in library.text(AGGREGATE)
    assert "from app.lending.events import LoanReturned\n" in library.text(AGGREGATE)
    typed(library.root, "check")
    library.edit(AGGREGATE, DECISION, DECISION + GUARD.replace('"', "'"))
    reformatted = library.code()
    changed(library)
    (tmp_path / "fines.yaml").write_text(FINES)
    said = typed(library.root, "sync")
    assert f"merge    {AGGREGATE}" in said
    typed(library.root, "new-domain", str(tmp_path / "fines.yaml"))
    text = library.text(AGGREGATE)
    assert DECISION + GUARD.replace('"', "'") in text
    assert "raise RenewedTooOften('Renewed too often.')" in text
    assert "    kind = 'fines.Fine'\n" in library.text("app/fines/aggregate.py")
    now = library.code()
    assert all(
        now[name] == text for name, text in reformatted.items() if "member" in name
    )
    at_rest(library)
    unit_tests(library)


def test_a_team_splits_the_aggregate_in_two_files(library: Living) -> None:
    text = library.text(AGGREGATE)
    begin = text.index("@dataclass(frozen=True")
    end = text.index("class Loan(Aggregate")
    state = (
        '"""What a loan remembers."""\n\nfrom dataclasses import dataclass\n'
        "from datetime import date\n\nfrom app.lending.enums import Status\n\n\n"
        + text[begin:end].rstrip()
        + "\n"
    )
    library.put("app/lending/state.py", state)
    library.put(AGGREGATE, text[:begin] + text[end:])
    library.edit(
        AGGREGATE,
        "import dataclass, replace\nfrom datetime import date, timedelta\n",
        "import replace\nfrom datetime import timedelta\n",
    )
    library.edit(
        AGGREGATE,
        "from app.lending.exceptions import BookIsOut, LoanOverdue\n",
        "from app.lending.exceptions import BookIsOut, LoanOverdue\n"
        "from app.lending.state import LoanState\n",
    )
    typed(library.root, "check")
    changed(library)
    said = typed(library.root, "sync")
    assert "merge    app/lending/state.py  (LoanState, which you moved there" in said
    assert "class LoanState" not in library.text(AGGREGATE)
    assert "from app.lending.state import LoanState\n" in library.text(AGGREGATE)
    assert "    due: date\n    renewals: int = 0\n" in library.text(
        "app/lending/state.py"
    )
    at_rest(library)
    unit_tests(library)


def test_a_team_adds_fields_to_events_by_hand(library: Living) -> None:
    note = "    note: str | None = None\n"
    row = '    event_type: ClassVar[str] = "lending.LoanReturned"\n    loan_id: UUID\n'
    library.edit(EVENTS, row, row + note)
    commands = library.text("app/lending/commands.py")
    begin = commands.index("class ReturnLoan(Command):")
    library.put(
        "app/lending/commands.py",
        commands[:begin]
        + commands[begin:].replace(
            "    loan_id: UUID\n", f"    loan_id: UUID\n{note}", 1
        ),
    )
    library.edit(
        AGGREGATE,
        "LoanReturned(loan_id=self.id)",
        "LoanReturned(loan_id=self.id, note=command.note)",
    )
    found = typed(library.root, "check", code=1)
    assert "P301 LoanReturned has `note: str | None = None`" in found
    assert f"{BLUEPRINT}:" in found
    assert "to be settled by you" in typed(library.root, "sync", code=1)
    adopted = typed(library.root, "check", "--adopt")
    assert "LoanReturned: note: str?" in adopted
    assert "ReturnLoan: note: str?" in adopted
    assert "now `scaffold sync`, and the project follows" in adopted
    typed(library.root, "sync")
    assert "note: str | None" in library.text("app/api/models/lending.py")
    changed(library)
    typed(library.root, "sync")
    assert library.text(EVENTS).count(note) == 1
    at_rest(library)
    assert " passed" in made(library.root, "test")
