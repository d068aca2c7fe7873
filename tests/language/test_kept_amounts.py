"""What earlier events have made is known where an event is folded."""

from __future__ import annotations

from generator.blueprint import parse
from generator.diagnostics import Report
from generator.document import load
from generator.resolve import resolve

SERVICE = "service: bank\nroles: [clerk]\n"
ACCOUNTS = """\
domain: accounts
aggregates:
  Account:
    state: {balance: int, words: str?}
    commands:
      Open: {creates: true, fields: {balance: int}, emits: Opened}
      Grow: {fields: {rate: int}, emits: Grown}
      Put: {fields: {more: int}, emits: Added}
      Say: {emits: Said}
    events:
      Opened: {fields: {balance: int}}
      Grown: {fields: {rate: int}, set: {balance: state.balance * rate}}
      Added: {fields: {more: int}, set: {balance: state.balance + more}}
      Said:
        set: {words: state.words + state.words if state.words is not None else 'a'}
"""


def test_what_events_multiply_or_double_has_an_end_and_a_total_is_plain() -> None:
    report = Report()
    texts = ("service", SERVICE), ("accounts", ACCOUNTS)
    documents = [load(text, f"{name}.yaml", report) for name, text in texts]
    [domain] = resolve(parse(documents, report), report).domains
    assert not list(report.errors)
    changes = {
        event.name: [each.code for each in event.change]
        for event in domain.aggregates[0].events
    }
    assert changes["Grown"] == ["saturating.amount(before.balance * event.rate)"]
    (said,) = changes["Said"]
    assert said.startswith("saturating.text(before.words + before.words) if ")
    assert changes["Added"] == ["before.balance + event.more"]
