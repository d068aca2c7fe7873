"""A small vocabulary for tests: declared in words, resolved without a blueprint."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from generator import model, names
from generator.diagnostics import Report
from generator.document import Document, load
from generator.evaluation import Evaluation
from generator.examples import Examples
from generator.type_text import parse_type
from generator.types import Parameter, Type, annotation, enum, ref, value_object

FILE = "shop.yaml"


@dataclass
class Words:
    """Enums and value objects of the domain `shop`; everything else is a reference."""

    enums: Mapping[str, Sequence[str]] = field(default_factory=dict)
    values: dict[str, model.ValueObject] = field(default_factory=dict)
    document: Document = field(default_factory=lambda: load("", FILE, Report()))

    @property
    def declared(self) -> Mapping[str, Type]:
        enums = {name: enum(f"shop.{name}") for name in self.enums}
        return enums | {name: value_object(f"shop.{name}") for name in self.values}

    def lookup(self, name: str) -> Type | None:
        if name[:1].islower() and "." not in name:
            return None
        return self.declared.get(name) or ref(name)

    def members(self, enum: str) -> Sequence[str]:
        return self.enums[enum.removeprefix("shop.")]

    def fields(self, value: str) -> Mapping[str, Type]:
        return {name: each.type for name, each in self.parameters(value).items()}

    def parameters(self, value: str) -> Mapping[str, Parameter]:
        fields = self.values[value.removeprefix("shop.")].fields
        return {each.name: Parameter(each.type, each.required) for each in fields}

    def naming(self, name: str) -> str:
        return name.removeprefix("shop.")

    def type(self, text: str) -> Type:
        return parse_type(text, self.lookup, list(self.declared)).type

    def field(
        self,
        name: str,
        text: str,
        example: object = None,
        default: str = "",
        path: tuple[str | int, ...] = (),
    ) -> model.Field:
        kind = self.type(text)
        printed = annotation(kind, constrained=True, naming=self.naming)
        origin = model.Origin(FILE, (*path, name))
        return model.Field(name, kind, printed, origin, default, "", example)

    def record(self, **types: str) -> tuple[model.Field, ...]:
        return tuple(self.field(name, text) for name, text in types.items())

    def declare(
        self,
        name: str,
        fields: Sequence[model.Field],
        rules: Mapping[str, str] | None = None,
        computed: Mapping[str, str] | None = None,
    ) -> None:
        """A value object; `rules` say in printed code when they are broken."""
        self.values[name] = model.ValueObject(
            name,
            f"{name}.",
            tuple(fields),
            tuple(
                model.ValueRule(code, repr(message))
                for code, message in (rules or {}).items()
            ),
            tuple(
                model.Computed(key, Type("json"), "object", code)
                for key, code in (computed or {}).items()
            ),
            model.Origin(FILE, ("value_objects", name)),
        )

    @property
    def examples(self) -> Examples:
        enums = tuple(
            model.Enum(
                name,
                name,
                tuple(model.Member(names.constant(each), each) for each in members),
                model.Origin(FILE, ()),
            )
            for name, members in self.enums.items()
        )
        shop = model.Vocabulary(
            module="shop",
            enums=enums,
            value_objects=tuple(self.values.values()),
            definitions=(),
            imports="",
        )
        return Examples(self, "shop", Evaluation([shop]), {FILE: self.document})
