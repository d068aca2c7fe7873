"""Schemas: what a record holds, as texts that outlive the code that reads it.

A schema names the type of every field as a blueprint would, and brings along the shape
of each value object and enum that these types reach. So it says by itself what its
records look like, whatever becomes of the blueprint that it was taken from.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from generator import model
from generator.types import Type

Fields = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Schema:
    """Fields by name, with the value objects and enums that their types name.

    A type ends with `?` where there may be nothing, and with ` = ...` where a default
    stands in for what is left out.
    """

    fields: Fields
    values: Mapping[str, Fields] = field(default_factory=dict)
    enums: Mapping[str, Sequence[str]] = field(default_factory=dict)


class Vocabularies:
    """The value objects and enums of a service, by their qualified names."""

    def __init__(self, service: model.Service) -> None:
        found = [domain.vocabulary for domain in service.domains]
        if service.shared is not None:
            found.append(service.shared)
        self._values = {
            f"{v.module}.{e.name}": e for v in found for e in v.value_objects
        }
        self._enums = {f"{v.module}.{e.name}": e for v in found for e in v.enums}

    def stored(self, fields: Iterable[model.Field], home: str) -> Schema:
        """How records with these fields lie in the log, read in the domain `home`.

        Constraints are left out, for what is stored is not held to them.
        """
        return self._schema(_Writer(home, stored=True), fields)

    def sent(self, fields: Iterable[model.Field], home: str) -> Schema:
        """How these fields are sent, by clients or to them: with all constraints."""
        return self._schema(_Writer(home, stored=False), fields)

    def _schema(self, writer: _Writer, fields: Iterable[model.Field]) -> Schema:
        fields = list(fields)
        reached = self._reached([each.type for each in fields])
        return Schema(
            writer.fields(fields),
            {
                writer.name(name): writer.fields(self._values[name].fields)
                for name in sorted(reached & self._values.keys(), key=writer.name)
            },
            {
                writer.name(name): [m.value for m in self._enums[name].members]
                for name in sorted(reached & self._enums.keys(), key=writer.name)
            },
        )

    def _reached(self, types: Sequence[Type]) -> set[str]:
        """The names of all value objects and enums within these types."""
        found: set[str] = set()
        waiting = list(types)
        while waiting:
            type = waiting.pop()
            waiting += type.args
            if type.kind in ("enum", "value") and type.name not in found:
                found.add(type.name)
                waiting += [each.type for each in self._inside(type.name)]
        return found

    def _inside(self, name: str) -> Iterator[model.Field]:
        if name in self._values:
            yield from self._values[name].fields


@dataclass(frozen=True, slots=True)
class _Writer:
    """Writes types as the domain `home` would; the names of others are qualified."""

    home: str
    stored: bool

    def name(self, qualified: str) -> str:
        """The name as it is written here."""
        return qualified.removeprefix(f"{self.home}.")

    def fields(self, fields: Iterable[model.Field]) -> Fields:
        """The type of every field by its name."""
        return {
            each.stored_name if self.stored else each.name: self.type(each.type)
            + (f" = {each.default}" if each.default else "")
            for each in fields
        }

    def type(self, type: Type) -> str:
        """The type, as a text."""
        return f"{self._required(type)}{'?' if type.optional else ''}"

    def _required(self, type: Type) -> str:
        if type.args:
            text = f"{type.kind}({self.type(type.element)})"
        elif type.kind == "ref" and self.stored:
            text = "uuid"
        else:
            text = self.name(type.name) or type.kind
        given = type.constraints.given() if type.constraints else {}
        if self.stored or not given:
            return text
        rules = " ".join(f"{name}={value}" for name, value in given.items())
        return f"{text} ({rules})" if type.args else f"{text}({rules})"
