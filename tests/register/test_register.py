"""A domain enters a shared list and leaves it; what is hard about that is a table.

`routers.txt` and `domains.txt` hold the cases: a text, and what becomes of it. Without
`unregistered`, leaving gives back the very bytes.
"""

from __future__ import annotations

import ast
import itertools
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

import jinja2
import pytest
import yaml

from generator.places import templates
from generator.register import (
    Entry,
    NotRegistered,
    is_registered,
    register,
    unregister,
)
from generator.style import polish
from generator.tree import File, Tree

LENDING = {
    "routers": Entry("app.api.routers", "lending", "router", "ROUTERS"),
    "domains": Entry("app.lending.registration", "LENDING_DOMAIN"),
}


@dataclass(frozen=True)
class Case:
    """A text and its entry, what it becomes, and why not if it is refused."""

    entry: Entry
    before: str
    after: str
    again: str
    refused: str

    def with_newlines(self, newline: str) -> Case:
        texts = (self.before, self.after, self.again)
        return Case(
            self.entry, *(text.replace("\n", newline) for text in texts), self.refused
        )


def cases(kind: str) -> dict[str, Case]:
    found = {}
    table = (Path(__file__).parent / f"{kind}.txt").read_text()
    for block in table.split("=== ")[1:]:
        name, _, body = block.partition("\n")
        before, *parts = body.split("--- ")
        said = dict(part.split("\n", 1) for part in parts)
        found[f"{kind}: {name}"] = Case(
            LENDING[kind],
            before,
            said.get("registered", before),
            said.get("unregistered", before),
            said.get("refused", "").strip(),
        )
    return found


CASES = cases("routers") | cases("domains")
REFUSED = {name: case for name, case in CASES.items() if case.refused}
ACCEPTED = {name: case for name, case in CASES.items() if not case.refused}
ENTERED = {name: case for name, case in ACCEPTED.items() if case.after != case.before}
accepted = pytest.mark.parametrize("case", ACCEPTED.values(), ids=ACCEPTED)
entered = pytest.mark.parametrize("case", ENTERED.values(), ids=ENTERED)


@accepted
def test_the_table_is_decided(case: Case) -> None:
    assert register(case.before, case.entry) == case.after


@accepted
def test_a_second_time_changes_nothing(case: Case) -> None:
    assert register(case.after, case.entry) == case.after


@accepted
def test_it_is_known_to_be_there(case: Case) -> None:
    assert is_registered(case.after, case.entry)
    assert is_registered(case.before, case.entry) == (case.after == case.before)


@entered
def test_leaving_undoes_it(case: Case) -> None:
    assert unregister(case.after, case.entry) == case.again
    assert unregister(case.again, case.entry) == case.again


@entered
def test_line_ends_stay_as_they_are(case: Case) -> None:
    windows = case.with_newlines("\r\n")
    assert register(windows.before, case.entry) == windows.after
    assert unregister(windows.after, case.entry) == windows.again


@entered
def test_a_byte_order_mark_stays(case: Case) -> None:
    assert register("\ufeff" + case.before, case.entry) == "\ufeff" + case.after
    assert unregister("\ufeff" + case.after, case.entry) == "\ufeff" + case.again


@entered
def test_a_last_row_without_end_stays_so(case: Case) -> None:
    assert register(case.before.rstrip("\n"), case.entry) == case.after.rstrip("\n")


@entered
def test_what_runs_is_what_ran_and_one_more(case: Case) -> None:
    """No statement beside the two is another one, and both work from the top down."""
    before, after = ast.parse(case.before), ast.parse(case.after)
    kept = {ast.dump(node) for node in after.body}
    changed = [node for node in before.body if ast.dump(node) not in kept]
    assert len(changed) <= 2
    assert len(after.body) - len(before.body) in (0, 1)


@pytest.mark.parametrize("case", REFUSED.values(), ids=REFUSED)
def test_what_is_unclear_is_refused_with_the_lines_to_paste(case: Case) -> None:
    with pytest.raises(NotRegistered) as refused:
        register(case.before, case.entry)
    assert refused.value.reason == case.refused
    assert refused.value.lines == case.entry.lines
    assert not is_registered(case.before, case.entry)


def test_the_lines_to_paste_are_those_of_the_list() -> None:
    assert LENDING["routers"].lines == (
        "from app.api.routers import lending",
        "lending.router,",
    )
    assert LENDING["domains"].lines == (
        "from app.lending.registration import LENDING_DOMAIN",
        "LENDING_DOMAIN,",
    )


STUBBORN = {
    "under a condition": (
        "from app.api.routers import lending\n\nROUTERS = []\n"
        "if X:\n    ROUTERS += [lending.router]\n",
        "lending.router is used outside of the list as well",
    ),
    "in a function": (
        "from app.api.routers import lending\n\ndef routers():\n"
        "    return [lending.router]\n",
        "no module-level ROUTERS found",
    ),
    "in a text that does not parse": (
        "from app.api.routers import lending\n\nROUTERS = [lending.router\n",
        "does not parse at line 3",
    ),
}


@pytest.mark.parametrize(("text", "reason"), STUBBORN.values(), ids=STUBBORN)
def test_an_entry_of_an_unclear_place_is_left_to_take_out_by_hand(
    text: str, reason: str
) -> None:
    with pytest.raises(NotRegistered) as refused:
        unregister(text, LENDING["routers"])
    assert refused.value.reason == reason
    assert refused.value.lines == LENDING["routers"].lines


def test_an_entry_that_was_there_twice_leaves_twice() -> None:
    text = (
        "from app.api.routers import billing, lending\n\n"
        "ROUTERS = [lending.router, billing.router, lending.router]\n"
    )
    assert unregister(text, LENDING["routers"]) == (
        "from app.api.routers import billing\n\nROUTERS = [billing.router]\n"
    )


def test_comments_of_others_survive_its_leaving() -> None:
    text = (
        "from app.api.routers import (\n    billing,  # money\n    lending,  # books\n"
        "    # goods\n    orders,\n)\n\nROUTERS = [\n    # first\n"
        "    billing.router,  # money\n    # loans\n    lending.router,  # books\n"
        "    # goods\n    orders.router,\n    # end\n]\n"
    )
    assert unregister(text, LENDING["routers"]) == (
        "from app.api.routers import (\n    billing,  # money\n"
        "    # goods\n    orders,\n)\n\nROUTERS = [\n    # first\n"
        "    billing.router,  # money\n    # loans\n"
        "    # goods\n    orders.router,\n    # end\n]\n"
    )


def test_a_null_byte_is_refused() -> None:
    with pytest.raises(NotRegistered, match="null byte"):
        register("ROUTERS = []\0\n", LENDING["routers"])


NAMES = ("a", "a1", "a_b", "infra_x", "lending", "room", "room10", "room2", "zoo")
LONG = ("a_domain_with_quite_a_long_name", "lending", "my_other_domain_of_long_name")
SHARED = {"app/domain_registry.py": "domains", "app/api/__init__.py": "routers"}


def as_generated(*lists: tuple[str, ...]) -> list[dict[str, str]]:
    """The two shared files as the templates print them, for services of these domains.

    All are polished at once, each below a folder of its own.
    """
    folder = templates("service")
    settings = yaml.safe_load((folder / "copier.yml").read_text())["_envops"]
    undefined = {"undefined": jinja2.StrictUndefined}
    environment = jinja2.Environment(
        **settings | undefined, loader=jinja2.FileSystemLoader(folder)
    )
    files: list[tuple[str, File]] = []
    for number, names in enumerate(lists):
        domains = [{"module": name, "constant": constant(name)} for name in names]
        for path in SHARED:
            template = environment.get_template(f"{path}.jinja")
            files.append((f"{number}/{path}", File(template.render(domains=domains))))
    tree = polish(Tree(files))
    return [
        {path: tree[PurePosixPath(f"{number}/{path}")].text for path in SHARED}
        for number in range(len(lists))
    ]


def constant(name: str) -> str:
    return f"{name.upper()}_DOMAIN"


def entry(kind: str, name: str) -> Entry:
    if kind == "domains":
        return Entry(f"app.{name}.registration", constant(name))
    return Entry("app.api.routers", name, "router", "ROUTERS")


def test_in_generated_files_it_reads_as_if_generated_with_it() -> None:
    wholes = [
        *itertools.combinations(NAMES, 1),
        *itertools.combinations(NAMES, 2),
        LONG,
        NAMES,
    ]
    parted = [
        (whole, name, tuple(each for each in whole if each != name))
        for whole in wholes
        for name in whole
    ]
    lists = list(dict.fromkeys([*wholes, *(rest for _, _, rest in parted)]))
    generated = dict(zip(lists, as_generated(*lists), strict=True))
    for whole, name, rest in parted:
        for path, kind in SHARED.items():
            with_it, without = generated[whole][path], generated[rest][path]
            assert register(without, entry(kind, name)) == with_it
            assert unregister(with_it, entry(kind, name)) == without


def test_what_is_there_is_seen_without_the_heavy_library() -> None:
    code = (
        "import sys; from generator.register import *;"
        "text = 'from app.api.routers import lending\\nROUTERS = [lending.router]\\n';"
        "entry = Entry('app.api.routers', 'lending', 'router', 'ROUTERS');"
        "assert is_registered(text, entry); assert register(text, entry) == text;"
        "assert unregister('', entry) == '';"
        "sys.exit('libcst' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code]).returncode == 0
