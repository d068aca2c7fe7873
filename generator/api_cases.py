"""Requests for the generated API tests: who may send what, and what must come back."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from types import SimpleNamespace
from uuid import UUID

from generator import model, names
from generator.example_scalars import named_id
from generator.examples import Examples, json_data
from generator.literals import printed
from generator.model_tests import Caller, Creation, Look, Request, fitting
from generator.rehearsal import Rehearsal, Row, rehearse
from generator.types import JSON

OWNER = re.compile(r"Owner(?:Column)?\(Role\.([A-Z0-9_]+), ([^)]*)\)")
ROLE = re.compile(r"Role\.([A-Z0-9_]+)")
UNKNOWN = named_id("unknown")
SOMEBODY = Caller('token_for("somebody", SOMEBODY)')
STATUSES = {"CannotDecide": 422}

SubjectOf = Callable[[str], object]


@dataclass(frozen=True, slots=True)
class ApiCases:
    """Finds the requests that the examples of one domain make."""

    aggregates: Sequence[model.Aggregate]
    read_models: Sequence[model.ReadModel]
    roles: Sequence[model.Role]
    examples: Examples
    timezone: str

    def creations(self) -> Iterator[Creation]:
        """The example of every creating command that the outside may send."""
        for aggregate in self.aggregates:
            for command in aggregate.routed_commands:
                if command.creates:
                    yield from self._creation(command, aggregate)

    def strangers(self) -> Iterator[Request]:
        """Every other command, to an aggregate that does not exist."""
        for aggregate in self.aggregates:
            for command in aggregate.routed_commands:
                if command.creates:
                    continue
                path = f"{aggregate.path}{command.path}"
                yield Request(
                    command.method,
                    path.replace(f"{{{command.id_field}}}", str(UNKNOWN)),
                    self.examples.json(command.fields) if command.has_body else "",
                    self._stranger(command),
                )

    def lists(self) -> Iterator[Look]:
        """Every list that the outside may ask for."""
        for aggregate in self.aggregates:
            for query in aggregate.routed_queries:
                if not query.single:
                    caller = self._caller(query, lambda column: named_id(column))
                    if caller:
                        yield self._look(query, aggregate, caller)

    def _creation(
        self, command: model.Command, aggregate: model.Aggregate
    ) -> Iterator[Creation]:
        id = named_id(command.id_field)
        rehearsal = rehearse(command, aggregate, self.examples, self.timezone, id)
        scope = {"command": rehearsal.command, aggregate.module: SimpleNamespace(id=id)}
        caller = self._caller(
            command, lambda code: rehearsal.folding.value(code, scope)
        )
        if not caller:
            return
        views = () if rehearsal.open else tuple(self._views(rehearsal, aggregate))
        yield Creation(
            method=command.method,
            path=f"{aggregate.path}{command.path}",
            body=fitting(names.constant(command.method)),
            example=self._body(command, id),
            caller=caller,
            guarded=bool(command.access),
            refusal=rehearsal.refusal,
            status=STATUSES.get(rehearsal.refusal, 409 if rehearsal.refusal else 201),
            open=command.errors if rehearsal.open else (),
            views=tuple(look for look, single in views if single),
            lists=tuple(look for look, single in views if not single),
        )

    def _body(self, command: model.Command, id: UUID) -> str:
        """The example; with an id only where the caller must own it."""
        fields = self.examples.json(command.fields)
        if ".id)" not in command.access:
            return fields
        own = f'"{command.id_field}": "{id}"'
        return f"{{{own}, {fields[1:]}" if command.fields else f"{{{own}}}"

    def _views(
        self, rehearsal: Rehearsal, aggregate: model.Aggregate
    ) -> Iterator[tuple[Look, bool]]:
        """The queries that show what the example has made to whoever asks."""
        read_models = {each.name: each for each in self.read_models}
        for query in aggregate.routed_queries:
            row = rehearsal.row(read_models[query.read_model])
            filtered = not query.single and any(each.required for each in query.fields)
            # Whether a fixed condition holds for an example, only a database can say.
            if row is None or filtered or query.fixed or query.measures:
                continue
            caller = self._caller(query, _column_of(row))
            if caller:
                yield self._look(query, aggregate, caller, row), query.single

    def _look(
        self,
        query: model.Query,
        aggregate: model.Aggregate,
        caller: Caller,
        row: Row | None = None,
    ) -> Look:
        shapes = self.examples.shapes
        required = [each for each in query.fields if each.required and not query.single]
        parameters = {
            each.name: json_data(
                self.examples.alive(each.type, self.examples.value(each, query.fields))
            )
            for each in required
        }
        if query.single and row:
            elements = (each.name for each in query.fields[1:])
            parameters = {name: json_data(row[name]) for name in elements}
        key = next(e.key for e in self.read_models if e.name == query.read_model)
        return Look(
            method=query.method,
            path=f"{aggregate.path}{query.path}".replace(
                f"{{{aggregate.id_field}}}", "{created['id']}"
            ),
            parameters=printed(JSON, parameters, shapes) if parameters else "",
            caller=caller,
            key=key,
            nothing=_nothing(query),
        )

    def _caller(
        self, guarded: model.Command | model.Query, subject_of: SubjectOf
    ) -> Caller | None:
        """Somebody who may; None if the examples name nobody."""
        if guarded.public:
            return Caller()
        if not guarded.access:
            return SOMEBODY
        if role := ROLE.search(OWNER.sub("", guarded.access)):
            return Caller(f'token_for("{self._name(role[1])}", SOMEBODY)')
        for role in OWNER.finditer(guarded.access):
            if isinstance(subject := subject_of(role[2]), UUID):
                role_name = self._name(role[1])
                return Caller(f'token_for("{role_name}", UUID("{subject}"))')
        return None

    def _stranger(self, command: model.Command) -> Caller:
        """Somebody who would be let in, if there were anything there."""
        if ".existing." in command.access:
            return SOMEBODY
        return self._caller(command, lambda code: UNKNOWN) or SOMEBODY

    def _name(self, constant: str) -> str:
        return next(each.name for each in self.roles if each.constant == constant)


def _nothing(query: model.Query) -> str:
    """What its answer says while there is nothing to show."""
    if query.paged:
        return '["items"] == []'
    if query.group_by:
        return " == []"
    names = ", ".join(f'"{measure.name}"' for measure in query.measures)
    return f".keys() == {{{names}}}"


def _column_of(row: Row) -> SubjectOf:
    """Who the row belongs to, by the quoted name of a column."""
    return lambda column: row.get(column.strip('"'))
