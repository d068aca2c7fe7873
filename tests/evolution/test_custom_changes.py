"""Code that was written by hand, and codes that callers know, are part of a release."""

from __future__ import annotations

import pytest

from generator import breaking, pipeline
from generator.custom_changes import misfits
from generator.diagnostics import Report
from generator.lock import Custom, Lock, Locks
from tests.evolution.projects import released, shop

TEXT = """\
domain: shop
aggregates:
  Deal:
    state: {price: int, buyer: str}
    unique:
      - {of: buyer, error: BuyerIsBusy}
    commands:
      Make:
        creates: true
        access: public
        fields: {price: int, buyer: str}
        rules:
          - {require: price > 0, error: NothingForNothing}
          - {custom: check_buyer, error: NotWelcome}
        emits: DealMade
      Reprice:
        access: public
        fields: {price: int}
        rules:
          - {require: price > 0}
        emits: {custom: settle_price, events: [DealRaised, DealLowered]}
      Lower:
        access: internal
        rules: [{require: state.price < 9, error: TooDear}]
        emits: DealLowered
    events:
      DealMade: {fields: {price: int, buyer: str}}
      DealRaised: {}
      DealLowered: {}
"""
Change = tuple[str, str]


def told(locks: Locks, *changes: Change) -> list[str]:
    """Place, code and message of all that breaks."""
    document = shop(TEXT, *changes)
    service = pipeline.understand([document], Report())
    found = breaking.breaking(service, locks, [document])
    return [f"{each.span.line} {each.code} {each.message}" for each in found]


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ([], []),
        (
            [("error: NothingForNothing", "error: PriceIsNone")],
            ["8 B836 Make no longer refuses with NothingForNothing"],
        ),
        (
            [("          - {require: price > 0, error: NothingForNothing}\n", "")],
            ["8 B836 Make no longer refuses with NothingForNothing"],
        ),
        (
            [("- {require: price > 0}", "- {require: price > 0, error: NoPrice}")],
            ["16 B836 Reprice no longer refuses with RuleViolated"],
        ),
        (
            [("error: BuyerIsBusy", "error: Occupied")],
            ["8 B836 Make no longer refuses with BuyerIsBusy"],
        ),
        (
            [("error: NotWelcome", "error: [NotWelcome, Unknown]")],
            [],
        ),
        ([("error: TooDear", "error: Dear")], []),
        (
            [("custom: check_buyer", "custom: check_guest")],
            ["1 B842 check_buyer is asked by nothing any more"],
        ),
        (
            [("- {require: price > 0}", "- {custom: check_buyer, error: NotWelcome}")],
            [
                "16 B836 Reprice no longer refuses with RuleViolated",
                "14 B842 check_buyer decides about Reprice, too",
                "14 B842 check_buyer is asked without a state, too",
            ],
        ),
        (
            [("events: [DealRaised, DealLowered]", "events: [DealRaised]")],
            ["21 B842 settle_price may no longer give DealLowered"],
        ),
        (
            [
                ("events: [DealRaised, DealLowered]", "events: [DealRaised, DealCut]"),
                ("emits: DealLowered", "emits: DealCut"),
                ("      DealLowered: {}\n", "      DealCut: {was: DealLowered}\n"),
            ],
            [],
        ),
        ([("DealRaised, DealLowered]", "DealRaised, DealLowered, DealMade]")], []),
    ],
)
def test_what_was_written_or_matched_on_and_is_another_now_is_told(
    changes: list[Change], said: list[str]
) -> None:
    assert sorted(told({"shop": released(shop(TEXT))}, *changes)) == sorted(said)


def test_what_every_command_may_refuse_with_is_not_its_own() -> None:
    errors = released(shop(TEXT)).commands["Make"].errors
    assert errors == ["BuyerIsBusy", "NotWelcome", "NothingForNothing"]


def test_a_release_that_knew_of_neither_has_nothing_to_compare() -> None:
    lock = released(shop(TEXT))
    older = lock.model_copy(
        update={
            "custom": {},
            "commands": {
                name: call.model_copy(update={"errors": []})
                for name, call in lock.commands.items()
            },
        }
    )
    changes = (
        ("error: NothingForNothing", "error: PriceIsNone"),
        ("custom: check_buyer", "custom: check_guest"),
    )
    assert len(told({"shop": lock}, *changes)) == 2
    assert told({"shop": older}, *changes) == []


RULE = Custom(aggregate="Deal", commands=["Reprice"])
GIVING = Custom(aggregate="Deal", commands=["Reprice"], events=["DealRaised"])


@pytest.mark.parametrize(
    ("before", "now", "said"),
    [
        (RULE, RULE, []),
        (RULE, RULE.model_copy(update={"state": "none"}), ["told of no state any"]),
        (RULE, RULE.model_copy(update={"state": "maybe"}), ["without a state, too"]),
        (RULE.model_copy(update={"state": "none"}), RULE, ["told of the state now"]),
        (RULE.model_copy(update={"state": "maybe"}), RULE, []),
        (
            RULE.model_copy(update={"commands": ["Make", "Reprice"]}),
            RULE,
            [],
        ),
        (RULE, GIVING, ["gives events now"]),
        (GIVING, RULE, ["gives no events any more"]),
        (
            RULE,
            GIVING.model_copy(update={"aggregate": "Buyer"}),
            ["decides for Buyer now, and not for Deal"],
        ),
    ],
)
def test_only_what_the_code_that_is_there_cannot_do_is_a_misfit(
    before: Custom, now: Custom, said: list[str]
) -> None:
    locks = [Lock(domain="shop", custom={"decide": each}) for each in (before, now)]
    found = [each.said for each in misfits(*locks)]
    assert len(found) == len(said)
    assert all(part in each for part, each in zip(said, found, strict=True))
