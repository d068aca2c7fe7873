"""What was moved out of a generated file is followed, or a person is asked to."""

from __future__ import annotations

import re

import pytest

from tests.living.projects import AGGREGATE, Living, in_step
from tests.living.test_plays import RENEWALS

BLUEPRINT = "blueprints/lending.yaml"
STATE = "app/lending/state.py"
MIXIN = "app/lending/renewals.py"
WITHOUT = ".scaffold/without"
IMPORTS = """\
from datetime import timedelta

from app.common.aggregate import Aggregate, partial_decision
from app.common.context import Context
from app.lending.aggregate import LoanState
from app.lending.commands import RenewLoan
from app.lending.enums import Status
from app.lending.events import LoanEvent, LoanRenewed
from app.lending.exceptions import LoanOverdue


"""
CAME = """\
        if state.renewals >= 3:
            raise RenewedTooOften("Renewed too often.")
"""
BEFORE_IT = '            raise LoanOverdue("Loan overdue.")\n'


def cut(living: Living, start: str, end: str) -> str:
    """Take rows out of the aggregate: from one up to another."""
    text = living.text(AGGREGATE)
    first, last = text.index(start), text.index(end)
    living.put(AGGREGATE, text[:first] + text[last:])
    return text[first:last].rstrip() + "\n"


def state_moved(living: Living) -> None:
    """The state of a loan gets a file of its own."""
    state = cut(living, "@dataclass(frozen=True", "class Loan(Aggregate")
    imports = (
        "from dataclasses import dataclass\nfrom datetime import date\n\n"
        "from app.lending.enums import Status\n\n\n"
    )
    living.put(STATE, imports + state)
    living.edit(
        AGGREGATE,
        "import dataclass, replace\nfrom datetime import date, timedelta\n",
        "import replace\nfrom datetime import timedelta\n",
    )
    living.edit(
        AGGREGATE,
        "import BookIsOut, LoanOverdue\n",
        "import BookIsOut, LoanOverdue\nfrom app.lending.state import LoanState\n",
    )


def renewing(living: Living) -> str:
    """Take the method out that renews."""
    start = "    @partial_decision\n    def renew_loan"
    return cut(living, start, "    def return_loan")


def method_moved(living: Living, head: str, path: str = MIXIN) -> None:
    """That method stands in another class."""
    living.put(path, f"{IMPORTS}{head}\n{renewing(living)}")


def inherited(living: Living) -> None:
    """That method stands in a class that the aggregate inherits from."""
    method_moved(living, "class Renewals(Aggregate[LoanState, LoanEvent]):")
    living.edit(AGGREGATE, "class Loan(Aggregate[", "class Loan(Renewals, Aggregate[")


def more(living: Living) -> None:
    """The blueprint changes what is remembered, and what renewing asks for."""
    for old, new in RENEWALS:
        living.edit(BLUEPRINT, old, new)


def test_a_class_with_edits_is_merged_in_the_file_that_it_was_moved_to(
    living: Living,
) -> None:
    state_moved(living)
    mine = "    @property\n    def is_named(self) -> bool:\n        return True\n"
    living.put(STATE, f"{living.text(STATE)}\n{mine}\n\nMINE = 1\n")
    assert living.scaffold("check").exit_code == 0
    more(living)
    assert f"{STATE}:1:1: P102" in living.scaffold("check").stdout
    followed = living.scaffold("sync")
    assert followed.exit_code == 0, followed.output
    assert f"merge    {STATE}  (LoanState, which you moved there" in followed.stdout
    assert f"note: LoanState: followed to {STATE}" in followed.stdout
    assert f"    due: date\n    renewals: int = 0\n\n{mine}" in living.text(STATE)
    assert "class LoanState" not in living.text(AGGREGATE)
    assert "import timedelta\n" in living.text(AGGREGATE)
    assert in_step(living)


def test_what_a_moved_definition_imports_anew_is_imported_where_it_stands(
    living: Living,
) -> None:
    state_moved(living)
    living.edit(
        BLUEPRINT,
        "book: str, due: date}\n    lifecycle",
        "book: str, due: date, fee: decimal = 0}\n    lifecycle",
    )
    followed = living.scaffold("sync")
    assert followed.exit_code == 0, followed.output
    assert "from decimal import Decimal\n" in living.text(STATE)
    assert "Decimal" not in living.text(AGGREGATE)
    assert "SUSPECT" not in followed.stdout
    assert in_step(living)


@pytest.mark.parametrize("path", [MIXIN, AGGREGATE])
def test_a_method_is_followed_to_the_class_that_its_own_inherits_from(
    living: Living, path: str
) -> None:
    if path == MIXIN:
        inherited(living)
    else:
        head = "class Renewals(Aggregate[LoanState, LoanEvent]):\n"
        method = renewing(living)
        living.edit(
            AGGREGATE,
            "class Loan(Aggregate[LoanState, LoanEvent]):",
            f"{head}{method}\n\nclass Loan(Renewals):",
        )
    more(living)
    followed = living.scaffold("sync")
    assert followed.exit_code == 0, followed.output
    assert f"note: Loan.renew_loan: followed to {path}" in followed.stdout
    assert BEFORE_IT + CAME in living.text(path)
    assert "RenewedTooOften\n" in living.text(path)
    assert in_step(living)


def test_a_method_that_is_no_longer_generated_goes_where_it_stands(
    living: Living,
) -> None:
    method_moved(
        living, 'class Renewals(Aggregate[LoanState, LoanEvent]):\n    """Mine."""\n'
    )
    living.edit(AGGREGATE, "class Loan(Aggregate[", "class Loan(Renewals, Aggregate[")
    text = living.text(BLUEPRINT)
    start, end = text.index("      RenewLoan:"), text.index("      ReturnLoan:")
    text = text[:start] + text[end:]
    text = text.replace("      LoanRenewed: {fields: {due: date}}\n", "")
    living.put(BLUEPRINT, text.replace("LoanRenewed: update, ", ""))
    followed = living.scaffold("sync")
    assert followed.exit_code == 0, followed.output
    assert living.text(MIXIN) == (
        "from app.common.aggregate import Aggregate\n"
        "from app.lending.aggregate import LoanState\n"
        "from app.lending.events import LoanEvent\n\n\n"
        'class Renewals(Aggregate[LoanState, LoanEvent]):\n    """Mine."""\n'
    )
    assert in_step(living)


def test_new_names_reach_what_was_moved(living: Living) -> None:
    inherited(living)
    text = living.text(BLUEPRINT).replace("LoanRenewed", "LoanProlonged")
    was = "LoanProlonged: {was: LoanRenewed, fields: {due: date}}"
    living.put(BLUEPRINT, text.replace("LoanProlonged: {fields: {due: date}}", was))
    followed = living.scaffold("sync")
    assert followed.exit_code == 0, followed.output
    for path in (MIXIN, AGGREGATE):
        assert "LoanProlonged" in living.text(path)
        assert "LoanRenewed" not in living.text(path)
    assert in_step(living)


def test_what_both_changed_is_marked_where_it_was_moved_to(living: Living) -> None:
    state_moved(living)
    living.put(STATE, living.text(STATE) + "    renewals: int = 5\n")
    more(living)
    followed = living.scaffold("sync")
    assert followed.exit_code == 1
    assert f"  {STATE}:14: LoanState.renewals: both added this" in followed.stdout
    before = living.files()
    waiting = living.scaffold("check")
    assert (waiting.exit_code, f"{STATE}:14:1: P104" in waiting.stdout) == (1, True)
    assert living.scaffold("sync").exit_code == 1
    assert living.files() == before
    text = living.text(STATE)
    mine = re.sub(r"(?s)<{7} yours\n(.*?)\|{7}.*?>{7} new\n", r"\1", text)
    living.put(STATE, mine)
    assert in_step(living)
    assert living.text(STATE) == mine


def asked(living: Living, line: str) -> None:
    """Whether `sync` and `check` go on to ask for a change to be carried over."""
    for _ in range(2):
        followed = living.scaffold("sync")
        assert followed.exit_code == 1, followed.output
        assert line in followed.stdout
        assert "    +        if state.renewals >= 3:\n" in followed.stdout
        assert f"name {AGGREGATE}::Loan.renew_loan in {WITHOUT}" in followed.stdout
        found = living.scaffold("check")
        assert found.exit_code == 1
        assert " P107 Loan.renew_loan of app/lending/aggregate.py" in found.stdout


def test_a_change_is_carried_over_by_hand_where_it_is_not_clear_what_is_meant(
    living: Living,
) -> None:
    method_moved(living, "class Renewals:")
    more(living)
    asked(living, f"  {MIXIN}:13: Loan.renew_loan: make this change here\n")
    assert "renewals: int = 0" in living.text(AGGREGATE)
    living.edit(MIXIN, BEFORE_IT, BEFORE_IT + CAME)
    assert living.scaffold("check").exit_code == 0
    assert living.scaffold("sync").exit_code == 0
    assert in_step(living)


def test_two_places_are_both_named(living: Living) -> None:
    inherited(living)
    living.put("app/lending/other.py", living.text(MIXIN))
    before = living.text(MIXIN)
    more(living)
    places = f"app/lending/other.py:13 or {MIXIN}:13"
    asked(living, f"make this change where it belongs: {places}\n")
    assert living.text(MIXIN) == before
    (living.root / "app/lending/other.py").unlink()
    assert living.scaffold("sync").exit_code == 0
    assert CAME in living.text(MIXIN)
    assert in_step(living)


def test_what_is_nowhere_is_asked_for_until_the_project_does_without_it(
    living: Living,
) -> None:
    renewing(living)
    more(living)
    asked(living, f"  {AGGREGATE}:1: Loan.renew_loan: not found in the project;")
    assert "RenewedTooOften" not in living.text(AGGREGATE)
    living.put(WITHOUT, f"{AGGREGATE}::Loan.renew_loan  # nobody renews\n")
    followed = living.scaffold("sync")
    assert followed.exit_code == 0, followed.output
    said = "note: Loan.renew_loan: changed by the generator; you do without it"
    assert said in followed.stdout
    assert in_step(living)


def test_what_comes_back_gets_what_changed_meanwhile(living: Living) -> None:
    method = renewing(living)
    more(living)
    assert living.scaffold("sync").exit_code == 1
    living.edit(BLUEPRINT, "days(14)", "days(7)")
    assert living.scaffold("sync").exit_code == 1
    living.edit(AGGREGATE, "    def return_loan", f"{method}\n    def return_loan")
    followed = living.scaffold("sync")
    assert followed.exit_code == 0, followed.output
    assert CAME in living.text(AGGREGATE)
    assert "timedelta(days=7)" in living.text(AGGREGATE)
    assert in_step(living)


def test_what_waits_keeps_the_rest_from_nothing_and_is_forgotten_if_taken_back(
    living: Living,
) -> None:
    before = living.text(BLUEPRINT)
    renewing(living)
    more(living)
    assert living.scaffold("sync").exit_code == 1
    assert "renewals: int = 0" in living.text(AGGREGATE)
    living.put(BLUEPRINT, before)
    followed = living.scaffold("sync")
    assert followed.exit_code == 0, followed.output
    assert "renewals" not in living.text(AGGREGATE)
    assert in_step(living)
