"""What is wrong in a blueprint, where, and what to do about it."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from generator.spelling import closest

Path = tuple[str | int, ...]
Severity = Literal["error", "warning"]
Sources = Mapping[str, Sequence[str]]

WINDOW = 96
TAB = "    "
INVISIBLE = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200b\u200e\u200f"
    "\u2028-\u202e\u2060-\u2069\ud800-\udfff\ufeff\ufff9-\ufffb]"
)


@dataclass(frozen=True, slots=True, order=True)
class Span:
    """A place in a file, counted from 1; `end_column` is exclusive, 0 if unknown."""

    file: str
    line: int
    column: int
    end_column: int = 0

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}"


@dataclass(frozen=True, slots=True)
class Diagnostic:
    """One finding; `also` holds the other places that belong to it."""

    code: str
    message: str
    span: Span
    hint: str = ""
    severity: Severity = "error"
    also: tuple[tuple[Span, str], ...] = ()


class ScaffoldError(Exception):
    """The root of every error of this tool."""


class BlueprintError(ScaffoldError):
    """The blueprint cannot be generated; carries every finding, in file order."""

    def __init__(self, diagnostics: Iterable[Diagnostic]) -> None:
        self.diagnostics = in_order(diagnostics)
        super().__init__("\n".join(_headline(each) for each in self.diagnostics))


class TextError(ScaffoldError):
    """A mistake inside one text of the blueprint, `offset` characters in."""

    def __init__(
        self, code: str, message: str, offset: int = 0, hint: str = ""
    ) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.offset = offset
        self.hint = hint


class Report:
    """Collects findings, so that all of them are shown at once."""

    def __init__(self) -> None:
        self._diagnostics: list[Diagnostic] = []
        self._told: list[tuple[str, str, Path]] = []
        self._misnamed: set[str] = set()

    @property
    def diagnostics(self) -> tuple[Diagnostic, ...]:
        missing = {_offer(name) for name in self._misnamed}
        return in_order(each for each in self._diagnostics if each.hint not in missing)

    @property
    def errors(self) -> tuple[Diagnostic, ...]:
        return tuple(each for each in self.diagnostics if each.severity == "error")

    @property
    def warnings(self) -> tuple[Diagnostic, ...]:
        return tuple(each for each in self.diagnostics if each.severity == "warning")

    @property
    def has_errors(self) -> bool:
        return bool(self.errors)

    def errors_in(self, file: str) -> tuple[Diagnostic, ...]:
        return tuple(
            each
            for each in self.errors
            if file in (each.span.file, *(span.file for span, _ in each.also))
        )

    def error(
        self,
        code: str,
        span: Span,
        message: str,
        hint: str = "",
        also: Iterable[tuple[Span, str]] = (),
        path: Path = (),
    ) -> None:
        """`path` lets other rules know what has been said of a part."""
        self._told.append((code, span.file, path))
        self.add(Diagnostic(code, message, span, hint, "error", tuple(also)))

    def seen_again(self, code: str, span: Span, message: str, hint: str = "") -> None:
        """A mistake that is made once and seen in many places: they stand together."""
        for index, each in enumerate(self._diagnostics):
            if (each.code, each.message) == (code, message):
                also = (*each.also, (span, "and here"))
                self._diagnostics[index] = replace(each, also=also)
                return
        self.error(code, span, message, hint)

    def misnamed(self, name: str) -> None:
        """A name is refused where it is declared.

        That it is missed elsewhere, where it is written as it should be, follows from
        that: what could only offer the refused name is not said.
        """
        self._misnamed.add(name)

    def unreadable(self, span: Span) -> bool:
        """Whether YAML itself was refused there: then nothing else is said of it."""
        return any(e.span == span and e.code < "B100" for e in self._diagnostics)

    def told(self, code: str, file: str, path: Path) -> bool:
        """Whether this was said already of a part, or of something within it."""
        return any(
            (code, file) == (said, where) and place[: len(path)] == path
            for said, where, place in self._told
        )

    def warning(
        self,
        code: str,
        span: Span,
        message: str,
        hint: str = "",
        also: Iterable[tuple[Span, str]] = (),
    ) -> None:
        self.add(Diagnostic(code, message, span, hint, "warning", tuple(also)))

    def add(self, diagnostic: Diagnostic) -> None:
        self._diagnostics.append(diagnostic)

    def raise_if_errors(self) -> None:
        if self.errors:
            raise BlueprintError(self.diagnostics)


def in_order(diagnostics: Iterable[Diagnostic]) -> tuple[Diagnostic, ...]:
    """Sorted by place, each finding once."""
    return tuple(
        sorted(
            dict.fromkeys(diagnostics),
            key=lambda each: (each.span, each.code, each.message),
        )
    )


def did_you_mean(word: str, candidates: Iterable[str]) -> str:
    """A hint that names the closest candidate, or nothing."""
    close = closest(word, candidates)
    return _offer(close) if close else ""


def _offer(name: str) -> str:
    return f'did you mean "{name}"?'


def show(diagnostic: Diagnostic, sources: Sources) -> str:
    """The finding as a person reads it; `sources` maps a file to its lines."""
    lines = [_headline(diagnostic), *_excerpt(diagnostic.span, sources)]
    if diagnostic.hint:
        lines.append(f"  {visible(diagnostic.hint)}")
    for span, note in diagnostic.also:
        lines += [f"  {visible(str(span))}: {visible(note)}", *_excerpt(span, sources)]
    return "\n".join(lines)


def visible(text: str) -> str:
    """The text with its control and direction characters written as escapes."""
    escaped = INVISIBLE.sub(lambda found: _escape(found.group()), text)
    return escaped.replace("\n", "\\n").replace("\t", "\\t")


def _escape(char: str) -> str:
    return char.encode("unicode_escape").decode()


def _headline(diagnostic: Diagnostic) -> str:
    mark = " warning:" if diagnostic.severity == "warning" else ""
    place, message = visible(str(diagnostic.span)), visible(diagnostic.message)
    return f"{place}:{mark} {diagnostic.code} {message}"


def _excerpt(span: Span, sources: Sources) -> list[str]:
    lines = sources.get(span.file, ())
    if not 1 <= span.line <= len(lines):
        return []
    line = lines[span.line - 1].rstrip()
    start = min(max(span.column - 1, 0), len(line))
    end = min(max(span.end_column - 1, start + 1), max(len(line), start + 1))
    before, marked, after = _window(line, start, end)
    indent = " " * _width(before)
    carets = "^" * max(_width(marked), 1)
    number = str(span.line)
    return [
        f"  {number} | {before}{marked}{after}",
        f"  {' ' * len(number)} | {indent}{carets}",
    ]


def _window(line: str, start: int, end: int) -> tuple[str, str, str]:
    """What stands before, at and after the place, cut to a readable length."""
    first = max(0, min(start - WINDOW // 2, len(line) - WINDOW))
    last = first + WINDOW
    before, marked, after = line[first:start], line[start:end], line[end:last]
    if len(marked) > WINDOW:
        marked, after = marked[:WINDOW] + "…", ""
    elif last < len(line) and end < last:
        after += "…"
    if first:
        before = "…" + before
    return _shown(before), _shown(marked), _shown(after)


def _shown(text: str) -> str:
    return visible(text.replace("\t", TAB))


def _width(text: str) -> int:
    """How many terminal columns the text takes."""
    return sum(_columns(char) for char in text)


def _columns(char: str) -> int:
    if unicodedata.combining(char):
        return 0
    return 2 if unicodedata.east_asian_width(char) in "WF" else 1
