"""An entry goes into its list and out of it, its import with it: two statements."""

from __future__ import annotations

import ast
from collections.abc import Sequence

import libcst as cst

from generator.register import Entry
from generator.register.importing import Statement, with_import, without_import
from generator.register.listing import Listing, Unclear, find, place_of, places_of
from generator.register.origins import bindings, refers, same, taken

__all__ = ["Unclear", "added", "removed"]


def added(text: str, entry: Entry) -> str:
    """The text with the entry; `Unclear` where that would go."""
    module = _parsed(text)
    body = list(module.body)
    listing = find(module, entry, _names(body))
    names = _names(body[: listing.row])
    owner = f"{entry.module}.{entry.name}"
    imported = next((name for name, full in names.items() if same(full, owner)), None)
    local = imported or _free(entry, taken(ast.parse(text)))
    item = cst.Element(_expression(local, entry.attribute))
    statement = listing.with_entry(place_of(listing, entry.origin, names), item)
    body[listing.row] = _changed(body, listing, statement)
    if imported is None:
        body = with_import(body, listing.row, entry.module, entry.name, local)
    return module.with_changes(body=body).code


def removed(text: str, entry: Entry) -> str:
    """The text without the entry, and without imports that only it used."""
    module = _parsed(text)
    if not refers(ast.parse(text), entry.origin):
        return text
    body = list(module.body)
    names = _names(body)
    listing = find(module, entry, names)
    places = places_of(listing, entry.origin, names)
    body[listing.row] = _changed(body, listing, listing.without_entries(places))
    used = _used(body)
    for local, full in names.items():
        if local not in used and (
            same(full, f"{entry.module}.{entry.name}") or same(full, entry.origin)
        ):
            body = without_import(body, local)
    return module.with_changes(body=body).code


def _parsed(text: str) -> cst.Module:
    try:
        ast.parse(text)
        module = cst.parse_module(text)
    except (SyntaxError, ValueError) as error:
        line = getattr(error, "lineno", None)
        where = f" at line {line}" if line else f": {error}"
        raise Unclear(f"does not parse{where}") from error
    except cst.ParserSyntaxError as error:
        raise Unclear(f"does not parse at line {error.raw_line}") from error
    if module.code != text:
        raise Unclear("cannot be read without changing it")
    return module


def _names(body: Sequence[Statement]) -> dict[str, str]:
    """What the module's own imports bind; those below a condition may not happen."""
    return bindings(ast.parse(cst.Module(body).code).body)


def _used(body: Sequence[Statement]) -> set[str]:
    tree = ast.parse(cst.Module(body).code)
    return {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}


def _changed(
    body: Sequence[Statement], listing: Listing, statement: cst.BaseSmallStatement
) -> cst.SimpleStatementLine:
    line = body[listing.row]
    assert isinstance(line, cst.SimpleStatementLine)
    parts = list(line.body)
    parts[listing.place] = statement
    return line.with_changes(body=parts)


def _expression(local: str, attribute: str) -> cst.BaseExpression:
    name = cst.Name(local)
    return cst.Attribute(name, cst.Name(attribute)) if attribute else name


def _free(entry: Entry, names: set[str]) -> str:
    """The entry's name, or one that says more if that is taken."""
    kind = entry.attribute or entry.module.rpartition(".")[2]
    longer = f"{entry.name}_{kind.lower()}"
    if entry.name.isupper():
        longer = longer.upper()
    candidates = [entry.name, longer, *(f"{longer}_{n}" for n in range(2, 100))]
    return next(name for name in candidates if name not in names)
