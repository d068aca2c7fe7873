"""How a finding is shown to the person who can repair it."""

from __future__ import annotations

import pytest

from generator.diagnostics import (
    BlueprintError,
    Diagnostic,
    Report,
    Span,
    did_you_mean,
    show,
)

LINES = {"guest.yaml": ["domain: guest", "status: Statsu", "\tname:  日本語 x"]}


def finding(line: int, column: int, end: int = 0, hint: str = "") -> Diagnostic:
    return Diagnostic(
        "B202", "no such type", Span("guest.yaml", line, column, end), hint
    )


def test_a_finding_shows_its_place_its_line_and_a_way_out() -> None:
    found = finding(2, 9, 15, 'did you mean "Status"?')
    assert show(found, LINES).splitlines() == [
        "guest.yaml:2:9: B202 no such type",
        "  2 | status: Statsu",
        "    |         ^^^^^^",
        '  did you mean "Status"?',
    ]


def test_a_finding_shows_every_place_that_belongs_to_it() -> None:
    also = ((Span("guest.yaml", 1, 1, 7), "it stands here first"),)
    found = Diagnostic("B006", "twice", Span("guest.yaml", 2, 1, 7), also=also)
    assert show(found, LINES).splitlines() == [
        "guest.yaml:2:1: B006 twice",
        "  2 | status: Statsu",
        "    | ^^^^^^",
        "  guest.yaml:1:1: it stands here first",
        "  1 | domain: guest",
        "    | ^^^^^^",
    ]


def test_the_caret_stands_under_its_place_behind_tabs_and_wide_characters() -> None:
    _, line, caret = show(finding(3, 13), LINES).splitlines()
    assert line == "  3 |     name:  日本語 x"
    assert caret == "    | " + " " * len("    name:  ") + "  " * 3 + " ^"


def test_a_very_long_line_is_cut_around_the_place() -> None:
    lines = {"guest.yaml": ["a" * 500 + "HERE" + "b" * 500]}
    _, line, caret = show(finding(1, 501, 505), lines).splitlines()
    assert len(line) < 110
    assert line[caret.index("^") : caret.rindex("^") + 1] == "HERE"


@pytest.mark.parametrize(("line", "column"), [(0, 1), (9, 1), (1, 99), (1, 0)])
def test_a_place_outside_the_text_still_shows_the_message(
    line: int, column: int
) -> None:
    assert show(finding(line, column), LINES).startswith("guest.yaml:")


def test_a_finding_in_an_unknown_file_has_no_source_line() -> None:
    assert show(finding(1, 1), {}) == "guest.yaml:1:1: B202 no such type"


def test_no_control_character_of_a_blueprint_reaches_the_terminal() -> None:
    found = Diagnostic("B1", "\x1b[2J\u202e", Span("g\x07.yaml", 1, 1), "\x9b\n")
    shown = show(found, {"g\x07.yaml": ["\x1b]0;x\x07"]})
    assert shown.replace("\n", "").isprintable()
    assert r"\x1b[2J\u202e" in shown


def test_a_warning_says_that_it_is_one() -> None:
    report = Report()
    report.warning("B752", Span("guest.yaml", 1, 1), "nobody uses this")
    shown = show(report.diagnostics[0], {})
    assert shown == "guest.yaml:1:1: warning: B752 nobody uses this"


def test_a_report_gives_every_finding_once_in_the_order_of_the_text() -> None:
    report = Report()
    for line in (3, 1, 3, 2):
        report.error("B100", Span("b.yaml", line, 1), "wrong")
    report.error("B100", Span("a.yaml", 9, 1), "wrong")
    places = [(each.span.file, each.span.line) for each in report.diagnostics]
    assert places == [("a.yaml", 9), ("b.yaml", 1), ("b.yaml", 2), ("b.yaml", 3)]
    assert len(report.errors_in("b.yaml")) == 3


def test_only_errors_stop_the_generator_and_then_everything_is_told() -> None:
    report = Report()
    report.warning("B752", Span("a.yaml", 2, 1), "unused")
    report.raise_if_errors()
    report.error("B100", Span("a.yaml", 1, 1), "wrong")
    with pytest.raises(BlueprintError) as caught:
        report.raise_if_errors()
    assert [each.code for each in caught.value.diagnostics] == ["B100", "B752"]
    assert "a.yaml:1:1: B100 wrong" in str(caught.value)


@pytest.mark.parametrize(
    ("word", "hint"),
    [
        ("Statsu", 'did you mean "Status"?'),
        ("STATUS", 'did you mean "Status"?'),
        ("Elephant", ""),
        ("", ""),
    ],
)
def test_a_misspelt_word_is_answered_by_the_closest_one(word: str, hint: str) -> None:
    assert did_you_mean(word, ["Status", "Stay", "Money"]) == hint


def test_a_mistake_is_an_error_of_each_file_that_it_is_seen_in() -> None:
    report = Report()
    for file in ("one.yaml", "two.yaml"):
        report.seen_again("B202", Span(file, 1, 1), 'there is no type "Money"')
    assert len(report.errors) == 1
    assert report.errors_in("one.yaml") == report.errors_in("two.yaml") != ()
    assert report.errors_in("three.yaml") == ()
