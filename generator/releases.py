"""Releasing: what a project's locks and golden payloads say once it is released.

A pure function from a checked service, the locks there are and the migrations beside
them to texts. Events and migrations are added to a lock and never changed in it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from hashlib import sha256

from generator import model
from generator.diagnostics import ScaffoldError
from generator.golden_events import golden_events
from generator.lock import (
    Call,
    Column,
    Form,
    Forms,
    Lock,
    Locks,
    Table,
    path_of,
    text_of,
    version_of,
)
from generator.schemas import Vocabularies
from generator.types import postgres

Texts = Mapping[str, str]


class Unreleasable(ScaffoldError):
    """The project is not what was released, with more added to it."""


def release(service: model.Service, locks: Locks, migrations: Texts) -> Texts:
    """The texts of all locks and golden events, by their paths in the project.

    `migrations` are the texts of `migrations/<domain>/*.sql`, by path.
    """
    after: dict[str, Lock] = {}
    vocabularies = Vocabularies(service)
    for domain in service.domains:
        before = locks.get(domain.name) or Lock(domain=domain.name)
        after[domain.name] = _Release(domain, vocabularies).after(before, migrations)
    golden = golden_events(service, after)
    return {
        **{path_of(name): text_of(lock) for name, lock in after.items()},
        **{str(path): file.text for path, file in golden.items()},
    }


class _Release:
    """One domain on the way to its lock."""

    def __init__(self, domain: model.Domain, vocabularies: Vocabularies) -> None:
        self._domain = domain
        self._vocabularies = vocabularies

    def after(self, before: Lock, migrations: Texts) -> Lock:
        """The lock once this is released too."""
        domain = self._domain
        calls = [c for each in domain.aggregates for c in each.commands]
        spoken = self._vocabularies.sent(self._spoken(), domain.name)
        return Lock(
            domain=domain.name,
            events=self._events(before),
            migrations=self._migrations(before, migrations),
            tables=dict(sorted(self._tables())),
            commands={
                each.name: self._command(each)
                for each in sorted(calls, key=lambda each: each.name)
            },
            queries={
                each.name: self._query(each)
                for each in sorted(domain.queries, key=lambda each: each.name)
            },
            rows={name: self._sent(fields) for name, fields in sorted(self._rows())},
            values={name: dict(fields) for name, fields in spoken.values.items()},
            enums={name: list(members) for name, members in spoken.enums.items()},
        )

    def _events(self, before: Lock) -> dict[str, dict[str, Forms]]:
        known = {name: dict(events) for name, events in before.events.items()}
        for aggregate in self._domain.aggregates:
            events = known.setdefault(_bare(aggregate.stored_kind), {})
            for event in aggregate.events:
                name = _bare(event.stored_name)
                events[name] = self._forms(event, events.get(name, {}))
        return {
            aggregate: dict(sorted(events.items()))
            for aggregate, events in sorted(known.items())
        }

    def _forms(self, event: model.Event, before: Forms) -> Forms:
        schema = self._vocabularies.stored(event.stored_fields, self._domain.name)
        form = Form.of(schema, event.example)
        own = [label for label in before if version_of(label) == event.version]
        if any(before[label].digest == form.digest for label in own):
            return before
        label = f"v{event.version}.{len(own)}" if own else f"v{event.version}"
        return {**before, label: form}

    def _migrations(self, before: Lock, texts: Texts) -> dict[str, str]:
        folder = f"migrations/{self._domain.module}/"
        now = {
            path.removeprefix(folder): sha256(text.encode()).hexdigest()
            for path, text in sorted(texts.items())
            if path.startswith(folder)
        }
        for name, digest in before.migrations.items():
            if name not in now:
                raise Unreleasable(f"{folder}{name} was released, and is gone: {_BACK}")
            if now[name] != digest:
                raise Unreleasable(
                    f"{folder}{name} has changed since it was released: {_BACK}"
                )
        return now

    def _tables(self) -> Iterator[tuple[str, Table]]:
        for each in self._domain.read_models:
            columns = {column.name: _column(column) for column in each.stored_columns}
            indexes = {index.name: list(index.columns) for index in each.indexes}
            yield (
                each.table,
                Table(
                    read_model=each.name,
                    key=[each.key, *each.elements],
                    columns=columns,
                    indexes=indexes,
                ),
            )
            for lookup in each.lookups:
                yield lookup.table, _joined(each, lookup.by, lookup.columns)
            for tally in each.tallies:
                counted = tuple(count.column for count in tally.counts)
                yield tally.table, _joined(each, tally.key, counted)

    def _command(self, command: model.Command) -> Call:
        owner = next(a for a in self._domain.aggregates if command in a.commands)
        return Call(
            route="" if command.internal else f"POST {owner.path}{command.path}",
            access=list(command.granted),
            fields=self._sent(command.fields),
        )

    def _query(self, query: model.Query) -> Call:
        owner = next(a for a in self._domain.aggregates if a.name == query.aggregate)
        return Call(
            route="" if query.internal else f"GET {owner.path}{query.path}",
            access=list(query.granted),
            fields=self._sent(query.fields),
            answer="one" if query.single else "page" if query.paged else "all",
            rows=query.row,
        )

    def _rows(self) -> Iterator[tuple[str, tuple[model.Field, ...]]]:
        """What queries answer with, by the name of its class."""
        for each in self._domain.read_models:
            yield each.name, tuple(column.field for column in each.columns)
        for query in self._domain.queries:
            if query.measures:
                measured = tuple(measure.field for measure in query.measures)
                yield query.row, (*query.group_by, *measured)

    def _sent(self, fields: tuple[model.Field, ...]) -> dict[str, str]:
        return dict(self._vocabularies.sent(fields, self._domain.name).fields)

    def _spoken(self) -> Iterator[model.Field]:
        """Every field that commands and queries speak of."""
        for aggregate in self._domain.aggregates:
            for command in aggregate.commands:
                yield from command.fields
        for query in self._domain.queries:
            yield from query.fields
        for _, fields in self._rows():
            yield from fields


def _bare(qualified: str) -> str:
    return qualified.partition(".")[2]


def _column(column: model.Column) -> Column:
    type = column.field.type
    return Column(type=postgres(type), nullable=type.optional, check=column.check)


def _joined(
    read_model: model.ReadModel, key: model.Column, columns: tuple[model.Column, ...]
) -> Table:
    of_key = Column(type="uuid")
    return Table(
        read_model=read_model.name,
        key=[key.name],
        columns={key.name: of_key, **{each.name: _column(each) for each in columns}},
    )


_BACK = "databases have applied it; restore it, and add another one behind it"
