"""Blueprints of a small library, and what people do to a project of it."""

from __future__ import annotations

import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from typer.testing import CliRunner, Result

from generator.cli import app
from tests.tool.folders import contents

SERVICE = """\
service: library
summary: Books that readers take home.
roles: [reader, staff]
"""
LENDING = """\
domain: lending
summary: Books that readers take home.

enums:
  Status: [open, returned]

aggregates:
  Loan:
    summary: One book, in one reader's hands, until it comes back.
    state: {status: Status, book: str, due: date}
    lifecycle: status
    unique:
      - {of: book, while: open, error: BookIsOut}
    commands:
      OpenLoan:
        creates: true
        fields: {book: str(min_length=3)}
        access: reader
        emits:
          LoanOpened: {due: today + days(28)}
      RenewLoan:
        from: open
        access: reader
        rules:
          - {require: today <= state.due, error: LoanOverdue}
        emits:
          LoanRenewed: {due: state.due + days(14)}
      ReturnLoan: {from: open, access: reader, emits: LoanReturned}
    events:
      LoanOpened: {to: open, fields: {book: str, due: date}}
      LoanRenewed: {fields: {due: date}}
      LoanReturned: {to: returned}

read_models:
  LoanView:
    key: loan_id
    columns: {status: Status, book: str, due: date}
    on: {LoanOpened: insert, LoanRenewed: update, LoanReturned: update}

queries:
  GetLoan: {from: LoanView, by: loan_id, access: reader}
  ListLoans: {from: LoanView, filter: [status?, book?], sort: [due], access: reader}
"""
MEMBERS = """\
domain: members
summary: Who may take books home.

aggregates:
  Member:
    state: {name: str}
    commands:
      Join: {creates: true, fields: {name: str}, access: staff, emits: MemberJoined}
      Rename: {fields: {name: str}, access: staff, emits: MemberRenamed}
    events:
      MemberJoined: {fields: {name: str}}
      MemberRenamed: {fields: {name: str}}

read_models:
  MemberView:
    key: member_id
    columns: {name: str}
    on: {MemberJoined: insert, MemberRenamed: update}

queries:
  GetMember: {from: MemberView, by: member_id, access: staff}
"""
FINES = """\
domain: fines
summary: What a late book costs.

aggregates:
  Fine:
    state: {loan_id: lending.Loan, amount: decimal(ge=0 decimal_places=2)}
    commands:
      OweFine:
        creates: true
        fields: {loan_id: lending.Loan, amount: decimal(ge=0 decimal_places=2)}
        access: staff
        emits: FineOwed
    events:
      FineOwed:
        fields: {loan_id: lending.Loan, amount: decimal(ge=0 decimal_places=2)}

read_models:
  FineView:
    key: fine_id
    columns: {loan_id: lending.Loan, amount: decimal(ge=0 decimal_places=2)}
    on: {FineOwed: insert}

queries:
  ListFines: {from: FineView, access: staff}
"""
AGGREGATE = "app/lending/aggregate.py"
REGISTRY = "app/domain_registry.py"


@dataclass(frozen=True)
class Living:
    """A project, and the hands that work on it."""

    root: Path

    def scaffold(self, *arguments: str) -> Result:
        """Run a command in the project."""
        return CliRunner().invoke(app, arguments)

    def text(self, path: str) -> str:
        """What stands at a path."""
        return (self.root / path).read_text()

    def edit(self, path: str, old: str, new: str) -> None:
        """Replace a text that stands there exactly once."""
        text = self.text(path)
        assert text.count(old) == 1, f"{old!r} stands {text.count(old)} times in {path}"
        (self.root / path).write_text(text.replace(old, new))

    def put(self, path: str, text: str) -> Path:
        """Write a file."""
        place = self.root / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(text)
        return place

    def files(self) -> Mapping[str, bytes | None]:
        """Everything in the project, but for git's own and the lock of a run."""
        return {
            name: content
            for name, content in contents(self.root).items()
            if not name.startswith(".git/") and name not in (".git", ".scaffold/busy")
        }

    def code(self) -> Mapping[str, bytes | None]:
        """Everything that is not scaffold's own."""
        own = (".scaffold", "blueprints")
        return {n: c for n, c in self.files().items() if not n.startswith(own)}

    def git(self, *arguments: str, check: bool = True) -> str:
        """Run git in the project, with a name of its own and no settings of ours."""
        line = ["git", "-c", "user.name=Ada", "-c", "user.email=ada@example.org"]
        done = subprocess.run(
            [*line, *arguments], cwd=self.root, capture_output=True, text=True
        )
        assert not check or done.returncode == 0, done.stdout + done.stderr
        return done.stdout + done.stderr


def in_step(living: Living) -> bool:
    """Whether `check` finds nothing, and a second `sync` changes nothing."""
    found = living.scaffold("check")
    assert found.exit_code == 0, found.output
    before = living.files()
    again = living.scaffold("sync")
    assert again.exit_code == 0, again.output
    return living.files() == before
