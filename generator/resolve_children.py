"""Child rows: which rows of its stream an event means, and what it does to them.

A row is named by the key beyond the id of its stream. An event names one row, one for
each element of a list, or none, and then it means them all.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from generator import model
from generator.diagnostics import did_you_mean
from generator.expressions import Binding
from generator.names import name_problem
from generator.resolve_actions import OwnAction, refuse_unwritable
from generator.resolve_joins import Row
from generator.site import Site

CODES = {
    "B507": "A column cannot tell the rows of one stream apart.",
    "B508": "An event says half, or not at all, which of its rows it means.",
    "B509": "A `for_each` has no list to go through, or no place there.",
}

# Equal in Python exactly where they are equal in PostgreSQL.
TELLING = frozenset(
    {
        "str",
        "int",
        "decimal",
        "bool",
        "uuid",
        "date",
        "datetime",
        "duration",
        "email",
        "url",
        "ref",
        "enum",
    }
)
_FOR_EACH = re.compile(r"(?P<list>.+\S)\s+as\s+(?P<name>\S+)", re.DOTALL)


def check_elements(row: Row, columns: Sequence[model.Column]) -> None:
    """Report parts of the key that cannot tell the rows of one stream apart."""
    by_name = {column.name: column for column in columns}
    for position, name in enumerate(row.elements, 1):
        place = row.site.at("key", position)
        column = by_name.get(name)
        if column is None:
            if name not in row.site.view.symbols.broken:
                hint = did_you_mean(name, by_name)
                place.error("B507", f'{row.name} has no column "{name}"', hint)
            continue
        if name == "ask":
            place.error("B112", '"ask" is what asks in the route of a query')
        elif column.kind != "own":
            place.error("B507", f'"{name}" is filled by other streams')
        elif column.field.type.optional:
            place.error(
                "B507",
                f'"{name}" may be empty, and then tells nothing',
                f"let it be {column.field.type.required}",
            )
        elif column.field.type.kind not in TELLING:
            place.error("B507", f"{column.field.type} has no place in a key")


def resolve_children(
    row: Row, columns: Sequence[model.Column], written: Sequence[OwnAction]
) -> tuple[model.ChildCase, ...]:
    """What each event does to the rows of its stream, one action after the other."""
    found: dict[str, list[model.ChildAction]] = {}
    for each in written:
        if action := _action(row, columns, each):
            found.setdefault(each.event.name, []).append(action)
    return tuple(model.ChildCase(event, tuple(all)) for event, all in found.items())


def _action(
    row: Row, columns: Sequence[model.Column], written: OwnAction
) -> model.ChildAction | None:
    loop = None
    if written.shape.for_each is not None:
        element = _element(written, written.shape.for_each)
        if element is None:
            return None
        loop = element.loop
        written = replace(
            written, loop={loop.name: element.binding}, nearer=element.parts
        )
    ends = written.shape.verb == "delete"
    if ends:
        _refuse_ending_with(written, row.elements)
    else:
        refuse_unwritable(written, row.name, columns)
    named = _named(row, columns, written)
    if named is None:
        return None
    if ends:
        action = model.Action(written.event.name, "delete", row.name, ())
    else:
        action = written.filled(row.name, columns, row.elements)
    return model.ChildAction(action, named, loop)


def _named(
    row: Row, columns: Sequence[model.Column], written: OwnAction
) -> tuple[str, ...] | None:
    """The printed name of the row that is meant; empty for all, None after a report."""
    verb, event = written.shape.verb, written.event.name
    by_name = {column.name: column for column in columns}
    if not by_name.keys() >= set(row.elements):
        return None
    said = {
        name: written.said(by_name[name], columns, row=False) for name in row.elements
    }
    given = [value.code for value in said.values() if value is not None]
    if "" in given:
        return None
    named = tuple(given)
    if len(named) == len(row.elements):
        return named
    if not named and verb in ("update", "delete") and not written.loop:
        return ()
    missing = next(name for name, value in said.items() if value is None)
    written.site.key_error(
        "B508",
        f"{event} does not say which row of {row.name} it means: nothing is its "
        f'"{missing}"',
        f"write it: `{verb}: {{{missing}: ...}}`",
    )
    return None


def _refuse_ending_with(written: OwnAction, elements: Sequence[str]) -> None:
    for name in written.shape.mapping:
        if name not in elements:
            written.site.at("delete", name).key_error(
                "B502",
                f'a row that ends keeps its "{name}"',
                f"`delete:` takes what names the row: {', '.join(elements)}",
            )


@dataclass(frozen=True, slots=True)
class _Element:
    """What a loop is at: its name, what it is, and what it consists of by name."""

    loop: model.Loop
    binding: Binding
    parts: Mapping[str, Binding]


def _element(written: OwnAction, text: str) -> _Element | None:
    """The element of `lines as line`, or None after a report."""
    place = written.site.at("for_each")
    match = _FOR_EACH.fullmatch(text.strip())
    if match is None:
        place.error("B509", "this is not a list and a name", "write `lines as line`")
        return None
    name = match["name"]
    bindings = written.bindings()
    if _refuse_name(name, bindings, place):
        return None
    found = place.expression(match["list"], place.scope(bindings))
    if found is None:
        return None
    if found.type.kind != "list" or found.type.optional:
        place.error("B509", f"a list is expected here, this is {found.type}")
        return None
    kind = found.type.element
    parts = {name: Binding(kind, name)}
    if kind.kind == "value" and not kind.optional:
        fields = written.site.view.fields(kind.name)
        parts |= {
            each: Binding(type, f"{name}.{each}") for each, type in fields.items()
        }
    loop = model.Loop(name, _iterable(found.code))
    return _Element(loop, Binding(kind, name), parts)


def _refuse_name(name: str, bindings: Mapping[str, Binding], place: Site) -> bool:
    if problem := name_problem(name, "local"):
        place.error(*problem)
    elif name in {bound.partition(".")[0] for bound in bindings}:
        place.error("B306", f'"{name}" hides another name', "choose another name")
    else:
        return False
    return True


def _iterable(code: str) -> str:
    """A conditional would end the comprehension that goes through it."""
    conditional = isinstance(ast.parse(code, mode="eval").body, ast.IfExp)
    return f"({code})" if conditional else code
