"""What a merge comes to: a text, what in it is to be settled, and what to look at."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Conflict:
    """A row at which a person must choose; `place` is the piece of code around it.

    `rows` show what is to be done there, where the text itself does not.
    """

    line: int
    place: str
    reason: str
    rows: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Note:
    """Something worth a look; a suspect is likely wrong although nothing clashed.

    A change that is `untaken` was left out, for what it changes is not there any more.
    A `line` of 0 is none in particular.
    """

    place: str
    text: str
    suspect: bool = False
    untaken: bool = False
    line: int = 0


@dataclass(frozen=True, slots=True)
class Merged:
    """The merged text.

    `beside` is what was generated, where it could not be merged at all: then `text` is
    yours, untouched, and the one conflict says why.
    """

    text: str
    conflicts: tuple[Conflict, ...] = ()
    notes: tuple[Note, ...] = ()
    beside: str | None = None


@dataclass(frozen=True, slots=True)
class Draft:
    """Merged text on its way, its conflicts still only marked in it."""

    text: str
    notes: tuple[Note, ...] = ()

    def __add__(self, other: Draft) -> Draft:
        return Draft(self.text + other.text, self.notes + other.notes)


def joined(drafts: list[Draft]) -> Draft:
    """All texts and notes, one after the other."""
    return Draft(
        "".join(draft.text for draft in drafts),
        tuple(note for draft in drafts for note in draft.notes),
    )


class Clash(Exception):
    """Both sides changed a thing that this way of merging cannot divide further."""
