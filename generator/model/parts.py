"""What every part of the model has: its place, its words, its arguments."""

from __future__ import annotations

from dataclasses import dataclass

from generator import prose
from generator.diagnostics import Path


class Described:
    """A part that explains itself: `doc` is its summary as a docstring literal."""

    __slots__ = ()
    summary: str

    @property
    def doc(self) -> str:
        """The summary, printed for a class or function body."""
        return prose.docstring(self.summary)


def call(arguments: tuple[Assignment, ...]) -> str:
    """The arguments of a call."""
    return ", ".join(str(argument) for argument in arguments)


def pattern(names: tuple[str, ...]) -> str:
    """A pattern that matches any of these classes."""
    return " | ".join(f"{name}()" for name in names)


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a part stands in the blueprint: the file, and the path inside it."""

    file: str
    path: Path


@dataclass(frozen=True, slots=True)
class Assignment:
    """A printed keyword argument: `total=event.total`.

    `source` says where the value comes from, in the words of the blueprint.
    """

    name: str
    code: str
    source: str = ""

    def __str__(self) -> str:
        return f"{self.name}={self.code}"
