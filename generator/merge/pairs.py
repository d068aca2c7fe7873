"""Which piece of one side is which of the other, where their keys do not say so."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import replace
from difflib import SequenceMatcher
from heapq import nsmallest

from generator.merge.outcome import Note
from generator.merge.pieces import Key, Piece

# How alike two pieces must be to be one piece before and after an edit.
_COMMENT, _STATEMENT, _RENAMED = 0.3, 0.5, 0.6
_WINDOW = 8
_TOKEN = re.compile(r"\w+|\S")
_ANONYMOUS = ("comment", "rows", "if", "try")


def alike(one: str, other: str) -> float:
    """From 0 to 1, by the words and signs that they have in common, in order."""
    tokens = _TOKEN.findall(one), _TOKEN.findall(other)
    return SequenceMatcher(None, *tokens, autojunk=False).ratio()


def recognised(
    base: Sequence[Piece], side: Sequence[Piece], who: str, place: str
) -> tuple[list[Piece], tuple[Note, ...]]:
    """The side with the base's keys where a piece only changed its name or words."""
    known, here = {each.key for each in base}, {each.key for each in side}
    gone = [each for each in base if each.key not in here]
    come = [each for each in side if each.key not in known]
    if not gone or not come:
        return list(side), ()
    renames = _renames(gone, come)
    keys = {**renames, **_reworded(base, side, known & here)}
    notes = tuple(
        Note(f"{place}{was[1]}", f"renamed to {now[1]} by {who}; look at what calls it")
        for now, was in renames.items()
    )
    return [replace(each, key=keys.get(each.key, each.key)) for each in side], notes


def likely(piece: Piece, come: Iterable[Piece]) -> tuple[str, float] | None:
    """The name that looks most like a new name of this piece."""
    if not _long(piece):
        return None
    size = len(piece.text)
    same = (each for each in come if each.key[0] == piece.key[0] and _long(each))
    near = nsmallest(_WINDOW, same, key=lambda each: abs(len(each.text) - size))
    text = _anonymous(piece)
    ratios = [(alike(text, _anonymous(each)), each.key[1]) for each in near]
    ratio, name = max(ratios, default=(0.0, ""))
    return (name, ratio) if ratio > _RENAMED else None


def paired(left: Sequence[Piece], right: Sequence[Piece]) -> list[tuple[int, int]]:
    """Statements that stand for each other, in order.

    What is equally many is taken to be the same, edited; else what is alike is, so that
    an insertion beside a change stays an insertion.
    """
    if len(left) == len(right):
        return [(index, index) for index in range(len(left))]
    found: list[tuple[int, int]] = []
    start = 0
    for index, piece in enumerate(left):
        ratios = [
            (alike(piece.text, right[at].text), -at)
            for at in range(start, min(start + _WINDOW, len(right)))
            if type(piece.node) is type(right[at].node)
        ]
        ratio, at = max(ratios, default=(0.0, 0))
        if ratio > (_STATEMENT if piece.node else _COMMENT):
            found.append((index, -at))
            start = -at + 1
    return found


def _renames(gone: Sequence[Piece], come: Sequence[Piece]) -> dict[Key, Key]:
    """New keys of classes and functions that changed nothing but their name."""
    candidates = [[each for each in side if _long(each)] for side in (gone, come)]
    texts = [{each.key: _anonymous(each) for each in side} for side in candidates]
    counts = [Counter(side.values()) for side in texts]
    old = {text: key for key, text in texts[0].items() if counts[0][text] == 1}
    return {
        key: old[text]
        for key, text in texts[1].items()
        if counts[1][text] == 1 and text in old
    }


def _reworded(
    base: Sequence[Piece], side: Sequence[Piece], common: set[Key]
) -> dict[Key, Key]:
    """New keys of comments and unnamed statements that changed between neighbours."""
    old, new = _runs(base, common), _runs(side, common)
    keys: dict[Key, Key] = {}
    for run in old.keys() & new.keys():
        for left, right in paired(old[run], new[run]):
            one, other = old[run][left], new[run][right]
            limit = _STATEMENT if one.node else _COMMENT
            if type(one.node) is type(other.node) and (
                alike(one.text, other.text) > limit
            ):
                keys[other.key] = one.key
    return keys


def _runs(
    pieces: Sequence[Piece], common: set[Key]
) -> dict[tuple[str, Key], list[Piece]]:
    """The unnamed pieces of one side alone, by their kind and the one before them."""
    found: dict[tuple[str, Key], list[Piece]] = {}
    last: Key = ()
    for piece in pieces:
        if piece.key in common:
            last = piece.key
        elif piece.key[0] in _ANONYMOUS:
            kind = piece.key[0] if piece.node is None else "statement"
            found.setdefault((kind, last), []).append(piece)
    return found


def _anonymous(piece: Piece) -> str:
    return re.sub(rf"\b{re.escape(piece.key[1])}\b", "\0", piece.text)


def _long(piece: Piece) -> bool:
    """More than two rows: what is shorter is alike by chance."""
    return piece.key[0] in ("class", "def") and piece.last - piece.head > 2
