"""What was released of the tables stays, and `sync` writes what comes after it."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.living.projects import Living, in_step

BLUEPRINT = "blueprints/members.yaml"
FIRST = "migrations/members/0001_read_models.sql"
SECOND = "migrations/members/0002_read_models.sql"


@pytest.fixture
def released(living: Living) -> Living:
    """The project, released once."""
    done = living.scaffold("release")
    assert done.exit_code == 0, done.output
    assert living.scaffold("sync").exit_code == 0
    return living


def said(living: Living) -> str:
    """What a sync says, with single spaces."""
    done = living.scaffold("sync")
    assert done.exit_code == 0, done.output
    return " ".join(done.stdout.split())


def with_index(living: Living) -> None:
    living.edit(
        BLUEPRINT, "columns: {name: str}", "columns: {name: str}\n    indexes: [[name]]"
    )


def test_a_change_after_a_release_is_another_file(released: Living) -> None:
    before = released.text(FIRST)
    with_index(released)
    assert f"create {SECOND}" in said(released)
    assert released.text(FIRST) == before
    assert 'CREATE INDEX "member_view__name"' in released.text(SECOND)
    assert in_step(released)


def test_what_no_release_knows_is_written_anew_and_taken_back(released: Living) -> None:
    with_index(released)
    released.scaffold("sync")
    released.edit(BLUEPRINT, "indexes: [[name]]", "indexes: [[name, member_id]]")
    assert f"update {SECOND}" in said(released)
    released.edit(BLUEPRINT, "\n    indexes: [[name, member_id]]", "")
    assert f"delete {SECOND}" in said(released)
    assert in_step(released)


def test_a_migration_that_was_released_and_is_gone_is_restored(
    released: Living,
) -> None:
    before = released.text(FIRST)
    (released.root / FIRST).unlink()
    found = released.scaffold("check")
    assert found.exit_code == 1 and "P106" in found.stdout
    with_index(released)
    assert f"restore {FIRST}" in said(released)
    assert released.text(FIRST) == before
    assert in_step(released)


def test_an_edit_of_a_released_migration_is_told_and_stays(released: Living) -> None:
    released.edit(FIRST, "live boolean NOT NULL DEFAULT true", "live boolean NOT NULL")
    edited = released.text(FIRST)
    found = released.scaffold("check")
    assert found.exit_code == 1
    assert f"{FIRST}:1:1: P106" in found.stdout
    released.scaffold("sync")
    assert released.text(FIRST) == edited


def test_a_checkout_with_other_line_ends_holds_what_was_released(
    released: Living,
) -> None:
    for file in released.root.rglob("*"):
        if file.suffix in (".sql", ".py", ".yaml", ".json", ".md", ".toml"):
            file.write_bytes(file.read_bytes().replace(b"\n", b"\r\n"))
    assert in_step(released)
    done = released.scaffold("release")
    assert done.exit_code == 0, done.output
    assert in_step(released)


def edited(living: Living) -> str:
    """A migration that no release knows, with a line of somebody's own."""
    with_index(living)
    assert living.scaffold("sync").exit_code == 0
    mine = living.text(SECOND) + "-- mine: made by night\n"
    living.put(SECOND, mine)
    return mine


def test_an_edit_of_a_migration_that_no_release_knows_waits_beside_what_comes(
    released: Living,
) -> None:
    mine = edited(released)
    assert in_step(released)
    released.edit(BLUEPRINT, "indexes: [[name]]", "indexes: [[name, member_id]]")
    found = released.scaffold("check").stdout
    assert f"{SECOND}:1:1: P102" in found and "puts what is generated beside" in found
    assert f"{SECOND}.new" not in found
    followed = released.scaffold("sync")
    assert followed.exit_code == 1
    assert f"to be settled by you: {SECOND}" in followed.stdout
    assert released.text(SECOND) == mine
    assert '"name", "member_id"' in released.text(f"{SECOND}.new")
    before = released.files()
    refused = released.scaffold("release")
    assert (refused.exit_code, "is not settled" in refused.stderr) == (1, True)
    assert released.files() == before
    merged = released.text(f"{SECOND}.new") + "-- mine: made by night\n"
    released.put(SECOND, merged)
    (released.root / f"{SECOND}.new").unlink()
    assert in_step(released)
    assert released.scaffold("release").exit_code == 0
    assert "nothing to do" in said(released)
    assert in_step(released)
    assert released.text(SECOND) == merged


def test_an_edit_of_a_migration_that_is_needed_no_more_stays(released: Living) -> None:
    mine = edited(released)
    released.edit(BLUEPRINT, "\n    indexes: [[name]]", "")
    assert f"keep {SECOND} (no longer generated, edited by you)" in said(released)
    assert released.text(SECOND) == mine
    assert in_step(released)
    with_index(released)
    assert released.scaffold("sync").exit_code == 1
    assert released.text(SECOND) == mine
    assert "mine" not in released.text(f"{SECOND}.new")


def test_an_edit_goes_out_with_the_release_and_is_followed_by_another_file(
    released: Living,
) -> None:
    mine = edited(released)
    assert released.scaffold("release").exit_code == 0
    assert "nothing to do" in said(released)
    assert in_step(released)
    released.edit(BLUEPRINT, "indexes: [[name]]", "indexes: [[name, member_id]]")
    assert f"create {SECOND.replace('0002', '0003')}" in said(released)
    assert released.text(SECOND) == mine
    assert in_step(released)


def branch(living: Living, name: str, old: str, new: str, *, release: bool) -> None:
    living.git("checkout", "-qb", name, "main")
    living.edit(BLUEPRINT, old, new)
    assert living.scaffold("sync").exit_code == 0
    if release:
        assert living.scaffold("release").exit_code == 0
    living.git("add", "-A")
    living.git("commit", "-qm", name)


@pytest.mark.parametrize(
    ("release", "into", "other"),
    [
        (False, "ours", "theirs"),
        (True, "ours", "theirs"),
        (True, "theirs", "ours"),
    ],
)
def test_two_branches_that_change_tables_are_merged(
    released: Living, release: bool, into: str, other: str
) -> None:
    released.git("init", "-qb", "main")
    released.git("add", "-A")
    released.git("commit", "-qm", "released")
    columns = "    columns: {name: str}\n"
    branch(
        released,
        "ours",
        columns,
        f"{columns}    indexes: [[name]]\n",
        release=release,
    )
    ours = released.text(SECOND)
    branch(
        released,
        "theirs",
        "    key: member_id\n    columns: {name: str}",
        "    key: member_id\n    columns: {rank: int = 1, name: str}",
        release=False,
    )
    released.git("checkout", "-q", into)
    released.git("merge", other, check=False)
    released.put(
        BLUEPRINT,
        released.git("show", "theirs:" + BLUEPRINT).replace(
            "name: str}\n    on", "name: str}\n    indexes: [[name]]\n    on"
        ),
    )
    done = released.scaffold("sync")
    assert done.exit_code == 0, done.output
    third = Path(released.root, SECOND.replace("0002", "0003"))
    if release:
        assert released.text(SECOND) == ours
        assert "ADD COLUMN" in third.read_text()
        assert "INDEX" not in third.read_text()
    else:
        assert "ADD COLUMN" in released.text(SECOND)
        assert "CREATE INDEX" in released.text(SECOND)
        assert not third.exists()
    assert in_step(released)
