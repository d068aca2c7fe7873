"""`scaffold check` holds all code of a project to the rules, and to its contracts."""

from __future__ import annotations

import re

import pytest

from tests.living.projects import AGGREGATE, Living

EVENTS = "app/lending/events.py"
CLOCK = "        if context.now.year == datetime.now().year:\n            return\n"
DECISION = "    def renew_loan(self, command: RenewLoan, context: Context) -> None:\n"
CONTRACT = '''\
class Decisions:
    def fee(self, days: int) -> int:
        """What a late book costs."""
'''


def test_code_of_your_own_is_held_to_the_rules(living: Living) -> None:
    living.put("app/services/letters.py", "import asyncpg\n\n\ndef sendAll(): ...\n")
    found = living.scaffold("check")
    assert found.exit_code == 1
    assert "app/services/letters.py:1:1: L08" in found.stdout
    assert "app/services/letters.py:4:5: L02" in found.stdout
    assert "  1 | import asyncpg\n    | ^^^^" in found.stdout


def test_an_edit_of_generated_code_is_held_to_them_as_well(living: Living) -> None:
    living.edit(AGGREGATE, "import date, timedelta", "import date, datetime, timedelta")
    living.edit(AGGREGATE, DECISION, DECISION + CLOCK)
    found = living.scaffold("check")
    assert (found.exit_code, found.stdout.count(": L01 ")) == (1, 1)
    assert "use context.now" in found.stdout


def test_a_warning_fails_only_a_strict_check(living: Living) -> None:
    handlers = "app/lending/command_handlers/loan_handlers.py"
    living.edit(
        handlers,
        "        loan = await self._loans.new(command.loan_id, context)\n",
        "        loan = await self._loans.new(command.loan_id, context)\n"
        '        if command.book == "":\n            raise ValueError\n',
    )
    assert ": warning: L06 " in living.scaffold("check").stdout
    assert living.scaffold("check").exit_code == 0
    assert living.scaffold("check", "--strict").exit_code == 1


def test_what_stands_as_generated_is_not_read_again(
    living: Living, monkeypatch: pytest.MonkeyPatch
) -> None:
    read: list[str] = []
    monkeypatch.setattr(
        "generator.code_rules.check", lambda path, *_: read.append(path) or ()
    )
    assert living.scaffold("check").exit_code == 0
    # The lists of all domains are everybody's; no text of them is kept.
    assert read == ["app/domain_registry.py", "app/api/__init__.py"]
    read.clear()
    living.edit(AGGREGATE, DECISION, DECISION + CLOCK)
    living.scaffold("check")
    assert AGGREGATE in read and len(read) == 3


def test_what_an_edited_file_broke_as_generated_is_nobodys_mistake(
    living: Living,
) -> None:
    archive = living.text(".scaffold/base.txtar")
    living.put(".scaffold/base.txtar", archive.replace('"lending.LoanR', '"lending.R'))
    text = living.text(EVENTS).replace('"lending.LoanR', '"lending.R')
    living.put(EVENTS, text + "\n\nLIMIT = 3\n")
    assert "L04" not in living.scaffold("check").stdout
    living.put(EVENTS, text.replace('"lending.Returned"', '"lending.Gone"'))
    assert living.scaffold("check").stdout.count(": L04 ") == 1


def test_a_file_that_is_no_python_is_said_and_the_others_are_read(
    living: Living,
) -> None:
    living.put("app/lending/pricing.py", "def fee(:\n")
    living.put("app/lending/limits.py", "import asyncpg\n")
    said = living.scaffold("check").stdout
    assert "app/lending/pricing.py:1:9: L00 this is no Python" in said
    assert "app/lending/limits.py:1:1: L08" in said


def test_conflict_markers_are_said_once(living: Living) -> None:
    living.edit(AGGREGATE, DECISION, f"<<<<<<< a\n{DECISION}=======\n>>>>>>> b\n")
    said = living.scaffold("check").stdout
    assert "P104" in said
    assert "L00" not in said


def test_a_broken_blueprint_hides_no_mistake_in_code(living: Living) -> None:
    living.edit("blueprints/lending.yaml", "today + days(28)", "todai + days(28)")
    living.put("app/lending/pricing.py", "import asyncpg\n")
    found = living.scaffold("check")
    assert found.exit_code == 1
    assert "B303" in found.stdout and "L08" in found.stdout


@pytest.mark.parametrize(
    ("custom", "code"),
    [
        ("def fee(days: int) -> int:\n    raise NotImplementedError\n", "P201"),
        ("", "P202"),
        (None, "P202"),
        ("def fee() -> int:\n    return 2\n", "P203"),
        ("def fee(:\n", "P204"),
        ("def fee(days: int) -> int:\n    return 2\n", ""),
    ],
)
def test_custom_code_is_read_beside_its_contract(
    living: Living, custom: str | None, code: str
) -> None:
    base = living.text(".scaffold/base.txtar")
    contract = f"-- app/lending/decisions.py --\n{CONTRACT}"
    head = "-- app/lending/enums.py --\n"
    living.put(".scaffold/base.txtar", base.replace(head, contract + head))
    living.put("app/lending/decisions.py", CONTRACT)
    if custom is not None:
        living.put("app/lending/custom.py", custom)
    said = living.scaffold("check").stdout
    assert re.findall(r" (P\d{3}) ", said) == [code] * bool(code), said
    assert "L00" not in said
