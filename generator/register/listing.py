"""The list of a module: which statement it is, and the statement with other entries."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass

import libcst as cst

from generator.register import Entry
from generator.register.brackets import WIDTH, Bracketed
from generator.register.origins import origin, same

Container = cst.Tuple | cst.List | cst.Set
Assignment = cst.Assign | cst.AnnAssign

WRAPPERS = frozenset({"frozenset", "list", "set", "sorted", "tuple"})


class Unclear(Exception):
    """It is not plain what to change."""


@dataclass(frozen=True, slots=True)
class Listing:
    """The statement that builds the list: its row in the module and place in the row.

    What was written out is `entries`; beside them there may be more, as in `A + (B,)`.
    """

    row: int
    place: int
    statement: Assignment
    container: Container

    @property
    def entries(self) -> Bracketed:
        """What the list holds, with its layout."""
        match self.container:
            case cst.Tuple(elements=items, lpar=[*_, left], rpar=[right, *_]):
                return Bracketed.of(
                    items, left.whitespace_after, right.whitespace_before
                )
            case cst.Tuple(elements=items):
                return Bracketed.of(items, None, None)
            case cst.List(elements=items, lbracket=opening, rbracket=closing):
                spaces = opening.whitespace_after, closing.whitespace_before
                return Bracketed.of(items, *spaces)
            case cst.Set(elements=items, lbrace=brace, rbrace=last):
                return Bracketed.of(
                    items, brace.whitespace_after, last.whitespace_before
                )

    @property
    def is_tuple(self) -> bool:
        """Whether the value is a tuple and nothing beside it."""
        return isinstance(self.statement.value, cst.Tuple)

    def with_entry(self, place: int, item: cst.BaseElement) -> Assignment:
        """The statement with one more, in the layout that the formatter would keep.

        It leaves one entry of a tuple on its row, and gives each of several that end
        with a comma a row.
        """
        before = self.entries
        after = before.with_item(place, item)
        if not before.items and self.is_tuple and _is_bare(before):
            after = after.joined(brackets=True)
        statement = self._with(after)
        if after.rows is not None or after.opening is None:
            return statement
        ends_with_comma = self.is_tuple and before.trailing
        if ends_with_comma or _width(statement) > WIDTH:
            return self._with(after.broken())
        return statement

    def without_entries(self, places: Iterable[int]) -> Assignment:
        """The statement without some; a tuple of one is left as the formatter would."""
        entries = plain = self.entries
        for place in sorted(places, reverse=True):
            entries = entries.without_item(place)
        if self.is_tuple and len(entries.items) == 1 and plain.is_plain:
            return self._with(entries.joined(brackets=True))
        return self._with(entries)

    def _with(self, entries: Bracketed) -> Assignment:
        def refilled(container: Container) -> Container:
            return _filled(container, entries)

        value = self.statement.value
        assert value is not None
        return self.statement.with_changes(value=_edited(value, refilled))


def find(module: cst.Module, entry: Entry, names: Mapping[str, str]) -> Listing:
    """The list of that name; if none has it, the only one that holds such entries."""
    named: list[tuple[str, Listing | None]] = []
    alike: list[tuple[str, Listing | None]] = []
    for row, place, name, statement in _assignments(module):
        container = written_out(statement.value)
        listing = None
        if container is not None:
            listing = Listing(row, place, statement, container)
        if name == entry.list_name:
            named.append((name, listing))
        elif container is not None and _holds_alike(container, entry, names):
            alike.append((name, listing))
    found = named or alike
    if not found:
        raise Unclear(f"no module-level {entry.list_name} found")
    if len(named) > 1:
        raise Unclear(f"{entry.list_name} is assigned {len(named)} times")
    if len(found) > 1:
        lists = ", ".join(sorted(name for name, _ in found))
        raise Unclear(f"{len(found)} lists could be meant: {lists}")
    ((name, only),) = found
    if only is None:
        raise Unclear(
            f"{name} is computed, not a tuple, list or set that is written out"
        )
    return only


def written_out(value: cst.BaseExpression | None) -> Container | None:
    """The brackets in which entries stand: of a sum the last ones."""
    match value:
        case cst.Tuple() | cst.List() | cst.Set():
            return value
        case cst.BinaryOperation(operator=cst.Add(), left=left, right=right):
            return written_out(right) or written_out(left)
        case cst.Call(func=cst.Name(value=name), args=[first, *_]) if name in WRAPPERS:
            return written_out(first.value)
    return None


def place_of(listing: Listing, wanted: str, names: Mapping[str, str]) -> int:
    """Where the object goes: into the order of a list that is in order, else last.

    Generated lists are in the order of the domains' names. Comments between entries
    say that somebody arranged them.
    """
    found = [dotted(item.value) for item in listing.container.elements]
    origins = [origin(name, names) for name in found]
    known = all(name.partition(".")[0] in names for name in found)
    if listing.entries.is_parted or not known or origins != sorted(origins):
        return len(origins)
    return sum(each < wanted for each in origins)


def places_of(listing: Listing, wanted: str, names: Mapping[str, str]) -> list[int]:
    """Where the object stands in the list."""
    return [
        place
        for place, item in enumerate(listing.container.elements)
        if same(origin(dotted(item.value), names), wanted)
    ]


def dotted(node: cst.BaseExpression | None) -> str:
    """`a.b.c` of names and attributes; empty for whatever else."""
    match node:
        case cst.Name(value=name):
            return name
        case cst.Attribute(value=value, attr=cst.Name(value=attribute)):
            owner = dotted(value)
            return owner and f"{owner}.{attribute}"
    return ""


def _assignments(
    module: cst.Module,
) -> Iterator[tuple[int, int, str, Assignment]]:
    for row, line in enumerate(module.body):
        if isinstance(line, cst.SimpleStatementLine):
            for place, statement in enumerate(line.body):
                match statement:
                    case cst.AnnAssign(target=cst.Name(value=name), value=value):
                        if value is not None:
                            yield row, place, name, statement
                    case cst.Assign(targets=targets):
                        for target in targets:
                            if isinstance(target.target, cst.Name):
                                yield row, place, target.target.value, statement


def _holds_alike(container: Container, entry: Entry, names: Mapping[str, str]) -> bool:
    """Whether the list holds what other domains would enter into the one we look for.

    `app.lending.registration.LENDING_DOMAIN` is like whatever another module of that
    name holds, `app.api.routers.lending.router` like any other `router`.
    """
    part = 1 if entry.attribute else 2
    kind = entry.origin.split(".")[-part]
    for item in container.elements:
        parts = origin(dotted(item.value), names).split(".")
        if len(parts) > part and parts[-part] == kind:
            return True
    return False


def _is_bare(entries: Bracketed) -> bool:
    opening = entries.opening
    return isinstance(opening, cst.SimpleWhitespace) and not opening.value


def _width(statement: Assignment) -> int:
    return max(map(len, cst.Module([]).code_for_node(statement).split("\n")))


def _edited(
    value: cst.BaseExpression, edit: Callable[[Container], Container]
) -> cst.BaseExpression:
    match value:
        case cst.Tuple() | cst.List() | cst.Set():
            return edit(value)
        case cst.BinaryOperation(left=left, right=right):
            if written_out(right) is not None:
                return value.with_changes(right=_edited(right, edit))
            return value.with_changes(left=_edited(left, edit))
        case cst.Call(args=[first, *others]):
            first = first.with_changes(value=_edited(first.value, edit))
            return value.with_changes(args=[first, *others])
    raise AssertionError(value)


def _filled(container: Container, entries: Bracketed) -> Container:
    """The container with these entries; one entry of a tuple keeps its comma."""
    items, opening, closing = entries.items, entries.opening, entries.closing
    match container:
        case cst.Tuple():
            if len(items) == 1 and not entries.trailing:
                items = (items[0].with_changes(comma=cst.Comma()),)
            if opening is None or closing is None:
                return container.with_changes(elements=items)
            left = container.lpar[-1].with_changes(whitespace_after=opening)
            right = container.rpar[0].with_changes(whitespace_before=closing)
            return container.with_changes(
                elements=items,
                lpar=[*container.lpar[:-1], left],
                rpar=[right, *container.rpar[1:]],
            )
        case cst.List(lbracket=bracket, rbracket=last):
            return container.with_changes(
                elements=items,
                lbracket=bracket.with_changes(whitespace_after=opening),
                rbracket=last.with_changes(whitespace_before=closing),
            )
        case cst.Set(lbrace=brace, rbrace=last_brace):
            return container.with_changes(
                elements=items,
                lbrace=brace.with_changes(whitespace_after=opening),
                rbrace=last_brace.with_changes(whitespace_before=closing),
            )
