"""Releasing: what a project's locks and golden payloads say once it is released.

A pure function from a checked service, the locks there are and the migrations beside
them to texts. Events and migrations are added to a lock and never changed in it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from generator import model
from generator.diagnostics import ScaffoldError
from generator.golden_events import golden_events
from generator.lock import (
    Call,
    Custom,
    Form,
    Forms,
    Lock,
    Locks,
    Table,
    hashed,
    path_of,
    released_forms,
    text_of,
    version_of,
)
from generator.schemas import Vocabularies
from generator.tables import Tables

Texts = Mapping[str, str]


class Unreleasable(ScaffoldError):
    """The project is not what was released, with more added to it."""


def release(service: model.Service, locks: Locks, migrations: Texts) -> Texts:
    """The texts of all locks and golden events, by their paths in the project.

    `migrations` are the texts of `migrations/<domain>/*.sql`, by path.
    """
    after = {
        domain.name: described.model_copy(
            update={"migrations": _migrations(domain, locks, migrations)}
        )
        for domain, described in zip(
            service.domains, describe(service, locks).values(), strict=True
        )
    }
    golden = golden_events(service, after)
    return {
        **{path_of(name): text_of(lock) for name, lock in after.items()},
        **{str(path): file.text for path, file in golden.items()},
    }


def describe(service: model.Service, locks: Locks) -> Locks:
    """The locks as they would be after a release, but for its migrations."""
    vocabularies = Vocabularies(service)
    parts = {
        each.name: _Release(
            each, locks.get(each.name) or Lock(domain=each.name), vocabularies
        )
        for each in service.domains
    }
    recorded = {
        name: Lock(domain=name, events=part.events()) for name, part in parts.items()
    }
    tables = Tables(service, released_forms(recorded))
    return {name: part.after(tables) for name, part in parts.items()}


def _migrations(domain: model.Domain, locks: Locks, texts: Texts) -> Mapping[str, str]:
    """What the migrations of a domain hash to: those of before are as they were."""
    folder = f"migrations/{domain.module}/"
    now = {
        path.removeprefix(folder): hashed(text.encode())
        for path, text in sorted(texts.items())
        if path.startswith(folder)
    }
    before = locks[domain.name].migrations if domain.name in locks else {}
    for name, digest in before.items():
        if name not in now:
            raise Unreleasable(f"{folder}{name} was released, and is gone: {_BACK}")
        if now[name] != digest:
            raise Unreleasable(
                f"{folder}{name} has changed since it was released: {_BACK}"
            )
    return now


class _Release:
    """One domain on the way from the lock before to the one after."""

    def __init__(
        self, domain: model.Domain, before: Lock, vocabularies: Vocabularies
    ) -> None:
        self._domain = domain
        self._before = before
        self._vocabularies = vocabularies

    def after(self, tables: Tables) -> Lock:
        """The lock once this is released too."""
        domain = self._domain
        calls = [c for each in domain.aggregates for c in each.commands]
        spoken = self._vocabularies.sent(self._spoken(), domain.name)

        return Lock(
            domain=domain.name,
            events=self.events(),
            migrations=self._before.migrations,
            tables=self._tables(tables),
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
            custom={
                function.name: _custom(function, aggregate)
                for aggregate in domain.aggregates
                for function in sorted(aggregate.custom, key=lambda each: each.name)
            },
        )

    def events(self) -> dict[str, dict[str, Forms]]:
        """All that the log may hold, by aggregate, stored name and label."""
        before = self._before.events
        known = {name: dict(events) for name, events in before.items()}
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

    def _tables(self, tables: Tables) -> dict[str, Table]:
        """The tables of today, and those that are still there without being used."""
        now = dict(tables.of(self._domain))
        migration = self._domain.migration
        gone = {*now, *(migration.dropped if migration else ())}
        left = {n: t for n, t in self._before.tables.items() if n not in gone}
        retired = {n: t.model_copy(update={"retired": True}) for n, t in left.items()}
        return dict(sorted({**now, **retired}.items()))

    def _command(self, command: model.Command) -> Call:
        owner = next(a for a in self._domain.aggregates if command in a.commands)
        own = {*command.declared_errors, *(unique.error for unique in owner.unique)}
        return Call(
            route="" if command.internal else f"POST {owner.path}{command.path}",
            access=list(command.granted),
            fields=self._sent(command.fields),
            errors=sorted(own.intersection(command.errors)),
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


def _custom(function: model.CustomFunction, owner: model.Aggregate) -> Custom:
    creates = {c.creates for c in owner.commands if c.name in function.commands}
    whole = function.returned == (owner.union,)
    given = [e for e in owner.events if whole or e.name in function.returned]
    return Custom(
        aggregate=_bare(owner.stored_kind),
        state="none" if creates == {True} else "maybe" if True in creates else "found",
        commands=sorted(function.commands),
        events=sorted(_bare(event.stored_name) for event in given),
    )


def _bare(qualified: str) -> str:
    return qualified.partition(".")[2]


_BACK = "databases have applied it; restore it, and add another one behind it"
