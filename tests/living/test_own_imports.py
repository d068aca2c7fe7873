"""What people's lines import and the blueprint took away is said, until it is settled.

A module that imports what is not there cannot be loaded, and with it the service.
"""

from __future__ import annotations

import pytest

from tests.living.projects import Living, in_step

BLUEPRINT = "blueprints/lending.yaml"
LETTERS = "app/lending/letters.py"
RENEWALS = (
    """\
      RenewLoan:
        from: open
        access: reader
        rules:
          - {require: today <= state.due, error: LoanOverdue}
        emits:
          LoanRenewed: {due: state.due + days(14)}
""",
    "      LoanRenewed: {fields: {due: date}}\n",
    "LoanRenewed: update, ",
)


def without_renewals(living: Living) -> None:
    for row in RENEWALS:
        living.edit(BLUEPRINT, row, "")


def test_a_module_of_yours_that_needs_what_left_is_to_be_settled(
    living: Living,
) -> None:
    text = "from app.lending.commands import OpenLoan, RenewLoan\n"
    living.put(LETTERS, text)
    assert in_step(living)
    without_renewals(living)
    followed = living.scaffold("sync")
    assert followed.exit_code == 1
    told = f"  {LETTERS}:1: RenewLoan is not in app.lending.commands\n"
    assert told in followed.stdout
    assert living.text(LETTERS) == text
    assert f"{LETTERS}:1:1: P108 " in living.scaffold("check").stdout
    again = living.scaffold("sync")
    assert (again.exit_code, told in again.stdout) == (1, True)
    living.put(LETTERS, text.replace(", RenewLoan", ""))
    assert in_step(living)


def test_what_a_test_of_yours_imports_counts_as_well(living: Living) -> None:
    test = "tests/unit/lending/test_renewals.py"
    living.put(test, "from app.lending.commands import RenewLoan as Renew\n")
    without_renewals(living)
    assert living.scaffold("sync").exit_code == 1
    assert f"{test}:1:1: P108 " in living.scaffold("check").stdout


@pytest.mark.parametrize(
    "text",
    [
        "from app.lending import commands, events\n",
        "from . import commands\nfrom .commands import OpenLoan\n",
        "import app.lending.commands\n",
        "from app.lending.anything import *\nfrom app.lending.anything import Later\n",
        "try:\n    from app.gone import Gone\nexcept ImportError:\n    Gone = None\n",
    ],
)
def test_what_can_be_imported_or_may_fail_is_nothing_to_settle(
    living: Living, text: str
) -> None:
    star = "from os.path import *\n"
    living.put("app/lending/anything.py", star)
    living.put(LETTERS, text)
    assert in_step(living)


def test_what_a_rename_left_in_code_of_yours_is_pointed_at(living: Living) -> None:
    text = "from app.lending import events\n\nTOLD = [events.LoanRenewed]\n"
    living.put(LETTERS, text)
    renamed = living.text(BLUEPRINT).replace("LoanRenewed", "LoanProlonged")
    declared = "      LoanProlonged: {fields"
    assert declared in renamed
    now = renamed.replace(declared, "      LoanProlonged: {was: LoanRenewed, fields")
    living.put(BLUEPRINT, now)
    followed = living.scaffold("sync")
    assert followed.exit_code == 0, followed.output
    assert f"keep     {LETTERS}  (yours)\n" in followed.stdout
    told = "LoanRenewed, which your line uses, is LoanProlonged now"
    assert f"  SUSPECT: {LETTERS}:3: {told}\n" in followed.stdout
    assert living.text(LETTERS) == text


def test_what_a_class_lost_is_pointed_at_also_where_no_change_came(
    living: Living,
) -> None:
    mine = "from app.lending.events import LoanRenewed\n\n\n"
    mine += "def told(event: LoanRenewed) -> str:\n    return str(event.due)\n"
    living.put(LETTERS, mine)
    errors = "app/lending/exceptions.py"
    living.put(errors, f"{living.text(errors)}\n\n{mine}")
    last = living.text(errors).count("\n")
    assert in_step(living)
    living.edit(BLUEPRINT, "LoanRenewed: {fields: {due: date}}", "LoanRenewed: {}")
    living.edit(
        BLUEPRINT, "LoanRenewed: {due: state.due + days(14)}", "LoanRenewed: {}"
    )
    living.edit(BLUEPRINT, "LoanRenewed: update, ", "")
    followed = living.scaffold("sync")
    for place in (f"{LETTERS}:5", f"{errors}:{last}"):
        told = "LoanRenewed.due, which your line uses, is no longer generated"
        assert f"  SUSPECT: {place}: {told}\n" in followed.stdout, followed.output
    assert "; 2 lines are SUSPECT, " in followed.stdout
    assert in_step(living)
