"""Read models of all kinds of columns, and queries of all forms."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from generator.names import FILTERS, pascal
from generator.types import BOOL, DATETIME, INT
from tests.blueprints.aggregates import METADATA, SHORT, Aggregate, Event
from tests.blueprints.fields import Field, Fields, written
from tests.blueprints.vocabularies import Declarations, Speech, View
from tests.blueprints.words import FIELDS, Supply
from tests.language.random_expressions import SORTS

WHOLE = ("value", "map", "json", "list", "bytes")
TEXTS = ("str", "email", "url")
ORDERED = ("int", "decimal", "float", "date", "datetime", "duration", "str")
VALUES = {
    "int": ("3", "-1"),
    "decimal": ("0.5", "12"),
    "float": ("1.5",),
    "date": ("today", "today - days(3)"),
    "datetime": ("now", "now - minutes(30)"),
    "duration": ("hours(2)",),
    "str": ("'x'", '"it\'s"'),
    "email": ("'a@b.example'",),
}


@dataclass
class ReadModel:
    """A drawn read model; its key is not among the `columns`."""

    name: str
    of: Aggregate
    columns: list[Field] = field(default_factory=list)
    joined: set[str] = field(default_factory=set)
    shape: dict[str, Any] = field(default_factory=dict)


@dataclass
class Reading:
    """Draws the read models and queries of one aggregate."""

    chance: random.Random
    declarations: Declarations
    of: Aggregate
    others: Sequence[Aggregate]
    roles: dict[str, str]
    used: set[str]
    depth: int

    @property
    def view(self) -> View:
        return self.declarations.view

    def likely(self, probability: float) -> bool:
        return self.chance.random() < probability

    def read_model(self, name: str) -> ReadModel:
        made = ReadModel(name, self.of)
        words = Supply(self.chance)
        for taken in {self.of.id, *(f.name for e in self.of.events for f in e.fields)}:
            words.take((taken,))
        if self.of.lifecycle:
            words.take((self.of.lifecycle,))
        on: dict[str, list[Any]] = {e.name: [] for e in self.of.events if e.creates}
        self._own_columns(made, words, on)
        self._later(made, on)
        self._fill(made, on)
        self._looked_up(made, words, on)
        self._counted(made, words, on)
        shape = made.shape
        shape["key"] = self.of.id
        shape["columns"] = written(made.columns)
        shape["on"] = {
            event: actions[0] if len(actions) == 1 else actions
            for event, actions in on.items()
        }
        own = [c.name for c in made.columns if c.name not in made.joined]
        if own and self.likely(0.4):
            shape["indexes"] = [self.chance.sample(own, min(2, len(own)))]
            self.used.add("index")
        if summary := self.declarations.summary():
            shape["summary"] = summary
        return made

    def _fields(self, event: Event) -> dict[str, Field]:
        found = {each.name: each for each in event.fields}
        if self.of.lifecycle and event.target and self.of.lifecycle not in found:
            found[self.of.lifecycle] = next(
                each for each in self.of.state if each.name == self.of.lifecycle
            )
        return found

    def _own_columns(
        self, made: ReadModel, words: Supply, on: dict[str, list[Any]]
    ) -> None:
        creating = [event for event in self.of.events if event.creates]
        known: dict[str, list[Field]] = {}
        for event in self.of.events:
            for each in self._fields(event).values():
                known.setdefault(each.name, []).append(each)
        for name, fields in known.items():
            if not self.likely(0.6):
                continue
            everywhere = all(name in self._fields(event) for event in creating)
            optional = any(each.type.optional for each in fields) or not everywhere
            column = fields[0].maybe if optional else fields[0].sure
            made.columns.append(column)
        mappings: list[dict[str, str]] = [{} for _ in creating]
        for _ in range(self.chance.choice([0, 0, 1, 2])):
            self._written(made, words.take(FIELDS), creating, mappings)
        if self.likely(0.3):
            self.used.add("column default")
            name = words.take(FIELDS)
            made.columns.append(Field(name, "int", INT, default="7"))
        for event, mapping in zip(creating, mappings, strict=True):
            on[event.name].append({"insert": mapping} if mapping else "insert")

    def _written(
        self,
        made: ReadModel,
        name: str,
        creating: list[Event],
        mappings: list[dict[str, str]],
    ) -> None:
        """A column that every event which makes a row writes out."""
        kind = self.chance.choice([DATETIME, *SORTS])
        said = [self._speech(event, []).expression(kind) for event in creating]
        if not all(said):
            return
        for mapping, each in zip(mappings, said, strict=True):
            assert each is not None
            mapping[name] = each[0]
        fields = Fields(self.chance, self.view.named(), self.used)
        made.columns.append(fields.of(name, kind))
        self.used.add("written column")

    def _speech(self, event: Event, row: list[Field]) -> Speech:
        paths = {each.name: each.type for each in event.fields}
        paths |= {self.of.id: self.of.ref, **METADATA}
        paths |= {f"row.{each.name}": each.type for each in row}
        return Speech(self.chance, self.view, paths, depth=self.depth)

    def _later(self, made: ReadModel, on: dict[str, list[Any]]) -> None:
        creating = [event for event in self.of.events if event.creates]
        inserted = {name for event in creating for name in self._fields(event)}
        by_name = {name for event in self.of.events for name in self._fields(event)}
        owed = {each.name for each in made.columns} & by_name - inserted
        for event in self.of.events:
            if event.creates:
                continue
            known = self._fields(event)
            told = [each for each in made.columns if each.name in known]
            mapping = {}
            for each in made.columns:
                if each.name not in known and self.likely(0.2):
                    said = self._speech(event, made.columns).expression(each.type)
                    if said:
                        mapping[each.name] = said[0]
            kind = self.chance.random()
            if owed & known.keys():
                # Somebody must fill each column.
                owed -= known.keys()
                on[event.name] = [{"update": mapping} if mapping else "update"]
            elif kind < 0.15:
                on[event.name] = ["delete"]
                self.used.add("delete")
            elif self._fills(made, event) and kind < 0.5:
                on[event.name] = ["upsert"]
                self.used.add("upsert")
            elif (told or mapping) and kind < 0.9:
                on[event.name] = [{"update": mapping} if mapping else "update"]
                self.used.add("update with values" if mapping else "update")

    def _fill(self, made: ReadModel, on: dict[str, list[Any]]) -> None:
        """Let the first event write what no event fills so far."""
        events = {each.name: each for each in self.of.events}
        filled: set[str] = set()
        for name, actions in on.items():
            if actions != ["delete"]:
                filled |= self._fields(events[name]).keys()
            if isinstance(actions[0], dict):
                filled |= next(iter(actions[0].values())).keys()
        first = self.of.events[0]
        mapping = (
            dict(on[first.name][0]["insert"]) if on[first.name][0] != "insert" else {}
        )
        for each in made.columns:
            if each.name not in filled:
                said = self._speech(first, []).expression(each.type)
                # Beside the optional ones, this can be the number with a default.
                plain = "null" if each.type.optional else "1"
                mapping[each.name] = said[0] if said else plain
        if mapping:
            on[first.name] = [{"insert": mapping}]

    def _fills(self, made: ReadModel, event: Event) -> bool:
        """Whether the event alone can make a row."""
        known = self._fields(event)
        return all(not each.required or each.name in known for each in made.columns)

    def _key(self, aggregate: Aggregate, event: Event) -> str:
        here = aggregate.domain == self.of.domain
        return event.name if here else f"{aggregate.domain}.{event.name}"

    def _looked_up(
        self, made: ReadModel, words: Supply, on: dict[str, list[Any]]
    ) -> None:
        own = [e for e in made.columns if e.name not in made.joined]
        for column in own:
            if column.type.kind != "ref" or not self.likely(0.8):
                continue
            other = next(e for e in self.others if e.ref == column.type.required.base)
            for event in self.chance.sample(other.events, min(2, len(other.events))):
                fields = [f for f in event.fields if f.type.kind in SHORT]
                if not fields:
                    continue
                source = self.chance.choice(fields)
                name = words.take(FIELDS)
                made.columns.append(self._again(source, name).maybe)
                made.joined.add(name)
                action = {
                    "where": {column.name: other.id},
                    "update": {name: source.name},
                }
                on.setdefault(self._key(other, event), []).append(action)
                self.used.add("looked-up column")
                if other.domain != self.of.domain:
                    self.used.add("column from another domain")

    def _again(self, source: Field, name: str) -> Field:
        """A column of the type of a field that may be of another domain."""
        fields = Fields(self.chance, self.view.named(), self.used)
        return fields.of(name, source.type)

    def _counted(
        self, made: ReadModel, words: Supply, on: dict[str, list[Any]]
    ) -> None:
        for other in self.others:
            for event in other.events:
                keys = [f for f in event.fields if f.type.required.base == self.of.ref]
                if not keys or not self.likely(0.8):
                    continue
                name = words.take(FIELDS)
                update = self._count(made, name, event)
                made.joined.add(name)
                action = {"where": {self.of.id: keys[0].name}, "update": update}
                on.setdefault(self._key(other, event), []).append(action)

    def _count(self, made: ReadModel, name: str, event: Event) -> dict[str, str]:
        sums = [
            each
            for each in event.fields
            if each.type.kind in ("int", "decimal", "duration")
            and not each.type.optional
        ]
        kind = self.chance.random()
        if sums and kind < 0.4:
            source = self.chance.choice(sums)
            sign = self.chance.choice("+-")
            made.columns.append(Field(name, str(source.type), source.type.base))
            self.used.add("summed column")
            return {name: f"row.{name} {sign} {source.name}"}
        if kind < 0.7:
            made.columns.append(Field(name, "datetime", DATETIME.or_none))
            which = self.chance.choice(["min", "max"])
            self.used.add("least or greatest")
            return {name: f"{which}(row.{name}, event.at)"}
        made.columns.append(Field(name, "int", INT))
        self.used.add("counted column")
        return {name: f"row.{name} + 1"}

    def queries(self, made: ReadModel, names: Supply) -> dict[str, Any]:
        """A few queries of a read model."""
        found: dict[str, Any] = {}
        stem = pascal(made.name)
        if self.likely(0.7):
            query = {"from": made.name, "by": self.of.id, **self._access(made)}
            found[names.take((f"Get{stem}",))] = query
            self.used.add("query by key")
        if self.likely(0.8):
            found[names.take((f"List{stem}",))] = self._list(made)
            self.used.add("list query")
        if self.likely(0.4):
            found[names.take((f"Total{stem}",))] = self._measures(made)
            self.used.add("measures")
        for query in found.values():
            if self.likely(0.3) and not query.pop("clock", False):
                query["cache"] = self.chance.choice(["30s", "1m", "PT2M"])
                self.used.add("cache")
            query.pop("clock", None)
            if summary := self.declarations.summary():
                query["summary"] = summary
        return found

    def _access(self, made: ReadModel) -> dict[str, Any]:
        kind = self.chance.random()
        if kind < 0.2:
            return {}
        if kind < 0.5:
            return {"access": self.chance.choice(["public", "internal"])}
        grants = [name for name, entity in self.roles.items() if not entity][:1]
        known = [(self.of.id, self.of.ref), *((c.name, c.type) for c in made.columns)]
        for name, type in known:
            if type.kind == "ref" and type.name in self.roles.values():
                grants.append(f"owner({name})")
                self.used.add("owner of a row")
        return {"access": grants} if grants else {}

    def _list(self, made: ReadModel) -> dict[str, Any]:
        query: dict[str, Any] = {"from": made.name, **self._access(made)}
        plain = [each for each in made.columns if each.type.kind not in WHOLE]
        filters = [self._filter(each) for each in plain if self.likely(0.4)]
        if filters:
            query["filter"] = filters
            self.used.add("filter")
        sortable = [
            each.name
            for each in made.columns
            if each.type.kind not in ("value", "map", "json", "list")
        ]
        if sortable and self.likely(0.6):
            chosen = self.chance.sample(sortable, min(2, len(sortable)))
            query["sort"] = [self.chance.choice(["", "-"]) + each for each in chosen]
            self.used.add("sort")
        if self.likely(0.3):
            query["page"] = self.chance.choice([1, 7, 500])
        self._where(query, plain)
        return query

    def _filter(self, column: Field) -> Any:
        kind = column.type.kind
        name = column.name
        if name in FILTERS:
            return {"name": f"{name}_wanted", "column": name}
        ways: list[Any] = [name, f"{name}?"]
        operators = ["=", "!=", "in", *(["is_null"] if column.type.optional else [])]
        operators += ["<", "<=", ">", ">="] if kind in ORDERED else []
        operators += ["contains", "starts_with"] if kind in TEXTS else []
        written = {"name": name, "op": self.chance.choice(operators)}
        ways.append({**written, "optional": self.chance.choice([True, False])})
        ways.append({**written, "name": f"{name}_wanted", "column": name})
        return self.chance.choice(ways)

    def _where(self, query: dict[str, Any], plain: list[Field]) -> None:
        parts = []
        for each in self.chance.sample(plain, min(2, len(plain))):
            values = VALUES.get(each.type.kind)
            if each.type.kind == "enum":
                # All of them, or the only one, would always be the answer.
                members = self.declarations.vocabulary.enums[each.type.name]
                values = tuple(members[1:])
            if each.type == BOOL:
                parts.append(self.chance.choice([each.name, f"not {each.name}"]))
            elif values:
                parts.append(self._compared(each, values))
        if not parts or self.likely(0.4):
            return
        text = self.chance.choice([" and ", " or "]).join(parts)
        query["where"] = f"not ({text})" if self.likely(0.2) else text
        query["clock"] = "now" in text or "today" in text
        self.used.add("where")

    def _compared(self, column: Field, values: tuple[str, ...]) -> str:
        name, value = column.name, self.chance.choice(values)
        signs = ["==", "!="]
        if column.type.kind in ORDERED:
            signs += ["<", ">="]
        ways = [f"{name} {self.chance.choice(signs)} {value}"]
        ways.append(f"{name} in [{', '.join(values)}]")
        if column.type.optional:
            ways = [f"({name} is not None and {way})" for way in ways]
            ways.append(f"{name} is None")
        return self.chance.choice(ways)

    def _measures(self, made: ReadModel) -> dict[str, Any]:
        query: dict[str, Any] = {"from": made.name, **self._access(made)}
        words = Supply(self.chance)
        for each in made.columns:
            words.take((each.name,))
        measures = {words.take(FIELDS): "count()"}
        for each in made.columns:
            if each.type.kind in ("int", "decimal", "float") and self.likely(0.5):
                how = self.chance.choice(["sum", "avg", "min", "max"])
                measures[words.take(FIELDS)] = f"{how}({each.name})"
            elif each.type.kind in ("date", "datetime", "str") and self.likely(0.3):
                measures[words.take(FIELDS)] = f"max({each.name})"
        query["measures"] = measures
        plain = [each.name for each in made.columns if each.type.kind not in WHOLE]
        if plain and self.likely(0.6):
            query["group_by"] = self.chance.sample(plain, min(2, len(plain)))
            self.used.add("groups")
        return query
