"""Migrations: from the tables of a domain, and those released, to a file of SQL.

What is not released is one file, written anew as often as the blueprint changes. What
is released never changes: the next file goes on from it, and a table whose rows have to
be made anew gets another name, so that its projection begins at the first event.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from generator import model
from generator.evaluation import Evaluation
from generator.lock import Forms, Lock, Locks, Table, released_forms
from generator.resolve_read_models import LONGEST_INDEX as LONGEST
from generator.resolve_read_models import index_name
from generator.stored_values import StoredValues
from generator.table_changes import Changes, Reason, changes
from generator.tables import Tables
from generator.types import sql_name, sql_text

FILE = "{:04}_read_models.sql"
# No name of a blueprint holds two underscores, or begins with a digit.
_SUCCESSOR = re.compile(r"(?P<stem>.+)__(?P<number>[1-9][0-9]*)")
_NONE = Changes()
_NAMELESS = Reason("B824", "PostgreSQL has cut the name of a check that changes")


def with_migrations(service: model.Service, locks: Locks) -> model.Service:
    """The service, with tables that go on from what was released."""
    forms = released_forms(locks)
    tables = Tables(service, forms)
    domains = []
    for domain in service.domains:
        lock = locks.get(domain.name) or Lock(domain=domain.name)
        now = dict(tables.of(domain))
        domains.append(_Migrating(domain, lock, now, forms, service).whole())
    return replace(service, domains=tuple(domains))


@dataclass(frozen=True, slots=True)
class _Step:
    """One table: the name that it has now, and what became of the one before."""

    name: str
    former: str = ""
    changes: Changes = _NONE

    @property
    def is_new(self) -> bool:
        """Whether it has to be made."""
        return not self.former or bool(self.changes.reasons)


class _Migrating:
    """One domain, beside what was released of it."""

    def __init__(
        self,
        domain: model.Domain,
        lock: Lock,
        now: Mapping[str, Table],
        forms: Mapping[str, Forms],
        service: model.Service,
    ) -> None:
        self._domain = domain
        self._lock = lock
        self._service = service
        self._now = now
        self._steps = {name: self._step(name, now[name], forms) for name in now}

    def whole(self) -> model.Domain:
        """The domain with its tables as they are called, and what makes them."""
        read_models = tuple(map(self._named, self._domain.read_models))
        domain = replace(self._domain, read_models=read_models)
        made = tuple(each for m in read_models for each in self._made(m))
        altered = tuple(each for m in read_models for each in self._altered(m))
        if not made and not altered:
            return domain
        retired = (name for name, each in self._lock.tables.items() if each.retired)
        migration = model.Migration(
            file=FILE.format(self._number()),
            is_first=not self._lock.migrations,
            tables=made,
            alterations=altered,
            dropped=tuple(sorted(retired)),
        )
        return replace(domain, migration=migration)

    def _number(self) -> int:
        """The number after all that were released, whoever wrote those."""
        released = (re.match(r"\d+", name) for name in self._lock.migrations)
        return max((int(each[0]) for each in released if each), default=0) + 1

    def _step(self, name: str, now: Table, forms: Mapping[str, Forms]) -> _Step:
        known = {n: t for n, t in self._lock.tables.items() if stem(n) == name}
        current = next((n for n, t in known.items() if not t.retired), "")
        if current:
            found = changes(known[current], now, forms)
            if any(len(_check(current, each)) > LONGEST for each in found.widened):
                found = replace(found, reasons=(_NAMELESS,))
            if not found.reasons:
                return _Step(current, current, found)
            return _Step(_successor(name, known), current, found)
        return _Step(_successor(name, known) if known else name)

    def _named(self, read_model: model.ReadModel) -> model.ReadModel:
        """The read model, with the names of its tables."""
        table = self._steps[read_model.table].name
        return replace(
            read_model,
            table=table,
            indexes=tuple(
                replace(each, name=index_name(table, each.columns))
                for each in read_model.indexes
            ),
            lookups=tuple(
                replace(each, table=self._steps[each.table].name)
                for each in read_model.lookups
            ),
            tallies=tuple(
                replace(each, table=self._steps[each.table].name)
                for each in read_model.tallies
            ),
        )

    def _made(self, read_model: model.ReadModel) -> Iterator[model.MadeTable]:
        own = model.MadeTable(
            name=read_model.table,
            columns=tuple(each.definition for each in read_model.stored_columns),
            keys_code=read_model.keys_code,
            is_fold=True,
            indexes=read_model.indexes,
        )
        yield from self._if_new(own)
        for lookup in read_model.lookups:
            by = sql_name(lookup.by.name)
            note = f'What a row of "{read_model.table}" looks up by {by}.'
            definitions = [each.definition for each in lookup.columns]
            columns = (f"{by} uuid NOT NULL", *definitions)
            made = model.MadeTable(lookup.table, columns, by, True, note=note)
            yield from self._if_new(made)
        for tally in read_model.tallies:
            key = sql_name(tally.key.name)
            note = f'What {tally.source.kind} adds to a row of "{read_model.table}".'
            definitions = [each.column.definition for each in tally.counts]
            columns = (f"{key} uuid NOT NULL", *definitions)
            made = model.MadeTable(tally.table, columns, key, False, note=note)
            yield from self._if_new(made)

    def _if_new(self, made: model.MadeTable) -> Iterator[model.MadeTable]:
        step = self._steps[stem(made.name)]
        if step.is_new:
            reasons = dict.fromkeys(each.said for each in step.changes.reasons)
            yield replace(made, former=step.former, reasons=tuple(reasons))

    def _altered(self, read_model: model.ReadModel) -> Iterator[model.Alteration]:
        columns = {each.name: each for each in read_model.columns}
        joined = [each.table for each in read_model.lookups]
        joined += [each.table for each in read_model.tallies]
        for table in (read_model.table, *joined):
            step = self._steps[stem(table)]
            if not step.is_new and step.changes.in_place:
                indexes = read_model.indexes if table == read_model.table else ()
                yield self._alteration(step, columns, indexes)

    def _alteration(
        self,
        step: _Step,
        columns: Mapping[str, model.Column],
        indexes: tuple[model.Index, ...],
    ) -> model.Alteration:
        found, before = step.changes, self._lock.tables[step.name]
        clauses = [self._addition(columns[name]) for name in found.added]
        clauses += [
            f"ALTER COLUMN {sql_name(name)} DROP NOT NULL" for name in found.relaxed
        ]
        for name in found.widened:
            constraint = sql_name(_check(step.name, name))
            clauses += [
                f"DROP CONSTRAINT {constraint}",
                f"ADD CONSTRAINT {constraint} {columns[name].check}",
            ]
        kept = before.indexes.values()
        return model.Alteration(
            step.name,
            tuple(clauses),
            tuple(each for each in indexes if list(each.columns) not in kept),
            found.unindexed,
        )

    def _addition(self, column: model.Column) -> str:
        default = f" DEFAULT {self._literal(column)}" if column.field.default else ""
        return f"ADD COLUMN {column.definition}{default}"

    def _literal(self, column: model.Column) -> str:
        """The default of a column in SQL: what it has in rows that are there."""
        vocabularies = [domain.vocabulary for domain in self._service.domains]
        if self._service.shared is not None:
            vocabularies.append(self._service.shared)
        evaluation = Evaluation(vocabularies)
        alive = evaluation.value(column.field.default, self._domain.name, {})
        stored = StoredValues(evaluation).stored(column.field.type, alive)
        text = stored if isinstance(stored, str) else json.dumps(stored)
        if column.sql_type == "bytea":
            return f"decode({sql_text(text)}, 'base64')"
        if column.sql_type == "jsonb":
            text = json.dumps(stored)
        return f"{sql_text(text)}::{column.sql_type}"


def stem(table: str) -> str:
    """The name that a table had before any of its rows had to be made anew."""
    found = _SUCCESSOR.fullmatch(table)
    return found["stem"] if found else table


def _check(table: str, column: str) -> str:
    """What PostgreSQL calls the check of a column, unless it has to cut the name."""
    return f"{table}_{column}_check"


def _successor(stem: str, known: Mapping[str, Table]) -> str:
    """A name that no table of these has, or had before one of them."""
    found = (_SUCCESSOR.fullmatch(each) for each in known)
    return f"{stem}__{max(int(each['number']) if each else 1 for each in found) + 1}"
