"""Reads the contract back from code: what its classes hold, beside what was generated.

Methods, docstrings, imports, helpers and constants of one's own are no part of it. The
fields of events, commands, values and rows are, and so are the members of enums.
"""

from __future__ import annotations

import ast
import contextlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import PurePosixPath
from typing import Literal

from generator.changes import Change
from generator.kinds import Kind, kind_of
from generator.merge import Conflict
from generator.project import Project

BOM = "\ufeff"
ENUM = "StrEnum"
TO_SETTLE = "`scaffold check` says what to do"
HELD = Literal["more", "less", "other"]


@dataclass(frozen=True, slots=True)
class Member:
    """A field with its annotation and default, or a member of an enum with its word."""

    line: int
    annotation: str = ""
    default: str = ""

    def __str__(self) -> str:
        parts = [f": {self.annotation}" if self.annotation else ""]
        parts.append(f" = {self.default}" if self.default else "")
        return "".join(parts)

    def says(self, other: Member, more: bool = False) -> bool:
        """Whether both say the same, wherever they stand; or `more`, with a default."""
        if more and not other.default:
            return self.annotation == other.annotation
        return str(self) == str(other)


@dataclass(frozen=True, slots=True)
class Declared:
    """A class of the contract: its bases and its members."""

    line: int
    bases: tuple[str, ...]
    members: Mapping[str, Member]


@dataclass(frozen=True, slots=True)
class Difference:
    """Where code holds more, less or something else than what was generated.

    `member` is empty where it is about the whole class.
    """

    line: int
    held: HELD
    owner: str
    member: str = ""
    was: Member | None = None
    now: Member | None = None

    def __str__(self) -> str:
        if not self.member:
            verb = "is not in" if self.held == "more" else "is missing, and in"
            return f"{self.owner} {verb} the blueprint"
        was, now = f"`{self.member}{self.was}`", f"`{self.member}{self.now}`"
        match self.held:
            case "more":
                return f"{self.owner} has {now}, which the blueprint does not know"
            case "less":
                return f"{self.owner} lacks {was}, which the blueprint says"
            case "other":
                return f"{self.owner} says {now}, and the blueprint {was}"


Found = tuple[PurePosixPath, Difference]


def differing(project: Project) -> list[Found]:
    """Where the code of a project holds another contract than was generated."""
    found: list[Found] = []
    for path, base in project.base.items():
        if not _is_contract(path):
            continue
        content = project.read(path)
        if content is None or content == base.encode():
            continue
        # What does not parse is for others to say.
        with contextlib.suppress(SyntaxError, ValueError):
            text = content.decode()
            found += [(path, each) for each in differences(base, text, _has_rows(path))]
    return found


def unadopted(
    changes: Sequence[Change], new: Mapping[PurePosixPath, str]
) -> list[Change]:
    """The changes, and what is left to be settled where a file holds another contract.

    Such is what somebody wrote into an event, and an event that is no longer in the
    blueprint and stays because somebody wrote into it.
    """
    found = []
    for change in changes:
        held = tuple(_held(change, new.get(change.path)))
        found.append(replace(change, conflicts=held, quiet=False) if held else change)
    return found


def to_settle(difference: Difference) -> str:
    """How a run says that it leaves this to a person."""
    return f"{difference}; {TO_SETTLE}"


def _held(change: Change, new: str | None) -> Iterator[Conflict]:
    content = change.after
    if new is None or content is None or not change.is_settled:
        return
    if _is_contract(change.path):
        with contextlib.suppress(SyntaxError, ValueError):
            rows = _has_rows(change.path)
            for each in differences(new, content.decode(), rows):
                yield Conflict(each.line, "", to_settle(each))


def _is_contract(path: PurePosixPath) -> bool:
    return kind_of(str(path)) is Kind.CONTRACT and path.suffix == ".py"


def _has_rows(path: PurePosixPath) -> bool:
    return path.name == "read_models.py"


def differences(base: str, yours: str, rows: bool = False) -> Iterator[Difference]:
    """What the contract in a file says otherwise than it was generated to say.

    A text that does not parse has no contract to be read. Its classes may be `rows`:
    how one is made by hand is nobody else's business, and a default of yours is yours.
    """
    generated, written = declared(base), declared(yours)
    roots = {name for each in generated.values() for name in each.bases}
    for name, before in generated.items():
        after = written.get(name)
        if after is None:
            yield Difference(1, "less", name)
        else:
            yield from _members(name, before, after, rows)
    for name in written.keys() - generated.keys():
        if roots.intersection(written[name].bases):
            yield Difference(written[name].line, "more", name)


def declared(text: str) -> dict[str, Declared]:
    """The classes of a module, by name."""
    tree = ast.parse(text.removeprefix(BOM))
    return {
        node.name: Declared(
            node.lineno,
            tuple(ast.unparse(base) for base in node.bases),
            dict(_declared(node)),
        )
        for node in tree.body
        if isinstance(node, ast.ClassDef)
    }


def _declared(node: ast.ClassDef) -> Iterator[tuple[str, Member]]:
    words = any(isinstance(base, ast.Name) and base.id == ENUM for base in node.bases)
    for each in node.body:
        match each:
            case ast.AnnAssign(target=ast.Name(id=name), value=value):
                default = ast.unparse(value) if value else ""
                yield name, Member(each.lineno, ast.unparse(each.annotation), default)
            case ast.Assign(targets=[ast.Name(id=name)], value=value) if words:
                yield name, Member(each.lineno, default=ast.unparse(value))


def _members(
    owner: str, before: Declared, after: Declared, rows: bool
) -> Iterator[Difference]:
    for name, was in before.members.items():
        now = after.members.get(name)
        if now is None:
            yield Difference(after.line, "less", owner, name, was)
        elif not now.says(was, more=rows):
            yield Difference(now.line, "other", owner, name, was, now)
    for name, now in after.members.items():
        if name not in before.members:
            yield Difference(now.line, "more", owner, name, None, now)
