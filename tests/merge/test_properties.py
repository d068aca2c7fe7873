"""What holds of every merge, tried on random edits; the same ones in every run."""

from __future__ import annotations

import ast
import re
from collections import Counter
from pathlib import PurePosixPath

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from generator.merge import Merged, merge
from generator.merge.lines import choices
from generator.merge.source import compiles
from tests.merge.cases import cases, edited

FIXED = settings(derandomize=True, deadline=None, database=None, max_examples=40)
CODE, TEXT = PurePosixPath("app/loan.py"), PurePosixPath("notes.txt")
WORD = re.compile(r"\w+")


def pool(name: str) -> tuple[str, list[str]]:
    """A base of the cases, and every single edit that a case makes of it."""
    own = [case for case in cases() if str(case.path) == name]
    hunks = [
        f"@@\n{hunk}"
        for case in own
        for edits in (case.yours_edits, case.new_edits)
        for hunk in edits.split("@@\n")[1:]
    ]
    return own[0].base, sorted(set(hunks))


BASES = {
    name: pool(name)
    for name in ("loan.py", "aggregate.py", "routes.py", "query_handlers.py")
}


@st.composite
def sides(draw: st.DrawFn) -> tuple[str, str, str]:
    """A base and two unions of edits of it."""
    base, hunks = BASES[draw(st.sampled_from(sorted(BASES)))]
    picked = st.lists(st.sampled_from(hunks), min_size=1, max_size=5, unique=True)
    return base, union(base, draw(picked)), union(base, draw(picked))


def union(text: str, hunks: list[str]) -> str:
    """The edits that still fit and leave a module that compiles."""
    for hunk in hunks:
        try:
            changed = edited(text, hunk)
        except AssertionError:
            continue
        text = changed if compiles(changed) else text
    return text


STATEMENTS = [
    "one()",
    "two(1)",
    "three(a=1)",
    "x = four",
    "if five:\n        six()",
    "for each in seven:\n        eight(each)",
    "with nine:\n        one()\n        ten(10)",
    'words = """first\n\n    second"""',
    "eleven()  # twelve",
    "# thirteen",
]


@st.composite
def bodies(draw: st.DrawFn) -> tuple[str, str, str]:
    """A function, and two versions of it with statements gone, come and changed."""
    statement = st.sampled_from(STATEMENTS)
    base = draw(st.lists(statement, max_size=7))
    return function(base), *(function(draw(versions(base))) for _ in range(2))


@st.composite
def versions(draw: st.DrawFn, base: list[str]) -> list[str]:
    found: list[str] = []
    for each in base:
        match draw(st.sampled_from(["keep", "keep", "keep", "add", "drop", "change"])):
            case "keep":
                found.append(each)
            case "add":
                found += [draw(st.sampled_from(STATEMENTS)), each]
            case "change":
                number = draw(st.integers(0, 2))
                found.append(re.sub(r"\b[a-z]+(?=\(|$)", rf"\g<0>_{number}", each))
    return found


def function(statements: list[str]) -> str:
    rows = "".join(f"    {each}\n" for each in [*statements, "done()"])
    return f"def f():\n{rows}\n\nlast = 1\n"


ROWS = st.lists(
    st.sampled_from(["a", "b", "", "c ", "=======", "\f", "d\u2028e"]), max_size=8
)
NAMES = st.lists(st.sampled_from("abcdefgh"), max_size=6, unique=True)


@FIXED
@given(sides() | bodies())
def test_nothing_of_yours_is_lost(texts: tuple[str, str, str]) -> None:
    base, yours, new = texts
    merged = choices(merge(CODE, base, yours, new).text)[0]
    left = words(merged)
    assert not words(yours) - words(base) - left
    known = Counter(base.split("\n"))
    for row in (Counter(yours.split("\n")) - known).keys() - set(merged.split("\n")):
        assert words(row).keys() <= left.keys(), row


@FIXED
@given(sides() | bodies())
def test_the_result_compiles_whichever_way_it_is_settled(
    texts: tuple[str, str, str],
) -> None:
    base, yours, new = texts
    for one, other in ((yours, new), (new, yours)):
        merged = merge(CODE, base, one, other)
        assert all(map(compiles, choices(merged.text)))
        assert len(choices(merged.text)) == 1 + bool(merged.conflicts)


@FIXED
@given(sides() | bodies())
def test_no_statement_stands_once_more_than_its_sides_account_for(
    texts: tuple[str, str, str],
) -> None:
    base, yours, new = texts
    merged = merge(CODE, base, yours, new)
    if merged.conflicts:
        return
    was, mine, made, left = map(statements, (base, yours, new, merged.text))
    for statement, count in left.items():
        seen = max(was[statement], mine[statement], made[statement])
        most = max(mine[statement], made[statement])
        both = mine[statement] + made[statement] - was[statement]
        assert not seen or count <= max(most, both) or merged.notes, statement


@FIXED
@given(sides() | bodies())
def test_what_one_side_changed_is_taken_and_a_second_merge_is_quiet(
    texts: tuple[str, str, str],
) -> None:
    base, yours, new = texts
    assert merge(CODE, base, base, new) == Merged(new)
    assert merge(CODE, base, yours, base) == Merged(yours)
    assert merge(CODE, base, yours, yours) == Merged(yours)
    merged = merge(CODE, base, yours, new)
    if not merged.conflicts:
        assert merge(CODE, new, merged.text, new) == Merged(merged.text)


@FIXED
@given(sides())
def test_a_change_taken_once_is_not_taken_again(texts: tuple[str, str, str]) -> None:
    """Another branch merged the same: its result is yours, what made it is the base."""
    base, yours, new = texts
    merged = merge(CODE, base, yours, new)
    if not merged.conflicts:
        again = merge(CODE, base, merged.text, new)
        assert not again.conflicts
        assert words(again.text) == words(merged.text)


@FIXED
@given(NAMES, NAMES, NAMES)
def test_lists_are_ordered_sets(
    base: list[str], yours: list[str], new: list[str]
) -> None:
    texts = [f"x = [{', '.join(names)}]\n" for names in (base, yours, new)]
    merged = merge(CODE, *texts)
    if merged.conflicts:
        return
    gone = (set(base) - set(yours)) | (set(base) - set(new))
    names = WORD.findall(merged.text)[1:]
    assert sorted(names) == sorted((set(yours) | set(new)) - gone)


@FIXED
@given(ROWS, ROWS, ROWS)
def test_texts_keep_every_row_of_yours(
    base: list[str], yours: list[str], new: list[str]
) -> None:
    texts = ["".join(f"{row}\n" for row in rows) for rows in (base, yours, new)]
    merged = merge(TEXT, *texts)
    left = Counter(merged.text.split("\n"))
    for row, count in (Counter(yours) - Counter(base)).items():
        assert left[row] >= min(count, 1)


@pytest.mark.parametrize("name", sorted(BASES))
def test_the_random_edits_are_many(name: str) -> None:
    assert len(BASES[name][1]) > 9


def words(text: str) -> Counter[str]:
    return Counter(WORD.findall(text))


def statements(text: str) -> Counter[str]:
    plain = (ast.Assign, ast.AnnAssign, ast.Expr, ast.Return, ast.Raise)
    tree = ast.parse(text)
    return Counter(ast.dump(each) for each in ast.walk(tree) if isinstance(each, plain))
