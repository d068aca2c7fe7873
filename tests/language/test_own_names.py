"""What is told apart in the database has a name of its own, and keeps it."""

from __future__ import annotations

from generator import model
from generator.blueprint import parse
from generator.diagnostics import Report
from generator.document import load
from generator.resolve import resolve

DOMAIN = """\
domain: club
aggregates:
  Member:
    state: {name: str, email: str, phones: list(str)}
    unique:
      - {of: name.lower(), error: Taken}
      - {of: [email, name], error: Taken}
      - {of: each phones, error: PhoneTaken}
      - {of: email + name, error: Taken}
    commands:
      Join:
        creates: true
        fields: {name: str, email: str, phones: list(str)}
        emits: Joined
    events:
      Joined: {fields: {name: str, email: str, phones: list(str)}}
read_models:
  MemberView:
    key: member_id
    columns: {name: str, email: str, name_email: str, COLUMN: str}
    indexes: [[name_email, COLUMN], [name, email, COLUMN], [name], [COLUMN, name]]
    on: {Joined: {insert: {name_email: name + email, COLUMN: name}}}
"""


def resolved(column: str = "other") -> model.Domain:
    report = Report()
    document = load(DOMAIN.replace("COLUMN", column), "club.yaml", report)
    service = resolve(parse([document], report), report)
    assert not report.errors
    return service.domains[0]


def test_unique_rules_of_one_error_share_no_keys() -> None:
    rules = resolved().aggregates[0].unique
    assert {rule.scope: rule.error for rule in rules} == {
        "club.Member.Taken": "Taken",
        "club.Member.Taken.2": "Taken",
        "club.Member.PhoneTaken": "PhoneTaken",
        "club.Member.Taken.3": "Taken",
    }


def test_a_key_of_one_part_is_a_tuple_too() -> None:
    assert resolved().aggregates[0].unique[0].key == "state.name.lower(),"


def test_indexes_of_like_columns_have_their_own_names() -> None:
    indexes = resolved().read_models[0].indexes
    assert [each.name for each in indexes][:3] == [
        "member_view__name_email__other",
        "member_view__name__email__other",
        "member_view__name",
    ]


def test_what_postgresql_would_cut_keeps_its_own_name() -> None:
    names = [each.name for each in resolved("c" * 49).read_models[0].indexes]
    assert all(len(name) <= 63 for name in names)
    assert len(set(names)) == len(names)
