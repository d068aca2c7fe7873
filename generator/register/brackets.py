"""A bracketed sequence with its white space: put an item in, take one out.

LibCST hangs what follows the last item now on its comma, now on the bracket. Here it
is always the bracket's: `closing`. A row is white space that holds a newline; the
comment at the end of a row is its `first_line`, rows of comments below are its
`empty_lines`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import libcst as cst

WIDTH = 88

Space = cst.BaseParenthesizableWhitespace
Row = cst.ParenthesizedWhitespace
Item = cst.BaseElement | cst.ImportAlias

NOTHING = cst.SimpleWhitespace("")
BLANK = cst.SimpleWhitespace(" ")
INDENTED = Row(indent=True, last_line=cst.SimpleWhitespace("    "))
CLOSED = Row(indent=True)
NO_COMMA = cst.MaybeSentinel.DEFAULT


@dataclass(frozen=True, slots=True)
class Bracketed:
    """Items between `opening` and `closing`; each item but the last has its comma."""

    items: tuple[Item, ...]
    opening: Space | None
    closing: Space | None

    @classmethod
    def of(
        cls, items: Sequence[Item], opening: Space | None, closing: Space | None
    ) -> Bracketed:
        """Take over what a node holds."""
        if items and isinstance(comma := items[-1].comma, cst.Comma):
            if closing is not None and not _is_empty(comma.whitespace_after):
                closing = comma.whitespace_after
            last = comma.with_changes(whitespace_after=NOTHING)
            items = [*items[:-1], items[-1].with_changes(comma=last)]
        return cls(tuple(items), opening, closing)

    @property
    def trailing(self) -> bool:
        """Whether a comma follows the last item."""
        return bool(self.items) and isinstance(self.items[-1].comma, cst.Comma)

    @property
    def separators(self) -> tuple[Space, ...]:
        """What stands in front of each item; of the first only inside brackets."""
        first = () if self.opening is None else (self.opening,)
        return (*(_after(item) for item in self.items[:-1]), *first)

    @property
    def is_plain(self) -> bool:
        """Whether it has a row for each item as `broken` makes it, and nothing else."""
        return _code(self) == _code(self.broken())

    @property
    def rows(self) -> Row | None:
        """How the next row of it would begin; None if it is all on one."""
        found = (space for space in self.separators if isinstance(space, Row))
        row = next(found, None)
        return row and Row(indent=row.indent, last_line=row.last_line)

    @property
    def is_parted(self) -> bool:
        """Whether rows of comments or blank rows part it."""
        spaces = (*self.separators, self.closing)
        return any(isinstance(space, Row) and space.empty_lines for space in spaces)

    def with_item(self, place: int, item: Item) -> Bracketed:
        """The sequence with one more, in the layout that it has."""
        if not self.items:
            return self._with_first(item)
        if place == len(self.items):
            return self._with_last(item)
        row = self.rows
        space = self._before(place)
        above, below = space, row or BLANK
        if isinstance(space, Row):
            above = space.with_changes(empty_lines=[])
            below = Row(
                empty_lines=space.empty_lines,
                indent=space.indent,
                last_line=space.last_line,
            )
        new = item.with_changes(comma=cst.Comma(whitespace_after=below))
        parted = self._with_space_before(place, above)
        items = (*parted.items[:place], new, *parted.items[place:])
        return replace(parted, items=items)

    def without_item(self, place: int) -> Bracketed:
        """The sequence with one less; the comment on its row goes, others stay."""
        gone = self.items[place]
        items = (*self.items[:place], *self.items[place + 1 :])
        if not items:
            return self._emptied()
        before = self._before(place)
        if place < len(items):
            rest = replace(self, items=items)
            after = _after(gone)
            if isinstance(before, Row) and isinstance(after, Row):
                lines = [*before.empty_lines, *after.empty_lines]
                before = before.with_changes(empty_lines=lines)
            return rest._with_space_before(place, before)
        closing = self.closing
        if isinstance(closing, Row):
            closing = closing.with_changes(first_line=cst.TrailingWhitespace())
            if isinstance(before, Row):
                lines = [*before.empty_lines, *closing.empty_lines]
                closing = closing.with_changes(
                    first_line=before.first_line, empty_lines=lines
                )
        last = _with_space_after(items[-1], NOTHING)
        if not isinstance(gone.comma, cst.Comma):
            last = last.with_changes(comma=NO_COMMA)
        return replace(self, items=(*items[:-1], last), closing=closing)

    def broken(self) -> Bracketed:
        """The sequence with a row for each item."""
        comma = cst.Comma(whitespace_after=INDENTED)
        items = [item.with_changes(comma=comma) for item in self.items[:-1]]
        last = self.items[-1].with_changes(comma=cst.Comma())
        return Bracketed((*items, last), INDENTED, CLOSED)

    def joined(self, *, brackets: bool) -> Bracketed:
        """The sequence on one row, with or without brackets."""
        comma = cst.Comma(whitespace_after=BLANK)
        items = [item.with_changes(comma=comma) for item in self.items[:-1]]
        last = self.items[-1].with_changes(comma=NO_COMMA)
        space = NOTHING if brackets else None
        return Bracketed((*items, last), space, space)

    def _before(self, place: int) -> Space:
        space = self.opening if place == 0 else _after(self.items[place - 1])
        return NOTHING if space is None else space

    def _with_space_before(self, place: int, space: Space) -> Bracketed:
        if place == 0:
            return self if self.opening is None else replace(self, opening=space)
        left = _with_space_after(self.items[place - 1], space)
        items = (*self.items[: place - 1], left, *self.items[place:])
        return replace(self, items=items)

    def _with_first(self, item: Item) -> Bracketed:
        opening = self.opening if isinstance(self.opening, Row) else INDENTED
        row = opening.with_changes(indent=True, last_line=INDENTED.last_line)
        return Bracketed((item.with_changes(comma=cst.Comma()),), row, CLOSED)

    def _with_last(self, item: Item) -> Bracketed:
        row, closing, left = self.rows, self.closing, self.items[-1]
        comma: cst.Comma | cst.MaybeSentinel = NO_COMMA
        if self.trailing and (row is not None or len(self.items) > 1):
            comma = cst.Comma()
        space: Space = BLANK
        if row is not None:
            space = row
            if isinstance(closing, Row):
                space = row.with_changes(first_line=closing.first_line)
                closing = closing.with_changes(first_line=cst.TrailingWhitespace())
        left = _with_space_after(left, space)
        items = (*self.items[:-1], left, item.with_changes(comma=comma))
        return Bracketed(items, self.opening, closing)

    def _emptied(self) -> Bracketed:
        opening, closing = self.opening, self.closing
        lines: list[cst.EmptyLine] = []
        for space in (opening, closing):
            if isinstance(space, Row):
                lines += space.empty_lines
        if isinstance(opening, Row) and (lines or opening.first_line.comment):
            kept = opening.with_changes(
                empty_lines=lines, indent=True, last_line=NOTHING
            )
            return Bracketed((), kept, NOTHING)
        return Bracketed((), opening and NOTHING, closing and NOTHING)


def _after(item: Item) -> Space:
    return item.comma.whitespace_after if isinstance(item.comma, cst.Comma) else NOTHING


def _with_space_after(item: Item, space: Space) -> Item:
    comma = item.comma if isinstance(item.comma, cst.Comma) else cst.Comma()
    return item.with_changes(comma=comma.with_changes(whitespace_after=space))


def _is_empty(space: Space) -> bool:
    return isinstance(space, cst.SimpleWhitespace) and not space.value


def _code(items: Bracketed) -> str:
    spaces = [space or NOTHING for space in (items.opening, items.closing)]
    nodes = [spaces[0], *items.items, spaces[1]]
    return "".join(map(cst.Module([]).code_for_node, nodes))
