"""Whether a reader of today understands what was stored: one schema beside another.

The reader is the decoder of the service. It takes fields by name, ignores those it does
not know, fills in what may be missing, and reads values by their type alone.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from generator.schemas import Schema

# What the decoder reads as a type besides that type itself.
ALSO_READ: Mapping[str, frozenset[str]] = {
    "decimal": frozenset({"int"}),
    "float": frozenset({"int"}),
    "email": frozenset({"str", "url"}),
    "url": frozenset({"str", "email"}),
    "str": frozenset(
        {"date", "datetime", "decimal", "duration", "email", "url", "uuid"}
    ),
}


@dataclass(frozen=True, slots=True)
class Problem:
    """Why a field cannot be read: its path, and what is the matter with it."""

    path: tuple[str, ...]
    said: str
    of_enum: bool = False

    @property
    def is_inside(self) -> bool:
        """Whether it lies in a value object or enum, which others may use too."""
        return self.of_enum or len(self.path) > 1

    def __str__(self) -> str:
        return f'"{".".join(self.path)}" {self.said}'


def problems(stored: Schema, reader: Schema) -> Iterator[Problem]:
    """All that keeps a reader of one schema from reading records of another."""
    yield from _Comparison(stored, reader).fields(stored.fields, reader.fields, ())


@dataclass(frozen=True, slots=True)
class _Comparison:
    stored: Schema
    reader: Schema

    def fields(
        self,
        before: Mapping[str, str],
        after: Mapping[str, str],
        path: tuple[str, ...],
    ) -> Iterator[Problem]:
        for name, text in after.items():
            wanted, default, _ = text.partition(" = ")
            if name in before:
                had = before[name].partition(" = ")[0]
                yield from self.types(had, wanted, (*path, name))
            elif not default and not wanted.endswith("?"):
                yield Problem((*path, name), "was not there")

    def types(self, had: str, wanted: str, path: tuple[str, ...]) -> Iterator[Problem]:
        if had.endswith("?") and not wanted.endswith("?") and wanted != "json":
            yield Problem(path, "could be missing")
            return
        before, after = had.removesuffix("?"), wanted.removesuffix("?")
        around = before.partition("(")[0]
        if after == "json":
            return
        if before.endswith(")") and after.startswith(f"{around}("):
            inner = [each[len(around) + 1 : -1] for each in (before, after)]
            yield from self.types(inner[0], inner[1], path)
        elif before in self.stored.values and after in self.reader.values:
            values = self.stored.values[before], self.reader.values[after]
            yield from self.fields(*values, path)
        elif before in self.stored.enums and after in self.reader.enums:
            known = self.reader.enums[after]
            gone = [each for each in self.stored.enums[before] if each not in known]
            if gone:
                yield Problem(path, f"could be {' or '.join(gone)}", of_enum=True)
        elif before in self.stored.enums and after == "str":
            return
        elif before != after and before not in ALSO_READ.get(after, ()):
            yield Problem(path, f"was {had}")
