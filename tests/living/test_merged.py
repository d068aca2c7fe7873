"""What two teams did apart is one service again, which passes its own tests.

One takes in a domain. The other lets what was released say more, and fills in custom
code. Git merges them, and `sync` the rest.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.living import hands, salon
from tests.living.conftest import founded
from tests.living.projects import REGISTRY, Living, in_step
from tests.living.settling import CUSTOM, write_custom
from tests.service.test_examples import made

pytestmark = [pytest.mark.service, pytest.mark.timeout(600)]

MORE = ("add-event field", "add-command field", "add-state", "add-custom")
COLUMN = ("held_at: datetime}", "held_at: datetime, note: str?}")
FORWARD = "migrations/tables/0002_read_models.sql"
API_TESTS = "tests/integration/test_tables_api.py"
NOTED = """\


async def test_of_mine_a_note_can_be_read(
    client: AsyncClient, token_for: TokenFor
) -> None:
    noted = HOLD_TABLE | {"note": "by the window"}
    headers = token_for("guest", SOMEBODY)
    response = await client.post("/bookings/hold-table", json=noted, headers=headers)
    assert response.status_code == 201, response.text
    held = response.json()
    headers = token_for("host", SOMEBODY) | {"X-Wait-For": held["token"]}
    response = await client.get(f"/bookings/{held['id']}", headers=headers)
    assert response.json()["note"] == "by the window"
"""


@pytest.fixture
def released(
    tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> Living:
    """A project under git that people have written in, and that was released."""
    living = Living(founded(tmp_path_factory, "salon", salon.BLUEPRINT))
    monkeypatch.chdir(living.root)
    hands.written(living, hands.EDITS)
    for command in ("release", "sync"):
        done = living.scaffold(command)
        assert done.exit_code == 0, done.output
    living.git("init", "-q", "-b", "main")
    commit(living)
    return living


def commit(living: Living) -> None:
    living.git("add", "-A")
    living.git("commit", "-q", "-m", "a step")


def takes_in_a_domain(living: Living, place: Path) -> None:
    place.write_text(salon.KITCHEN)
    joined = living.scaffold("new-domain", str(place))
    assert joined.exit_code == 0, joined.output


def says_more(living: Living) -> None:
    texts = {name: living.text(f"blueprints/{name}") for name in salon.BLUEPRINT}
    for change in salon.CHANGES:
        if str(change) in MORE:
            texts = change.made(texts)
    for name, text in texts.items():
        living.put(f"blueprints/{name}", text.replace(*COLUMN))
    followed = living.scaffold("sync")
    assert followed.exit_code == 3, followed.output
    write_custom(living, followed.stdout)
    living.put(API_TESTS, living.text(API_TESTS) + NOTED)


def test_a_domain_here_and_custom_code_there_pass_the_tests_of_what_git_merged(
    released: Living, tmp_path: Path
) -> None:
    released.git("branch", "-q", "other")
    takes_in_a_domain(released, tmp_path / "kitchen.yaml")
    assert in_step(released)
    commit(released)
    released.git("checkout", "-q", "other")
    says_more(released)
    assert in_step(released)
    commit(released)
    mine = hands.rows(released.files())
    released.git("merge", "-q", "main", check=False)
    followed = released.scaffold("sync")
    assert followed.exit_code == 0, followed.output
    assert in_step(released)
    assert not hands.lost(mine, released.files())
    assert "    KITCHEN_DOMAIN,\n" in released.text(REGISTRY)
    assert "def check_guest(" in released.text(CUSTOM)
    assert 'ADD COLUMN "note" text' in released.text(FORWARD)
    assert "no issues found" in made(released.root, "check")
    assert " passed" in made(released.root, "test")
