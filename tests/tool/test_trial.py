"""`scaffold test` runs the scenarios of a blueprint without a project."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from generator import trial
from generator.tree import File, Tree
from tests.tool.folders import contents, make

MEMBERS = """
domain: member
aggregates:
  Member:
    state: {name: str}
    commands:
      Join: {creates: true, fields: {name: str}, emits: MemberJoined}
      Rename:
        fields: {name: str}
        rules:
          - {require: name != state.name, error: SameName, message: No other name.}
        emits: MemberRenamed
    events:
      MemberJoined: {fields: {name: str}}
      MemberRenamed: {fields: {name: str}}
scenarios:
  - name: A member may change their name
    given: [MemberJoined]
    when: {Rename: {name: Ada}}
    then: [MemberRenamed]
  - name: The same name again is refused
    given: [MemberJoined: {name: Ada}]
    when: {Rename: {name: Ada}}
    then: SameName
"""


def scaffold_test(blueprint: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    line = [sys.executable, "-m", "generator", "test", blueprint]
    return subprocess.run(line, cwd=cwd, capture_output=True, text=True)


def test_the_scenarios_of_the_example_hold(tmp_path: Path) -> None:
    done = scaffold_test("booking_core", tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
    assert " passed" in done.stdout
    assert contents(tmp_path) == {}


def test_one_domain_can_be_tried_alone(tmp_path: Path) -> None:
    make(tmp_path, {"member.yaml": MEMBERS})
    done = scaffold_test("member.yaml", tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr


def test_a_scenario_that_does_not_hold_is_named(tmp_path: Path) -> None:
    make(tmp_path, {"member.yaml": MEMBERS.replace("SameName\n", "[MemberRenamed]\n")})
    done = scaffold_test("member.yaml", tmp_path)
    assert done.returncode == 1
    assert "test_the_same_name_again_is_refused" in done.stdout


def test_missing_libraries_are_named_with_the_way_to_get_them() -> None:
    project = '[project]\ndependencies = ["typer>=0", "no-such-library>=1"]\n'
    with pytest.raises(
        trial.Unprepared, match=r"no-such-library: pip install .*\[demo"
    ):
        trial.require_dependencies(Tree([("pyproject.toml", File(project))]))
    with pytest.raises(trial.Unprepared, match="no-such-library"):
        trial.require_dependencies(
            Tree([("pyproject.toml", File("[project]\ndependencies = []\n"))]),
            ("no-such-library",),
        )
