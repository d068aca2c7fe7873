"""A blueprint's text is edited where it must be, and nowhere else."""

from __future__ import annotations

import pytest

from generator.diagnostics import Path
from generator.yaml_edit import NoSuchPlace, with_entry, with_item, with_value


@pytest.mark.parametrize(
    ("before", "path", "after"),
    [
        ("a: {}\n", ("a",), "a: {k: v}\n"),
        ("x: [ä?, 😀]\na: {b: ö}\n", ("a",), "x: [ä?, 😀]\na: {b: ö, k: v}\n"),
        ("a: {b: 1}  # so\n", ("a",), "a: {b: 1, k: v}  # so\n"),
        ("a: {b: {c: [1, 2]}}\n", ("a",), "a: {b: {c: [1, 2]}, k: v}\n"),
        ("a:\n  b: 1  # so\n\nz: 2\n", ("a",), "a:\n  b: 1  # so\n  k: v\n\nz: 2\n"),
        (
            "a:\n  b:\n    c: 1\n# of z\nz: 2\n",
            ("a",),
            "a:\n  b:\n    c: 1\n  k: v\n# of z\nz: 2\n",
        ),
        (
            "a:\n  b: |\n    text\n    more\nz: 2\n",
            ("a",),
            "a:\n  b: |\n    text\n    more\n  k: v\nz: 2\n",
        ),
        ("a:\n  b: 1", ("a",), "a:\n  b: 1\n  k: v\n"),
        ("a:\n", ("a",), "a: {k: v}\n"),
        ("a: {b: }\n", ("a", "b"), "a: {b:  {k: v}}\n"),
        ("a: {to: x}\n", ("a", "fields"), "a: {to: x, fields: {k: v}}\n"),
        ("a:\n  to: x\n", ("a", "fields"), "a:\n  to: x\n  fields: {k: v}\n"),
        ("a:\r\n  b: 1\r\nz: 2\r\n", ("a",), "a:\r\n  b: 1\r\n  k: v\r\nz: 2\r\n"),
    ],
)
def test_an_entry_is_added(before: str, path: Path, after: str) -> None:
    assert with_entry(before, path, "k", "v") == after


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("a: [x, y]  # so\n", "a: [x, y, new]  # so\n"),
        ("a:\n  - x\n  - y  # so\nz: 1\n", "a:\n  - x\n  - y  # so\n  - new\nz: 1\n"),
        ("a:\n- x\nz: 1\n", "a:\n- x\n- new\nz: 1\n"),
    ],
)
def test_an_item_is_added(before: str, after: str) -> None:
    assert with_item(before, ("a",), "new") == after


@pytest.mark.parametrize("value", ["1", "'one'", '"one"'])
def test_a_value_is_replaced(value: str) -> None:
    text = f"a: {{b: {value}, c: 2}}  # so\n"
    assert with_value(text, ("a", "b"), "new") == "a: {b: new, c: 2}  # so\n"


def test_what_is_not_there_is_said() -> None:
    with pytest.raises(NoSuchPlace):
        with_entry("a: 1\n", ("b", "c", "d"), "k", "v")
    with pytest.raises(NoSuchPlace):
        with_entry("a: short\n", ("a",), "k", "v")
    with pytest.raises(NoSuchPlace):
        with_value("a: {b: 1}\n", ("a",), "v")
    with pytest.raises(NoSuchPlace):
        with_item("a: []\n", ("a",), "v")
