"""One mistake is said once, where it was made; two are both said."""

from __future__ import annotations

from pathlib import Path

import pytest

from generator import pipeline
from generator.sources import Source

SERVICE = "service: library\nroles: [reader, staff]\n"
LENDING = """\
domain: lending
enums:
  Status: [open, returned]
aggregates:
  Loan:
    state: {status: Status, due: date, reader: str}
    lifecycle: status
    commands:
      OpenLoan:
        creates: true
        access: reader
        fields: {reader: str, due: date}
        rules:
          - {require: due > today, error: DueInThePast}
        emits: LoanOpened
      ExtendLoan:
        access: [reader, staff]
        from: open
        fields: {more_days: int}
        emits:
          LoanExtended: {due: state.due + days(more_days)}
      ReturnLoan: {access: staff, from: open, emits: LoanReturned}
    events:
      LoanOpened: {fields: {reader: str, due: date}, to: open}
      LoanExtended: {fields: {due: date}}
      LoanReturned: {to: returned}
read_models:
  Loans:
    key: loan_id
    columns: {reader: str, due: date, status: Status}
    on:
      LoanOpened: insert
      LoanExtended: {update: {due: due}}
      LoanReturned: {update: {status: returned}}
queries:
  GetLoan: {from: Loans, by: loan_id, access: [reader, staff]}
scenarios:
  - {name: A loan is extended, given: LoanOpened, when: ExtendLoan, then: LoanExtended}
"""

Change = tuple[str, str]
Said = tuple[str, str]

# What is written instead, the code, and the word at the place of which it is said.
MISTAKES: list[tuple[str, str, Said]] = [
    # A word, a name or a type that is not there.
    ("date}, to: open}", "date}, to: opened}", ("B415", "opened")),
    ("emits: LoanReturned", "emits: LoanReturnd", ("B410", "LoanReturnd")),
    ("emits: LoanOpened", "emits: loan_opened", ("B410", "loan_opened")),
    ("lifecycle: status", "lifecycle: stat", ("B414", "stat")),
    ("roles: [reader, staff]", "roles: [staff]", ("B401", "reader")),
    ("state: {status: Status", "state: {status: State", ("B202", "State")),
    ("LoanExtended: {fields: {due: date}}", "LoanExtended: {}", ("B411", "due:")),
    ("given: LoanOpened", "given: LoanOpend", ("B602", "LoanOpend")),
    ("then: LoanExtended", "then: Invalid", ("B602", "Invalid")),
    # A key of others, or one that is misspelt.
    ("emits: LoanOpened", "emit: LoanOpened", ("B101", "emit:")),
    ("emits: LoanOpened", "raises: LoanOpened", ("B101", "raises:")),
    ("{update: {due: due}}", "{set: {due: due}}", ("B100", "{set")),
    # A type that is not there, of what is written elsewhere.
    (
        "LoanExtended: {fields: {due: date",
        "LoanExtended: {fields: {due: Date",
        ("B202", "Date"),
    ),
    (
        "columns: {reader: str, due: date",
        "columns: {reader: str, due: Date",
        ("B202", "Date"),
    ),
    ("date}, to: open}", "date}, too: open}", ("B101", "too")),
    ("enums:\n  Status: [open, returned]\n", "", ("B202", "Status")),
    ("    lifecycle: status\n", "", ("B414", "open")),
    # A part that stands in line with nothing.
    ("    commands:", "   commands:", ("B001", "commands:")),
    # What YAML has and the language has not.
    ("    columns: {", "    <<: *x\n    columns: {", ("B004", "*x")),
    ("state: {status", "state: {<<: *x, status", ("B004", "*x")),
    # A type that is another one than that of its source and its targets.
    (
        "LoanOpened: {fields: {reader: str",
        "LoanOpened: {fields: {reader: int",
        ("B413", "LoanOpened"),
    ),
    # A declaration that is written in another way than its uses, which are right.
    ("  Status: [", "  status: [", ("B110", "status: [")),
    ("Status: [open", "Status: [Open", ("B110", "Open,")),
    ("  Loan:\n", "  loan:\n", ("B110", "loan:\n")),
    ("Status, due: date", "Status, Due: date", ("B110", "Due")),
    ("      LoanOpened: {", "      loan_opened: {", ("B110", "loan_opened: {")),
    ("LoanExtended: {fields: {due", "LoanExtended: {fields: {Due", ("B110", "Due")),
    ("columns: {reader: str, due", "columns: {reader: str, Due", ("B110", "Due")),
    ("      ExtendLoan:\n", "      extendLoan:\n", ("B110", "extendLoan")),
    ("  Loans:\n", "  loans:\n", ("B110", "loans:\n")),
]


def said(folder: Path, *changes: Change) -> list[Said]:
    """The codes and what stands at their places, after changes of the blueprint."""
    texts = {"service.yaml": SERVICE, "lending.yaml": LENDING}
    for old, new in changes:
        (name,) = (name for name, text in texts.items() if old in text)
        texts[name] = texts[name].replace(old, new, 1)
    for name, text in texts.items():
        (folder / name).write_text(text)
    found, lines = pipeline.examine([Source(name, folder / name) for name in texts])
    return [
        (
            each.code,
            "\n".join(lines[each.span.file][each.span.line - 1 :])[
                each.span.column - 1 :
            ],
        )
        for each in found
    ]


def test_without_a_mistake_nothing_is_said(tmp_path: Path) -> None:
    assert said(tmp_path) == []


@pytest.mark.parametrize(("old", "new", "expected"), MISTAKES)
def test_one_mistake_is_said_once(
    old: str, new: str, expected: Said, tmp_path: Path
) -> None:
    ((code, rest),) = said(tmp_path, (old, new))
    assert code == expected[0]
    assert rest.startswith(expected[1])


@pytest.mark.parametrize(
    ("changes", "codes"),
    [
        (
            [("date}, to: open}", "date}, to: opened}"), ("from: Loans", "from: Loan")],
            ["B415", "B510"],
        ),
        (
            [
                ("emits: LoanReturned", "emits: LoanReturnd"),
                ("due > today", "du > today"),
            ],
            ["B303", "B410"],
        ),
        (
            [("emits: LoanOpened", "emit: LoanOpened"), ("from: Loans", "from: Loan")],
            ["B101", "B510"],
        ),
        (
            [("    lifecycle: status\n", ""), ("due > today", "du > today")],
            ["B303", "B414"],
        ),
        (
            [
                ("date}, to: open}", "date}, too: open}"),
                ("{update: {due: due}}", "{update: {deu: due}}"),
            ],
            ["B101", "B502"],
        ),
        (
            [("  Status: [", "  status: ["), ("due > today", "du > today")],
            ["B110", "B303"],
        ),
        (
            [
                ("Status, due: date", "Status, Due: date"),
                ("from: Loans", "from: Loan"),
            ],
            ["B110", "B510"],
        ),
    ],
    ids=lambda each: " ".join(map(str, each)),
)
def test_two_mistakes_are_both_said(
    changes: list[Change], codes: list[str], tmp_path: Path
) -> None:
    assert sorted(code for code, _ in said(tmp_path, *changes)) == codes


def test_what_is_missing_at_one_place_is_said_with_all_that_miss_it(
    tmp_path: Path,
) -> None:
    service, domain = tmp_path / "service.yaml", tmp_path / "lending.yaml"
    service.write_text(SERVICE.replace("reader, ", ""))
    domain.write_text(LENDING)
    ((found,), _) = pipeline.examine([Source(p.name, p) for p in (service, domain)])
    places = [found.span, *(span for span, _ in found.also)]
    rows = LENDING.splitlines()
    assert [rows[span.line - 1][span.column - 1 :][:6] for span in places] == (
        ["reader"] * 3
    )
