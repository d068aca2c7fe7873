"""`scaffold breaking` and `check` say what the blueprint breaks of a release."""

from __future__ import annotations

import json
from pathlib import Path
from xml.etree import ElementTree

import pytest

from tests.living.projects import Living


@pytest.fixture
def released(living: Living) -> Living:
    """A project that was released, in a repository."""
    assert living.scaffold("release").exit_code == 0
    assert living.scaffold("sync").exit_code == 0
    living.git("init", "-qb", "main")
    living.git("add", "-A")
    living.git("commit", "-qm", "released")
    living.git("tag", "v1")
    return living


def test_a_release_is_named_by_what_git_knows_or_by_a_folder(
    released: Living, tmp_path: Path
) -> None:
    for name in ("v1", "main", "HEAD", str(released.root)):
        found = released.scaffold("breaking", "--against", name)
        assert (found.exit_code, found.output) == (0, ""), name
    released.edit(
        "blueprints/members.yaml", "  GetMember: {from", "  ShowMember: {from"
    )
    found = released.scaffold("breaking", "--against", "v1")
    assert found.exit_code == 1
    assert "API: GetMember is gone" in found.stdout
    found = released.scaffold("breaking", "--against", "v1", "--level", "wire")
    assert found.exit_code == 0
    assert "GetMember is gone" in found.stdout


def test_what_breaks_is_written_in_every_format(released: Living) -> None:
    released.edit(
        "blueprints/members.yaml", "  GetMember: {from", "  ShowMember: {from"
    )
    line = ("breaking", "--against", "v1", "--format")
    said = "API: GetMember is gone"
    for level, code in (("code", 1), ("wire", 0)):
        severity = "error" if code else "warning"
        found = released.scaffold(*line, "json", "--level", level)
        assert (found.exit_code, found.stderr) == (code, "")
        [told] = json.loads(found.stdout)["diagnostics"]
        assert (told["code"], told["severity"]) == ("B831", severity)
        assert told["message"] == said
        found = released.scaffold(*line, "sarif", "--level", level)
        assert (found.exit_code, found.stderr) == (code, "")
        [result] = json.loads(found.stdout)["runs"][0]["results"]
        assert (result["ruleId"], result["level"]) == ("B831", severity)
        assert said in result["message"]["text"]
        found = released.scaffold(*line, "junit", "--level", level)
        assert (found.exit_code, found.stderr) == (code, "")
        root = ElementTree.fromstring(found.stdout)
        assert len(list(root.iter("failure"))) == code
        assert said in "".join(root.itertext())
        found = released.scaffold(*line, "github", "--level", level)
        assert (found.exit_code, found.stderr) == (code, "")
        assert found.stdout.startswith(f"::{severity} file=blueprints/members.yaml,")
        assert f"title=scaffold B831::{said}" in found.stdout


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--against", "v7"), '"v7" is no folder, and no commit'),
        (("--against", "--all"), "no commit that git knows"),
        (("--against", "mian"), 'git knows here; did you mean "main"?'),
        (("--against", "v0"), "nothing was released there"),
        (("--against", "v1", "--level", "most"), 'no level "most"'),
    ],
)
def test_what_cannot_be_compared_is_said(
    released: Living, arguments: tuple[str, ...], said: str
) -> None:
    released.git("rm", "-rq", "--cached", ".scaffold/lock")
    released.git("commit", "-qm", "nothing")
    released.git("tag", "v0")
    found = released.scaffold("breaking", *arguments)
    assert found.exit_code == 2
    assert said in found.stderr and "Traceback" not in found.stderr


def test_where_git_knows_nothing_it_is_said_why(
    living: Living, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    found = living.scaffold("breaking", "--against", "v1")
    assert (found.exit_code, found.stdout) == (2, "")
    assert '"v1" is no folder, and git knows no repository here' in found.stderr
    monkeypatch.setenv("PATH", str(tmp_path))
    found = living.scaffold("breaking", "--against", "v1")
    assert (found.exit_code, found.stdout) == (2, "")
    assert '"v1" is no folder, and git is not installed' in found.stderr


def test_check_warns_of_what_breaks_the_release_before(released: Living) -> None:
    released.edit(
        "blueprints/members.yaml", "  GetMember: {from", "  ShowMember: {from"
    )
    released.scaffold("sync")
    found = released.scaffold("check")
    assert found.exit_code == 0
    assert "B831 GetMember is gone" in found.stdout
    assert released.scaffold("check", "--strict").exit_code == 1
