"""What a scenario says, before anybody asks whether there are such things."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from generator.diagnostics import Path, Report, TextError
from generator.document import Document

LONGEST_FUNCTION = 70
ACTOR = re.compile(r"([a-z][a-z0-9_]*)\s*(?:\(\s*([^()\s]+)\s*\))?")


@dataclass(frozen=True, slots=True)
class Line:
    """An event or a command, with the fields that are written out."""

    name: str
    path: Path
    fields: Mapping[str, object] = field(default_factory=dict)
    fields_path: Path = ()


@dataclass(frozen=True, slots=True)
class Page:
    """The part of a blueprint that holds the scenarios."""

    document: Document
    report: Report

    def error(self, code: str, path: Path, message: str, hint: str = "") -> None:
        """Report a mistake in the value there."""
        self.report.error(code, self.document.span(path), message, hint)

    def key_error(self, code: str, path: Path, message: str, hint: str = "") -> None:
        """Report a mistake in the key there, or in the value without a key."""
        self.report.error(code, self.document.key_span(path), message, hint)

    def line_error(self, code: str, line: Line, message: str, hint: str = "") -> None:
        """Report a mistake in the name of an event or command."""
        tell = self.key_error if line.fields_path else self.error
        tell(code, line.path, message, hint)

    def quoted(self, path: Path) -> bool:
        """Whether the value there is written in quotes."""
        return self.document.quoted(path)

    def lines(self, data: Sequence[object], path: Path, what: str) -> list[Line]:
        """The entries of a list; those that cannot be read are reported."""
        # One stands for a list of one, and then there is no place of that number.
        listed = self.document.known((*path, 0)) == (*path, 0)
        places = [(*path, n) if listed else path for n in range(len(data))]
        read = (
            self.line(each, place, what)
            for each, place in zip(data, places, strict=True)
        )
        return [line for line in read if line is not None]

    def line(self, data: object, path: Path, what: str) -> Line | None:
        """`Name`, or `Name: {field: value}`; None after a report."""
        if isinstance(data, str):
            return Line(data, path)
        if not isinstance(data, dict) or len(data) != 1:
            message = f"{what} is expected here: Name, or Name: {{field: value}}"
            many = isinstance(data, dict | list) and len(data) > 1
            hint = f"here is more than one: {what} stands for itself" if many else ""
            self.error("B604", path, message, hint)
            return None
        ((name, fields),) = data.items()
        if not isinstance(fields, dict | None):
            message = f"the fields of {name} are a mapping: {name}: {{field: value}}"
            self.error("B604", (*path, name), message)
            return None
        return Line(name, (*path, name), fields or {}, (*path, name))


def function_name(name: str) -> str:
    """`A guest's name` becomes `test_a_guests_name`; a TextError says why it cannot."""
    folded = unicodedata.normalize("NFKD", name.casefold())
    plain = "".join(each for each in folded if not unicodedata.combining(each))
    plain = re.sub("['\u2019]", "", plain)
    if foreign := next((c for c in plain if c.isalnum() and not c.isascii()), ""):
        message = f'"{foreign}" cannot stand in the name of a test'
        raise TextError("B605", message, hint="use ASCII letters and digits")
    words = re.findall(r"[a-z0-9]+", plain)
    if not words:
        raise TextError("B605", "the name of a scenario needs letters or digits")
    function = "_".join(["test", *words])
    if len(function) > LONGEST_FUNCTION:
        message = (
            f"the name of its test would have {len(function)} characters; "
            f"{LONGEST_FUNCTION} fit on a line"
        )
        raise TextError("B605", message, hint="say it in fewer words")
    return function


def actor_parts(text: Any) -> tuple[str, str]:
    """`guest(alice)` as role and name; both empty if it is not written like that."""
    found = ACTOR.fullmatch(str(text).strip())
    return (found[1], found[2] or "") if found else ("", "")
