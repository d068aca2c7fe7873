"""The lock of a domain: what it has released, in a file that people review.

What stands under `events` and `migrations` only grows, for the log and the databases
of the past stay as they are. All else says how the last release looked, so that a
change can be told from it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from hashlib import sha256
from types import MappingProxyType
from typing import Any, Literal

import yaml
from pydantic import BaseModel, ConfigDict, ValidationError

from generator.diagnostics import Report
from generator.document import Document
from generator.schemas import Schema
from generator.sources import LOCKS, unified

CODES = {
    "B801": "A lock cannot be read, or was changed by hand.",
}

FORMAT = 1
LABEL = re.compile(r"v([1-9][0-9]{0,3})(?:\.([1-9][0-9]{0,3}))?")
HEADER = """\
# What the domain {domain} has released: the events in its log, its tables and
# migrations, and what others call. `scaffold release` writes this file. Review it as
# you review code, and leave it as it is: events and migrations are only ever added.
"""


class Part(BaseModel):
    """A part of a lock."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Form(Part):
    """How records of one version of an event lie in the log, with one of them.

    `digest` is that of the schema: an entry that somebody edited does not bear it.
    """

    digest: str
    fields: dict[str, str]
    values: dict[str, dict[str, str]] = {}
    enums: dict[str, list[str]] = {}
    payload: str

    @classmethod
    def of(cls, schema: Schema, payload: str) -> Form:
        """A schema as it is released, with an example of what it means."""
        return cls(
            digest=digest(schema),
            fields=dict(schema.fields),
            values={name: dict(fields) for name, fields in schema.values.items()},
            enums={name: list(members) for name, members in schema.enums.items()},
            payload=payload,
        )

    @property
    def records(self) -> Schema:
        """What its records hold."""
        return Schema(self.fields, self.values, self.enums)


class Column(Part):
    """A column of a table: its type for PostgreSQL, and `of` which type it is here.

    `filled` says what each event puts into it, by the stored name of the event; what
    nothing is said about is `default`.
    """

    type: str
    of: str = ""
    nullable: bool = False
    check: str = ""
    default: str = ""
    filled: dict[str, str] = {}


class Table(Part):
    """A table that the domain's migrations make, for the rows of a read model.

    Its rows are folded from `stream`; `rows` are the events that make or end them.
    `values` and `enums` are those in its columns. One that is `retired` is still there,
    and nothing reads or writes it any more.
    """

    read_model: str
    key: list[str]
    columns: dict[str, Column]
    indexes: dict[str, list[str]] = {}
    stream: str = ""
    rows: dict[str, str] = {}
    values: dict[str, dict[str, str]] = {}
    enums: dict[str, list[str]] = {}
    retired: bool = False

    @property
    def holds(self) -> Schema:
        """What its rows hold."""
        of = {name: f"{c.of}{'?' * c.nullable}" for name, c in self.columns.items()}
        return Schema(of, self.values, self.enums)


class Call(Part):
    """A command or query as the outside calls it; no `route`: it cannot.

    `access` is as it is written, empty for any authenticated actor. `errors` are those
    that its rules refuse with, by the code that callers read. A query answers with
    `rows` of that name: `one`, a `page`, or `all`.
    """

    route: str = ""
    access: list[str] = []
    fields: dict[str, str] = {}
    errors: list[str] = []
    answer: Literal["", "one", "page", "all"] = ""
    rows: str = ""


class Custom(Part):
    """A custom function as the blueprint asks for it.

    It decides for `commands`, about an aggregate by its stored name. Where those create
    it there is no `state`, or there may be none. A rule gives no `events`; those of
    others are by their stored names.
    """

    aggregate: str
    state: Literal["found", "maybe", "none"] = "found"
    commands: list[str]
    events: list[str] = []


Forms = dict[str, Form]


class Lock(Part):
    """All that a domain has released.

    `events` go by aggregate, stored name and label. A label is a version, as `v2`, or
    `v2.1` where records of that version have since become ones that the same code
    reads. `rows` is what queries answer with, `values` and `enums` are those that
    commands and queries speak of. A lock of a release that knew of no `errors`, or of
    no `custom` functions, has none: nothing is compared with them then.
    """

    format: int = FORMAT
    domain: str
    events: dict[str, dict[str, Forms]] = {}
    migrations: dict[str, str] = {}
    tables: dict[str, Table] = {}
    commands: dict[str, Call] = {}
    queries: dict[str, Call] = {}
    rows: dict[str, dict[str, str]] = {}
    values: dict[str, dict[str, str]] = {}
    enums: dict[str, list[str]] = {}
    custom: dict[str, Custom] = {}

    def forms(self) -> Iterator[tuple[str, str, str, Form]]:
        """Every released form: aggregate, event, label, and the form itself."""
        for aggregate, events in self.events.items():
            for event, forms in events.items():
                for label, form in forms.items():
                    yield aggregate, event, label, form


Locks = Mapping[str, Lock]
"""Locks by the name of their domain."""

NOTHING: Locks = MappingProxyType({})
"""What a project has released before its first release."""


def released_forms(locks: Locks) -> Mapping[str, Forms]:
    """The forms of all events that were ever released, by their stored names."""
    return {
        f"{domain}.{event}": forms
        for domain, lock in locks.items()
        for events in lock.events.values()
        for event, forms in events.items()
    }


def released_events(locks: Locks) -> frozenset[str]:
    """The stored names of all events that were ever released."""
    return frozenset(released_forms(locks))


def path_of(domain: str) -> str:
    """Where a project keeps the lock of a domain."""
    return f"{LOCKS}/{domain}.yaml"


def version_of(label: str) -> int:
    """The version of an event that a label belongs to."""
    found = LABEL.fullmatch(label)
    return int(found.group(1)) if found else 0


def hashed(content: bytes) -> str:
    """What a released file hashes to, with whichever line ends git checked it out."""
    return sha256(unified(content)).hexdigest()


def digest(schema: Schema) -> str:
    """What a schema hashes to: short, for it guards against slips, not fraud."""
    values = {name: dict(fields) for name, fields in schema.values.items()}
    enums = {name: sorted(members) for name, members in schema.enums.items()}
    said = json.dumps([dict(schema.fields), values, enums], sort_keys=True)
    return sha256(said.encode()).hexdigest()[:16]


def text_of(lock: Lock) -> str:
    """The lock as its file says it: the same lock, the same bytes."""
    data = lock.model_dump(exclude_defaults=True)
    tables = data.get("tables", {}).values()
    for table in tables:
        table["columns"] = {n: _Row(c) for n, c in table["columns"].items()}
    body = yaml.dump(
        {"format": lock.format, "domain": lock.domain, **data},
        Dumper=_Dumper,
        sort_keys=False,
        allow_unicode=True,
        width=float("inf"),
    )
    return HEADER.format(domain=lock.domain) + body


def read_lock(document: Document, report: Report) -> Lock | None:
    """The lock that a document holds, or None after a report."""
    if document.data is None:
        if not report.errors_in(document.file):
            report.error("B801", document.span(()), "this lock is empty", _RESTORE)
        return None
    written = document.data.get("format") if isinstance(document.data, dict) else None
    if written not in (None, str(FORMAT)):
        message = f'this version of scaffold does not know the format "{written}"'
        report.error("B801", document.span(("format",)), message, "use a newer one")
        return None
    try:
        lock = Lock.model_validate(document.data)
    except ValidationError as problem:
        for error in problem.errors():
            path = document.known(error["loc"])
            place = document.key_span(path) if path else document.span(path)
            said = error["msg"]
            if error["type"] == "missing":
                said = f"`{error['loc'][-1]}` is missing"
            report.error("B801", place, f"this is no lock: {said}", _RESTORE)
        return None
    _check(lock, document, report)
    return lock


def _check(lock: Lock, document: Document, report: Report) -> None:
    if not document.file.endswith(path_of(lock.domain)):
        message = f'this is the place of another domain than "{lock.domain}"'
        report.error("B801", document.span(("domain",)), message, _RESTORE)
    for aggregate, event, label, form in lock.forms():
        place = document.key_span(("events", aggregate, event, label))
        if not version_of(label):
            report.error("B801", place, f'"{label}" is no version', _RESTORE)
        elif form.digest != digest(form.records):
            message = f"{event} {label} was changed by hand: its digest is another"
            report.error("B801", place, message, _RESTORE)
        elif not isinstance(_json(form.payload), dict):
            place = document.span(("events", aggregate, event, label, "payload"))
            report.error("B801", place, "a payload is a JSON object", _RESTORE)


_RESTORE = "only `scaffold release` writes this file: restore it from version control"


def _json(text: str) -> object:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


class _Row(dict[str, Any]):
    """A mapping that stands on one line."""


class _Dumper(yaml.SafeDumper):
    """Writes lists and rows on one line, all else below each other."""

    def ignore_aliases(self, data: object) -> bool:
        """Whether the same value may be written twice; it must be."""
        return True


def _row(dumper: _Dumper, row: _Row) -> yaml.Node:
    return dumper.represent_mapping("tag:yaml.org,2002:map", row, flow_style=True)


def _list(dumper: _Dumper, items: list[object]) -> yaml.Node:
    return dumper.represent_sequence("tag:yaml.org,2002:seq", items, flow_style=True)


_Dumper.add_representer(_Row, _row)
_Dumper.add_representer(list, _list)
