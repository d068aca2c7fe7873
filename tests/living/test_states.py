"""Projects in a state: without git, not committed, half-written, older, or very old."""

from __future__ import annotations

import shutil
from pathlib import Path, PurePosixPath

import pytest

from generator import journal
from generator.digest import GENERATOR
from generator.folder import Folder
from tests.living.projects import AGGREGATE, FINES, REGISTRY, Living, in_step

BLUEPRINT = "blueprints/lending.yaml"
BASE = ".scaffold/base.txtar"
DIGEST = ".scaffold/digest"
DECISION = "    def renew_loan(self, command: RenewLoan, context: Context) -> None:\n"
GUARD = "        if command.loan_id.int == 0:\n            raise ValueError\n"


class Killed(BaseException):
    """The end of a process, as far as a test can bring it about."""


def everywhere(living: Living, old: str, new: str) -> None:
    """Let a project be one that was generated with another text."""
    for name, text in living.files().items():
        if text and old.encode() in text:
            (living.root / name).write_bytes(text.replace(old.encode(), new.encode()))


def older(living: Living) -> None:
    """Let a project be one of an older version of scaffold.

    It printed a decision otherwise, had a file that is no longer there, and lacked one.
    """
    everywhere(
        living, "        state = self._existing()\n", "        state = self.it()\n"
    )
    former, later = "app/common/legacy.py", "app/common/decimals.py"
    base = living.text(BASE)
    start = base.index(f"-- {later} --\n")
    end = base.index("\n-- ", start) + 1
    base = base[:start] + base[end:]
    at = base.index("-- app/common/messages.py --\n")
    living.put(BASE, f"{base[:at]}-- {former} --\nOLD = 1\n{base[at:]}")
    living.put(former, "OLD = 1\n")
    (living.root / later).unlink()
    rows = living.text(DIGEST).splitlines(keepends=True)
    words = [f"{GENERATOR} 0\n" if row.startswith(GENERATOR) else row for row in rows]
    living.put(DIGEST, "".join(words))


def test_a_project_of_an_older_version_is_brought_up_with_its_edits(
    living: Living,
) -> None:
    today = living.files()
    older(living)
    living.edit(AGGREGATE, DECISION, DECISION + GUARD)
    refused = living.scaffold("new-domain", BLUEPRINT)
    assert refused.exit_code != 0
    found = living.scaffold("check").stdout
    assert "P101 scaffold is newer: " in found
    assert f"{AGGREGATE}:1:1: P102 edited by you, and scaffold is newer: " in found
    assert "the blueprint" not in found
    followed = living.scaffold("sync")
    assert followed.exit_code == 0, followed.output
    assert "delete   app/common/legacy.py" in followed.stdout
    assert "create   app/common/decimals.py" in followed.stdout
    assert f"merge    {AGGREGATE}" in followed.stdout
    living.edit(AGGREGATE, DECISION + GUARD, DECISION)
    assert living.files() == today
    assert in_step(living)


def test_it_is_said_whether_the_blueprint_or_scaffold_is_newer(living: Living) -> None:
    older(living)
    living.edit(BLUEPRINT, "days(14)", "days(7)")
    found = living.scaffold("check").stdout
    assert "P101 the blueprint and scaffold are newer: " in found
    (living.root / DIGEST).unlink()
    assert (
        "P101 the blueprint or scaffold is newer: " in living.scaffold("check").stdout
    )


def test_a_project_from_before_scaffold_kept_anything_is_told_the_way(
    living: Living, tmp_path: Path
) -> None:
    shutil.rmtree(living.root / ".scaffold")
    living.edit(AGGREGATE, DECISION, DECISION + GUARD)
    refused = living.scaffold("sync")
    assert refused.exit_code == 2
    said = "scaffold new-project FOLDER --blueprint blueprints"
    assert said in refused.stderr
    words = said.replace("FOLDER", str(tmp_path / "fresh")).split()[1:]
    assert living.scaffold(*words).exit_code == 0
    shutil.copytree(tmp_path / "fresh/.scaffold", living.root / ".scaffold")
    assert in_step(living)
    living.edit(BLUEPRINT, "days(14)", "days(7)")
    assert living.scaffold("sync").exit_code == 0
    assert DECISION + GUARD in living.text(AGGREGATE)
    assert "timedelta(days=7)" in living.text(AGGREGATE)
    assert in_step(living)


@pytest.mark.parametrize("step", [1, 5, 9])
def test_a_run_that_was_killed_after_its_commit_is_carried_to_its_end(
    living: Living, monkeypatch: pytest.MonkeyPatch, step: int
) -> None:
    living.put("blueprints/fines.yaml", FINES)
    killed(living, monkeypatch, step)
    for command in ("check", "diff"):
        told = living.scaffold(command)
        assert told.exit_code == 1
        assert "`scaffold sync` finishes" in told.stderr
    followed = living.scaffold("sync")
    assert followed.exit_code == 0, followed.output
    assert "note: an interrupted run was carried to its end" in followed.stderr
    assert "FINES_DOMAIN" in living.text(REGISTRY)
    assert in_step(living)


def killed(living: Living, monkeypatch: pytest.MonkeyPatch, step: int) -> None:
    """Run a sync that ends at a step of its writing."""
    carried = journal._carried
    steps = iter(range(1, 1000))

    def carry(folder: Folder, entry: journal.Entry) -> PurePosixPath | None:
        if next(steps) == step:
            raise Killed
        return carried(folder, entry)

    with monkeypatch.context() as patched:
        patched.setattr(journal, "_carried", carry)
        with pytest.raises(Killed):
            living.scaffold("sync")


def test_a_run_that_was_killed_before_its_commit_has_done_nothing(
    living: Living, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = living.code()
    living.put("blueprints/fines.yaml", FINES)

    def commit(*given: object) -> None:
        raise Killed

    with monkeypatch.context() as patched:
        patched.setattr(journal, "_committed", commit)
        patched.setattr(journal, "_rolled_back", lambda folder: None)
        with pytest.raises(Killed):
            living.scaffold("sync")
    assert living.code() == before
    followed = living.scaffold("sync")
    assert "note: an interrupted run had not begun to change files" in followed.stderr
    assert in_step(living)


def test_what_git_has_not_seen_is_merged_as_well_and_said(living: Living) -> None:
    living.git("init", "-q")
    living.git("add", "-A")
    living.git("commit", "-q", "-m", "first")
    living.edit(AGGREGATE, DECISION, DECISION + GUARD)
    living.edit(BLUEPRINT, "state.due + days(14)", "state.due + days(7)")
    followed = living.scaffold("sync")
    assert followed.exit_code == 0
    note = f"note: edited and not committed before this run: {AGGREGATE}\n"
    assert note in followed.stderr
    assert DECISION + GUARD in living.text(AGGREGATE)
    living.git("commit", "-q", "-a", "-m", "second")
    living.edit(BLUEPRINT, "days(7)", "days(8)")
    again = living.scaffold("sync")
    assert again.exit_code == 0
    assert "not committed" not in again.stderr
    assert in_step(living)


def test_without_git_everything_works_but_what_rows_need_it_for(
    living: Living, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    living.edit(AGGREGATE, DECISION, DECISION + GUARD)
    living.edit(BLUEPRINT, "state.due + days(14)", "state.due + days(7)")
    living.put("blueprints/fines.yaml", FINES)
    monkeypatch.setenv("PATH", str(tmp_path))
    followed = living.scaffold("sync")
    assert followed.exit_code == 0, followed.output
    assert DECISION + GUARD in living.text(AGGREGATE)
    assert "timedelta(days=7)" in living.text(AGGREGATE)
    assert in_step(living)
    living.edit("README.md", "# database, API", "# my database, API")
    (living.root / "blueprints/fines.yaml").unlink()
    waiting = living.scaffold("sync")
    assert waiting.exit_code == 1
    assert "README.md.new" in waiting.stdout
    assert "# my database, API" in living.text("README.md")
    living.put("README.md", living.text("README.md.new"))
    (living.root / "README.md.new").unlink()
    assert in_step(living)
