"""YAML as plain data, with the place of every value and key."""

from __future__ import annotations

import os
import re
import stat
from dataclasses import dataclass, field
from pathlib import PurePath
from typing import Any

from generator.diagnostics import Path, Report, Span
from generator.sources import LINE_END, LOCKS, MAX_BYTES
from generator.yaml_reader import YamlReader

CODES = {
    "B002": "A file cannot be read as a text.",
    "B003": "A blueprint holds a character that cannot be seen or that misleads.",
    "B009": "A file is larger or nested deeper than any blueprint needs.",
}

MAX_INVISIBLE = 10
CONFLICT = re.compile(r"^<{7} ", re.MULTILINE)
FORBIDDEN = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069"
    "\ud800-\udfff\ufeff\ufffd-\uffff]"
)


@dataclass(slots=True)
class Document:
    """A YAML file: `data` of dict, list, str and None, and where all of it stands.

    Every scalar is its source text: only the type that is wanted can say what it means.
    """

    file: str
    text: str
    data: Any = None
    _values: dict[Path, Span] = field(default_factory=dict, repr=False)
    _keys: dict[Path, Span] = field(default_factory=dict, repr=False)
    _quoted: set[Path] = field(default_factory=set, repr=False)
    _exact: dict[Path, int] = field(default_factory=dict, repr=False)

    @property
    def lines(self) -> list[str]:
        return LINE_END.split(self.text)

    def span(self, path: Path) -> Span:
        """The place of a value, or of its nearest ancestor."""
        return self._values.get(self._nearest(path), Span(self.file, 1, 1))

    def key_span(self, path: Path) -> Span:
        """The place of the key that leads to a value; of the value if it has none."""
        return self._keys.get(path) or self.span(path)

    def quoted(self, path: Path) -> bool:
        """Whether a scalar is written in quotes or as a block of text."""
        return path in self._quoted

    def inside(self, path: Path, offset: int) -> Span:
        """The place of a character of a scalar; its start where that is unclear."""
        span = self.span(path)
        if path not in self._exact:
            return span
        column = self._exact[path] + offset
        return Span(span.file, span.line, column, column + 1)

    def put(
        self, path: Path, span: Span, column: int = 0, quoted: bool = False
    ) -> None:
        """Note where a value stands, and a scalar's first column if it is exact."""
        self._values[path] = span
        if column:
            self._exact[path] = column
        if quoted:
            self._quoted.add(path)

    def put_key(self, path: Path, span: Span) -> Span | None:
        """Note where a key stands; where it stood before, if this is the second."""
        before = self._keys.get(path)
        if before is None:
            self._keys[path] = span
        return before

    def known(self, path: Path) -> Path:
        """The steps of a path that lead to a value, without those that lead nowhere."""
        found: Path = ()
        for step in path:
            if (*found, step) in self._values:
                found = (*found, step)
        return found

    def _nearest(self, path: Path) -> Path:
        while path and path not in self._values:
            path = path[:-1]
        return path


def read(path: str | os.PathLike[str], display_name: str, report: Report) -> Document:
    """The document in a file of the disk; an empty one, reported, if it has no text."""
    empty = Document(display_name, "")
    place = Span(display_name, 1, 1)
    try:
        status = os.stat(path)
        if not stat.S_ISREG(status.st_mode):
            report.error("B002", place, "this is not a file")
            return empty
        if status.st_size > MAX_BYTES:
            report.error("B009", place, _too_large(status.st_size))
            return empty
        with open(path, "rb") as file:
            content = file.read(MAX_BYTES + 1)
        text = content.decode("utf-8")
    except OSError as error:
        report.error("B002", place, f"cannot be read: {error.strerror}")
        return empty
    except UnicodeDecodeError as error:
        before = LINE_END.split(error.object[: error.start].decode("utf-8"))
        place = Span(display_name, len(before), len(before[-1]) + 1)
        report.error("B002", place, "this byte is not UTF-8", "save the file as UTF-8")
        return empty
    return load(text, display_name, report)


def load(text: str, file: str, report: Report) -> Document:
    """The document in a text; every mistake goes to the report, none is raised."""
    document = Document(file, text.removeprefix("\ufeff"))
    size = len(text.encode("utf-8", "surrogatepass"))
    if size > MAX_BYTES:
        report.error("B009", Span(file, 1, 1), _too_large(size))
    elif not (
        _report_invisible(document, report) or _report_conflict(document, report)
    ):
        YamlReader(document, report).read()
    return document


def _report_conflict(document: Document, report: Report) -> bool:
    """Whether git left a conflict in the text: only a person knows what is meant."""
    marker = CONFLICT.search(document.text)
    if marker:
        line = document.text.count("\n", 0, marker.start()) + 1
        place = Span(document.file, line, 1, 8)
        report.error("B001", place, "git left a conflict here", _way_out(document.file))
    return marker is not None


def _way_out(file: str) -> str:
    if LOCKS in PurePath(file).parent.as_posix():
        # Forms and digests of two releases make no third one, row by row.
        return (
            f"take one side whole, with `git checkout --ours {file}`, then"
            " `scaffold sync`; the next `scaffold release` adds what both sides are"
        )
    return "choose what holds, and remove the rows with <<<<<<<, ======= and >>>>>>>"


def plain(text: str | None, file: str = "") -> Document:
    """A document that is one scalar, as if written without quotes."""
    span = Span(file, 1, 1, len(text or "") + 1)
    return Document(file, text or "", text, {(): span}, {}, set(), {(): 1})


def _too_large(size: int) -> str:
    return f"a blueprint file has at most {MAX_BYTES:,} bytes, this has {size:,}"


def _report_invisible(document: Document, report: Report) -> bool:
    found = list(FORBIDDEN.finditer(document.text))
    for match in found[:MAX_INVISIBLE]:
        before = LINE_END.split(document.text[: match.start()])
        column = len(before[-1]) + 1
        report.error(
            "B003",
            Span(document.file, len(before), column, column + 1),
            f"the character U+{ord(match.group()):04X} is not allowed",
            "it cannot be seen, or is not what it seems; delete it and save as UTF-8",
        )
    return bool(found)
