"""Any history of a project: its blueprint, its people, branches, domains, crashes.

Hypothesis draws it. No run loses anything that people wrote; what one leaves to a
person is settled, and then `check` is content, and a second run changes nothing.
`make fuzz-living` draws more of them.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import tempfile
from collections.abc import Mapping
from itertools import permutations
from pathlib import Path, PurePosixPath
from typing import get_args

import pytest
from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    rule,
    run_state_machine_as_test,
)
from hypothesis.strategies import integers, lists, sampled_from, tuples

from generator import journal, pipeline
from generator.diagnostics import BlueprintError, Report
from generator.document import load
from generator.folder import Folder
from tests.living import hands, salon
from tests.living.conftest import founded
from tests.living.hands import Edit
from tests.living.projects import Living, in_step
from tests.living.salon import Change
from tests.living.settling import (
    CUSTOM,
    Side,
    generated,
    rename,
    renamed,
    settle,
    settle_marks,
    write_custom,
)

CHANGES = [each for each in salon.CHANGES if not each.everywhere]
ASKING = [e for e in CHANGES if e.left or e.asks or e.words]
# What git can merge without a word about it.
MERGEABLE = [e for e in CHANGES if e.kind in ("add", "retype") and not e.asks]
# Git leaves a conflict in the blueprint where both are made, as they share a line.
RIVALS = [
    (here, there)
    for here, there in permutations(MERGEABLE, 2)
    if here.lines & there.lines
]
DRAWN, SEED = os.environ.get("HISTORIES"), os.environ.get("SEED")
SMALL = settings(
    max_examples=int(DRAWN or 4),
    stateful_step_count=10,
    derandomize=not DRAWN,
    database=None,
    deadline=None,
    phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
)


# What is renamed or removed may have been written in, and stays until it is settled.
LEAVING = ("rename", "remove")


def sound(texts: Mapping[str, str]) -> bool:
    """Whether a blueprint can be followed."""
    report = Report()
    documents = [load(text, name, report) for name, text in texts.items()]
    try:
        pipeline.understand(documents, report)
    except BlueprintError:
        return False
    return True


class Killed(BaseException):
    """The end of a process, as far as a test can bring it about."""


class Histories(RuleBasedStateMachine):
    """A project under git, and what happens to it."""

    template: Path

    @initialize(edits=lists(sampled_from(hands.EDITS), unique=True, min_size=12))
    def found(self, edits: list[Edit]) -> None:
        self.home = Path(tempfile.mkdtemp(prefix="history-"))
        self.living = Living(self.home / "salon")
        shutil.copytree(self.template, self.living.root)
        self.came_from = Path.cwd()
        os.chdir(self.living.root)
        self.done: set[Change | Edit] = set()
        self.waiting: list[Change] = []
        self.living.git("init", "-q", "-b", "main")
        for edit in edits:
            self.write(edit)
        self.commit()

    def teardown(self) -> None:
        os.chdir(self.came_from)
        shutil.rmtree(self.home)

    def blueprint(self) -> dict[str, str]:
        return {n: self.living.text(f"blueprints/{n}") for n in salon.BLUEPRINT}

    @rule(change=sampled_from(CHANGES))
    def change(self, change: Change) -> None:
        texts = self.blueprint()
        tables = texts[salon.TABLES_FILE]
        if change in self.done or not all(old in tables for old, _ in change.rows):
            return
        made = change.made(texts)
        if not sound(made):
            return
        self.done.add(change)
        self.waiting.append(change)
        for name, text in made.items():
            self.living.put(f"blueprints/{name}", text)

    @rule(change=sampled_from(ASKING))
    def alter(self, change: Change) -> None:
        """What a run will hardly end without a person."""
        self.change(change)
        self.follow()

    @rule(edit=sampled_from(hands.EDITS))
    def write(self, edit: Edit) -> None:
        if edit in self.done or not (self.living.root / edit.path).exists():
            return
        if self.living.text(edit.path).count(edit.old) != 1:
            return
        self.done.add(edit)
        self.living.edit(edit.path, edit.old, edit.new)

    @rule()
    def follow(self) -> None:
        mine = hands.rows(self.living.files())
        for change in self.waiting:
            mine = renamed(mine, change)
        followed = self.living.scaffold("sync")
        assert followed.exit_code in self.codes(), followed.output
        assert not hands.lost(mine, self.living.files()), followed.output
        self.settle(followed.stdout)
        assert in_step(self.living)
        self.waiting.clear()
        self.commit()

    def codes(self) -> set[int]:
        """What a run may end with, for all that the blueprint was changed in."""
        if any(each.asks for each in self.waiting):
            return {1, 3}
        return {0, 1} if any(each.kind in LEAVING for each in self.waiting) else {0}

    def settle(self, said: str) -> None:
        """Do by hand what a run has left to be done."""
        for change in self.waiting:
            rename(self.living, change)
        if f"paste these lines into {CUSTOM}" in said:
            write_custom(self.living, said)
        if "to be settled by you" in said:
            settle(self.living, generated(self.living), codes=r"P\d{3}")

    @rule()
    def take_in(self) -> None:
        self.follow()
        kitchen = self.home / "kitchen.yaml"
        known = kitchen.exists()
        kitchen.write_text(salon.KITCHEN)
        mine = hands.rows(self.living.files())
        joined = self.living.scaffold("new-domain", str(kitchen))
        assert joined.exit_code == (2 if known else 0), joined.output
        assert not hands.lost(mine, self.living.files()), joined.output
        assert in_step(self.living)
        self.commit()

    @rule(step=integers(1, 6))
    def crash(self, step: int) -> None:
        carried, steps = journal._carried, iter(range(1, 10_000))

        def carry(folder: Folder, entry: journal.Entry) -> PurePosixPath | None:
            if next(steps) == step:
                raise Killed
            return carried(folder, entry)

        with pytest.MonkeyPatch.context() as patched, contextlib.suppress(Killed):
            patched.setattr(journal, "_carried", carry)
            self.living.scaffold("sync")
        self.follow()

    @rule(
        both=sampled_from(RIVALS)
        | tuples(sampled_from(MERGEABLE), sampled_from(MERGEABLE)),
        edit=sampled_from(hands.EDITS),
        side=sampled_from(get_args(Side)),
    )
    def branch(self, both: tuple[Change, Change], edit: Edit, side: Side) -> None:
        """Two branches that both follow, one of them edited too, merged by git."""
        here, there = both
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
        self.done |= came
        if self.blueprint_in_conflict():
            self.decide(side)
        else:
            self.follow()
        self.living.git("branch", "-q", "--force", "main")
        self.living.git("checkout", "-q", "main")

    def blueprint_in_conflict(self) -> bool:
        unmerged = self.living.git("diff", "--name-only", "--diff-filter=U")
        return "blueprints/" in unmerged

    def decide(self, side: Side) -> None:
        """What two people decided otherwise is for them; here one of them wins."""
        before = self.living.files()
        for command in ("sync", "diff", "check"):
            refused = self.living.scaffold(command)
            assert refused.exit_code == 1, refused.output
            assert "B001 git left a conflict here" in refused.output
        assert self.living.files() == before
        settle_marks(self.living, "blueprints/", side)
        if not sound(self.blueprint()):
            self.living.git("checkout", "-q", f"--{side}", "blueprints")
        self.follow()

    def commit(self) -> None:
        self.living.git("add", "-A")
        self.living.git("commit", "-q", "--allow-empty", "-m", "a step")


@pytest.mark.timeout(900)
def test_any_history_of_a_project(tmp_path_factory: pytest.TempPathFactory) -> None:
    Histories.template = founded(tmp_path_factory, "salon", salon.BLUEPRINT)
    custom = [edit for edit in hands.EDITS if edit.kind == "once"]
    hands.written(Living(Histories.template), custom)
    drawn = seed(int(SEED))(Histories) if SEED else Histories
    run_state_machine_as_test(drawn, settings=SMALL)
