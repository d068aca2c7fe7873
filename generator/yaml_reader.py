"""Reads YAML with the place of everything, and says what in it is no blueprint's."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

import yaml

from generator.diagnostics import Path, Report, Span

if TYPE_CHECKING:
    from generator.document import Document

CODES = {
    "B001": "The text is not YAML.",
    "B004": "YAML anchors and aliases are not allowed.",
    "B005": "YAML tags are not allowed.",
    "B006": "A key stands twice in one mapping.",
    "B007": "A key is not a word.",
    "B008": "A file holds more than one YAML document.",
}

MAX_DEPTH = 64
MAX_NODES = 200_000
HINTS = {
    "did not find expected key": "quote the whole value, or check the indentation",
    "cannot start any token": "quote the value",
    "mapping values are not allowed": "quote a value that holds a colon and a space",
    "expected '-' indicator": "a list has a dash at each part, a mapping at none",
    "escape": "use single quotes for a text with backslashes",
}
COLON = re.compile("mapping values are not allowed|could not find expected ':'")
MISPLACED = re.compile("mapping values are not allowed|did not find expected key")
KEY = re.compile(r"( *(?:- )?)([\w.]+):(?=\s|$)")
TIGHT = re.compile(r"\s*(?:- )?\w+:[^ \t]")
NULL = frozenset({"", "~", "null", "Null", "NULL"})


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


class YamlReader:
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
        self.document.put(path, self._span(mark, mark.column + 2))
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
        if before := self.document.put_key(path, span):
            said = f'the key "{key}" stands twice'
            first = [(before, "it stands here first")]
            self.report.error("B006", span, said, also=first)
            mapping.ignored = True
            return
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
        style = "" if value is None else event.style
        margin = 1 if style in ("'", '"') else 0
        start, end = event.start_mark, event.end_mark
        written = self.document.text[start.index + margin : end.index - margin]
        exact = written == value and start.line == end.line
        column = start.column + 1 + margin if exact else 0
        self.document.put(path, self._event_span(event), column, quoted=bool(style))

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
        if MISPLACED.search(problem) and (hint := _beside(self.document.lines, place)):
            return hint
        return next((hint for sign, hint in HINTS.items() if sign in problem), "")


def _events(text: str) -> Iterator[Any]:
    yield from yaml.parse(text, Loader=yaml.CBaseLoader)


def _beside(lines: Sequence[str], place: Span) -> str:
    """How far in a key belongs that stands in line with none above it."""
    here = KEY.match(lines[place.line - 1])
    if not here:
        return ""
    depth, above = len(here[1]), dict[int, str]()
    for line in reversed(lines[: place.line - 1]):
        if (key := KEY.match(line)) and len(key[1]) < min(above, default=len(line)):
            above[len(key[1])] = key[2]
    if depth in above or not above:
        return ""
    outer = max((each for each in above if each < depth), default=-1)
    inner = min((each for each in above if each > depth), default=-1)
    ways = [f"{n} as `{above[n]}:`" for n in (inner, outer) if n in above]
    spaces = "space" if depth == 1 else "spaces"
    return f"{depth} {spaces} stand in line with nothing: take {', or '.join(ways)}"


def _too_deep() -> str:
    return f"nested deeper than {MAX_DEPTH} levels"
