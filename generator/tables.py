"""Tables as a lock knows them: their columns, and which events fill these with what.

What fills a column is said in the words of the blueprint, so that another version of
this generator, which prints the same in another way, finds nothing changed.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence

from generator import model
from generator.lock import Column, Forms, Table
from generator.schemas import Vocabularies

_WORD = re.compile(r"[a-z_][a-z0-9_]*")
_NAME = re.compile(r"(?<![\w.])(?:event\.)?(?P<name>[a-z_][a-z0-9_]*)")
_OLD = re.compile(r"\bold\.(\w+)")


class Tables:
    """Describes the tables of a service, whose events had these forms."""

    def __init__(self, service: model.Service, forms: Mapping[str, Forms]) -> None:
        self._vocabularies = Vocabularies(service)
        self._words = _Words(service, forms)
        self._aggregates = {
            each.stored_kind: each
            for domain in service.domains
            for each in domain.aggregates
        }

    def of(self, domain: model.Domain) -> Iterator[tuple[str, Table]]:
        """All tables of a domain by their names."""
        for each in domain.read_models:
            yield each.table, self._own(each, domain)
            for lookup in each.lookups:
                yield lookup.table, self._lookup(each, lookup, domain)
            for tally in each.tallies:
                yield tally.table, self._tally(each, tally, domain)

    def _own(self, read_model: model.ReadModel, domain: model.Domain) -> Table:
        own = next(a for a in domain.aggregates if a.name == read_model.aggregate)
        events = {event.name: event for event in own.events}
        filled: dict[str, dict[str, str]] = {}
        rows: dict[str, list[str]] = {}
        for row, action in _actions(read_model):
            event = events[action.event]
            if row:
                rows.setdefault(event.stored_name, []).append(
                    self._words.text(row, event)
                )
            for each in dict.fromkeys((*action.arguments, *action.changes)):
                if each.source not in ("", "default", "the stream's id"):
                    column = next(c for c in read_model.columns if c.name == each.name)
                    said = self._words.assigned(each, event, column)
                    _add(filled, each.name, event, said)
        indexes = {index.name: list(index.columns) for index in read_model.indexes}
        return self._table(
            read_model,
            [read_model.key, *read_model.elements],
            read_model.stored_columns,
            filled,
            domain,
            stream=own.stored_kind,
            rows={name: "; ".join(said) for name, said in rows.items()},
            indexes=indexes,
        )

    def _lookup(
        self, read_model: model.ReadModel, lookup: model.Lookup, domain: model.Domain
    ) -> Table:
        events = self._heard(lookup.source)
        columns = {each.name: each for each in lookup.columns}
        filled: dict[str, dict[str, str]] = {}
        for change in lookup.changes:
            event = events[change.event]
            for each in change.arguments:
                said = self._words.assigned(each, event, columns[each.name])
                _add(filled, each.name, event, said)
        return self._table(
            read_model,
            [lookup.by.name],
            (lookup.by, *lookup.columns),
            filled,
            domain,
            stream=lookup.source.kind,
        )

    def _tally(
        self, read_model: model.ReadModel, tally: model.Tally, domain: model.Domain
    ) -> Table:
        events = self._heard(tally.source)
        counts = {each.column.name: each for each in tally.counts}
        filled: dict[str, dict[str, str]] = {}
        for contribution in tally.contributions:
            event = events[contribution.event]
            for addition in contribution.additions:
                key, *added = addition.arguments
                for each in added:
                    count = counts[each.name]
                    said = self._words.assigned(each, event, count.column)
                    whose = self._words.text(key.source.removeprefix("event's "), event)
                    said = f"{count.how} for {whose}: {said}"
                    _add(filled, each.name, event, said)
        return self._table(
            read_model,
            [tally.key.name],
            (tally.key, *(each.column for each in tally.counts)),
            filled,
            domain,
            stream=tally.source.kind,
        )

    def _heard(self, source: model.Source) -> Mapping[str, model.Event]:
        """The events of a source, by the names that are printed for them."""
        events = self._aggregates[source.kind].events
        return dict(zip(source.events, events, strict=True))

    def _table(
        self,
        read_model: model.ReadModel,
        key: Sequence[str],
        columns: Iterable[model.Column],
        filled: Mapping[str, Mapping[str, str]],
        domain: model.Domain,
        *,
        stream: str,
        rows: Mapping[str, str] | None = None,
        indexes: Mapping[str, list[str]] | None = None,
    ) -> Table:
        columns = tuple(columns)
        holds = self._vocabularies.stored([c.field for c in columns], domain.name)
        return Table(
            read_model=read_model.name,
            key=list(key),
            columns={
                each.name: Column(
                    type=each.sql_type,
                    of=_type_in(holds.fields[each.field.stored_name]),
                    nullable=each.field.type.optional and each.name not in key,
                    check=each.check,
                    default=each.field.default,
                    filled=dict(sorted(filled.get(each.name, {}).items())),
                )
                for each in columns
            },
            indexes=dict(indexes or {}),
            stream=stream,
            rows=dict(sorted((rows or {}).items())),
            values={name: dict(fields) for name, fields in holds.values.items()},
            enums={name: list(members) for name, members in holds.enums.items()},
        )


class _Words:
    """Says what an event puts into a column, and all that this rests on."""

    def __init__(self, service: model.Service, forms: Mapping[str, Forms]) -> None:
        vocabularies = [domain.vocabulary for domain in service.domains]
        if service.shared is not None:
            vocabularies.append(service.shared)
        self._computed = {
            computed.name: computed.code
            for vocabulary in vocabularies
            for value in vocabulary.value_objects
            for computed in value.computed
        }
        self._timezone = service.timezone
        self._forms = forms

    def assigned(
        self, assignment: model.Assignment, event: model.Event, column: model.Column
    ) -> str:
        """What a column gets."""
        if assignment.source in ("event field", "element"):
            return self.text(assignment.code, event)
        if not assignment.source.startswith("written: "):
            return assignment.source
        text = self.text(assignment.source.removeprefix("written: "), event)
        given = column.field.type.constraints
        if column.field.type.kind == "decimal" and given:
            places = [each for each in (given.decimal_places, given.rounding) if each]
            return " ".join([text, *(["rounded", *map(str, places)] if places else [])])
        return text

    def text(self, text: str, event: model.Event) -> str:
        """An expression over the fields of an event, with what these go back to."""
        fields = {each.name: each for each in event.stored_fields}
        words = set(_WORD.findall(text))
        notes = [
            f"{name} = {self._computed[name]}"
            for name in sorted(words & self._computed.keys())
        ]
        if "today" in words:
            notes.append(f"in {self._timezone}")
        for name in sorted(words & fields.keys()):
            notes += self._past(fields[name], event)

        def stored(hit: re.Match[str]) -> str:
            known = fields.get(hit["name"])
            return f"event.{known.stored_name}" if known else hit[0]

        said = _NAME.sub(stored, text)
        return f"{said} where {', '.join(notes)}" if notes else said

    def _past(self, field: model.Field, event: model.Event) -> Iterator[str]:
        """What stands in the field where a record was made by an earlier version."""
        forms = self._forms.get(event.stored_name, {})
        if field.default and any(
            field.stored_name not in form.fields for form in forms.values()
        ):
            yield f"{field.stored_name} = {field.default}"
        wanted = {field.name}
        for earlier in reversed(event.earlier):
            made = {each.name: each.code for each in earlier.arguments}
            before: set[str] = set()
            for name in sorted(wanted):
                code = made.get(name, "")
                if code and code != f"old.{name}":
                    yield f"{name} = {code} in version {earlier.number}"
                before.update(_OLD.findall(code))
            wanted = before


def _actions(read_model: model.ReadModel) -> Iterator[tuple[str, model.Action]]:
    """Each action, with what it does to rows as such: make, end or find them."""
    for case in read_model.children:
        for child in case.actions:
            loop = [str(child.loop)] if child.loop else []
            yield " ".join([child.action.verb, *child.named, *loop]), child.action
    if not read_model.elements:
        for action in read_model.actions:
            yield "" if action.verb == "update" else action.verb, action


def _add(
    filled: dict[str, dict[str, str]], column: str, event: model.Event, said: str
) -> None:
    """An event may fill one column several times."""
    known = filled.setdefault(column, {})
    before = known.get(event.stored_name)
    if before != said:
        known[event.stored_name] = f"{before}; {said}" if before else said


def _type_in(text: str) -> str:
    return text.partition(" = ")[0].removesuffix("?")
