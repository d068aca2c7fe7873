"""Enums, named types and value objects, and what expressions may do with them."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from generator.expressions import (
    Binding,
    Expression,
    ExpressionError,
    Scope,
    compile_condition,
    compile_expression,
)
from generator.types import BOOL, Parameter, Type, enum, value_object
from tests.blueprints.fields import Field, Fields, written
from tests.blueprints.words import FIELDS, MEMBERS, PROSE, TYPES, Supply
from tests.language.random_expressions import SORTS, Names, Unwritable, Writer

TRIES = 12
SHARED = "shared"
NEVER_COMPARED = ("json", "map")


@dataclass
class Vocabulary:
    """What all files of a service declare, by qualified names."""

    enums: dict[str, list[str]] = field(default_factory=dict)
    aliases: dict[str, Field] = field(default_factory=dict)
    values: dict[str, list[Field]] = field(default_factory=dict)
    computed: dict[str, dict[str, Type]] = field(default_factory=dict)
    aggregates: dict[str, Type] = field(default_factory=dict)


@dataclass(frozen=True)
class View:
    """The names of a vocabulary as one file writes them; answers `Shapes` too."""

    vocabulary: Vocabulary
    module: str

    def shown(self, qualified: str) -> str:
        module, _, name = qualified.partition(".")
        return name if module in (self.module, SHARED) else qualified

    def named(self) -> dict[str, Type]:
        """Every declared type by the text that names it here."""
        known = self.vocabulary
        found = {self.shown(name): enum(name) for name in known.enums}
        found |= {self.shown(name): value_object(name) for name in known.values}
        found |= {self.shown(name): each.type for name, each in known.aliases.items()}
        return found | {self.shown(n): each for n, each in known.aggregates.items()}

    @property
    def declared(self) -> Mapping[str, Type]:
        return {n: t for n, t in self.named().items() if t.kind in ("enum", "value")}

    def members(self, enum: str) -> Sequence[str]:
        return self.vocabulary.enums[enum]

    def parameters(self, value: str) -> Mapping[str, Parameter]:
        fields = self.vocabulary.values[value]
        return {each.name: Parameter(each.type, each.required) for each in fields}

    def fields(self, value: str) -> Mapping[str, Type]:
        fields = {each.name: each.type for each in self.vocabulary.values[value]}
        return {**fields, **self.vocabulary.computed.get(value, {})}

    def naming(self, name: str) -> str:
        return name.rpartition(".")[2]


@dataclass(frozen=True)
class Words(Names):
    """The names of an expression, as the file writes them."""

    view: View | None = None

    def shown(self, type: Type) -> str:
        assert self.view is not None
        return self.view.shown(type.name)


@dataclass(frozen=True)
class Speech:
    """Writes expressions that hold at one place, over the names that it has."""

    chance: random.Random
    view: View
    paths: Mapping[str, Type]
    clock: bool = False
    partial: bool = False
    depth: int = 2
    scope: Scope | None = None

    def expression(
        self, want: Type, *, wanted: bool = True
    ) -> tuple[str, Expression] | None:
        """A text of a type that the language accepts here, if one is found.

        It may be of any type if the place does not say which one is `wanted`.
        """
        for _ in range(TRIES):
            text = self._text(want)
            if text is None:
                continue
            try:
                target = want if wanted else None
                return text, compile_expression(text, self._scope, target)
            except ExpressionError:
                continue
        return None

    def condition(self) -> tuple[str, Expression] | None:
        """A condition that the language accepts here, if one is found."""
        for _ in range(TRIES):
            text = self._text(BOOL)
            if text is None:
                continue
            try:
                return text, compile_condition(text, self._scope)
            except ExpressionError:
                continue
        return None

    def knowing(self, condition: Expression) -> Speech:
        """The same where a condition holds."""
        return replace(self, scope=self._scope.knowing(condition.facts))

    @property
    def _scope(self) -> Scope:
        if self.scope is not None:
            return self.scope
        # `event.total` is `total`, and `now` is when the event happened.
        codes = {name: name.removeprefix("event.") for name in self.paths}
        if "event.at" in codes:
            codes["now"] = codes["event.at"]
        names = {n: Binding(t, f"x.{codes[n]}") for n, t in self.paths.items()}
        return Scope(names, self.view, clock=self.clock, partial=self.partial)

    def _text(self, want: Type) -> str | None:
        known = self.view.vocabulary
        paths = [(n, t) for n, t in self.paths.items() if t.kind != "json"]
        types = {t.required.base for _, t in paths if t.kind not in NEVER_COMPARED}
        ordered = sorted(types, key=repr)
        names = Words(
            paths=[(name, type.base) for name, type in paths],
            enums=known.enums,
            values={
                value: {each.name: each.type.base for each in fields}
                for value, fields in known.values.items()
            },
            computed=known.computed,
            lists=[each for each in ordered if each.kind == "list"],
            compared=[*SORTS, *(each for each in ordered if each not in SORTS)],
            view=self.view,
        )
        try:
            return Writer(self.chance, names).expression(want.base, self.depth)
        except Unwritable:
            return None


@dataclass
class Declarations:
    """Draws the declarations of one file into the vocabulary of its service."""

    chance: random.Random
    vocabulary: Vocabulary
    module: str
    types: Supply
    used: set[str]

    @property
    def view(self) -> View:
        return View(self.vocabulary, self.module)

    def draw(self, most: int) -> dict[str, Any]:
        """Up to so many enums, types and value objects."""
        found: dict[str, Any] = {"enums": {}, "types": {}, "value_objects": {}}
        for _ in range(self.chance.randint(0, most)):
            self.enum(found["enums"])
        for _ in range(self.chance.randint(0, most)):
            self._alias(found["types"])
        for _ in range(self.chance.randint(0, most)):
            self._value_object(found["value_objects"])
        return {key: value for key, value in found.items() if value}

    def enum(self, into: dict[str, Any]) -> str:
        name = self.types.take(TYPES)
        members = self.chance.sample(MEMBERS, self.chance.randint(1, 6))
        into[name] = members
        self.vocabulary.enums[f"{self.module}.{name}"] = members
        self.used.add("enum")
        return f"{self.module}.{name}"

    def _fields(self) -> Fields:
        return Fields(self.chance, self.view.named(), self.used)

    def _alias(self, into: dict[str, Any]) -> None:
        name = self.types.take(TYPES)
        drawn = self._fields().draw(name, defaults=False)
        if drawn.type.kind in ("enum", "value", "ref"):
            return
        self.used.add("named type")
        into[name] = replace(drawn, summary=self.summary()).written
        qualified = f"{self.module}.{name}"
        kind = replace(drawn.type.base, alias=qualified)
        self.vocabulary.aliases[qualified] = Field(name, name, kind)

    def _value_object(self, into: dict[str, Any]) -> None:
        name = self.types.take(TYPES)
        qualified = f"{self.module}.{name}"
        words = Supply(self.chance)
        fields = []
        for _ in range(self.chance.randint(1, 4)):
            drawn = self._fields().draw(words.take(FIELDS))
            if self.chance.random() < 0.2:
                drawn = drawn.maybe
            fields.append(replace(drawn, summary=self.summary()))
        shape: dict[str, Any] = {"fields": written(fields)}
        types = {each.name: each.type.base for each in fields}
        computed: dict[str, str] = {}
        for _ in range(self.chance.choice([0, 0, 1, 2])):
            kind = self.chance.choice([*SORTS, *types.values()])
            speech = Speech(self.chance, self.view, dict(types))
            said = speech.expression(kind.required, wanted=False)
            if said is None:
                continue
            key = words.take(FIELDS)
            computed[key], types[key] = said[0], said[1].type
            self.used.add("computed")
        if computed:
            shape["computed"] = computed
        if rules := self._rules(fields):
            shape["rules"] = rules
            self.used.add("value rule")
        if summary := self.summary():
            shape["summary"] = summary
        into[name] = shape
        self.vocabulary.values[qualified] = fields
        self.vocabulary.computed[qualified] = {key: types[key] for key in computed}
        self.used.add("value object")

    def _rules(self, fields: list[Field]) -> list[dict[str, str]]:
        """Rules that the examples of the fields keep."""
        rules = []
        dates = [each.name for each in fields if each.text == "date" and each.required]
        if len(dates) > 1 and self.chance.random() < 0.8:
            rules.append({"require": f"{dates[1]} > {dates[0]}"})
        if self.chance.random() < 0.3:
            return rules
        for each in fields:
            if each.text.startswith(("int", "decimal")) and each.required:
                message = f"{each.name} is {{{each.name}}}, not {{{{more}}}}."
                rules.append({"require": f"{each.name} >= 0", "message": message})
        return rules

    def summary(self) -> str:
        """Often nothing; else a prose that code could stumble over."""
        return self.chance.choice(PROSE) if self.chance.random() < 0.15 else ""
