"""What became of a released table: whether it can change where it is, or not.

It can where no event that happened would put anything else into it: then what is there
is what a rebuild would give, and live, catching up and rebuilding stay the same.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from generator.compatibility import problems
from generator.lock import Column, Forms, Table
from generator.row_words import METADATA
from generator.schemas import Schema

CODES = {
    "B821": "A released table has another key, or follows another stream.",
    "B822": "Other events make or end the rows of a released table.",
    "B823": "A column of a released table is gone.",
    "B824": "A column of a released table has another type.",
    "B825": "Events that were released fill a column in another way.",
    "B826": "Events that were released fill a new column.",
}

_QUOTED = re.compile(r"'((?:[^']|'')*)'")
_FIELD = re.compile(r"event\.(\w+)(?: where \1 = (.*))?")


@dataclass(frozen=True, slots=True)
class Reason:
    """Why a table has to be filled anew; `column` is empty where all of it must be."""

    code: str
    said: str
    column: str = ""


@dataclass(frozen=True, slots=True)
class Changes:
    """What became of a table; nothing of it can be done in place if there are reasons.

    `added`, `relaxed` and `widened` are columns that are new, may be empty now, or
    know more members; `indexed` and `unindexed` are names of indexes.
    """

    reasons: tuple[Reason, ...] = ()
    added: tuple[str, ...] = ()
    relaxed: tuple[str, ...] = ()
    widened: tuple[str, ...] = ()
    indexed: tuple[str, ...] = ()
    unindexed: tuple[str, ...] = ()

    @property
    def in_place(self) -> bool:
        """Whether the table has to change, and can."""
        return not self.reasons and any(
            (self.added, self.relaxed, self.widened, self.indexed, self.unindexed)
        )


def changes(before: Table, now: Table, forms: Mapping[str, Forms]) -> Changes:
    """What became of a table; `forms` are those of all events that were released."""
    found = _Comparison(before, now, forms)
    common = [name for name in now.columns if name in before.columns]
    old, new = before.columns, now.columns
    return Changes(
        reasons=tuple(found.reasons()),
        added=tuple(name for name in new if name not in old),
        relaxed=tuple(
            name for name in common if new[name].nullable and not old[name].nullable
        ),
        widened=tuple(
            name for name in common if _members(old[name]) != _members(new[name])
        ),
        indexed=tuple(
            name
            for name, columns in now.indexes.items()
            if columns not in before.indexes.values()
        ),
        unindexed=tuple(
            name
            for name, columns in before.indexes.items()
            if columns not in now.indexes.values()
        ),
    )


class _Comparison:
    def __init__(self, before: Table, now: Table, forms: Mapping[str, Forms]) -> None:
        self._before = before
        self._now = now
        self._forms = forms

    def reasons(self) -> Iterator[Reason]:
        """Everything for which the rows have to be made anew."""
        before, now = self._before, self._now
        if (before.key, before.stream) != (now.key, now.stream):
            yield Reason("B821", "its key, or the stream that it follows, is another")
            return
        for event in self._differing(before.rows, now.rows):
            yield Reason("B822", f"{_bare(event)} makes or ends other rows")
        for name in before.columns:
            if name not in now.columns:
                yield Reason("B823", f'"{name}" is gone from the table', name)
        for name, column in now.columns.items():
            if name in before.columns:
                yield from self._changed(name, before.columns[name], column)
            else:
                yield from self._new(name, column)

    def _changed(self, name: str, before: Column, now: Column) -> Iterator[Reason]:
        if before.type != now.type:
            yield Reason("B824", f'"{name}" was {before.of}, and is {now.of}', name)
            return
        stored, read = self._before.holds, self._now.holds
        found = problems(
            Schema({name: stored.fields[name]}, stored.values, stored.enums),
            Schema({name: read.fields[name]}, read.values, read.enums),
        )
        for problem in found:
            yield Reason("B824", str(problem), name)
        for event in self._differing(before.filled, now.filled):
            said = f'{_bare(event)} fills "{name}" in another way'
            yield Reason("B825", said, name)
        if before.default != now.default:
            yield Reason("B825", f'"{name}" begins with another value', name)

    def _new(self, name: str, column: Column) -> Iterator[Reason]:
        if not column.nullable and not column.default:
            yield Reason("B826", f'"{name}" is new, and every row needs one', name)
            return
        for event, filled in column.filled.items():
            if event in self._forms and not self._unsaid(event, filled, column):
                yield Reason(
                    "B826", f'{_bare(event)} fills "{name}", a new column', name
                )

    def _unsaid(self, event: str, said: str, column: Column) -> bool:
        """Whether no record says it, so that all are read as what a new column has."""
        found = _FIELD.fullmatch(said)
        # What is no field, every record has had: when it happened, and by whom.
        if said in METADATA or found is None or (found[2] or "") != column.default:
            return False
        forms = self._forms[event].values()
        return all(found[1] not in form.fields for form in forms)

    def _differing(
        self, before: Mapping[str, str], now: Mapping[str, str]
    ) -> Iterator[str]:
        """The released events of which another thing is said."""
        for event in sorted(before.keys() | now.keys()):
            if event in self._forms and before.get(event) != now.get(event):
                yield event


def _members(column: Column) -> frozenset[str]:
    return frozenset(_QUOTED.findall(column.check))


def _bare(qualified: str) -> str:
    return qualified.partition(".")[2]
