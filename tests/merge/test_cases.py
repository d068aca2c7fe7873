"""Every case of the merge, with the sides as they are and exchanged."""

from __future__ import annotations

import ast
import re
from collections import Counter

import pytest

from generator.merge import lost_names, merge
from generator.merge.lines import choices
from tests.merge.cases import Case, cases

CASES = pytest.mark.parametrize("case", cases(), ids=lambda case: case.title)


@CASES
def test_both_sides_come_together(case: Case) -> None:
    merged = merge(case.path, case.base, case.yours, case.new, case.renames)
    assert merged.text == case.merged
    assert merged.beside is None
    conflicts = [f"{each.place}: {each.reason}" for each in merged.conflicts]
    assert conflicts == list(case.conflicts)
    notes = [(each.suspect, f"{each.place}: {each.text}") for each in merged.notes]
    assert [text for suspect, text in notes if not suspect] == list(case.notes)
    assert [text for suspect, text in notes if suspect] == list(case.suspects)
    base, new, text = ({case.path: each} for each in (case.base, case.new, merged.text))
    lost = lost_names(base, new, text).get(case.path, [])
    assert tuple(sorted({name for _, name in lost})) == case.lost


@CASES
def test_exchanged_sides_come_to_the_same(case: Case) -> None:
    one = merge(case.path, case.base, case.yours, case.new, case.renames)
    other = merge(case.path, case.base, case.new, case.yours)
    for text in (*choices(one.text), *choices(other.text)):
        if case.path.suffix == ".py":
            ast.parse(text)
    if not case.one_way:
        assert bool(one.conflicts) == bool(other.conflicts)
        assert one.conflicts or words(one.text) == words(other.text)


@CASES
def test_a_second_merge_changes_nothing(case: Case) -> None:
    merged = merge(case.path, case.base, case.yours, case.new, case.renames).text
    assert merge(case.path, case.new, merged, case.new).text == merged


def words(text: str) -> Counter[str]:
    return Counter(re.findall(r"\w+", text))
