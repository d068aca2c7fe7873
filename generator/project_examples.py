"""A small project, what somebody did to it, and what `scaffold check` then says."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Literal

from generator import checking, journal, living, pipeline, project, releasing, render
from generator.diagnostics import Diagnostic, Report
from generator.scratch import scratch
from generator.sources import Source, lines
from generator.tree import Tree, put

Did = Literal["command", "edit", "removed", "settle", "run"]

SERVICE = "service: library\nroles: [reader]\n"
LENDING = """\
domain: lending
enums:
  Status: [open, returned]
aggregates:
  Loan:
    summary: One book, in one reader's hands.
    state: {status: Status, book: str, due: date}
    lifecycle: status
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
        emits:
          LoanRenewed: {due: state.due + days(14)}
      ReturnLoan:
        from: open
        access: reader
        emits:
          LoanReturned: {late: today > state.due}
    events:
      LoanOpened: {to: open, fields: {book: str, due: date}}
      LoanRenewed: {fields: {due: date}}
      LoanReturned: {to: returned, fields: {late: bool}}
read_models:
  LoanView:
    key: loan_id
    columns: {status: Status, book: str, due: date}
    on: {LoanOpened: insert, LoanRenewed: update, LoanReturned: update}
  Demand:
    key: loan_id
    columns: {title: str, times: int}
    on:
      LoanOpened: {insert: {title: book, times: 1}}
      LoanRenewed: {update: {times: row.times + 1}}
queries:
  GetLoan: {from: LoanView, by: loan_id, access: reader}
  CountLoans:
    from: Demand
    group_by: title
    measures: {loans: count()}
    access: reader
"""


@dataclass(frozen=True, slots=True)
class Step:
    """What somebody does in the project: to a file, or by a command.

    An edit shows lines that stand in the file exactly once, as a diff.
    """

    did: Did
    file: str
    lines: tuple[str, ...]

    def take(self, root: Path) -> None:
        """Do it."""
        place = root / self.file
        if self.did == "removed":
            place.unlink()
        elif self.did in ("command", "run"):
            for line in self.lines:
                _COMMANDS[line](root)
        else:
            text = place.read_text(encoding="utf-8")
            old, new = self._without("+"), self._without("-")
            assert text.count(old) == 1, f"{self.file}: {old!r} is not there once"
            place.write_text(text.replace(old, new), encoding="utf-8")

    def _without(self, sign: str) -> str:
        return "".join(f"{line[1:]}\n" for line in self.lines if line[:1] != sign)


@cache
def findings(
    steps: tuple[Step, ...],
) -> tuple[Sequence[Diagnostic], Mapping[str, Sequence[str]]]:
    """What is said about the project after these steps, and the lines of each file."""
    with _entered() as root:
        for step in steps:
            step.take(root)
        found = checking.check(root)
        return found, {each.span.file: lines(each.span.file) for each in found}


@contextlib.contextmanager
def _entered() -> Iterator[Path]:
    """The project in a folder of its own, where whoever works on it stands."""
    with scratch() as folder:
        for path, file in _generated().items():
            put(folder, path, file)
        with contextlib.chdir(folder):
            yield Path()


@cache
def _generated() -> Tree:
    with scratch() as folder:
        texts = []
        for name, text in (("service.yaml", SERVICE), ("lending.yaml", LENDING)):
            (folder / name).write_text(text, encoding="utf-8")
            texts.append(Source(name, folder / name))
        documents = pipeline.read(texts, Report())
        service = pipeline.understand(documents, Report())
        tree = pipeline.printed(service, render.printed) | pipeline.language()
        return project.keeping(tree | pipeline.copies(texts, documents))


def _sync(root: Path) -> None:
    journal.apply(root.absolute(), living.sync(root).ops)


def _adopt(root: Path) -> None:
    checking.adopt(root)


def _release(root: Path) -> None:
    releasing.plan(root.absolute()).apply()


_COMMANDS = {
    "scaffold sync": _sync,
    "scaffold check --adopt": _adopt,
    "scaffold release": _release,
}
