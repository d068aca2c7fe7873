"""The contract is read back from code, and the blueprint can take it over."""

from __future__ import annotations

import pytest

from tests.living.projects import AGGREGATE, Living, in_step

EVENTS = "app/lending/events.py"
ROWS = "app/lending/read_models.py"
BLUEPRINT = "blueprints/lending.yaml"
RETURNED = "class LoanReturned(Event):\n"


def test_methods_docstrings_imports_and_helpers_are_no_contract(
    living: Living,
) -> None:
    living.edit(EVENTS, "    book: str\n", '    book: str\n    """Its title."""\n')
    text = living.text(EVENTS)
    living.put(
        EVENTS,
        text.replace("from dataclasses import", "import math\nfrom dataclasses import")
        + "\n\nclass Helper:\n    half: float = math.pi / 2\n\n\nLIMIT = 3\n",
    )
    found = living.scaffold("check")
    assert found.exit_code == 0, found.output


@pytest.mark.parametrize(
    ("old", "new", "code", "said"),
    [
        (
            "    due: date\n\n\n@",
            "    due: date\n    fee: int\n\n\n@",
            "P301",
            "fee: int",
        ),
        ("    book: str\n", "", "P302", "lacks `book: str`"),
        ("    book: str\n", "    book: str | None\n", "P303", "book: str | None"),
        (
            "class LoanReturned",
            "class LoanGivenBack",
            "P302",
            "LoanReturned is missing",
        ),
    ],
)
def test_a_difference_is_said_with_the_line_of_the_blueprint(
    living: Living, old: str, new: str, code: str, said: str
) -> None:
    text = living.text(EVENTS)
    assert old in text
    living.put(EVENTS, text.replace(old, new, 1))
    found = living.scaffold("check")
    assert found.exit_code == 1
    assert code in found.stdout and said in found.stdout
    assert f"{BLUEPRINT}:" in found.stdout


def test_a_new_class_of_the_contract_is_a_difference(living: Living) -> None:
    events = living.text(EVENTS)
    living.put(EVENTS, f"{events}\n\nclass LoanLost(Event):\n    pass\n")
    found = living.scaffold("check")
    assert "P301 LoanLost is not in the blueprint" in found.stdout


def test_what_was_written_by_hand_is_taken_over_and_comments_stay(
    living: Living,
) -> None:
    living.edit(
        BLUEPRINT,
        "      LoanReturned: {to: returned}",
        "      LoanReturned: {to: returned}  # at last",
    )
    assert living.scaffold("sync").exit_code == 0
    text = living.text(EVENTS)
    start = text.index(RETURNED)
    event = text[start:].replace(
        "    loan_id: UUID\n", "    loan_id: UUID\n    note: str | None = None\n", 1
    )
    living.put(EVENTS, text[:start] + event)
    living.edit(
        "app/lending/enums.py", '"returned"\n', '"returned"\n    LOST = "lost"\n'
    )
    adopted = living.scaffold("check", "--adopt")
    assert adopted.exit_code == 0, adopted.output
    assert "LoanReturned: note: str?" in adopted.output
    blueprint = living.text(BLUEPRINT)
    assert "LoanReturned: {to: returned, fields: {note: str?}}  # at last" in blueprint
    assert "Status: [open, returned, lost]" in blueprint
    assert living.scaffold("check").exit_code == 1
    followed = living.scaffold("sync")
    assert followed.exit_code == 0, followed.output
    assert living.text(EVENTS).count("note: str | None = None") == 1
    assert in_step(living)


def test_what_is_left_after_all_was_taken_over_is_still_said(living: Living) -> None:
    living.edit(
        "app/lending/enums.py", '"returned"\n', '"returned"\n    LOST = "lost"\n'
    )
    living.put("README.md.new", "Something to be merged by hand.\n")
    living.edit("README.md", "# Library", "# Our library")
    found = living.scaffold("check", "--adopt")
    assert found.exit_code == 1
    assert "Status: lost" in found.stdout
    assert "README.md:1:1: P104" in found.stdout
    assert "P101" not in found.stdout and "P301" not in found.stdout
    again = living.scaffold("check", "--adopt")
    assert again.exit_code == 1


def test_what_the_blueprint_could_not_hold_is_not_taken_over(living: Living) -> None:
    living.edit(
        EVENTS,
        "    book: str\n    due: date\n",
        "    book: str\n    due: date\n    fee: int\n",
    )
    living.edit(
        AGGREGATE,
        "book=command.book,\n",
        "book=command.book,\n                fee=3,\n",
    )
    before = living.files()
    refused = living.scaffold("check", "--adopt")
    assert refused.exit_code == 1
    assert "B412" in refused.stderr and "fee" in refused.stderr
    assert living.files() == before


def test_what_has_no_words_in_the_blueprint_is_left_to_a_person(living: Living) -> None:
    living.edit(
        EVENTS,
        "    book: str\n    due: date\n",
        "    book: frozenset[str]\n    due: date\n",
    )
    before = living.files()
    refused = living.scaffold("check", "--adopt")
    assert refused.exit_code == 1
    assert "no words for it" in refused.stderr
    assert living.files() == before


def test_what_has_words_is_taken_over_beside_what_has_none(living: Living) -> None:
    text = living.text(EVENTS)
    assert "    book: str\n    due: date\n" in text
    fields = "    book: frozenset[str]\n    due: date\n"
    text = text.replace("    book: str\n    due: date\n", fields, 1)
    returned = text.index(RETURNED)
    note = "    loan_id: UUID\n    note: str | None = None\n"
    event = text[returned:].replace("    loan_id: UUID\n", note, 1)
    living.put(EVENTS, text[:returned] + event)
    adopted = living.scaffold("check", "--adopt")
    assert adopted.exit_code == 1, adopted.output
    assert "LoanReturned: note: str?" in adopted.stdout
    assert "P303" in adopted.stdout and "frozenset[str]" in adopted.stdout
    assert "P301" not in adopted.stdout
    assert "note: str?" in living.text(BLUEPRINT)


def test_a_default_of_yours_on_a_column_is_yours(living: Living) -> None:
    text = living.text(EVENTS)
    note = "    loan_id: UUID\n    note: str | None = None\n"
    returned = text.index(RETURNED)
    living.put(
        EVENTS,
        text[:returned] + text[returned:].replace("    loan_id: UUID\n", note, 1),
    )
    rows = living.text(ROWS)
    column = "    due: date\n    note: str | None = None\n"
    assert "    due: date\n" in rows
    living.put(ROWS, rows.replace("    due: date\n", column, 1))
    adopted = living.scaffold("check", "--adopt")
    assert adopted.exit_code == 0, adopted.output
    assert "LoanView: note: str?" in adopted.stdout
    followed = living.scaffold("sync")
    assert followed.exit_code == 0, followed.output
    assert column in living.text(ROWS)
    assert in_step(living)


def test_what_sync_leaves_for_check_is_said_by_sync(living: Living) -> None:
    living.edit(EVENTS, "    book: str\n", "    book: str\n    fee: int\n")
    for _ in range(2):
        followed = living.scaffold("sync")
        assert followed.exit_code == 1
        assert f"{EVENTS}:18: LoanOpened has `fee: int`" in followed.stdout
        assert f"nothing was written; to be settled by you: {EVENTS}" in followed.stdout
    assert "P301" in living.scaffold("check").stdout
    living.edit(EVENTS, "    fee: int\n", "")
    assert in_step(living)
