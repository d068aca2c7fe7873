"""Python as it comes: odd layouts, newer syntax, long files."""

from __future__ import annotations

import sys
from pathlib import PurePosixPath

import pytest

from generator.merge import Conflict, merge, pairs
from generator.merge.lines import choices
from generator.merge.outcome import Draft
from generator.merge.source import compiles

CODE = PurePosixPath("app/loan.py")
BASE = """\
class Loan:
    def open(self) -> None:
        self.record(1)

    def close(self) -> None:
        self.record(2)
"""
ADDED = BASE + "\n    def lose(self) -> None:\n        self.record(3)\n"
newer = pytest.mark.skipif(sys.version_info < (3, 12), reason="syntax of Python 3.12")


def test_tabs_of_yours_are_layout() -> None:
    merged = merge(CODE, BASE, BASE.replace("    ", "\t"), ADDED)
    assert not merged.conflicts
    assert compiles(merged.text)
    assert "def lose" in merged.text


def test_another_indent_with_an_edit_is_kept_whole() -> None:
    yours = BASE.replace("    ", "  ").replace("record(1)", "record(10)")
    for one, other in ((yours, ADDED), (ADDED, yours)):
        merged = merge(CODE, BASE, one, other)
        assert all(map(compiles, choices(merged.text)))
        assert "record(10)" in merged.text
        assert "def lose" in merged.text


def test_what_was_generated_once_and_does_not_parse_goes_by_rows() -> None:
    merged = merge(CODE, "a = (\n\n\n\nb = 1\n", "a = 1\n\n\n\nb = 1\n", "a = (\n")
    assert merged.beside is None
    assert merged.conflicts
    assert [note.text for note in merged.notes] == ["merged by rows, not by structure"]


def test_a_result_that_would_not_compile_is_a_conflict() -> None:
    base = "def f():\n    a()\n\n\nb()\n"
    yours = base.replace("    a()\n", "    a()\n    nonlocal_word = 1\n")
    new = base.replace("    a()\n", "    global nonlocal_word\n    a()\n")
    assert not merge(CODE, base, yours, new).conflicts
    yours = base.replace("    a()\n", "    word = a()\n    a()\n")
    new = base.replace("    a()\n", "    a()\n    global word\n")
    merged = merge(CODE, base, yours, new)
    assert merged.conflicts
    assert all(map(compiles, choices(merged.text)))


def test_line_ends_of_yours_stay_through_a_merge_by_structure() -> None:
    yours = BASE.replace("record(2)", "record(20)").replace("\n", "\r\n")
    merged = merge(CODE, BASE, f"\ufeff{yours}", ADDED)
    wanted = ADDED.replace("record(2)", "record(20)").replace("\n", "\r\n")
    assert (merged.text, merged.conflicts) == (f"\ufeff{wanted}", ())


def test_form_feeds_and_odd_separators_end_no_row() -> None:
    base = 'def f():\n    a = "one\u2028two"\n\f\n    b = "\x0b"\n    return a\n'
    yours = base.replace("    return a", "    mine()\n    return a")
    new = base.replace("b = ", "b: str = ")
    merged = merge(CODE, base, yours, new)
    assert merged.text == new.replace("    return a", "    mine()\n    return a")


def test_a_file_that_both_made_is_merged_by_its_pieces() -> None:
    merged = merge(CODE, None, ADDED, BASE)
    assert (merged.text, merged.conflicts) == (ADDED, ())
    other = BASE.replace("record(1)", "record(10)")
    assert merge(CODE, None, other, BASE).conflicts == (
        Conflict(3, "Loan.open", "both added this, differently"),
    )


def test_a_missing_last_row_end_is_no_edit() -> None:
    merged = merge(CODE, BASE, BASE.replace("record(1)", "record(10)")[:-1], ADDED)
    assert merged.text == ADDED.replace("record(1)", "record(10)")


def test_words_that_the_blueprint_renames_change_places() -> None:
    yours = BASE + "\n    def mine(self) -> None:\n        self.open(close_it)\n"
    new = BASE.replace("open", "x").replace("close", "open").replace("x", "close")
    merged = merge(CODE, BASE, yours, new, {"open": "close", "close": "open"})
    assert not merged.conflicts
    assert "        self.close(close_it)\n" in merged.text


def test_a_renamed_word_that_is_still_generated_elsewhere_is_doubted() -> None:
    yours = BASE + "\n    def mine(self) -> None:\n        self.record(self.open)\n"
    new = BASE.replace("def open", "def start") + "\n    open = None\n"
    merged = merge(CODE, BASE, yours, new, {"open": "start"})
    assert "self.record(self.start)" in merged.text
    (note,) = (each for each in merged.notes if each.suspect)
    assert note.text.startswith("open became start in your rows")
    assert not merge(CODE, BASE, BASE + "\nmine()\n", new, {"open": "start"}).notes


@pytest.mark.parametrize("text", ["a = 1\0\n", "(" * 500, "a = 1\n  b = 2\n"])
def test_what_python_cannot_read_is_left_alone(text: str) -> None:
    merged = merge(CODE, BASE, text, ADDED)
    assert (merged.text, merged.beside, len(merged.conflicts)) == (text, ADDED, 1)


def test_a_carriage_return_alone_goes_by_rows() -> None:
    yours = BASE.replace("record(1)", "record(1,\r10)")
    merged = merge(CODE, BASE, yours, ADDED)
    assert merged.text == ADDED.replace("record(1)", "record(1,\r10)")


def test_a_merge_that_lost_a_word_of_yours_is_thrown_away(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    yours = BASE.replace("record(1)", "record(mine)")
    monkeypatch.setattr(
        "generator.merge.merging.merge_modules", lambda *_: Draft(ADDED)
    )
    assert merge(CODE, BASE, yours, ADDED).text == ADDED.replace("(1)", "(mine)")


@newer
def test_type_parameters_in_a_changed_header_are_a_conflict() -> None:
    base = "def f[T](a: T) -> T:\n    return a\n"
    yours = base.replace("a: T)", "a: T, b: int)")
    merged = merge(CODE, base, yours, base.replace("[T]", "[T, U]"))
    assert merged.conflicts == (Conflict(1, "f", "both changed its head"),)


@newer
def test_bodies_below_type_parameters_are_merged() -> None:
    base = "class A[T]:\n    def f[U](self, a: U) -> U:\n        g(a)\n        h(a)\n"
    yours = base.replace("g(a)", "mine(a)\n        g(a)")
    new = base.replace("g(a)", "g(a, 2)")
    assert merge(CODE, base, yours, new).text == yours.replace("g(a)", "g(a, 2)")


@newer
def test_a_type_statement_is_a_piece_with_a_name() -> None:
    base = "type A = int | str\ntype B[T] = list[T]\n"
    yours, new = base.replace("int", "float"), base.replace("list[T]", "set[T]")
    assert merge(CODE, base, yours, new).text == yours.replace("list[T]", "set[T]")
    assert merge(CODE, base, yours, base.replace("int", "bytes")).conflicts


def long_file(count: int) -> str:
    return "\n\n".join(
        f"def f{number}(x):\n    one(x, {number})\n    two(x, {number})\n"
        for number in range(count)
    )


@pytest.mark.parametrize("twins", [False, True])
def test_a_long_file_costs_in_a_straight_line(
    monkeypatch: pytest.MonkeyPatch, twins: bool
) -> None:
    """Counted are the comparisons of texts, which are what could grow as a square."""
    compared = 0
    alike = pairs.alike

    def counting(one: str, other: str) -> float:
        nonlocal compared
        compared += 1
        return alike(one, other)

    monkeypatch.setattr(pairs, "alike", counting)

    def cost(count: int) -> int:
        nonlocal compared
        compared = 0
        base = long_file(count)
        new = base.replace("def f", "def g") if twins else base
        yours, new = base.replace("one(x", "one(x, m"), new.replace("two", "six")
        merged = merge(CODE, base, yours, new)
        assert not merged.conflicts
        assert merged.text.count("one(x, m") == count
        return compared

    few, many = cost(40), cost(400)
    assert many <= 11 * few
    assert few > 0 or not twins


def test_a_long_body_of_equal_statements_ends() -> None:
    base = "def f(x):\n" + "    one(x)\n" * 2000
    yours = base + "    mine()\n"
    new = base.replace("one(x)", "two(x)", 1000)
    assert merge(CODE, base, yours, new).text == new + "    mine()\n"
