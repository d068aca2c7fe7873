"""What holds of a merge whatever the file is: line ends, markers, refusals."""

from __future__ import annotations

from pathlib import PurePosixPath

import pytest

from generator.merge import (
    Conflict,
    Merged,
    has_markers,
    lost_names,
    merge,
    same,
)
from generator.merge.lines import Sides, choices, merge_rows

TEXT, CODE = PurePosixPath("README.md"), PurePosixPath("app/loan.py")
BASE = "One.\n\nTwo.\n\nThree.\n"


def test_edits_apart_come_together() -> None:
    merged = merge(TEXT, BASE, "Uno.\n\nTwo.\n\nThree.\n", "One.\n\nTwo.\n\nDrei.\n")
    assert merged == Merged("Uno.\n\nTwo.\n\nDrei.\n")


def test_a_conflict_is_marked_where_it_is_and_says_its_row() -> None:
    merged = merge(TEXT, BASE, "One.\n\nDos.\n\nThree.\n", "One.\n\nZwei.\n\nThree.\n")
    assert merged.text.split("\n")[2:9] == [
        "<<<<<<< yours",
        "Dos.",
        "||||||| base",
        "Two.",
        "=======",
        "Zwei.",
        ">>>>>>> new",
    ]
    assert merged.conflicts == (Conflict(3, "", "both changed these rows"),)
    assert has_markers(merged.text) == [3]


def test_rows_that_look_like_markers_are_told_from_markers() -> None:
    base, yours, new = (f"{title}\n=======\nText.\n" for title in "ABC")
    merged = merge(TEXT, base, yours, new)
    assert "<<<<<<<< yours\nB\n|||||||| base\nA\n========\nC\n" in merged.text
    assert has_markers(merged.text) == [1]
    assert choices(merged.text) == (yours, new)
    assert not has_markers(base)


def test_a_conflict_is_as_wide_as_both_choices_need() -> None:
    sides = Sides("f(\n1,\n2)\n", "f(\n1,\n20)\n", "g(\n1,\n2)\n")
    assert choices(merge_rows(sides)) == ("g(\n1,\n20)\n",)
    wide = merge_rows(sides, sound=lambda text: text in (sides.yours, sides.new))
    assert choices(wide) == (sides.yours, sides.new)


def test_a_conflict_nobody_settled_is_not_merged_again() -> None:
    yours = "One.\n<<<<<<< yours\nA\n||||||| base\n=======\nB\n>>>>>>> new\n"
    merged = merge(TEXT, BASE, yours, "New.\n")
    assert merged == Merged(
        yours, (Conflict(2, "", "not settled yet"),), beside="New.\n"
    )


@pytest.mark.parametrize("mark", ["", "\ufeff"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
@pytest.mark.parametrize("path", [TEXT, PurePosixPath("a.py")])
def test_line_ends_and_byte_order_mark_stay_as_yours(
    path: PurePosixPath, mark: str, end: str
) -> None:
    base = "a = 1\n\n\nb = 2\n\n\nc = 3\n"
    edited = mark + base.replace("1", "10").replace("\n", end)
    merged = merge(path, base, edited, base.replace("3", "30"))
    wanted = mark + base.replace("1", "10").replace("3", "30").replace("\n", end)
    assert merged == Merged(wanted)
    untouched = mark + base.replace("\n", end)
    merged = merge(path, base, untouched, base.replace("3", "30"))
    assert merged.text == untouched.replace("3", "30")
    assert same(path, base, untouched)


def test_code_that_does_not_parse_is_left_alone() -> None:
    merged = merge(CODE, "a = 1\n", "a = (1\n", "a = 2\n")
    (conflict,) = merged.conflicts
    assert (merged.text, merged.beside) == ("a = (1\n", "a = 2\n")
    assert "does not parse" in conflict.reason


def test_without_git_yours_stays_and_the_new_text_goes_beside(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("PATH", "")
    merged = merge(TEXT, "a\n", "b\n", "c\n")
    assert (merged.text, merged.beside) == ("b\n", "c\n")
    assert "git" in merged.conflicts[0].reason


def test_settings_of_git_around_us_take_no_part(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("GIT_DIR", "/nowhere")
    assert not merge(TEXT, BASE, "Uno." + BASE[4:], BASE + "Four.\n").conflicts


def test_layout_of_code_is_no_edit_but_a_comment_is() -> None:
    assert same(CODE, "a = f(1, 2)\n", "a = f(\n    1,\n    2,\n)\n")
    assert not same(CODE, "a = 1\n", "a = 1  # one\n")
    assert not same(CODE, "a = 1\n", "a = 2\n")
    assert not same(TEXT, "a\n", "a \n")


def test_names_that_left_the_whole_project_are_found_in_your_rows() -> None:
    one, two = PurePosixPath("one.py"), PurePosixPath("two.py")
    base = {one: "period = 1\nlimit = 2\n", two: ""}
    new = {one: "term = 1\n", two: "limit = 2\n"}
    mine = "period = 1\nlimit = 2\nif period: limit()  # of the period\n"
    merged = {one: mine, two: "limit = 2\n# period\n"}
    assert lost_names(base, new, merged) == {one: [(1, "period"), (3, "period")]}


def test_a_docstring_names_nothing_but_what_a_string_is_formatted_with_does() -> None:
    one = PurePosixPath("one.py")
    base = {one: 'def grace(days):\n    """A period."""\n    "no"  # a term\n'}
    new = {one: "def later(span):\n    pass\n"}
    mine = """def mine():
    '''Grace: a period
    of days.'''
    log("grace for a term", 'days')  # grace
"""
    assert lost_names(base, new, {one: mine}) == {}
    mine += '    log(f"{grace(1)}")\n'
    assert lost_names(base, new, {one: mine}) == {one: [(5, "grace")]}


def test_a_member_that_one_class_lost_is_found_where_code_tells_whose_it_is() -> None:
    one, mine = PurePosixPath("one.py"), PurePosixPath("mine.py")
    left = "class Left:\n    book: str\n"
    base = {one: f"{left}\nclass Loan:\n    OPEN = 1\n    book: str\n    due: date\n"}
    new = {one: f"{left}    OPEN = 2\n\nclass Loan:\n    due: date\n"}
    found = """\
def used(loan: Loan, left: Left, other):
    loan.book
    loan.due, left.book, other.book
    Loan(due=1, book=2)
    Loan.OPEN
    match other:
        case Loan(book=one):
            other.due
        case Loan():
            other.book
        case Left(book=two):
            other.book
    lambda loan: loan.book
    def later(loan):
        loan.book
"""
    used = {(row, name) for row, name in lost_names(base, new, {mine: found})[mine]}
    book = {(row, "Loan.book") for row in (2, 4, 7, 10)}
    assert used == {*book, (5, "Loan.OPEN")}
    assert lost_names(base, new, {mine: "def broken(loan: Loan"}) == {}
