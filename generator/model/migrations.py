"""Migrations: what the tables of a domain need that no release has brought yet."""

from __future__ import annotations

from dataclasses import dataclass

from generator import prose
from generator.model.reading import Index


@dataclass(frozen=True, slots=True)
class MadeTable:
    """A table that is made: a fold stands at a version of its stream, a tally at none.

    `note` says what it is for, or `former` and `reasons` whose place it takes and why.
    """

    name: str
    columns: tuple[str, ...]
    keys_code: str
    is_fold: bool
    indexes: tuple[Index, ...] = ()
    note: str = ""
    former: str = ""
    reasons: tuple[str, ...] = ()

    @property
    def comment(self) -> str:
        """What stands above it, as lines of SQL, or nothing."""
        parts = [self.note] if self.note else []
        if self.former:
            parts.append(
                f'It takes the place of "{self.former}", which stays for whoever '
                "still reads it; the worker fills it from the log, because "
                f"{', and '.join(self.reasons)}."
            )
        return prose.sql_comment(" ".join(parts))


@dataclass(frozen=True, slots=True)
class Alteration:
    """A table that changes where it is: no event that happened would fill it anew."""

    table: str
    clauses: tuple[str, ...] = ()
    made: tuple[Index, ...] = ()
    dropped: tuple[str, ...] = ()

    @property
    def clauses_code(self) -> str:
        """Its clauses, a line each."""
        return ",\n".join(f"    {clause}" for clause in self.clauses)


@dataclass(frozen=True, slots=True)
class Migration:
    """One file of SQL, of which nothing is released yet.

    `dropped` are tables that the last release did without already.
    """

    file: str
    is_first: bool
    tables: tuple[MadeTable, ...]
    alterations: tuple[Alteration, ...] = ()
    dropped: tuple[str, ...] = ()
