"""What earlier events have made is known where an event is folded."""

from __future__ import annotations

from generator import model
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


def resolved(text: str) -> model.Domain:
    """The one domain of a blueprint, in which nothing is wrong."""
    report = Report()
    documents = [load(each, "bank.yaml", report) for each in (SERVICE, text)]
    [domain] = resolve(parse(documents, report), report).domains
    assert not report.errors
    return domain


def test_what_events_multiply_or_double_has_an_end_and_a_total_is_plain() -> None:
    domain = resolved(ACCOUNTS)
    changes = {
        event.name: [each.code for each in event.change]
        for event in domain.aggregates[0].events
    }
    assert changes["Grown"] == ["saturating.amount(before.balance * event.rate)"]
    (said,) = changes["Said"]
    assert said.startswith("saturating.text(before.words + before.words) if ")
    assert changes["Added"] == ["before.balance + event.more"]


TEAMS = """\
domain: teams
aggregates:
  Team:
    state: {size: int}
    commands:
      Found: {creates: true, fields: {size: int}, emits: Founded}
      Grow: {fields: {rate: int}, emits: Grown}
    events:
      Founded: {fields: {size: int}}
      Grown: {fields: {rate: int}}
  Member:
    state: {team_id: Team}
    commands:
      Join: {creates: true, fields: {team_id: Team}, emits: Joined}
    events:
      Joined: {fields: {team_id: Team}}
read_models:
  MemberView:
    key: member_id
    columns: {team_id: Team, size: int?}
    on:
      Joined: insert
      Founded: {where: {team_id: team_id}, update: {size: size}}
      Grown:
        where: {team_id: team_id}
        update: {size: row.size * rate if row.size is not None else rate}
"""


def test_so_has_what_the_events_of_another_stream_multiply_in_a_row() -> None:
    domain = resolved(TEAMS)
    (lookup,) = domain.read_models[0].lookups
    assert "saturating.amount(row.size * event.rate)" in repr(lookup)
