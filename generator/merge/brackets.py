"""Which entries an expression has between brackets, and which of them are the same."""

from __future__ import annotations

import ast
from collections.abc import Sequence
from dataclasses import replace

from generator.merge.listings import Entry, Listing
from generator.merge.source import Source

_ELEMENT, _PLACE, _NAME = "element", "place", "name"


def bracketed(sides: Sequence[tuple[Source, ast.expr]]) -> list[Listing] | None:
    """Base, yours and new as entries between brackets, if they are of one such kind."""
    listings = []
    heads = set()
    for source, node in sides:
        read = _read(source, node)
        if read is None:
            return None
        heads.add(read[0])
        listings.append(Listing(source, *source.span(node), read[1]))
    if len(heads) > 1:
        return None
    base, yours, new = _distinct(listings)
    return [base, _recognised(base, yours), _recognised(base, new)]


def _read(source: Source, node: ast.expr) -> tuple[str, list[Entry]] | None:
    """What stands before the brackets, and the entries between them."""
    match node:
        case (
            ast.List(elts=elements) | ast.Tuple(elts=elements) | ast.Set(elts=elements)
        ):
            return "", _elements(source, elements)
        case ast.Dict():
            return "", _pairs(source, node)
        case ast.Call():
            read = _elements if all(map(_is_class, node.args)) else _places
            return ast.dump(node.func), read(source, node.args) + _named(source, node)
        case ast.Subscript(slice=ast.Tuple(elts=elements)):
            named = ast.unparse(node.value).split(".")[-1]
            read = _elements if named == "Literal" else _places
            return ast.dump(node.value), read(source, elements)
    return None


def _elements(source: Source, nodes: Sequence[ast.expr]) -> list[Entry]:
    return [
        Entry(f"{_ELEMENT} {_identity(node)}", node, source, *source.span(node))
        for node in nodes
    ]


def _identity(node: ast.expr) -> str:
    """What an element is called: of a call, the function and what it is first given."""
    match node:
        case ast.Call(func=function, args=[ast.Constant() as first, *_]):
            return f"{ast.dump(function)} {ast.dump(first)}"
    return ast.dump(node)


def _places(source: Source, nodes: Sequence[ast.expr]) -> list[Entry]:
    return [
        Entry(
            f"{_PLACE} {ast.dump(node) if isinstance(node, ast.Starred) else index}",
            node,
            source,
            *source.span(node),
        )
        for index, node in enumerate(nodes)
    ]


def _named(source: Source, call: ast.Call) -> list[Entry]:
    return [
        Entry(
            f"{_NAME} {each.arg or '**' + ast.dump(each.value)}",
            each.value,
            source,
            *source.span(each),
        )
        for each in call.keywords
    ]


def _pairs(source: Source, node: ast.Dict) -> list[Entry]:
    found = []
    for key, value in zip(node.keys, node.values, strict=True):
        start, end = source.span(value)
        if key is None:
            start = source.text.rindex("**", 0, start)
            name = f"**{ast.dump(value)}"
        else:
            start = source.span(key)[0]
            name = ast.dump(key)
        found.append(Entry(f"{_NAME} {name}", value, source, start, end))
    return found


def _is_class(node: ast.expr) -> bool:
    """A name as classes have: of such arguments there may be any number."""
    return (
        isinstance(node, ast.Name) and node.id[:1].isupper() and not node.id.isupper()
    )


def _distinct(listings: Sequence[Listing]) -> list[Listing]:
    """Elements by what they are called if that tells them apart, else by their code."""
    if all(len(set(each.keys)) == len(each.keys) for each in listings):
        return list(listings)
    return [
        replace(
            each,
            entries=[
                replace(entry, key=f"{_ELEMENT} {ast.dump(entry.value)}")
                if entry.value and entry.key.startswith(_ELEMENT)
                else entry
                for entry in each.entries
            ],
        )
        for each in listings
    ]


def _recognised(base: Listing, side: Listing) -> Listing:
    """The side with the base's keys for elements that replace equally many of them."""
    common = set(base.keys) & set(side.keys)
    old, new = _runs(base, common), _runs(side, common)
    keys = {
        now: was
        for anchor in old.keys() & new.keys()
        if len(old[anchor]) == len(new[anchor])
        for was, now in zip(old[anchor], new[anchor], strict=True)
    }
    entries = [replace(each, key=keys.get(each.key, each.key)) for each in side.entries]
    return replace(side, entries=entries)


def _runs(listing: Listing, common: set[str]) -> dict[str, list[str]]:
    """The elements of one side alone, by the key that they follow."""
    found: dict[str, list[str]] = {}
    anchor = ""
    for key in listing.keys:
        if key in common:
            anchor = key
        elif key.startswith(_ELEMENT):
            found.setdefault(anchor, []).append(key)
    return found
