"""The shortest text that a regular expression matches, in readable characters."""

from __future__ import annotations

import importlib
import re
import string
from collections.abc import Callable, Iterable, Mapping
from typing import Any

# CPython's own reader of patterns: a second one would read some of them differently.
_parser: Any = importlib.import_module("re._parser")

READABLE = "aA0" + string.printable[:95] + "éßя世"
LONGEST = 10_000


def shortest_match(pattern: str, length: int = 0) -> str | None:
    """A text that the pattern matches, grown to `length` where its repeats allow.

    None for a pattern that cannot be read, or asks for a text beyond all measure.
    Assertions are not looked at, so the caller must try whether the text matches.
    """
    try:
        nodes = list(_parser.parse(pattern))
        text = _Writer(spare=0).text(nodes)
        missing = length - len(text)
        return _Writer(spare=missing).text(nodes) if missing > 0 else text
    except (re.error, OverflowError, RecursionError):
        return None


class _Writer:
    """Writes one match; repeats take what is spare, the first of them first."""

    def __init__(self, spare: int) -> None:
        self._spare = spare
        self._groups: dict[int, str] = {}

    def text(self, nodes: Iterable[Any]) -> str:
        return "".join(self._node(str(kind), value) for kind, value in nodes)

    def _node(self, kind: str, value: Any) -> str:
        match kind:
            case "LITERAL":
                return chr(value)
            case "NOT_LITERAL":
                return _first(lambda char: ord(char) != value)
            case "ANY":
                return READABLE[0]
            case "IN":
                return _member(value)
            case "BRANCH":
                return min((self.text(each) for each in value[1]), key=len)
            case "SUBPATTERN":
                return self._group(value[0], value[-1])
            case "ATOMIC_GROUP":
                return self.text(value)
            case "GROUPREF":
                return self._groups.get(value, "")
            case "MAX_REPEAT" | "MIN_REPEAT" | "POSSESSIVE_REPEAT":
                return self._repeat(*value)
        return ""

    def _group(self, number: int | None, nodes: Iterable[Any]) -> str:
        text = self.text(nodes)
        if number is not None:
            self._groups[number] = text
        return text

    def _repeat(self, least: int, most: int, nodes: Iterable[Any]) -> str:
        if self._spare <= 0 and least == 0:
            return ""
        once = self.text(nodes)
        more = 0
        if once and self._spare > 0:
            more = min(int(most) - least, -(-self._spare // len(once)))
            self._spare -= more * len(once)
        if len(once) * (least + more) > LONGEST:
            raise OverflowError("this is longer than any example needs to be")
        return once * (least + more)


def _member(items: list[tuple[Any, Any]]) -> str:
    """The most readable character of a set such as `[A-Z0-9]` or `[^,]`."""
    negated = str(items[0][0]) == "NEGATE"
    found = _first(lambda char: negated != any(_holds(item, char) for item in items))
    if found or negated:
        return found
    kind, value = items[0]
    return chr(value[0] if str(kind) == "RANGE" else value)


def _first(fits: Callable[[str], bool]) -> str:
    return next(filter(fits, READABLE), "")


def _holds(item: tuple[Any, Any], char: str) -> bool:
    kind, value = str(item[0]), item[1]
    match kind:
        case "LITERAL":
            return bool(ord(char) == value)
        case "RANGE":
            return bool(value[0] <= ord(char) <= value[1])
        case "CATEGORY":
            name = str(value).removeprefix("CATEGORY_")
            holds = CATEGORIES[name.removeprefix("NOT_")](char)
            return holds != name.startswith("NOT_")
    return False


def _word(char: str) -> bool:
    return char.isalnum() or char == "_"


CATEGORIES: Mapping[str, Callable[[str], bool]] = {
    "DIGIT": str.isdecimal,
    "SPACE": str.isspace,
    "WORD": _word,
}
