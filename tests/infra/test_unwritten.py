"""Custom code that is not written yet is told apart from other failures."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from app.common.unwritten import unwritten


def function_of(module: str, body: str, **known: object) -> Callable[[], None]:
    """A function as it would stand in a module of that name."""
    names: dict[str, object] = {"__name__": module, **known}
    exec(f"def decide():\n    {body}\n", names)
    decide = names["decide"]
    assert callable(decide)
    return decide


def raised_by(function: Callable[[], None]) -> Exception:
    with pytest.raises(Exception) as caught:
        function()
    return caught.value


def test_a_custom_function_that_only_says_so_is_named_with_its_file() -> None:
    error = raised_by(function_of("app.club.custom", "raise NotImplementedError"))
    assert unwritten(error) == "app/club/custom.py: decide is not written yet"


@pytest.mark.parametrize(
    ("module", "body"),
    [
        ("app.infra.custom_codec", "raise NotImplementedError"),
        ("library.custom", "raise NotImplementedError"),
        ("app.club.custom", "raise ValueError"),
    ],
)
def test_what_else_goes_wrong_is_not_said_to_be_unwritten(
    module: str, body: str
) -> None:
    assert unwritten(raised_by(function_of(module, body))) == ""


def test_what_custom_code_calls_is_not_custom_code() -> None:
    library = function_of("library", "raise NotImplementedError")
    decide = function_of("app.club.custom", "library()", library=library)
    assert unwritten(raised_by(decide)) == ""


def test_an_error_that_nobody_raised_is_nobodys() -> None:
    assert unwritten(NotImplementedError()) == ""
