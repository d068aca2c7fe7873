"""Prose becomes literals and comments, and nothing that a reader of code obeys."""

from __future__ import annotations

import ast
import itertools

import pytest

from generator import prose


def test_a_docstring_says_what_was_written_whatever_its_signs() -> None:
    for length in range(6):
        for signs in itertools.product('"\\a ', repeat=length):
            text = "".join(signs)
            for indent in (0, 4):
                literal = prose.docstring(text, indent)
                assert ast.literal_eval(literal) == " ".join(text.split())


@pytest.mark.parametrize(
    ("text", "comment"),
    [
        ("A guest sees it.", "A guest sees it."),
        ("Type is a word, and C# one too", "Type is a word, and C# one too"),
        ("See #12.", "See #12."),
        ("one\nimport os", "one import os"),
        ("type: ignore", '"type: ignore"'),
        ("Type : int", '"Type : int"'),
        ("noqa", '"noqa"'),
        ("Because # noqa: F401", "Because noqa: F401"),
        ("Because ## type: ignore", "Because type: ignore"),
        ("fmt: off", '"fmt: off"'),
        ("pragma: no cover", '"pragma: no cover"'),
        ("left \u202e right", "left \\u202e right"),
    ],
)
def test_a_comment_stays_a_comment_and_gives_no_orders(text: str, comment: str) -> None:
    assert prose.comment(text) == comment
