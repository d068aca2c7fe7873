"""YAML as plain data, with the place of every value and key."""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import PurePath
from typing import Any

import yaml

from generator.diagnostics import Path, Report, Span
from generator.sources import LINE_END, LOCKS, MAX_BYTES

CODES = {
    "B001": "The text is not YAML.",
    "B002": "A file cannot be read as a text.",
    "B003": "A blueprint holds a character that cannot be seen or that misleads.",
    "B004": "YAML anchors and aliases are not allowed.",
    "B005": "YAML tags are not allowed.",
    "B006": "A key stands twice in one mapping.",
    "B007": "A key is not a word.",
    "B008": "A file holds more than one YAML document.",
    "B009": "A file is larger or nested deeper than any blueprint needs.",
}

MAX_DEPTH = 64
MAX_NODES = 200_000
MAX_INVISIBLE = 10
HINTS = {
    "did not find expected key": "quote the whole value, or check the indentation",
    "cannot start any token": "quote the value",
    "mapping values are not allowed": "quote a value that holds a colon and a space",
    "expected '-' indicator": "a list has a dash at each part, a mapping at none",
    "escape": "use single quotes for a text with backslashes",
}
COLON = re.compile("mapping values are not allowed|could not find expected ':'")
TIGHT = re.compile(r"\s*(?:- )?\w+:[^ \t]")
NULL = frozenset({"", "~", "null", "Null", "NULL"})
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
        _Reader(document, report).read()
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


def _too_deep() -> str:
    return f"nested deeper than {MAX_DEPTH} levels"


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


class _Stop(Exception):
    """Reading on would make no sense; what is wrong has been reported."""


class _Open:
    """A mapping or list that is being read."""

    def __init__(self, path: Path, data: dict[str, Any] | list[Any]) -> None:
        self.path = path
        self.data = data
        self.key: str | None = None
        self.ignored = False

    @property
    def wants_key(self) -> bool:
        return isinstance(self.data, dict) and self.key is None and not self.ignored


class _Reader:
    """Builds a document out of libyaml's events, without recursion."""

    def __init__(self, document: Document, report: Report) -> None:
        self.document = document
        self.report = report
        self.stack: list[_Open] = []
        self.flows: list[Any] = []
        self.nodes = 0
        self.documents = 0
        self.skipping = 0

    def read(self) -> None:
        try:
            for event in _events(self.document.text):
                self._take(event)
        except _Stop:
            if self.documents == 1:
                self.document.data = None
        except yaml.MarkedYAMLError as error:
            self.document.data = None
            self._report_syntax(error)
        except yaml.YAMLError as error:
            self.document.data = None
            self.report.error("B001", Span(self.document.file, 1, 1), str(error))

    def _take(self, event: Any) -> None:
        match event:
            case yaml.DocumentStartEvent():
                self.documents += 1
                if self.documents > 1:
                    hint = "give every domain a file of its own"
                    self._error("B008", event, "a file is one YAML document", hint)
                    raise _Stop
            case yaml.AliasEvent():
                self._error(
                    "B004", event, "YAML aliases are not allowed", "write it out"
                )
                self._scalar(event, None)
            case yaml.ScalarEvent():
                self._check_node(event)
                text = event.value
                self._scalar(event, None if not event.style and text in NULL else text)
            case yaml.MappingStartEvent():
                self._check_node(event)
                self._open(event, {})
            case yaml.SequenceStartEvent():
                self._check_node(event)
                self._open(event, [])
            case yaml.MappingEndEvent() | yaml.SequenceEndEvent():
                self._close()

    def _check_node(self, event: Any) -> None:
        self.nodes += 1
        if self.nodes > MAX_NODES:
            self._error("B009", event, f"a file holds at most {MAX_NODES:,} values")
            raise _Stop
        if event.anchor:
            hint = "delete the anchor"
            self._error("B004", event, "YAML anchors are not allowed", hint)
        if event.tag:
            self._error("B005", event, "YAML tags are not allowed")

    def _scalar(self, event: Any, value: str | None) -> None:
        if self.skipping:
            return
        if self.stack and self.stack[-1].wants_key:
            self._take_key(event, value)
            return
        path = self._place(value)
        if path is not None:
            self._locate(path, event, value)

    def _open(self, event: Any, data: dict[str, Any] | list[Any]) -> None:
        self.flows.append(event if event.flow_style else None)
        if len(self.flows) > MAX_DEPTH:
            self._error("B009", event, _too_deep())
            raise _Stop
        if self.skipping:
            self.skipping += 1
            return
        if self.stack and self.stack[-1].wants_key:
            self._error("B007", event, "a key is a word, not a list or mapping")
            self.stack[-1].ignored = True
            self.skipping = 1
            return
        path = self._place(data)
        if path is None:
            self.skipping = 1
            return
        mark = event.start_mark
        self.document._values[path] = self._span(mark, mark.column + 2)
        self.stack.append(_Open(path, data))

    def _close(self) -> None:
        self.flows.pop()
        if not self.skipping:
            self.stack.pop()
            return
        self.skipping -= 1

    def _take_key(self, event: Any, key: str | None) -> None:
        mapping = self.stack[-1]
        span = self._event_span(event)
        if key is None:
            if not isinstance(event, yaml.AliasEvent):
                self._error("B007", event, "a key is missing here")
            mapping.ignored = True
            return
        path = (*mapping.path, key)
        if path in self.document._keys:
            self.report.error(
                "B006",
                span,
                f'the key "{key}" stands twice',
                also=[(self.document._keys[path], "it stands here first")],
            )
            mapping.ignored = True
            return
        self.document._keys[path] = span
        mapping.key = key

    def _place(self, value: Any) -> Path | None:
        """Put a value where it belongs; None if its key was refused."""
        if not self.stack:
            self.document.data = value
            return ()
        parent = self.stack[-1]
        if isinstance(parent.data, list):
            parent.data.append(value)
            return (*parent.path, len(parent.data) - 1)
        if parent.ignored or parent.key is None:
            parent.ignored = False
            return None
        key, parent.key = parent.key, None
        parent.data[key] = value
        return (*parent.path, key)

    def _locate(self, path: Path, event: Any, value: str | None) -> None:
        self.document._values[path] = self._event_span(event)
        if value is None:
            return
        margin = 1 if event.style in ("'", '"') else 0
        if event.style:
            self.document._quoted.add(path)
        start, end = event.start_mark, event.end_mark
        written = self.document.text[start.index + margin : end.index - margin]
        if written == value and start.line == end.line:
            self.document._exact[path] = start.column + 1 + margin

    def _event_span(self, event: Any) -> Span:
        start, end = event.start_mark, event.end_mark
        one_line = start.line == end.line
        return self._span(start, end.column + 1 if one_line else 0)

    def _span(self, mark: Any, end_column: int = 0) -> Span:
        return Span(self.document.file, mark.line + 1, mark.column + 1, end_column)

    def _error(self, code: str, event: Any, message: str, hint: str = "") -> None:
        self.report.error(code, self._event_span(event), message, hint)

    def _report_syntax(self, error: yaml.MarkedYAMLError) -> None:
        mark = error.problem_mark or error.context_mark
        problem = str(error.problem or "this is not YAML")
        place = self._in_text(mark)
        if "nesting depth" in problem:
            # libyaml has a limit of its own, and may see that far ahead.
            self.report.error("B009", place, _too_deep())
            return
        flow = next((each for each in reversed(self.flows) if each), None)
        if flow is None:
            self.report.error("B001", place, problem, self._hint(problem, place))
            return
        hint = "inside {} and [], quote what holds , [ ] { } or begins with a quote"
        also = [(self._span(flow.start_mark), "the brackets open here")]
        self.report.error("B001", place, problem, hint, also)

    def _in_text(self, mark: Any) -> Span:
        """The place of a mark; libyaml counts a line more behind the last one."""
        lines = self.document.lines
        if mark is None or mark.line < len(lines):
            return self._span(mark) if mark else Span(self.document.file, 1, 1)
        return Span(self.document.file, len(lines), len(lines[-1]) + 1)

    def _hint(self, problem: str, place: Span) -> str:
        before = self.document.lines[place.line - 1][: place.column]
        if not before.strip() and "\t" in before:
            return "indent with spaces, not tabs"
        above = next(filter(str.strip, self.document.lines[place.line - 2 :: -1]), "")
        if place.line > 1 and COLON.search(problem):
            if TIGHT.match(above):
                return "write a space behind the colon of the line before"
            if ":" not in above:
                return "the line before has no colon"
        return next((hint for sign, hint in HINTS.items() if sign in problem), "")


def _events(text: str) -> Iterator[Any]:
    yield from yaml.parse(text, Loader=yaml.CBaseLoader)
