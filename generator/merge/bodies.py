"""Merges of statements in the order they run in: three ways, a statement is an atom.

Changes beside each other are no conflict; changes of one statement go on inside of it,
what both put at one point, or one removed while the other changed it, is a conflict.
"""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from difflib import SequenceMatcher

from generator.merge.lines import Sides, alike_at_start, merge_rows
from generator.merge.outcome import Clash, Draft, joined
from generator.merge.pairs import paired
from generator.merge.pieces import Piece
from generator.merge.suites import suites, wrapping

Pieces = Sequence[Piece]
Change = Callable[[Piece, Piece, Piece, str], Draft]
# Beyond this many equal pairs, a changed stretch counts as replaced as a whole.
_COMPARED = 1_000_000
_COMPOUND = (ast.With, ast.AsyncWith, ast.Try, ast.TryStar, ast.If, ast.For, ast.While)


@dataclass(frozen=True, slots=True)
class Hunk:
    """The statements from `first` to `last` of the base are these on one side."""

    first: int
    last: int
    pieces: Pieces


@dataclass(frozen=True, slots=True)
class Group:
    """A stretch of the base with the hunks of both sides that meet in it."""

    first: int
    last: int
    yours: list[Hunk] = field(default_factory=list)
    new: list[Hunk] = field(default_factory=list)


def merge_bodies(
    base: Pieces, yours: Pieces, new: Pieces, place: str, change: Change
) -> Draft:
    """Merge by statements; `change` merges one that both sides changed."""
    mine, found = _hunks(base, yours)
    made, _ = _hunks(base, new)
    kept = [found.get(index, piece) for index, piece in enumerate(base)]
    merged = []
    at = 0
    for group in _groups(mine, made):
        merged.append(_text(kept[at : group.first]))
        merged.append(_settle(base, kept, group, place, change))
        at = group.last
    merged.append(_text(kept[at:]))
    return joined(merged)


def _hunks(base: Pieces, side: Pieces) -> tuple[list[Hunk], dict[int, Piece]]:
    """What one side changed, and how it writes what it did not change."""
    before, after = _compared(base, side)
    top = alike_at_start(before, after)
    end = alike_at_start(before[top:][::-1], after[top:][::-1])
    kept = {index: side[index] for index in range(top)}
    for index in range(1, end + 1):
        kept[len(base) - index] = side[-index]
    found: list[Hunk] = []
    middle = before[top : len(before) - end], after[top : len(after) - end]
    for tag, first, last, start, stop in _opcodes(*middle):
        left, right = base[top + first : top + last], side[top + start : top + stop]
        if tag == "equal":
            kept |= {top + first + index: each for index, each in enumerate(right)}
        else:
            found += _divided(top + first, left, right)
    return found, kept


def _compared(base: Pieces, side: Pieces) -> tuple[list[str], list[str]]:
    """What tells the statements apart: text where both have it, else its meaning."""
    texts, others = ({each.text for each in pieces} for pieces in (base, side))
    common = texts & others
    before, after = (
        [each.text if each.text in common else each.meaning for each in pieces]
        for pieces in (base, side)
    )
    return before, after


def _opcodes(
    before: Sequence[str], after: Sequence[str]
) -> Sequence[tuple[str, int, int, int, int]]:
    counts = Counter(after)
    if sum(counts[mark] for mark in before) > _COMPARED:
        return [("replace", 0, len(before), 0, len(after))]
    return SequenceMatcher(None, before, after, autojunk=False).get_opcodes()


def _divided(first: int, left: Pieces, right: Pieces) -> Iterator[Hunk]:
    """One replaced stretch as a hunk for each statement that became another."""
    at = start = 0
    for index, other in [*paired(left, right), (len(left), len(right))]:
        if index > at or other > start:
            yield Hunk(first + at, first + index, right[start:other])
        if index < len(left) and left[index].meaning != right[other].meaning:
            yield Hunk(first + index, first + index + 1, right[other : other + 1])
        at, start = index + 1, other + 1


def _groups(yours: Sequence[Hunk], new: Sequence[Hunk]) -> Iterator[Group]:
    """Hunks in order, those together that touch the same statement or point."""
    sides = (list(reversed(yours)), list(reversed(new)))
    while any(sides):
        waiting = [side[-1] for side in sides if side]
        start = min(waiting, key=lambda hunk: (hunk.first, hunk.last))
        group = Group(start.first, start.last)
        while True:
            met = next((s for s in sides if s and _meets(s[-1], group, start)), None)
            if met is None:
                break
            hunk = met.pop()
            (group.yours if met is sides[0] else group.new).append(hunk)
            group = Group(
                min(group.first, hunk.first),
                max(group.last, hunk.last),
                group.yours,
                group.new,
            )
        yield group


def _meets(hunk: Hunk, group: Group, start: Hunk) -> bool:
    """Whether it is the hunk that began the group, or overlaps with the group."""
    if hunk is start:
        return True
    if hunk.first == hunk.last or group.first == group.last:
        return (
            (hunk.first, hunk.last) == (group.first, group.last)
            or group.first < hunk.first < group.last
            or hunk.first < group.first < hunk.last
        )
    return hunk.first < group.last and group.first < hunk.last


def _settle(
    base: Pieces, kept: Pieces, group: Group, place: str, change: Change
) -> Draft:
    """The statements that a stretch of the base becomes."""
    was = base[group.first : group.last]
    mine = _applied(kept, group, group.yours)
    made = _applied(base, group, group.new)
    if not group.new or _meanings(mine) == _meanings(made):
        return _text(mine)
    single = len(was) == len(mine) == len(made) == 1
    if not group.yours and not (single and mine[0].text != was[0].text):
        return _text(made)
    for wrapped, other, yours_wraps in ((mine, made, True), (made, mine, False)):
        try:
            return _inside(was, wrapped, other, yours_wraps, place, change)
        except (Clash, SyntaxError):
            continue
    if single:
        lead = mine[0].lead if made[0].lead == was[0].lead else made[0].lead
        return Draft(lead) + change(was[0], mine[0], made[0], place)
    both = None if was else _both_added(base, group.first, mine, made)
    if both is not None:
        return _text(both)
    reason = "both changed these statements" if was else "both added statements here"
    if not mine or not made:
        reason = "one side removed what the other changed"
    texts = Sides(*(_text(side).text for side in (was, mine, made)))
    return Draft(merge_rows(texts, place, reason, sound=parses))


def parses(text: str) -> bool:
    """Whether indented rows are whole statements."""
    indent = text[: len(text) - len(text.lstrip(" \t\n"))].split("\n")[-1]
    try:
        ast.parse(f"if 1:\n{indent}pass\n{text}" if indent else text)
    except (SyntaxError, ValueError, RecursionError):
        return False
    return True


def _both_added(
    base: Pieces, at: int, mine: Pieces, made: Pieces
) -> list[Piece] | None:
    """What comes of two insertions at one point, where that is plain.

    One may hold the other; or both go on with the calls around that point, as a list
    of registrations does.
    """
    longer, shorter = (mine, made) if len(mine) > len(made) else (made, mine)
    for start in range(len(longer) - len(shorter) + 1):
        if _meanings(longer[start : start + len(shorter)]) == _meanings(shorter):
            return list(longer)
    around = {_registration(each) for each in base[max(at - 1, 0) : at + 1]}
    calls = {_registration(each) for each in (*mine, *made)}
    if len(calls) == 1 and "" not in calls and calls <= around:
        known = {each.meaning for each in made}
        return [*made, *(each for each in mine if each.meaning not in known)]
    return None


def _registration(piece: Piece) -> str:
    """The function of a call that only names things, as `router.include(members)`."""
    match piece.node:
        case ast.Expr(value=ast.Call() as call):
            given = [*call.args, *(each.value for each in call.keywords)]
            if given and all(
                isinstance(each, ast.Name | ast.Attribute | ast.Constant)
                for each in given
            ):
                return ast.dump(call.func)
    return ""


def _inside(
    was: Pieces,
    wrapped: Pieces,
    other: Pieces,
    yours_wraps: bool,
    place: str,
    change: Change,
) -> Draft:
    """Where one side put the statements under a new block: merge within that block."""
    index, block = _around(was, wrapped)
    if not block:
        raise Clash
    twin = _around(was, other)[1] or _twin(block, other)
    texts = [_text(was).text] if twin else [_text(was).text, _text(other).text]
    before, *rest = wrapping(block, texts)
    if twin:  # both did, which is one change if it is the same block
        if len(wrapped) > 1 or len(other) > 1 or _header(block) != _header(twin):
            raise Clash
        rest = [twin]
    elif _unwrapped(rest[0]) != _bare(other):
        raise Clash
    if _unwrapped(before) != _bare(was):
        raise Clash
    mine, made = (block, rest[0]) if yours_wraps else (rest[0], block)
    return (
        _text(wrapped[:index])
        + Draft(block.lead)
        + change(before, mine, made, place)
        + _text(wrapped[index + 1 :])
    )


def _around(was: Pieces, pieces: Pieces) -> tuple[int, Piece | None]:
    """The block, if there is one, in which at least half of these statements stand."""
    for index, piece in enumerate(pieces):
        if isinstance(piece.node, _COMPOUND):
            inner = Counter(map(ast.dump, piece.node.body))
            found = (Counter(_bare(was)) & inner).total()
            if found and found * 2 >= len(was):
                return index, piece
    return 0, None


def _twin(block: Piece, pieces: Pieces) -> Piece | None:
    """The same block, whatever stands in it."""
    compound = (each for each in pieces if isinstance(each.node, _COMPOUND))
    return next((each for each in compound if _header(each) == _header(block)), None)


def _header(block: Piece) -> str:
    return suites(block)[0].header


def _unwrapped(piece: Piece) -> list[str]:
    body: list[ast.stmt] = getattr(piece.node, "body", [])
    return [ast.dump(node) for node in body]


def _bare(pieces: Pieces) -> list[str]:
    return [ast.dump(piece.node) for piece in pieces if piece.node is not None]


def _applied(unchanged: Pieces, group: Group, hunks: Sequence[Hunk]) -> Pieces:
    """The stretch of the base as one side has it."""
    found: list[Piece] = []
    at = group.first
    for hunk in [*hunks, Hunk(group.last, group.last, ())]:
        found += [*unchanged[at : hunk.first], *hunk.pieces]
        at = hunk.last
    return found


def _meanings(pieces: Pieces) -> list[str]:
    return [piece.meaning for piece in pieces]


def _text(pieces: Pieces) -> Draft:
    return joined([_as_is(piece) for piece in pieces])


def _as_is(piece: Piece) -> Draft:
    return Draft(piece.lead + piece.text)
