"""Whatever a domain is generated from changes its word, and nothing else does."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from pathlib import Path

import pytest

from generator import digest
from generator.digest import GENERATOR, UNCLEAR, WHOLE, digests
from tests.living.projects import AGGREGATE, Living, in_step

TEXTS = {
    "service.yaml": b"service: library\n",
    "members.yaml": b"domain: members\n",
    "lending.yaml": b"domain: lending\n# of members.Member\n",
    "fines.yaml": b"domain: fines\nloan: lending.Loan\n",
    "rooms.yaml": b"domain: rooms  # by the hour\n",
}
DOMAINS = {"members", "lending", "fines", "rooms"}
LOCKS = {"members": b"events: {}\n"}
Contents = Mapping[str, bytes]


def changed(texts: Contents, locks: Contents) -> set[str]:
    """The names that have another word than they have for `TEXTS` and `LOCKS`."""
    before, after = digests(TEXTS, LOCKS), digests(texts, locks)
    return {name for name in before | after if before.get(name) != after.get(name)}


@pytest.mark.parametrize(
    ("file", "reached"),
    [
        ("service.yaml", DOMAINS | {WHOLE}),
        ("members.yaml", {"members", "lending", "fines"}),
        ("lending.yaml", {"lending", "fines"}),
        ("fines.yaml", {"fines"}),
        ("rooms.yaml", {"rooms"}),
    ],
)
def test_a_change_reaches_whoever_speaks_of_it_near_or_far(
    file: str, reached: set[str]
) -> None:
    assert changed({**TEXTS, file: TEXTS[file] + b"more: 1\n"}, LOCKS) == reached


def test_a_release_reaches_as_far_as_the_domain_that_was_released() -> None:
    reached = {"members", "lending", "fines"}
    assert changed(TEXTS, {"members": b"events: {Joined: {}}\n"}) == reached
    assert changed(TEXTS, {}) == reached


def test_a_domain_that_comes_or_goes_changes_the_word_of_the_whole() -> None:
    more = {**TEXTS, "desks.yaml": b"domain: desks\n"}
    assert changed(more, LOCKS) == {"desks", WHOLE}
    less = {name: text for name, text in TEXTS.items() if name != "rooms.yaml"}
    assert changed(less, LOCKS) == {"rooms", WHOLE}


@pytest.mark.parametrize(
    "text", [b"", b"domain: lending\n", b"domain: a\ndomain: b\n", b'domain: "a-b"\n']
)
def test_where_a_name_cannot_be_told_nothing_is_taken_to_be_as_it_was(
    text: bytes,
) -> None:
    assert UNCLEAR in digests({**TEXTS, "more.yaml": text}, LOCKS)


@pytest.mark.parametrize("place", ["package/rules.py", "templates/aggregate.py.jinja"])
def test_the_generator_has_another_word_with_each_of_its_files(
    place: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("package/rules.py", "templates/aggregate.py.jinja"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("x = 1\n")
    # A run asks once; here the files change between two questions.
    monkeypatch.setattr(digest, "_generator", digest._generator.__wrapped__)
    monkeypatch.setattr(digest, "PACKAGE", tmp_path / "package")
    monkeypatch.setattr(digest, "templates", lambda name: tmp_path / "templates" / name)
    before = digests(TEXTS, LOCKS)
    (tmp_path / place).write_text("x = 2\n")
    after = digests(TEXTS, LOCKS)
    assert {name for name in before if before[name] != after[name]} == {GENERATOR}
    shutil.move(tmp_path / place, tmp_path / f"{place}.former.py")
    assert digests(TEXTS, LOCKS)[GENERATOR] != after[GENERATOR]


def test_two_words_for_a_name_are_as_good_as_none() -> None:
    assert digest.read("a 1\nb 2\nb 3\nc 4\nc 4\n") == {"a": "1", "c": "4"}


def test_names_in_quotes_are_followed_like_others(living: Living) -> None:
    living.edit("blueprints/lending.yaml", "domain: lending", 'domain: "lending"')
    assert living.scaffold("sync").exit_code == 0
    assert in_step(living)
    living.edit("blueprints/lending.yaml", "days(28)", "days(21)")
    assert living.scaffold("sync").exit_code == 0
    assert "timedelta(days=21)" in living.text(AGGREGATE)
    assert in_step(living)
