"""What rows of yours use, and the generator took away: nothing clashes over that."""

from __future__ import annotations

import ast
import re
from collections.abc import Collection, Iterator, Mapping
from pathlib import PurePosixPath
from typing import NamedTuple, TypeGuard

from generator.merge.lines import choices
from generator.merge.suspects import WORD, added

Texts = Mapping[PurePosixPath, str]
Members = Mapping[str, frozenset[str]]

# A string with its prefix, three quotes before one, or a comment.
_PROSE = re.compile(
    r"""(?P<prefix>\b[A-Za-z]{1,2})?
    (?: \"{3}(?:\\.|[^\\])*?\"{3} | '{3}(?:\\.|[^\\])*?'{3}
      | "(?:\\.|[^"\\\n])*" | '(?:\\.|[^'\\\n])*' )
    | \#[^\n]*""",
    re.VERBOSE | re.DOTALL,
)


class Loss(NamedTuple):
    """A name that a row uses: `book`, or `LoanOpened.book`."""

    row: int
    name: str


def lost_names(
    base: Texts, new: Texts, yours: Texts
) -> dict[PurePosixPath, list[Loss]]:
    """By file, the names in rows of yours that are no longer generated.

    `base` and `new` are the whole project: a name that merely moved to another file is
    no loss. A member that its class alone has lost is one where the code tells whose
    member it is. What docstrings, comments and other strings say names nothing.
    """
    changed = {path: base[path] for path in base if new.get(path) != base[path]}
    if not changed or not yours:
        return {}
    gone = _named(changed) - _named(new)
    made = {path: new[path] for path in changed if path in new}
    lost = _lost_members(_members(changed), _members(made), gone)
    found = {}
    for path, text in yours.items():
        mine = _code(choices(text)[0])
        rows = dict(added(_code(new.get(path, "")), mine))
        used = {Loss(n, w) for n in rows for w in gone & _words(rows[n])}
        if lost.keys() & _words(mine):
            used.update(each for each in _uses(text, lost) if each.row in rows)
        if used:
            found[path] = sorted(used)
    return found


def _named(texts: Texts) -> frozenset[str]:
    """The words that stand in code."""
    python = (text for path, text in texts.items() if path.suffix == ".py")
    return frozenset[str]().union(*(_words(_code(text)) for text in python))


def _code(text: str) -> str:
    """Python without its strings and comments; strings that hold code stay."""

    def blank(found: re.Match[str]) -> str:
        formatted = "f" in (found["prefix"] or "").lower()
        return found[0] if formatted else "\n" * found[0].count("\n")

    return _PROSE.sub(blank, text)


def _words(text: str) -> frozenset[str]:
    return frozenset(WORD.findall(text))


# Members of classes.


def _members(texts: Texts) -> dict[str, frozenset[str]]:
    """What the classes of modules have of their own, by the name of each."""
    found: dict[str, frozenset[str]] = {}
    for path, text in texts.items():
        if path.suffix == ".py" and "class " in text:
            for node in ast.parse(text).body:
                if isinstance(node, ast.ClassDef):
                    known = found.get(node.name, frozenset())
                    found[node.name] = known.union(*map(_bound, node.body))
    return found


def _bound(node: ast.stmt) -> Iterator[str]:
    match node:
        case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name):
            yield name
        case ast.AnnAssign(target=ast.Name(id=name)):
            yield name
        case ast.Assign(targets=[ast.Name(id=name)]):
            yield name


def _lost_members(was: Members, now: Members, gone: Collection[str]) -> Members:
    """The members of classes that are still there, but for words that are all gone."""
    found = {name: was[name] - now[name] - {*gone} for name in was.keys() & now.keys()}
    return {name: members for name, members in found.items() if members}


def _uses(text: str, lost: Members) -> Iterator[Loss]:
    """Where members are used whose class the code tells."""
    try:
        tree = ast.parse(text)
    except (SyntaxError, ValueError, RecursionError):
        return
    yield from _within(tree, lost, {})


def _within(node: ast.AST, lost: Members, typed: Mapping[str, str]) -> Iterator[Loss]:
    """The uses in a piece of code, where these names are of these classes."""
    match node:
        case ast.Attribute(value=ast.Name(id=name), attr=member):
            yield from _lost(node.lineno, typed.get(name, name), member, lost)
        case ast.Call(func=ast.Name(id=name), keywords=keywords):
            for each in keywords:
                yield from _lost(each.value.lineno, name, each.arg or "", lost)
        case ast.MatchClass(cls=ast.Name(id=name), kwd_attrs=members):
            for member in members:
                yield from _lost(node.lineno, name, member, lost)
        case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.Lambda():
            typed = {**typed, **dict(_parameters(node.args))}
        case ast.Match(subject=ast.Name(id=subject), cases=cases):
            for case in cases:
                match case.pattern:
                    case ast.MatchClass(cls=ast.Name(id=name)):
                        yield from _within(case, lost, {**typed, subject: name})
                    case _:
                        yield from _within(case, lost, typed)
            return
    for child in ast.iter_child_nodes(node):
        yield from _within(child, lost, typed)


def _parameters(arguments: ast.arguments) -> Iterator[tuple[str, str]]:
    """Each parameter with its class; none of a name that hides what was around it."""
    listed = (*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs)
    for each in listed:
        yield each.arg, each.annotation.id if _is_name(each.annotation) else ""


def _is_name(node: ast.expr | None) -> TypeGuard[ast.Name]:
    return isinstance(node, ast.Name)


def _lost(row: int, owner: str, member: str, lost: Members) -> Iterator[Loss]:
    if member in lost.get(owner, ()):
        yield Loss(row, f"{owner}.{member}")
