"""Every change of a blueprint meets what people wrote into every kind of file.

One project is edited everywhere at once, so that each change meets each edit.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from generator import archive
from tests.living import hands, salon
from tests.living.conftest import founded
from tests.living.judge import Judge
from tests.living.projects import Living, in_step
from tests.living.salon import Change
from tests.living.settling import (
    CUSTOM,
    generated,
    rename,
    renamed,
    settle,
    write_custom,
)


@pytest.fixture(scope="module")
def edited(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project that people have written in, everywhere; not to be edited further."""
    root = founded(tmp_path_factory, "salon", salon.BLUEPRINT)
    hands.written(Living(root), hands.EDITS)
    return root


@pytest.fixture(scope="module")
def judge(edited: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Judge]:
    """Who says what the tools of a project say of it."""
    with Judge(edited, tmp_path_factory.mktemp("judged") / "salon") as found:
        yield found


@pytest.fixture
def lived(edited: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Living:
    """A project that people have written in, to be edited."""
    root = tmp_path / "salon"
    shutil.copytree(edited, root)
    monkeypatch.chdir(root)
    return Living(root)


def put(living: Living, change: Change) -> None:
    """Change the blueprint."""
    names = salon.BLUEPRINT
    texts = {name: living.text(f"blueprints/{name}") for name in names}
    for name, text in change.made(texts).items():
        living.put(f"blueprints/{name}", text)


@pytest.mark.parametrize("change", salon.CHANGES, ids=str)
def test_a_change_meets_every_edit(lived: Living, change: Change, judge: Judge) -> None:
    before = lived.files()
    put(lived, change)
    followed = lived.scaffold("sync")
    code = 3 if change.asks else 1 if change.left else 0
    assert followed.exit_code == code, followed.output
    after = lived.files()
    assert hands.rows(after) == renamed(hands.rows(before), change)
    new = generated(lived)
    assert base(lived) == new
    if not change.everywhere:
        others = [name for name in before if "cellar" in name]
        assert [after.get(name) for name in others] == [before[n] for n in others]
    if change.left:
        left = f"app/tables/{change.left}.py"
        assert f"to be settled by you: {left}" in followed.stdout
        assert left in settle(lived, new)
    if change.asks:
        write_custom(lived, followed.stdout)
    if f"{CUSTOM}  (yours)\n  SUSPECT" in followed.stdout:
        rename(lived, change)
    assert in_step(lived)
    assert judge.said(lived.root) == ""


def base(living: Living) -> dict[str, str]:
    """What is kept of what was generated."""
    files = archive.load(living.text(".scaffold/base.txtar")).files
    return {str(path): text for path, text in files.items()}


COLUMNS = [each for each in salon.CHANGES if each.element == "column"]


@pytest.mark.parametrize("change", COLUMNS, ids=str)
def test_sql_that_people_edited_waits_beside_what_is_generated(
    lived: Living, change: Change
) -> None:
    hands.written(lived, hands.SQL)
    mine = lived.text(hands.MIGRATION)
    put(lived, change)
    followed = lived.scaffold("sync")
    assert followed.exit_code == 1, followed.output
    beside = f"{hands.MIGRATION}.new"
    assert f"to be settled by you: {hands.MIGRATION}" in followed.stdout
    assert lived.text(hands.MIGRATION) == mine
    lived.put(hands.MIGRATION, lived.text(beside) + "-- mine\n")
    (lived.root / beside).unlink()
    assert in_step(lived)


def test_a_domain_gets_another_name_where_people_listed_it_by_theirs(
    lived: Living,
) -> None:
    text = lived.text("blueprints/cellar.yaml").replace("cellar", "vault")
    (lived.root / "blueprints/cellar.yaml").unlink()
    lived.put("blueprints/vault.yaml", text)
    followed = lived.scaffold("sync")
    assert followed.exit_code == 1, followed.output
    listed = lived.text(hands.ROUTERS)
    assert "mine" not in listed and "vault.router" in listed
    kept = "app/cellar/aggregate.py"
    assert f"keep     {kept}  (no longer generated, edited by you)" in followed.stdout
    assert "mine: dust is left on it" in lived.text(kept)
    assert [p.name for p in (lived.root / "app/cellar").iterdir()] == ["aggregate.py"]
    assert ": there is no app.cellar.commands\n" in followed.stdout
    shutil.rmtree(lived.root / "app/cellar")
    assert in_step(lived)


def test_a_former_name_is_only_followed_once(lived: Living) -> None:
    by_name = {str(each): each for each in salon.CHANGES}
    put(lived, by_name["rename-event"])
    assert lived.scaffold("sync").exit_code == 0
    row = "        # mine: PartySeated is what the old books call it\n"
    below = "        # mine: the waiter wipes it\n"
    lived.edit("app/tables/aggregate.py", below, below + row)
    put(lived, by_name["add-rule"])
    assert "was: PartySeated" in lived.text("blueprints/tables.yaml")
    followed = lived.scaffold("sync")
    assert "merge    app/tables/aggregate.py" in followed.stdout
    assert row in lived.text("app/tables/aggregate.py")
    assert in_step(lived)
