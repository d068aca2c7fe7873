"""What other streams tell about a row: looked-up and counted columns."""

from __future__ import annotations

from dataclasses import dataclass

from generator.model.parts import Assignment, call, pattern
from generator.model.reading import Column


@dataclass(frozen=True, slots=True)
class Source:
    """The streams of an aggregate that a read model listens to, by printed names.

    `imports` is the line that brings the names in, or empty where they are at home.
    """

    kind: str
    union: str
    events: tuple[str, ...]
    imports: str

    @property
    def event_names(self) -> str:
        """Its events, as the inside of a tuple."""
        return ", ".join(self.events) + ("," if len(self.events) == 1 else "")


@dataclass(frozen=True, slots=True)
class Change:
    """What an event of another stream changes in the columns that look it up."""

    event: str
    arguments: tuple[Assignment, ...]

    @property
    def call(self) -> str:
        """The columns that it changes."""
        return call(self.arguments)


@dataclass(frozen=True, slots=True)
class Lookup:
    """Columns from the stream whose id a row has in its column `by`."""

    name: str
    table: str
    constant: str
    function: str
    by: Column
    source: Source
    columns: tuple[Column, ...]
    changes: tuple[Change, ...]

    @property
    def ignored_pattern(self) -> str:
        """The pattern that matches events which change no column here."""
        named = {change.event for change in self.changes}
        return pattern(tuple(each for each in self.source.events if each not in named))


@dataclass(frozen=True, slots=True)
class Counted:
    """A column that takes up what events add; `how` is sum, min or max."""

    column: Column
    how: str

    @property
    def declaration(self) -> str:
        """Its line in a dataclass, with what counting starts from."""
        return self.column.declaration


@dataclass(frozen=True, slots=True)
class Addition:
    """What an event adds to the row of one key; `condition` is empty if always."""

    condition: str
    arguments: tuple[Assignment, ...]

    @property
    def call(self) -> str:
        """The key, and what is added to it."""
        return call(self.arguments)


@dataclass(frozen=True, slots=True)
class Contribution:
    """All that one event adds."""

    event: str
    additions: tuple[Addition, ...]


@dataclass(frozen=True, slots=True)
class Tally:
    """What the streams of one aggregate add to the rows of a read model."""

    name: str
    table: str
    constant: str
    function: str
    key: Column
    source: Source
    counts: tuple[Counted, ...]
    contributions: tuple[Contribution, ...]

    @property
    def ignored_pattern(self) -> str:
        """The pattern that matches events which add nothing."""
        named = {each.event for each in self.contributions}
        return pattern(tuple(each for each in self.source.events if each not in named))
