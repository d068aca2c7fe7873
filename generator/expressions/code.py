"""Typed pieces of printed Python, joined with no more parentheses than needed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from generator.types import BOOL, Type

# How tightly a piece of Python holds together; Python's own order of precedence.
TERNARY, OR, AND, NOT, COMPARE, ADD, MULTIPLY, UNARY, ATOM = range(9)
OPPOSITE = {
    "==": "!=",
    "!=": "==",
    "<": ">=",
    "<=": ">",
    ">": "<=",
    ">=": "<",
    "in": "not in",
    "not in": "in",
    "is": "is not",
    "is not": "is",
}
MIRRORED = {"==": "==", "!=": "!=", "<": ">", "<=": ">=", ">": "<", ">=": "<="}


@dataclass(frozen=True, slots=True)
class Fact:
    """What is known of a path: its narrowed type, and which members it can be."""

    type: Type
    possible: frozenset[str] | None = None


Facts = Mapping[str, Fact]


@dataclass(frozen=True, slots=True)
class Code:
    """A typed piece of Python, and what holds when it is true or false.

    `near` are the clock, and durations that are written out and no longer than ages.
    """

    type: Type
    text: str
    level: int = ATOM
    path: str = ""
    number: str = ""
    constant: bool = False
    whole_days: bool = False
    near: bool = False
    possible: frozenset[str] | None = None
    opposite: Code | None = None
    when_true: Facts = field(default_factory=dict)
    when_false: Facts = field(default_factory=dict)

    def within(self, level: int) -> str:
        """The text, in parentheses where its surroundings hold tighter."""
        return self.text if self.level >= level else f"({self.text})"

    def cast(self, type: Type) -> Code:
        return replace(self, type=type)


def call(type: Type, function: str, *arguments: str) -> Code:
    return Code(type, f"{function}({', '.join(arguments)})")


def infix(type: Type, left: Code, sign: str, right: Code, level: int) -> Code:
    """Two operands of an arithmetic operator, which joins to the left."""
    text = f"{left.within(level)} {sign} {right.within(level + 1)}"
    return Code(type, text, level, constant=left.constant and right.constant)


def comparison(left: Code, sign: str, right: Code) -> Code:
    """A comparison with its constant, if it has one, on the right."""
    if left.constant and not right.constant and sign in MIRRORED:
        left, sign, right = right, MIRRORED[sign], left
    texts = left.within(ADD), right.within(ADD)
    # What is not less than a float need not be greater or equal: it may be no number.
    exact = "float" not in (left.type.kind, right.type.kind)
    opposite = None
    if exact or sign not in ("<", "<=", ">", ">="):
        opposite = Code(BOOL, f" {OPPOSITE[sign]} ".join(texts), COMPARE)
    return Code(BOOL, f" {sign} ".join(texts), COMPARE, opposite=opposite)


def chain(operands: Sequence[Code], signs: Sequence[str]) -> Code:
    """`a < b <= c`, as Python writes it too."""
    text = operands[0].within(ADD)
    for sign, operand in zip(signs, operands[1:], strict=True):
        text += f" {sign} {operand.within(ADD)}"
    return Code(BOOL, text, COMPARE)


def negation(code: Code) -> Code:
    """What is true when `code` is false, as a person would write it."""
    opposite = code.opposite or Code(BOOL, f"not {code.within(NOT)}", NOT)
    return replace(
        opposite, opposite=code, when_true=code.when_false, when_false=code.when_true
    )


def conditional(type: Type, test: Code, body: Code, otherwise: Code) -> Code:
    text = f"{body.within(OR)} if {test.within(OR)} else {otherwise.text}"
    return Code(type, text, TERNARY)


def conjunction(operands: Sequence[Code]) -> Code:
    return Code(
        BOOL,
        " and ".join(each.within(AND) for each in operands),
        AND,
        when_true=_both(each.when_true for each in operands),
        when_false=_either([each.when_false for each in operands]),
    )


def disjunction(operands: Sequence[Code]) -> Code:
    return Code(
        BOOL,
        # An `and` stands in parentheses, as the project's own lint wants it.
        " or ".join(each.within(NOT if each.level == AND else OR) for each in operands),
        OR,
        when_true=_either([each.when_true for each in operands]),
        when_false=_both(each.when_false for each in operands),
    )


def _both(facts: Iterable[Facts]) -> Facts:
    merged: dict[str, Fact] = {}
    for each in facts:
        merged.update(each)
    return merged


def _either(facts: Sequence[Facts]) -> Facts:
    """What holds whichever operand decided: what all of them say of one path."""
    common = set.intersection(*(set(each) for each in facts))
    return {path: _joined([each[path] for each in facts]) for path in sorted(common)}


def _joined(facts: Sequence[Fact]) -> Fact:
    sets = [each.possible for each in facts if each.possible is not None]
    possible = frozenset().union(*sets) if len(sets) == len(facts) else None
    optional = any(each.type.optional for each in facts)
    return Fact(replace(facts[0].type, optional=optional), possible)
