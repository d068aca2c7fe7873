"""Small changes to a blueprint: to its data, and to its text."""

from __future__ import annotations

import copy
import random
from collections.abc import Callable, Iterator
from typing import Any

Files = dict[str, Any]
ODD = (
    *("", " ", "~", "null", "true", "-1", "0", "1e999", "9" * 400, "0x10", "1_0"),
    *("class", "self", "__init__", "None", "now", "x" * 5000, "../../etc/passwd"),
    *("/", "a.b.c", ".", "..", "a..b", "int(", "int(ge=", "list(list(int))", "int??"),
    *("str =", "(" * 300, "[" * 90, "not " * 150 + "x", "1 + " * 120 + "1", "f'{x}'"),
    *("x := 1", "lambda: 1", "__import__('os')", "x.__class__", "'", '"', "{", "}"),
    *("{{x}}", "{x", "{% x %}", "%", "\\", "a\\", "\n", "\t", "é", "\u202e", "\ud800"),
    *("\x00", "😀", "ß", "case", "match", "type", "Any", "UUID", "Event", "internal"),
    *("owner(", "owner(x)", "= 5", "?", "!", "@", "&x", "*x", "- a", "? a", ": b"),
    *("# c", "---", "|", ">", "%Y"),
)
KINDS: tuple[Any, ...] = (None, [], {}, [[]], [{}], {"a": {}}, [None], {"": ""}, "x")


def mutated(files: Files, chance: random.Random) -> Files:
    """The blueprint with one or two changes to its data."""
    changed = copy.deepcopy(files)
    for _ in range(chance.choice([1, 1, 1, 2])):
        ways = [_drop, _rename, _duplicate, _retype, _odd, _odd, _borrow, _swap]
        chance.choice(ways)(changed, chance)
    return changed


def _places(data: Any) -> Iterator[tuple[Any, Any]]:
    """Every value, as its parent and the step to it."""
    items: Any = ()
    if isinstance(data, dict):
        items = list(data.items())
    elif isinstance(data, list):
        items = list(enumerate(data))
    for step, value in items:
        yield data, step
        yield from _places(value)


def _place(files: Files, chance: random.Random) -> tuple[Any, Any]:
    inner = [each for each in _places(files) if each[0] is not files]
    return chance.choice(inner or [({"": None}, "")])


def _drop(files: Files, chance: random.Random) -> None:
    parent, step = _place(files, chance)
    del parent[step]


def _rename(files: Files, chance: random.Random) -> None:
    parent, step = _place(files, chance)
    if isinstance(parent, dict):
        words = [each for _, each in _places(files) if isinstance(each, str)]
        name = chance.choice([*ODD, *words, f"{step}s", str(step).upper()])
        parent[name] = parent.pop(step)


def _duplicate(files: Files, chance: random.Random) -> None:
    parent, step = _place(files, chance)
    again = copy.deepcopy(parent[step])
    if isinstance(parent, list):
        parent.insert(step, again)
    else:
        parent[chance.choice([f"{step}2", f"other_{step}", f"{step}X"])] = again


def _retype(files: Files, chance: random.Random) -> None:
    parent, step = _place(files, chance)
    value = parent[step]
    ways = [*KINDS, [value], {"x": value}, {str(value)[:20]: value}]
    if isinstance(value, dict):
        ways.append(list(value))
    parent[step] = copy.deepcopy(chance.choice(ways))


def _odd(files: Files, chance: random.Random) -> None:
    parent, step = _place(files, chance)
    value = parent[step]
    text = chance.choice(ODD)
    if isinstance(value, str) and chance.random() < 0.5:
        at = chance.randint(0, len(value))
        text = value[:at] + text + value[at:]
    parent[step] = text


def _borrow(files: Files, chance: random.Random) -> None:
    parent, step = _place(files, chance)
    other, at = _place(files, chance)
    parent[step] = copy.deepcopy(other[at])


def _swap(files: Files, chance: random.Random) -> None:
    one, at = _place(files, chance)
    other, to = _place(files, chance)
    first, second = copy.deepcopy(one[at]), copy.deepcopy(other[to])
    one[at] = second
    if to in other if isinstance(other, dict) else to < len(other):
        other[to] = first


def mutated_text(text: str, chance: random.Random) -> str:
    """The text with one to three changes."""
    for _ in range(chance.randint(1, 3)):
        ways = [_cut, _insert, _lines, _lines, _indent]
        text = chance.choice(ways)(text, chance)
    return text


def _cut(text: str, chance: random.Random) -> str:
    at = chance.randint(0, len(text))
    length = chance.choice([1, 1, 2, 10, 10_000])
    return text[:at] + text[at + length :]


def _insert(text: str, chance: random.Random) -> str:
    at = chance.randint(0, len(text))
    return text[:at] + chance.choice(ODD) + text[at:]


def _lines(text: str, chance: random.Random) -> str:
    lines = text.split("\n")
    one, other = chance.randrange(len(lines)), chance.randrange(len(lines))
    ways: list[Callable[[], Any]] = [
        lambda: lines.pop(one),
        lambda: lines.insert(other, lines[one]),
        lambda: lines.insert(other, lines.pop(one)),
    ]
    chance.choice(ways)()
    return "\n".join(lines)


def _indent(text: str, chance: random.Random) -> str:
    lines = text.split("\n")
    at = chance.randrange(len(lines))
    lines[at] = chance.choice(["  ", " ", "\t", ""]) + lines[at].lstrip()
    return "\n".join(lines)
