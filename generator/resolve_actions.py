"""What an event does to rows of its own stream: which value each column gets."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from generator import model, names
from generator.expressions import Binding
from generator.printing import rounded
from generator.row_words import METADATA, read_columns, refuse_reading
from generator.shapes import ActionShape
from generator.site import Site
from generator.types import Type

CODES = {
    "B503": "A required column is not filled when the row is made.",
    "B504": "A column and the event field of its name have different types.",
}


@dataclass(frozen=True, slots=True)
class OwnAction:
    """One action of an event on rows of its own stream.

    `loop` are names of their own for expressions, `nearer` those that fill the column
    of their name before any field of the event does: an element, and what it is of.
    """

    event: model.Event
    shape: ActionShape
    site: Site
    own: model.Aggregate
    loop: Mapping[str, Binding] = field(default_factory=dict)
    nearer: Mapping[str, Binding] = field(default_factory=dict)

    def resolve(self, name: str, columns: Sequence[model.Column]) -> model.Action:
        """The action on the one row of a stream."""
        if self.shape.verb == "delete":
            return model.Action(self.event.name, "delete", name, ())
        refuse_unwritable(self, name, columns)
        return self.filled(name, columns)

    def filled(
        self, name: str, columns: Sequence[model.Column], besides: Sequence[str] = ()
    ) -> model.Action:
        """What a new row has in every column, and what changes in one there is.

        `besides` are the columns that say which row is meant: they never change.
        """
        made, changes = [], []
        for column in columns:
            if column.kind != "own":
                continue
            value = self.said(column, columns, row=column.name not in besides)
            if value and value.code and column.name not in besides:
                changes.append(value)
            if self.shape.verb != "update":
                made.append(value or self._unsaid(column))
        if self.shape.verb == "update" and not (changes or self.shape.mapping):
            self.site.key_error(
                "B505",
                f"{self.event.name} changes no column of {name}",
                "leave the event out, or write what it changes",
            )
        verb, event = self.shape.verb, self.event.name
        return model.Action(event, verb, name, tuple(made), tuple(changes))

    def said(
        self, column: model.Column, columns: Sequence[model.Column], *, row: bool
    ) -> model.Assignment | None:
        """What a column gets: written, of the element, the lifecycle, or its field.

        None where the event says nothing about it, without code after a report. With
        `row`, what is written may read the row before.
        """
        if column.key:
            return None
        if column.name in self.shape.mapping:
            code = self._written(column, columns, row=row)
            source = f"written: {self.shape.mapping[column.name]}"
            return model.Assignment(column.name, code, source)
        target, own = column.field.type, self.own
        if column.name in self.nearer:
            return self._taken(column, self.nearer[column.name], "element")
        lifecycle = next((f for f in own.state if f.name == own.lifecycle), None)
        if column.name == own.lifecycle and self.event.target and lifecycle:
            if lifecycle.type.kind != "enum":
                return model.Assignment(column.name, "")  # that has been said of it
            if lifecycle.type.base == target.required.base:
                enum = self.site.view.naming(target.name)
                code = f"{enum}.{names.constant(self.event.target)}"
                return model.Assignment(column.name, code, f"to: {self.event.target}")
            return None
        for each in self.event.fields:
            if each.name == column.name:
                origin = each.origin
                given = Binding(each.type, f"event.{each.name}")
                return self._taken(column, given, "event field", origin)
        return None

    def bindings(self) -> dict[str, Binding]:
        """What expressions may name of the event, and of its elements."""
        found: dict[str, Binding] = {
            each.name: Binding(each.type, f"event.{each.name}")
            for each in self.event.fields
        }
        own = Binding(Type("ref", self.own.kind), "envelope.stream_id")
        return {**found, self.own.id_field: own, **METADATA, **self.loop}

    def _taken(
        self,
        column: model.Column,
        given: Binding,
        what: str,
        origin: model.Origin | None = None,
    ) -> model.Assignment:
        target, type = column.field.type, given.type
        if type.base in (target.base, target.required.base):
            return model.Assignment(column.name, given.code, what)
        if column.name in self.site.view.symbols.broken:
            return model.Assignment(column.name, "")
        declared = [self.site.declared(column.field.origin, "the column")]
        if origin:
            declared.insert(0, self.site.declared(origin, "the field of the event"))
        self.site.key_error(
            "B504",
            f'the {what} "{column.name}" is {type}, the column is {target}',
            f"write it: `{self.shape.verb}: {{{column.name}: ...}}`",
            also=declared,
        )
        return model.Assignment(column.name, "")

    def _written(
        self, column: model.Column, columns: Sequence[model.Column], *, row: bool
    ) -> str:
        bindings = self.bindings()
        if row and self.shape.verb == "update":
            bindings |= {
                f"row.{each.name}": Binding(
                    each.field.type, f"row.{each.name}", kept=True
                )
                for each in columns
                if each.kind == "own"
            }
        place = self.site.at(self.shape.verb, column.name)
        written = self.shape.mapping[column.name]
        joined = {each.name for each in columns if each.kind != "own"}
        if reads := read_columns(written) & joined:
            refuse_reading(place, column.name, min(reads))
            return ""
        target = column.field.type
        expression = place.expression(written, place.scope(bindings), target)
        return rounded(expression, target) if expression else ""

    def _unsaid(self, column: model.Column) -> model.Assignment:
        """What a new row has in a column that its event says nothing about."""
        name, stream = column.name, "envelope.stream_id"
        if column.key:
            return model.Assignment(name, stream, "the stream's id")
        if column.field.required and name not in self.site.view.symbols.broken:
            self.site.key_error(
                "B503",
                f'{self.event.name} makes a row, but nothing fills "{name}"',
                f"write it: `{self.shape.verb}: {{{name}: ...}}`, "
                "or make the column optional",
                also=[
                    self.site.declared(column.field.origin, "the column is required")
                ],
            )
        code = column.field.default
        return model.Assignment(name, code or "None", "default" if code else "")


def refuse_unwritable(
    action: OwnAction, name: str, columns: Sequence[model.Column]
) -> None:
    """Report columns that the event cannot write, or that others fill as well."""
    by_name = {column.name: column for column in columns}
    for key in action.shape.mapping:
        if key not in by_name and key in action.site.view.symbols.broken:
            continue
        if key not in by_name or by_name[key].key:
            action.site.at(action.shape.verb, key).key_error(
                "B502",
                f'{name} has no column "{key}" to write',
                names.unknown(key, [n for n in by_name if not by_name[n].key]),
            )
    fields = {each.name for each in action.event.fields}
    for column in columns:
        if column.kind == "own":
            continue
        how = "looked up" if column.kind == "looked_up" else "counted"
        problem = f'"{column.name}" is {how} in other streams'
        if column.name in action.shape.mapping:
            action.site.at(action.shape.verb, column.name).key_error(
                "B522", f"{problem}, so {action.event.name} cannot write it"
            )
        elif column.name in fields and column.name not in action.nearer:
            action.site.key_error(
                "B522",
                f"{problem}, and {action.event.name} has a field of that name",
                "give the column another name",
            )
