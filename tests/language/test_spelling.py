"""A misspelt word is known by the slips that people make."""

from __future__ import annotations

from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from generator.spelling import closest, distance

WORDS = st.text("abc", max_size=6)


@pytest.mark.parametrize(
    ("one", "other", "slips"),
    [
        ("", "", 0),
        ("", "abc", 3),
        ("status", "status", 0),
        ("statsu", "status", 1),
        ("staus", "status", 1),
        ("statuss", "status", 1),
        ("stytus", "status", 1),
        ("ca", "abc", 3),
    ],
)
def test_a_slip_is_a_letter_too_many_too_few_wrong_or_exchanged(
    one: str, other: str, slips: int
) -> None:
    assert distance(one, other) == distance(other, one) == slips


@given(WORDS, WORDS)
def test_the_distance_is_no_less_than_the_difference_in_length(
    one: str, other: str
) -> None:
    slips = distance(one, other)
    assert abs(len(one) - len(other)) <= slips <= max(len(one), len(other))
    assert (slips == 0) == (one == other)


@given(WORDS, WORDS, WORDS)
def test_what_is_suggested_is_a_candidate_and_none_is_closer(
    word: str, one: str, other: str
) -> None:
    found = closest(word, [one, other])
    if found:
        nearest = min(distance(word, each) for each in (one, other))
        assert distance(word, found) == nearest


def test_a_word_of_another_kind_is_not_suggested() -> None:
    assert closest("elephant", ["status", "stay"]) == ""
    assert closest("id", ["at", "of"]) == ""


def test_capitals_do_not_count_as_slips() -> None:
    assert closest("loanview", ["LoanViews", "LoanView"]) == "LoanView"


def test_endless_words_are_not_compared() -> None:
    words = ["".join(each) * 100_000 for each in product("ab", repeat=3)]
    assert closest("abb" * 100_000, words) == ""
