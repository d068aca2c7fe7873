"""What an expression can name at its place."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from generator.expressions.code import Facts
from generator.types import Shapes, Type


@dataclass(frozen=True, slots=True)
class Binding:
    """What a name of a blueprint stands for in the printed code.

    `near`: a moment of the service's own clock, never far from today.
    `kept`: what the events before this one have made, and this one may make larger.
    """

    type: Type
    code: str
    secret: bool = False
    near: bool = False
    kept: bool = False


@dataclass(frozen=True, slots=True)
class Scope:
    """What an expression can name at its place, and what is known there.

    A name may be dotted: `{"event.at": ...}` binds `at` behind `event`, nothing else.
    """

    names: Mapping[str, Binding]
    shapes: Shapes
    clock: bool = True
    partial: bool = True
    facts: Facts = field(default_factory=dict)

    def knowing(self, facts: Facts) -> Scope:
        """The same scope where these facts hold too."""
        return replace(self, facts={**self.facts, **facts})

    def binding(self, name: str, to: Binding) -> Scope:
        return replace(self, names={**self.names, name: to})
