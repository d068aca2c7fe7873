"""Custom code: which functions a blueprint leaves to be written, and their types."""

from __future__ import annotations

import pytest

from generator import model
from generator.blueprint import parse
from generator.diagnostics import Report
from generator.document import load
from generator.model_tests import Creation
from generator.resolve import resolve

DOMAIN = """\
domain: club
enums: {Status: [trial, full]}
aggregates:
  Member:
    state: {status: Status, name: str, points: int}
    lifecycle: status
    unique: [{of: name, error: NameTaken}]
    commands:
      Join:
        creates: true
        fields: {name: str, points: int = 1}
        rules: [JOIN_RULES]
        emits: JOIN
      Rename: {fields: {name: str}, rules: [RENAME_RULES], emits: RENAME}
    events:
      Joined: {to: trial, fields: {name: str, points: int}}
      Renamed: {fields: {name: str}}
      Noted: {fields: {points: int}}
"""
JOIN, RENAME = "Joined", "[Renamed, Noted]"


def resolved(
    join: str = JOIN, rename: str = RENAME, join_rules: str = "", rename_rules: str = ""
) -> model.Domain:
    report = Report()
    text = DOMAIN.replace("JOIN_RULES", join_rules)
    text = text.replace("RENAME_RULES", rename_rules)
    text = text.replace("JOIN", join).replace("RENAME", rename)
    document = load(text, "club.yaml", report)
    service = resolve(parse([document], report), report)
    assert report.errors == ()
    return service.domains[0]


def function(domain: model.Domain, name: str) -> model.CustomFunction:
    return next(each for each in domain.custom if each.name == name)


def commands(domain: model.Domain) -> tuple[model.Command, ...]:
    return domain.aggregates[0].commands


def event(domain: model.Domain, name: str) -> model.Event:
    return next(each for each in domain.aggregates[0].events if each.name == name)


def creation(domain: model.Domain) -> Creation:
    assert domain.tests is not None
    return domain.tests.creations[0]


@pytest.mark.parametrize(
    ("join_rules", "rename_rules", "signature"),
    [
        ("custom: check", "", "command: Join, context: Context"),
        (
            "",
            "custom: check",
            "state: MemberState, command: Rename, context: Context",
        ),
        (
            "custom: check",
            "custom: check",
            "state: MemberState | None, command: Join | Rename, context: Context",
        ),
    ],
)
def test_a_function_takes_what_its_commands_have(
    join_rules: str, rename_rules: str, signature: str
) -> None:
    check = function(
        resolved(join_rules=join_rules, rename_rules=rename_rules), "check"
    )
    assert (check.signature, check.returns) == (signature, "None")


def test_each_command_gives_the_state_that_it_has() -> None:
    join, rename = commands(
        resolved(join_rules="custom: check", rename_rules="custom: check")
    )
    calls = [
        rule.call
        for command in (join, rename)
        for rule in command.rules
        if isinstance(rule, model.CustomRule)
    ]
    assert calls == [
        "DECISIONS.check(None, command, context)",
        "DECISIONS.check(state, command, context)",
    ]
    assert rename.guard == "state = self._existing()"


@pytest.mark.parametrize(
    ("emits", "returns"),
    [
        ("{custom: note}", "Sequence[MemberEvent]"),
        ("{custom: note, events: Noted}", "Sequence[Noted]"),
        ("{custom: note, events: [Renamed, Noted]}", "Sequence[Renamed | Noted]"),
    ],
)
def test_a_function_returns_the_events_that_it_may_give(
    emits: str, returns: str
) -> None:
    domain = resolved(rename=f"[Renamed, Noted, {emits}]")
    assert function(domain, "note").returns == returns


def test_rules_and_emissions_keep_their_order() -> None:
    _, rename = commands(
        resolved(
            rename_rules='{custom: begin}, {require: name != ""}, {custom: end}',
            rename="[{custom: before, events: Noted}, Renamed, Noted]",
        )
    )
    assert [isinstance(each, model.CustomRule) for each in rename.rules] == [1, 0, 1]
    assert [each.recording.partition("(")[0] for each in rename.emissions] == [
        "self._record_all",
        "self._record",
        "self._record",
    ]


def test_the_errors_of_custom_code_are_errors_of_the_domain() -> None:
    domain = resolved(
        join_rules="{custom: check, error: [Barred, Unwanted]}",
        rename="[Renamed, {custom: note, events: Noted, error: NoteLost}]",
        rename_rules="custom: check_name",
    )
    named = [refusal.name for refusal in domain.refusals]
    assert named == ["Barred", "Unwanted", "NoteLost", "NameTaken"]
    join, rename = commands(domain)
    assert join.errors == ("AlreadyExists", "Barred", "Unwanted", "NameTaken")
    assert rename.errors == ("NotFound", "RuleViolated", "NoteLost", "NameTaken")


def test_a_key_may_be_taken_by_an_event_that_custom_code_gives() -> None:
    noted = commands(resolved(rename="[Renamed, {custom: note, events: Noted}]"))
    assert "NameTaken" in noted[1].errors
    other = resolved(
        join="{custom: join, events: [Joined, Renamed]}",
        rename="{custom: note, events: Noted}",
    )
    assert "NameTaken" not in commands(other)[1].errors


def test_only_an_event_that_sets_the_whole_state_comes_first() -> None:
    domain = resolved(join="{custom: join, events: [Joined, Noted]}")
    joined, noted = event(domain, "Joined"), event(domain, "Noted")
    assert (joined.creates, joined.updates) == (True, True)
    assert (noted.creates, noted.updates) == (False, True)


def test_the_only_event_of_a_creating_function_does_nothing_but_create() -> None:
    joined = event(resolved(join="{custom: join, events: Joined}"), "Joined")
    assert (joined.creates, joined.updates) == (True, False)


def test_custom_code_may_change_what_other_commands_repeat() -> None:
    written = event(resolved(rename="[Renamed, Noted]"), "Noted")
    assert written.change == ()
    by_hand = event(resolved(rename="[Renamed, Noted, {custom: note}]"), "Noted")
    assert [each.name for each in by_hand.change] == ["points"]


@pytest.mark.parametrize(
    ("rules", "emits", "refusal", "is_open"),
    [
        ("{custom: check, error: Barred}", JOIN, "", True),
        ("", "{custom: join, events: Joined}", "", True),
        ("{require: points > 5, error: Few}, {custom: check}", JOIN, "Few", False),
        ("", "[Joined, {custom: join, if: points > 5}]", "", False),
        ("", "[Joined, {custom: join, if: points < 5}]", "", True),
    ],
)
def test_an_example_is_open_where_it_comes_to_custom_code(
    rules: str, emits: str, refusal: str, is_open: bool
) -> None:
    made = creation(resolved(join_rules=rules, join=emits))
    assert made.refusal == refusal
    assert bool(made.open) == is_open
    if "Barred" in rules:
        assert made.open == ("AlreadyExists", "Barred", "NameTaken")


def test_a_scenario_may_expect_what_custom_code_refuses_with() -> None:
    report = Report()
    scenario = "scenarios: [{name: Nobody twice, when: Join, then: NameTaken}]\n"
    text = DOMAIN.replace("JOIN_RULES", "{custom: check, error: NameTaken}")
    text = text.replace("RENAME_RULES", "").replace("JOIN", JOIN)
    document = load(text.replace("RENAME", RENAME) + scenario, "club.yaml", report)
    (found,) = resolve(parse([document], report), report).domains[0].scenarios
    assert report.errors == ()
    assert found.refusal == "NameTaken"
