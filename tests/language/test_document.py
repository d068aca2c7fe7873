"""YAML as it is written: source text, places, and every refusal with its own code."""

from __future__ import annotations

import os
import random
from pathlib import Path

import pytest

from generator import yaml_reader
from generator.diagnostics import Report, Span, show
from generator.document import CODES, Document, load, plain, read


def loaded(text: str) -> tuple[Document, Report]:
    report = Report()
    return load(text, "f.yaml", report), report


def accepted(text: str) -> Document:
    document, report = loaded(text)
    assert report.diagnostics == ()
    return document


def refused(text: str) -> list[tuple[str, int, int]]:
    _, report = loaded(text)
    found = [
        (each.code, each.span.line, each.span.column) for each in report.diagnostics
    ]
    assert {code for code, *_ in found} <= CODES.keys() | yaml_reader.CODES.keys()
    return found


def test_every_scalar_is_its_source_text() -> None:
    text = "{a: 1.10, b: yes, on: 010, d: 1:30, e: 2030-01-15, 1: x, f: 0x1F, g: .5}"
    assert accepted(text).data == {
        "a": "1.10",
        "b": "yes",
        "on": "010",
        "d": "1:30",
        "e": "2030-01-15",
        "1": "x",
        "f": "0x1F",
        "g": ".5",
    }


def test_an_empty_plain_scalar_is_nothing_and_a_quoted_one_is_text() -> None:
    document = accepted("a:\nb: ~\nc: null\nd: 'null'\ne: \"\"\n")
    assert document.data == {
        "a": None,
        "b": None,
        "c": None,
        "d": "null",
        "e": "",
    }


def test_an_empty_text_is_nothing() -> None:
    for text in ("", "\n\n", "# only a comment\n", "---\n", "\ufeff"):
        assert accepted(text).data is None


def test_lists_mappings_and_blocks_nest() -> None:
    document = accepted(
        "- a\n- [x, {y: z}]\n- {}\n- |\n  two\n  lines\n- >-\n  one\n  line\n"
    )
    assert document.data == ["a", ["x", {"y": "z"}], {}, "two\nlines\n", "one line"]


def test_every_value_and_key_has_its_place() -> None:
    document = accepted("a: {b: [x, yy]}\nlong key:   value\n")
    assert document.span(("a",)) == Span("f.yaml", 1, 4, 5)
    assert document.span(("a", "b", 1)) == Span("f.yaml", 1, 12, 14)
    assert document.key_span(("a", "b")) == Span("f.yaml", 1, 5, 6)
    assert document.span(("long key",)) == Span("f.yaml", 2, 13, 18)
    assert document.key_span(("long key",)) == Span("f.yaml", 2, 1, 9)


def test_a_missing_path_has_the_place_of_its_nearest_ancestor() -> None:
    document = accepted("a:\n  b: x\n")
    assert document.span(("a", "c", 3)) == document.span(("a",))
    assert document.key_span(("a", "c")) == document.span(("a",))
    assert load("", "f.yaml", Report()).span(("a",)) == Span("f.yaml", 1, 1)


def test_steps_that_lead_nowhere_are_left_out_of_a_path() -> None:
    document = accepted("a:\n  - b: x\n")
    assert document.known(("a", "function-after", 0, "str", "b")) == ("a", 0, "b")


@pytest.mark.parametrize(
    ("text", "offset", "column"),
    [
        ("a: some text", 5, 9),
        ("a: 'some text'", 5, 10),
        ('a: "some text"', 5, 10),
        ("é: é日x", 2, 6),
        ("a: 'it''s here'", 5, 4),
        ('a: "tab\\there"', 5, 4),
        ("a: two\n  lines", 5, 4),
    ],
)
def test_a_place_inside_a_scalar_is_exact_or_its_start(
    text: str, offset: int, column: int
) -> None:
    document = accepted(text)
    path = (next(iter(document.data)),)
    assert document.inside(path, offset).line == 1
    assert document.inside(path, offset).column == column


def test_quotes_and_blocks_of_text_are_told_apart_from_words() -> None:
    document = accepted("a: x\nb: 'x'\nc: \"x\"\nd: |\n  x\n")
    assert [document.quoted((key,)) for key in "abcd"] == [False, True, True, True]


def test_a_plain_document_is_one_word() -> None:
    document = plain("9.90")
    assert (document.data, document.quoted(())) == ("9.90", False)
    assert document.inside((), 2).column == 3


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("a: [1, 2", [("B001", 1, 9)]),
        ('a: "\\q"', [("B001", 1, 5)]),
        ("a: b: c", [("B001", 1, 5)]),
        ("\ta: 1", [("B001", 1, 1)]),
        ("a: @x", [("B001", 1, 4)]),
        ("a: \x00b: \u202e", [("B003", 1, 4), ("B003", 1, 8)]),
        ("a: 1\nb: \ud800", [("B003", 2, 4)]),
        ("a: \ufffd", [("B003", 1, 4)]),
        ("a: x\u2028y", [("B003", 1, 5)]),
        ("a: &x 1\nb: *x\n*x : 2", [("B004", 1, 4), ("B004", 2, 4), ("B004", 3, 1)]),
        ("a: &x [*x]", [("B004", 1, 4), ("B004", 1, 8)]),
        ("a: !!python/name:os.system x\nb: !t [y]", [("B005", 1, 4), ("B005", 2, 4)]),
        ("a: 1\nb: {c: 1, c: {d: [e]}, f: 2}\na: 2", [("B006", 2, 11), ("B006", 3, 1)]),
        ("? [a]\n: 1\n? {b: c}\n: 2\n", [("B007", 1, 3), ("B007", 3, 3)]),
        ("~: 1", [("B007", 1, 1)]),
        ("a: 1\n---\nb: 2", [("B008", 2, 1)]),
        ("[" * 65 + "]" * 65, [("B009", 1, 65)]),
        ("x" * 1_000_001, [("B009", 1, 1)]),
        ("[" + "a," * 200_001 + "]", [("B009", 1, 400_000)]),
    ],
    ids=lambda value: repr(value)[:40],
)
def test_what_a_blueprint_is_not_is_refused_at_its_place(
    text: str, found: list[tuple[str, int, int]]
) -> None:
    assert refused(text) == found


def test_brackets_that_never_end_are_too_deep_wherever_libyaml_gives_up() -> None:
    assert [code for code, _, _ in refused("[" * 200_000)] == ["B009"]


def test_the_rest_of_a_text_is_read_behind_a_mistake() -> None:
    document, report = loaded("a: 1\na: {x: [y]}\nb: *c\n? [k]\n: v\nd: 4\n")
    assert document.data == {"a": "1", "b": None, "d": "4"}
    assert len(report.diagnostics) == 3


def test_a_text_that_is_not_read_to_its_end_gives_no_data() -> None:
    for text in ("a: " + "[" * 65, "a: [1, 2"):
        document, report = loaded(text)
        assert document.data is None
        assert len(report.diagnostics) == 1


def test_a_key_that_stands_twice_shows_both_places() -> None:
    _, report = loaded("key: 1\nother: 2\nkey: 3\n")
    found = report.diagnostics[0]
    assert found.span == Span("f.yaml", 3, 1, 4)
    assert found.also == ((Span("f.yaml", 1, 1, 4), "it stands here first"),)


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("a: {b: str(pattern=[a-z]{2})}", "quote"),
        ("a: {b: x[0] + 1}", "quote"),
        ('a: "x" == y', "quote the whole value"),
        ("a: b: c", "colon"),
        ("\ta: 1", "spaces, not tabs"),
        ('a: "\\d"', "single quotes"),
    ],
)
def test_a_mistake_in_yaml_comes_with_a_way_out(text: str, word: str) -> None:
    _, report = loaded(text)
    assert word in report.diagnostics[0].hint


def test_a_mistake_inside_brackets_shows_where_they_open() -> None:
    _, report = loaded("a:\n  b: {c: x[0] + 1}\n")
    assert report.diagnostics[0].also[0][0] == Span("f.yaml", 2, 6)


def test_windows_line_ends_count_as_one() -> None:
    document = accepted("a: 1\r\nb: 2\r\n")
    assert document.span(("b",)) == Span("f.yaml", 2, 4, 5)
    assert document.lines == ["a: 1", "b: 2", ""]


def test_no_text_however_broken_raises() -> None:
    chance = random.Random(7)
    signs = [*"ab:- \n\t\"'{}[],&*!|>?#%@\\~0\r", "\ud800", "\x00", "é", "日", ": "]
    for _ in range(4000):
        text = "".join(chance.choices(signs, k=chance.randrange(30)))
        document, report = loaded(text)
        for each in report.diagnostics:
            assert 1 <= each.span.line <= len(document.lines)
            show(each, {"f.yaml": document.lines})


def test_a_file_is_read_under_the_name_a_person_knows(tmp_path: Path) -> None:
    file = tmp_path / "secret-place.yaml"
    file.write_text("a: é\na: 2\n", encoding="utf-8")
    report = Report()
    document = read(file, "guest.yaml", report)
    assert document.data == {"a": "é"}
    assert report.diagnostics[0].span.file == "guest.yaml"


def test_what_is_no_readable_text_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "latin").write_bytes(b"a: 1\nb: \xe9")
    (tmp_path / "large").write_bytes(b"#" * 1_000_001)
    os.mkfifo(tmp_path / "pipe")
    codes = {}
    for name in ("latin", "large", "pipe", "missing", "."):
        report = Report()
        assert read(tmp_path / name, name, report).data is None
        found = report.diagnostics[0]
        codes[name] = (found.code, found.span.line, found.span.column)
    assert codes == {
        "latin": ("B002", 2, 4),
        "large": ("B009", 1, 1),
        "pipe": ("B002", 1, 1),
        "missing": ("B002", 1, 1),
        ".": ("B002", 1, 1),
    }
