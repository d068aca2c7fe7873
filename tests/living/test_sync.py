"""A project follows its blueprint, and no line that anyone wrote is lost."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.living.projects import AGGREGATE, FINES, REGISTRY, Living, in_step

BLUEPRINT = "blueprints/lending.yaml"
GUARD = "        if command.loan_id.int == 0:\n            raise ValueError\n"
DECISION = "    def renew_loan(self, command: RenewLoan, context: Context) -> None:\n"


def guard(living: Living) -> None:
    """What a person adds to a decision."""
    living.edit(AGGREGATE, DECISION, DECISION + GUARD)


def test_a_project_in_step_is_left_alone_and_nothing_is_printed_anew(
    living: Living, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("generator.pipeline.printed", None)
    before = living.files()
    followed = living.scaffold("sync")
    assert (followed.exit_code, living.files()) == (0, before)
    assert "follows its blueprint" in followed.stdout
    assert living.scaffold("check").exit_code == 0


def test_a_change_of_the_blueprint_reaches_what_nobody_edited(living: Living) -> None:
    living.edit(BLUEPRINT, "days(28)", "days(21)")
    found = living.scaffold("check")
    assert found.exit_code == 1
    assert f"{AGGREGATE}:1:1: P101 the blueprint is newer: " in found.stdout
    followed = living.scaffold("sync")
    assert followed.exit_code == 0
    assert f"update   {AGGREGATE}  (domain lending)" in followed.stdout
    assert "timedelta(days=21)" in living.text(AGGREGATE)
    assert in_step(living)


def test_your_lines_stay_where_the_blueprint_changed_beside_them(
    living: Living,
) -> None:
    guard(living)
    living.edit(BLUEPRINT, "state.due + days(14)", "state.due + days(7)")
    assert "P102" in living.scaffold("check").stdout
    followed = living.scaffold("sync")
    assert followed.exit_code == 0, followed.output
    assert f"merge    {AGGREGATE}" in followed.stdout
    assert DECISION + GUARD in living.text(AGGREGATE)
    assert "timedelta(days=7)" in living.text(AGGREGATE)
    assert in_step(living)


def test_what_merged_and_may_be_wrong_is_said_beside_the_file(living: Living) -> None:
    mine = (
        "        if command.loan_id.int == 0:\n            raise LoanOverdue(UNTOLD)\n"
    )
    living.edit(AGGREGATE, DECISION, DECISION + mine)
    living.edit(BLUEPRINT, "error: LoanOverdue", "error: LoanTooLate")
    followed = living.scaffold("sync")
    # No suspicion, but certain: it can no longer be imported.
    assert followed.exit_code == 1, followed.output
    assert ": LoanOverdue is not in app.lending.exceptions\n" in followed.stdout
    row = 1 + living.text(AGGREGATE).split("\n").index(mine.split("\n")[1])
    place = f"  SUSPECT: {AGGREGATE}:{row}:"
    assert f"merge    {AGGREGATE}" in followed.stdout
    said = "LoanOverdue, which your line uses, is no longer generated"
    assert f"{place} {said}\n" in followed.stdout
    assert f"{place} Undefined name `UNTOLD`\n" in followed.stdout
    last = "; 3 lines are SUSPECT, of which `make check` knows more\n"
    assert followed.stdout.endswith(last)
    assert DECISION + mine in living.text(AGGREGATE)


def test_an_edit_alone_is_no_drift(living: Living) -> None:
    guard(living)
    before = living.files()
    assert living.scaffold("check").exit_code == 0
    assert living.scaffold("sync").exit_code == 0
    assert living.files() == before


def test_changing_one_domain_changes_no_byte_of_another(living: Living) -> None:
    living.edit(BLUEPRINT, "days(28)", "days(21)")
    before = living.code()
    living.scaffold("sync")
    after = living.code()
    changed = {name for name in after if after[name] != before.get(name)}
    assert changed
    assert all("lending" in name for name in changed)


def test_what_both_changed_is_marked_where_it_stands_and_quiet_once_settled(
    living: Living,
) -> None:
    living.edit(AGGREGATE, "timedelta(days=28)", "timedelta(days=30)")
    living.edit(BLUEPRINT, "days(28)", "days(21)")
    followed = living.scaffold("sync")
    assert followed.exit_code == 1
    text = living.text(AGGREGATE)
    line = text[: text.index("<<<<<<<")].count("\n") + 1
    assert f"{AGGREGATE}:{line}: Loan.open_loan:" in followed.stdout
    assert "timedelta(days=30)" in text and "timedelta(days=21)" in text
    waiting = living.scaffold("check")
    assert (waiting.exit_code, "P104" in waiting.stdout) == (1, True)
    unchanged = living.files()
    assert living.scaffold("sync").exit_code == 1
    assert living.files() == unchanged
    settle(living, "days=30")
    assert in_step(living)


def conflict(living: Living) -> None:
    """Let both sides change the same row, and the marks of that be left."""
    living.edit(AGGREGATE, "timedelta(days=28)", "timedelta(days=30)")
    living.edit(BLUEPRINT, "days(28)", "days(21)")
    assert living.scaffold("sync").exit_code == 1


def settle(living: Living, mine: str) -> None:
    """Leave one row of what is marked in the aggregate."""
    text = living.text(AGGREGATE)
    start, end = text.index("<<<<<<<"), text.index(">>>>>>>")
    left = next(row for row in text[start:end].splitlines() if mine in row)
    living.put(AGGREGATE, text[:start] + left + text[text.index("\n", end) :])


def test_what_the_blueprint_says_while_a_conflict_waits_comes_when_it_is_settled(
    living: Living,
) -> None:
    conflict(living)
    marked = living.text(AGGREGATE)
    living.edit(BLUEPRINT, "state.due + days(14)", "state.due + days(7)")
    assert living.scaffold("sync").exit_code == 1
    assert living.text(AGGREGATE) == marked
    settle(living, "days=30")
    assert living.scaffold("sync").exit_code == 0
    text = living.text(AGGREGATE)
    assert "timedelta(days=30)" in text and "timedelta(days=7)" in text
    assert "timedelta(days=14)" not in text
    assert in_step(living)


def test_what_was_followed_while_a_conflict_waited_is_undone_with_the_blueprint(
    living: Living,
) -> None:
    conflict(living)
    before = living.code()
    living.edit(BLUEPRINT, "      LoanReturned: {to", "      LoanCameBack: {to")
    text = living.text(BLUEPRINT)
    living.put(BLUEPRINT, text.replace("LoanReturned", "LoanCameBack"))
    assert living.scaffold("sync").exit_code == 1
    assert "LoanCameBack" in living.text("app/lending/events.py")
    living.put(BLUEPRINT, text.replace("LoanCameBack", "LoanReturned"))
    assert living.scaffold("sync").exit_code == 1
    assert living.code() == before


def test_a_missing_file_comes_back_unless_the_project_does_without_it(
    living: Living,
) -> None:
    before = living.files()
    lost = "tests/unit/test_logging.py"
    (living.root / lost).unlink()
    found = living.scaffold("check")
    assert found.exit_code == 1
    assert f"{lost}:1:1: P103 it is generated, and is not there\n" in found.stdout
    assert f"restore  {lost}  (was missing)" in living.scaffold("sync").stdout
    assert living.files() == before
    (living.root / lost).unlink()
    living.put(".scaffold/without", f"# What we have no use for.\n{lost}  # logs\n")
    assert in_step(living)
    assert not (living.root / lost).exists()


def test_a_domain_that_is_taken_out_leaves_nothing_but_what_was_edited(
    living: Living,
) -> None:
    living.put("blueprints/fines.yaml", FINES)
    without = living.code()
    assert living.scaffold("sync").exit_code == 0
    assert "FINES_DOMAIN" in living.text(REGISTRY)
    (living.root / "blueprints/fines.yaml").unlink()
    assert living.scaffold("sync").exit_code == 0
    assert living.code() == without
    living.put("blueprints/fines.yaml", FINES)
    living.scaffold("sync")
    events = living.text("app/fines/events.py")
    living.put("app/fines/events.py", events + "\nMINE = 1\n")
    (living.root / "blueprints/fines.yaml").unlink()
    followed = living.scaffold("sync")
    assert "keep     app/fines/events.py  (no longer generated, edited by you)" in (
        followed.stdout
    )
    assert living.code().keys() - without.keys() == {"app/fines", "app/fines/events.py"}
    assert in_step(living)


def test_sql_that_was_edited_is_never_merged(living: Living) -> None:
    migration = "migrations/lending/0001_read_models.sql"
    mine = living.text(migration) + "-- an index of mine\n"
    living.put(migration, mine)
    living.edit(
        BLUEPRINT, "columns: {status: Status, book: str,", "columns: {status: Status,"
    )
    living.edit(BLUEPRINT, "filter: [status?, book?]", "filter: [status?]")
    followed = living.scaffold("sync")
    assert followed.exit_code == 1
    assert living.text(migration) == mine
    new = living.text(f"{migration}.new")
    assert "book" not in new
    assert living.scaffold("check").exit_code == 1
    living.put(migration, new)
    (living.root / f"{migration}.new").unlink()
    assert in_step(living)


def test_a_file_of_yours_in_the_way_of_a_new_one_is_not_overwritten(
    living: Living,
) -> None:
    mine = '"""Mine."""\n\nclass FineOwed:\n    """Not an event."""\n'
    living.put("app/fines/events.py", mine)
    living.put("blueprints/fines.yaml", FINES)
    followed = living.scaffold("sync")
    assert followed.exit_code == 1
    text = living.text("app/fines/events.py")
    assert all(row in text for row in mine.splitlines() if row)


def test_line_ends_and_what_is_no_text_are_left_as_they_are(living: Living) -> None:
    place = living.root / AGGREGATE
    place.write_bytes(place.read_bytes().replace(b"\n", b"\r\n"))
    assert living.scaffold("check").exit_code == 0
    (living.root / "Makefile").write_bytes(b"\xff\xfe")
    assert living.scaffold("sync").exit_code == 0
    (living.root / "app/lending/events.py").write_bytes(b"\xff\xfe")
    living.edit(BLUEPRINT, "days(28)", "days(21)")
    living.edit(
        BLUEPRINT,
        "LoanRenewed: {fields: {due: date}}",
        "LoanRenewed: {fields: {due: date, fee: int?}}",
    )
    followed = living.scaffold("sync")
    assert followed.exit_code == 1
    content = place.read_bytes()
    assert b"timedelta(days=21)" in content
    assert content.count(b"\n") == content.count(b"\r\n")
    assert (living.root / "app/lending/events.py").read_bytes() == b"\xff\xfe"
    assert "fee" in living.text("app/lending/events.py.new")


def test_a_project_with_a_style_of_its_own_stays_in_it(living: Living) -> None:
    guard(living)
    living.put("ruff.toml", 'line-length = 60\nformat.quote-style = "single"\n')
    style(living.root)
    assert living.scaffold("check").exit_code == 0
    living.edit(BLUEPRINT, "state.due + days(14)", "state.due + days(7)")
    living.put("blueprints/fines.yaml", FINES)
    followed = living.scaffold("sync")
    assert followed.exit_code == 0, followed.output
    before = living.files()
    style(living.root)
    assert living.files() == before
    assert in_step(living)


def style(root: Path) -> None:
    """What a team does with its own ruff."""
    import subprocess

    from ruff import find_ruff_bin

    for command in (["check", "--fix", "-q", "--select", "I", "."], ["format", "-q"]):
        line = [find_ruff_bin(), *command, "--no-cache"]
        subprocess.run(line, cwd=root, check=True)


def test_diff_shows_what_sync_does_and_writes_nothing(living: Living) -> None:
    assert living.scaffold("diff").exit_code == 0
    living.edit(BLUEPRINT, "days(28)", "days(21)")
    before = living.files()
    shown = living.scaffold("diff")
    assert (shown.exit_code, living.files()) == (1, before)
    living.git("init", "-q")
    living.put("sync.patch", shown.stdout)
    living.git("apply", "--check", "sync.patch")
    assert "+                due=context.today + timedelta(days=21)," in shown.stdout


def test_a_dry_run_of_a_tree_that_cannot_be_written_says_what_it_would_do(
    living: Living,
) -> None:
    living.edit(BLUEPRINT, "days(28)", "days(21)")
    folders = [living.root, *(p for p in living.root.rglob("*") if p.is_dir())]
    for folder in folders:
        os.chmod(folder, 0o500)
    try:
        before = living.files()
        dry = living.scaffold("sync", "--dry-run")
        assert (dry.exit_code, living.files()) == (0, before)
        assert f"update   {AGGREGATE}" in dry.stdout
        assert "a dry run" in dry.stdout
    finally:
        for folder in folders:
            os.chmod(folder, 0o700)


@pytest.mark.parametrize(
    ("damage", "said"),
    [
        (None, "base.txtar is missing"),
        (b"nothing of ours\n", "base.txtar"),
        (b"\xff\xfe", "is no text"),
        (b"-- ../../etc/passwd --\nx\n", "base.txtar"),
    ],
)
def test_a_base_that_is_gone_or_damaged_is_told_of(
    living: Living, damage: bytes | None, said: str
) -> None:
    base = living.root / ".scaffold/base.txtar"
    if damage is None:
        base.unlink()
    else:
        base.write_bytes(damage)
    before = living.files()
    for command in ("sync", "check", "diff"):
        refused = living.scaffold(command)
        assert refused.exit_code == 1
        assert said in refused.stderr
        assert "version control" in refused.stderr
    assert living.files() == before


def test_what_scaffold_keeps_is_not_looked_for_behind_a_link(
    living: Living, tmp_path: Path
) -> None:
    (living.root / ".scaffold").rename(tmp_path / "kept")
    (living.root / ".scaffold").symlink_to(tmp_path / "kept")
    living.edit(BLUEPRINT, "days(28)", "days(21)")
    before = living.code()
    for command in ("sync", "check", "diff"):
        refused = living.scaffold(command)
        assert refused.exit_code == 1
        assert ".scaffold" in refused.stderr and "a link" in refused.stderr
    assert living.code() == before


def test_a_mistake_in_the_blueprint_is_shown_and_nothing_is_written(
    living: Living,
) -> None:
    living.edit(BLUEPRINT, "today <= state.due", "today <= state.du")
    before = living.files()
    for command in ("sync", "check", "diff"):
        refused = living.scaffold(command)
        assert refused.exit_code == 1
        assert f"{BLUEPRINT}:26:" in refused.output
        assert "B303" in refused.output
    assert living.files() == before


def test_a_domain_named_as_an_aggregate_elsewhere_takes_no_file_of_it(
    living: Living,
) -> None:
    returned = (
        "{given: [LoanOpened, LoanReturned], when: RenewLoan, then: InvalidTransition"
    )
    scenario = f"\nscenarios:\n  - {returned}, name: It is over}}\n"
    living.put(BLUEPRINT, living.text(BLUEPRINT) + scenario)
    fines = FINES.replace("domain: fines", "domain: loan")
    living.put("blueprints/loan.yaml", fines)
    assert living.scaffold("sync").exit_code == 0
    before = living.code()
    assert "tests/unit/lending/test_loan.py" in before
    living.edit("blueprints/loan.yaml", "What a late book costs", "What is owed")
    followed = living.scaffold("sync")
    assert followed.exit_code == 0, followed.output
    assert living.code().keys() == before.keys()
    assert in_step(living)
