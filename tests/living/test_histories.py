"""Any history of a project: its blueprint, its people, branches, domains, crashes.

Hypothesis draws it. After each run that succeeds nothing that people wrote is lost,
`check` is content, and a second run changes nothing.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import tempfile
from pathlib import Path, PurePosixPath

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    rule,
    run_state_machine_as_test,
)
from hypothesis.strategies import integers, sampled_from

from generator import journal
from generator.folder import Folder
from tests.living import hands, salon
from tests.living.conftest import founded
from tests.living.hands import Edit
from tests.living.projects import Living, in_step
from tests.living.salon import Change

# What any order of others leaves possible, and what asks nothing of people.
CHANGES = [
    each
    for each in salon.CHANGES
    if each.kind in ("add", "retype") and not each.asks and not each.everywhere
]
SMALL = settings(
    max_examples=4,
    stateful_step_count=10,
    derandomize=True,
    database=None,
    deadline=None,
    phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
)


class Killed(BaseException):
    """The end of a process, as far as a test can bring it about."""


class Histories(RuleBasedStateMachine):
    """A project under git, and what happens to it."""

    template: Path

    @initialize()
    def found(self) -> None:
        self.home = Path(tempfile.mkdtemp(prefix="history-"))
        self.living = Living(self.home / "salon")
        shutil.copytree(self.template, self.living.root)
        self.came_from = Path.cwd()
        os.chdir(self.living.root)
        self.done: set[Change | Edit] = set()
        self.living.git("init", "-q", "-b", "main")
        self.commit()

    def teardown(self) -> None:
        os.chdir(self.came_from)
        shutil.rmtree(self.home)

    @rule(change=sampled_from(CHANGES))
    def change(self, change: Change) -> None:
        texts = {n: self.living.text(f"blueprints/{n}") for n in salon.BLUEPRINT}
        tables = texts[salon.TABLES_FILE]
        if change in self.done or not all(old in tables for old, _ in change.rows):
            return
        self.done.add(change)
        for name, text in change.made(texts).items():
            self.living.put(f"blueprints/{name}", text)

    @rule(edit=sampled_from(hands.EDITS))
    def write(self, edit: Edit) -> None:
        if edit in self.done or self.living.text(edit.path).count(edit.old) != 1:
            return
        self.done.add(edit)
        self.living.edit(edit.path, edit.old, edit.new)

    @rule()
    def follow(self) -> None:
        mine = hands.rows(self.living.files())
        followed = self.living.scaffold("sync")
        assert followed.exit_code == 0, followed.output
        assert hands.rows(self.living.files()) == mine
        assert in_step(self.living)
        self.commit()

    @rule()
    def take_in(self) -> None:
        self.follow()
        kitchen = self.home / "kitchen.yaml"
        known = kitchen.exists()
        kitchen.write_text(salon.KITCHEN)
        mine = hands.rows(self.living.files())
        joined = self.living.scaffold("new-domain", str(kitchen))
        assert joined.exit_code == (2 if known else 0), joined.output
        assert hands.rows(self.living.files()) == mine
        assert in_step(self.living)
        self.commit()

    @rule(step=integers(1, 6))
    def crash(self, step: int) -> None:
        carried, steps = journal._carried, iter(range(1, 10_000))

        def carry(folder: Folder, entry: journal.Entry) -> PurePosixPath | None:
            if next(steps) == step:
                raise Killed
            return carried(folder, entry)

        mine = hands.rows(self.living.files())
        with pytest.MonkeyPatch.context() as patched, contextlib.suppress(Killed):
            patched.setattr(journal, "_carried", carry)
            self.living.scaffold("sync")
        self.follow()
        assert hands.rows(self.living.files()) == mine

    @rule(
        here=sampled_from(CHANGES),
        there=sampled_from(CHANGES),
        edit=sampled_from(hands.EDITS),
    )
    def branch(self, here: Change, there: Change, edit: Edit) -> None:
        """Two branches that both follow, one of them edited too, merged by git."""
        self.follow()
        done = set(self.done)
        self.living.git("branch", "-q", "--force", "aside")
        self.change(here)
        self.follow()
        came = self.done - done
        self.living.git("checkout", "-q", "aside")
        self.done = done
        self.change(there)
        self.write(edit)
        self.follow()
        self.living.git("branch", "-q", "--force", "other")
        self.living.git("merge", "-q", "main", check=False)
        unmerged = self.living.git("diff", "--name-only", "--diff-filter=U")
        if "blueprints/" in unmerged:
            # What two people decided otherwise is for them; here one of them wins.
            self.living.git("merge", "--abort")
        else:
            self.done |= came
            self.follow()
        self.living.git("branch", "-q", "--force", "main")
        self.living.git("checkout", "-q", "main")

    def commit(self) -> None:
        self.living.git("add", "-A")
        self.living.git("commit", "-q", "--allow-empty", "-m", "a step")


@pytest.mark.timeout(900)
def test_any_history_of_a_project(tmp_path_factory: pytest.TempPathFactory) -> None:
    Histories.template = founded(tmp_path_factory, "salon", salon.BLUEPRINT)
    custom = [edit for edit in hands.EDITS if edit.kind == "once"]
    hands.written(Living(Histories.template), custom)
    run_state_machine_as_test(Histories, settings=SMALL)
