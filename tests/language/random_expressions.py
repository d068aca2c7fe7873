"""Draws expressions of every kind, most of which the language accepts."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from generator.types import (
    BOOL,
    DATE,
    DATETIME,
    DECIMAL,
    DURATION,
    FLOAT,
    INT,
    STR,
    UUID,
    Type,
    list_of,
)
from tests.language.world import (
    COMPUTED,
    ENUMS,
    FIELDS,
    GUEST,
    LEVEL,
    LINE,
    ROOM,
    STATE,
    STATUS,
    STAY,
    VALUES,
)

SORTS = (BOOL, INT, DECIMAL, FLOAT, STR, DATE, DATETIME, DURATION)
OTHERS = (STATUS, LEVEL, STAY, LINE, GUEST, ROOM, UUID)
ORDERED = (INT, DECIMAL, FLOAT, STR, DATE, DATETIME, DURATION)
LISTS = tuple(list_of(each) for each in (INT, DECIMAL, STR, DATE, STATUS, LINE))
ANY = (*SORTS, *OTHERS, *LISTS)
Way = Callable[[Type, int], str]
LITERALS: Mapping[str, tuple[str, ...]] = {
    "bool": ("true", "False"),
    "int": ("0", "1", "2", "-3", "10_000"),
    "decimal": ("0.8", "2.50", "-1.5", "3"),
    "float": ("0.5", "2", "-1.25"),
    "str": ("'Ada'", '"it\'s"', "''", "'a\\n\"b'"),
    "date": ("today",),
    "datetime": ("now",),
    "duration": ("days(2)", "hours(36)", "minutes(30)", "seconds(90)"),
    "uuid": ("new_id()",),
}


@dataclass(frozen=True)
class Names:
    """What expressions may name: paths with their types, enums and value objects.

    `lists` are the types over which a loop may run, `compared` those of which two are
    compared.
    """

    paths: Sequence[tuple[str, Type]]
    enums: Mapping[str, Sequence[str]]
    values: Mapping[str, Mapping[str, Type]]
    computed: Mapping[str, Mapping[str, Type]]
    lists: Sequence[Type]
    compared: Sequence[Type]

    def shown(self, type: Type) -> str:
        """An enum or value object as an expression names it."""
        return str(type)


HOTEL = Names(
    paths=[
        *FIELDS.items(),
        *((f"state.{name}", each) for name, each in STATE.items()),
        ("event.at", DATETIME),
        ("event.version", INT),
    ],
    enums=ENUMS,
    values=VALUES,
    computed=COMPUTED,
    lists=LISTS,
    compared=ANY,
)


class Unwritable(Exception):
    """There is nothing of a type to write about."""


class Writer:
    """Writes one expression after the other, each of a type, no deeper than asked."""

    def __init__(self, chance: random.Random, names: Names = HOTEL) -> None:
        self.chance = chance
        self.names = names
        self.loops: list[tuple[str, Type]] = []
        self.count = 0

    def expression(self, type: Type, depth: int) -> str:
        """The source of an expression of this type."""
        if type.optional:
            return self._optional(type, depth)
        if depth <= 0:
            return self._leaf(type)
        ways: list[Way] = [self._leaf, self._conditional]
        if type.kind in ("int", "decimal", "float"):
            ways += [self._arithmetic, self._arithmetic, self._function]
        ways += {
            "bool": [self._comparison] * 3 + [self._logic] * 3 + [self._quantified],
            "str": [self._text],
            "date": [self._moved],
            "datetime": [self._moved],
            "duration": [self._span],
            "value": [self._constructed],
            "list": [self._listed] * 2,
        }.get(type.kind, [])
        return self.chance.choice(ways)(type, depth - 1)

    def _leaf(self, type: Type, depth: int = 0) -> str:
        paths = self._paths(type)
        if paths and self.chance.random() < 0.75:
            return self.chance.choice(paths)
        if type.kind == "enum":
            member = self.chance.choice(self.names.enums[type.name])
            shown = self.names.shown(type)
            return f"{shown}.{member}" if self.chance.random() < 0.5 else member
        if type.kind in LITERALS and type.kind != "bool":
            return self.chance.choice(LITERALS[type.kind])
        return self.chance.choice(paths) if paths else self._plain(type)

    def _plain(self, type: Type) -> str:
        if type.kind == "list":
            return f"[{self._leaf(type.element)}]"
        if type.kind == "value":
            return self._constructed(type, 0)
        return self._one_of(LITERALS.get(type.kind, ()))

    def _any_list(self) -> Type:
        return self.chance.choice(self.names.lists or (list_of(INT),))

    def _one_of(self, many: Sequence[str]) -> str:
        if not many:
            raise Unwritable
        return self.chance.choice(many)

    def _paths(self, type: Type) -> list[str]:
        """The names of values of this type, optional ones only if it is optional."""
        roots = [*self.names.paths, *self.loops]
        found = [path for path, each in roots if each == type]
        for path, each in roots:
            if each.kind == "value" and not each.optional:
                computed = self.names.computed.get(each.name, {})
                fields = {**self.names.values[each.name], **computed}
                found += [f"{path}.{name}" for name, t in fields.items() if t == type]
        return [path for path in found if path != "password"]

    def _optional(self, type: Type, depth: int) -> str:
        paths = self._paths(type)
        if paths and self.chance.random() < 0.6:
            return self.chance.choice(paths)
        value = self.expression(type.required, depth - 1)
        return f"({value} if {self.expression(BOOL, depth - 1)} else None)"

    def _conditional(self, type: Type, depth: int) -> str:
        test = self.expression(BOOL, depth)
        parts = self.expression(type, depth), self.expression(type, depth)
        return f"({parts[0]} if {test} else {parts[1]})"

    def _arithmetic(self, type: Type, depth: int) -> str:
        # Of negative numbers, an int and a decimal leave different remainders.
        signs = {"int": ["//", "%"], "float": ["/", "//", "%"]}.get(type.kind, ["/"])
        sign = self.chance.choice([*"+-*+-*", *signs])
        operand = self.chance.choice([INT, type]) if type == DECIMAL else type
        left, right = self.expression(type, depth), self.expression(operand, depth)
        if self.chance.random() < 0.2:
            return f"-({left} {sign} {right})"
        return f"({left} {sign} {right})"

    def _function(self, type: Type, depth: int) -> str:
        value = self.expression(type, depth)
        ways = [f"abs({value})", f"{self.chance.choice(['min', 'max'])}({value}, 1)"]
        if type in (INT, DECIMAL):
            many = self.expression(list_of(type), depth)
            ways += [f"sum({many})", f"max({many})", f"first({many})", f"{many}[0]"]
        if type == INT:
            ways += [
                f"len({self.expression(self._any_list(), depth)})",
                f"len({self.expression(STR, depth)})",
                f"({self.expression(DATE, depth)}).year",
                f"({self.expression(DURATION, depth)}).days",
                f"round({self.expression(DECIMAL, depth)})",
            ]
        else:
            ways.append(f"round({value}, 1)")
        if type == DECIMAL:
            ways.append(f"sum({self._loop(DECIMAL, depth)})")
            ways.append(f"({self.expression(INT, depth)} / 4)")
        return self.chance.choice(ways)

    def _comparison(self, type: Type, depth: int) -> str:
        kind = self.chance.random()
        if kind < 0.15:
            path = self._one_of(
                [
                    name
                    for each in (*SORTS, *self.names.compared)
                    for name in self._paths(each.or_none)
                ]
            )
            return f"{path} is {self.chance.choice(['', 'not '])}None"
        if kind < 0.35:
            enums = [each for each in self.names.compared if each.kind == "enum"]
            one = self.chance.choice([*enums, INT, STR])
            others = ", ".join(
                self._leaf(one) for _ in range(self.chance.randint(1, 3))
            )
            sign = self.chance.choice(["in", "not in"])
            brackets = self.chance.choice(["[]", "()", "{}"])
            comma = "," if brackets == "()" else ""
            listed = f"{brackets[0]}{others}{comma}{brackets[1]}"
            value = self._one_of(self._paths(one))
            return f"{value} {sign} {listed}"
        if kind < 0.7:
            one = self.chance.choice(ORDERED)
            sign = self.chance.choice(["<", "<=", ">", ">=", "==", "!="])
            pair = self.expression(one, depth), self.expression(one, depth)
            if self.chance.random() < 0.15:
                return f"({pair[0]} < {pair[1]} <= {self.expression(one, depth)})"
            return f"({pair[0]} {sign} {pair[1]})"
        one = self.chance.choice(self.names.compared)
        sign = self.chance.choice(["==", "!="])
        left = one.or_none if self.chance.random() < 0.3 else one
        return f"({self.expression(left, depth)} {sign} {self.expression(one, depth)})"

    def _logic(self, type: Type, depth: int) -> str:
        kind = self.chance.random()
        if kind < 0.2:
            return f"not {self.expression(BOOL, depth)}"
        if kind < 0.5:
            return self._narrowing(depth)
        word = self.chance.choice(["and", "or"])
        parts = [self.expression(BOOL, depth) for _ in range(self.chance.randint(2, 3))]
        return f"({f' {word} '.join(parts)})"

    def _narrowing(self, depth: int) -> str:
        """A test for None, and a use of the value behind it."""
        enums = [each for each in self.names.compared if each.kind == "enum"]
        type = self.chance.choice([INT, DECIMAL, STR, DATE, FLOAT, *enums])
        path = self._one_of(self._paths(type.or_none))
        signs = ["==", "!="] if type.kind == "enum" else ["<", ">=", "=="]
        sign = self.chance.choice(signs)
        use = f"{path} {sign} {self.expression(type, depth)}"
        if self.chance.random() < 0.5:
            return f"({path} is not None and {use})"
        return f"({path} is None or {use})"

    def _quantified(self, type: Type, depth: int) -> str:
        word = self.chance.choice(["any", "all"])
        return f"{word}({self._loop(BOOL, depth)})"

    def _loop(self, type: Type, depth: int) -> str:
        """The inside of a comprehension that yields values of this type."""
        if self.chance.random() < 0.2 or not self.names.lists:
            many, source = list_of(INT), f"range({self.chance.randint(0, 4)})"
        else:
            many = self.chance.choice(self.names.lists)
            source = self.expression(many, 0)
        self.count += 1
        name = f"each{self.count}"
        self.loops.append((name, many.element))
        test = ""
        if self.chance.random() < 0.4:
            test = f" if {self.expression(BOOL, depth)}"
        value = self.expression(type, depth)
        self.loops.pop()
        return f"{value} for {name} in {source}{test}"

    def _text(self, type: Type, depth: int) -> str:
        value = self.expression(STR, depth)
        method = self.chance.choice(["lower", "upper", "strip"])
        joined = f"({value} + {self.expression(STR, depth)})"
        return self.chance.choice([f"({value}).{method}()", joined])

    def _moved(self, type: Type, depth: int) -> str:
        value = self.expression(type, depth)
        if type == DATE and self.chance.random() < 0.3:
            return f"({self.expression(DATETIME, depth)}).date"
        span = f"days({self.expression(INT, 0)})"
        if type == DATETIME and self.chance.random() < 0.5:
            span = self.expression(DURATION, depth)
        return f"({value} {self.chance.choice('+-')} {span})"

    def _span(self, type: Type, depth: int) -> str:
        moment = self.chance.choice([DATE, DATETIME])
        between = (
            f"({self.expression(moment, depth)} - {self.expression(moment, depth)})"
        )
        value = self.expression(DURATION, depth)
        factor = f"({value} * {self.expression(INT, 0)})"
        return self.chance.choice([between, factor, f"({value} + {value})"])

    def _constructed(self, type: Type, depth: int) -> str:
        fields = [
            f"{name}={self.expression(each, depth)}"
            for name, each in self.names.values[type.name].items()
            if not each.optional or self.chance.random() < 0.5
        ]
        return f"{self.names.shown(type)}({', '.join(fields)})"

    def _listed(self, type: Type, depth: int) -> str:
        element = type.element
        ways = [f"[{self._loop(element, depth)}]"]
        shown = [self.expression(element, depth) for _ in range(3)]
        ways.append(f"[{', '.join(shown)}]")
        if element.kind in ("int", "decimal", "str", "date"):
            many = self.expression(type, depth)
            ways += [f"sorted({many})", f"unique({many})"]
        return self.chance.choice(ways)
