"""The merge of Python by its structure: piece by piece, each no deeper than needed."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Sequence
from dataclasses import replace

from generator.merge.bodies import merge_bodies, parses
from generator.merge.headers import merge_header, picked
from generator.merge.imports import merge_imports
from generator.merge.lines import Sides, merge_rows, rows
from generator.merge.order import ordered
from generator.merge.outcome import Clash, Draft, Note, joined
from generator.merge.pairs import likely, recognised
from generator.merge.pieces import Key, Piece, is_function, tile, unchanged
from generator.merge.source import Source
from generator.merge.suites import Suite, suites
from generator.merge.values import Value, merge_values

Pieces = Sequence[Piece]
_NEEDED = "no longer generated, used by what you keep; kept"
KEPT = "no longer generated, edited by you; kept"
_DOCSTRING: Key = ("doc",)
_FUTURE: Key = ("from", "__future__")
_IMPORTS = ("from", "import")


def merge_modules(base: Source, yours: Source, new: Source) -> Draft:
    """Merge three modules; what cannot be merged otherwise goes by rows, in place."""
    pieces = [
        tile(side, side.tree.body, 0, len(side.rows)) for side in (base, yours, new)
    ]
    end = pieces[1][-1].last if pieces[1] else 0
    blank = Draft(yours.between(end, len(yours.rows)))
    return _by_name(pieces[0], pieces[1], pieces[2], "") + blank


def _by_name(base: Pieces, yours: Pieces, new: Pieces, place: str) -> Draft:
    """Merge pieces that have names, and whose order is only a matter of reading."""
    yours, said = recognised(base, yours, "you", place)
    new, told = recognised(base, new, "the generator", place)
    was, mine, made = ({each.key: each for each in side} for side in (base, yours, new))
    yours_come = [each for each in yours if each.key not in was]
    new_come = [each for each in new if each.key not in was]
    drafts: dict[Key, Draft] = {}
    dropped: list[Piece] = []
    kept: list[Piece] = []
    notes = [*said, *told]
    for key in {**was, **mine, **made}:
        old, one, other = was.get(key), mine.get(key), made.get(key)
        if one and other:
            lead = one.lead if old and other.lead == old.lead else other.lead
            draft = _both(old, one, other, f"{place}{one.label}")
            drafts[key] = (Draft(lead) if draft.text else Draft("")) + draft
        elif one and old is None:
            drafts[key] = _as_is(one)
        elif one and old and unchanged(one, old):
            dropped.append(one)
        elif one and old:
            kept.append(one)
            notes.append(_telling(old, KEPT, new_come, "the generator", place))
        elif other and old is None:
            drafts[key] = _as_is(other)
        elif other and old and not unchanged(other, old):
            what = "deleted by you, changed by the generator; stays deleted"
            note = _telling(old, what, yours_come, "you", place)
            notes.append(replace(note, untaken=True))
    for piece in _needed(dropped, kept):
        notes.append(Note(f"{place}{piece.label}", _NEEDED))
        kept.append(piece)
    drafts |= {piece.key: _as_is(piece) for piece in kept}
    keys = _order(list(was), list(mine), list(made), drafts)
    return joined([*(drafts[key] for key in keys), Draft("", tuple(notes))])


def _needed(dropped: Pieces, kept: Pieces) -> list[Piece]:
    """What went but is used by what stays, also by what stays only for that reason."""
    found: list[Piece] = []
    names = {
        piece.key[1]: piece
        for piece in dropped
        if piece.key[0] in ("class", "def", "name")
    }
    waiting = list(kept)
    while waiting and names:
        for word in re.findall(r"\w+", waiting.pop().text):
            piece = names.pop(word, None)
            if piece:
                found.append(piece)
                waiting.append(piece)
    return found


def _as_is(piece: Piece) -> Draft:
    return Draft(piece.lead + piece.text)


def _telling(
    piece: Piece, what: str, come: Iterable[Piece], who: str, place: str
) -> Note:
    found = likely(piece, come)
    if found:
        what += f"; {found[0]} is {found[1]:.0%} like it: if {who} renamed it, carry on"
    return Note(f"{place}{piece.label}", what)


def _order(
    base: Sequence[Key],
    yours: Sequence[Key],
    new: Sequence[Key],
    kept: dict[Key, Draft],
) -> list[Key]:
    imports = {key for key in kept if key[0] in _IMPORTS}
    keys = ordered(base, yours, new, kept, sorted_later=imports)
    for first in (_FUTURE, _DOCSTRING):
        if first in kept:
            keys.remove(first)
            above = next(
                (i for i, key in enumerate(keys) if key[0] not in ("comment", "doc")),
                len(keys),
            )
            keys.insert(above, first)
    return [*(k for k in keys if not _takes_all(k)), *filter(_takes_all, keys)]


def _takes_all(key: Key) -> bool:
    return key[:2] == ("case", "_") and key[2] == ""


def _both(base: Piece | None, yours: Piece, new: Piece, place: str) -> Draft:
    """A piece that both sides have."""
    if unchanged(yours, new) or (base and unchanged(new, base)):
        return Draft(yours.text)
    if base and yours.text == base.text:
        return Draft(new.text)
    layout = base is not None and unchanged(yours, base)
    try:
        draft = _deep(base, yours, new, place)
        if not layout or _sound(draft.text, yours):
            return draft
    except (Clash, SyntaxError, RecursionError):
        pass
    if layout:
        return Draft(new.text)
    texts = Sides(base.text if base else "", yours.text, new.text)
    reason = "both changed this" if base else "both added this, differently"
    return Draft(
        merge_rows(texts, place, reason, sound=lambda text: _sound(text, yours))
    )


def _sound(text: str, like: Piece) -> bool:
    if isinstance(like.node, ast.match_case):
        text = f"{like.indent}match _:\n" + "".join(f" {row}" for row in rows(text))
    return parses(text)


def _deep(base: Piece | None, yours: Piece, new: Piece, place: str) -> Draft:
    """A piece that both sides changed, by its parts."""
    nodes = [piece.node for piece in (base, yours, new) if piece]
    kinds = {type(node) for node in nodes}
    if len(kinds) > 1 and not all(map(is_function, nodes)):
        raise Clash
    comment = merge_rows(
        Sides(base.comment if base else "", yours.comment, new.comment),
        place,
        "both changed the comment above",
    )
    return Draft(comment) + _code(base, yours, new, place)


def _code(base: Piece | None, yours: Piece, new: Piece, place: str) -> Draft:
    if base:
        texts = Sides(base.code, yours.code, new.code)
        if texts.settled is not None:
            return Draft(texts.settled)  # only the comment above it is another
    if isinstance(yours.node, ast.ImportFrom):
        return _checked(merge_imports(base, yours, new), yours)
    if base is None:
        return _first(yours, new, place)
    match yours.node:
        case ast.Assign() | ast.AnnAssign() | ast.Expr() | ast.Return():
            return _checked(_statement(base, yours, new), yours)
    return _compound(base, yours, new, place)


def _checked(text: str, like: Piece) -> Draft:
    """A statement put together from parts, if it still is one."""
    if not _sound(text, like):
        raise Clash
    return Draft(text)


def _first(yours: Piece, new: Piece, place: str) -> Draft:
    """What both added, if it is made of named pieces: a class, a block of imports.

    A field of yours with a default holds all that the same field without one says.
    """
    if _says_more(yours.node, new.node):
        return Draft(yours.code)
    mine, made = suites(yours), suites(new)
    if not isinstance(yours.node, ast.ClassDef | ast.If) or not (
        len(mine) == len(made) == 1 and mine[0].header == made[0].header
    ):
        raise Clash
    below = _by_name([], mine[0].pieces, made[0].pieces, f"{place}.")
    return Draft(mine[0].header) + below


def _says_more(yours: ast.AST | None, new: ast.AST | None) -> bool:
    """Whether both are one field, and yours has a default as well."""
    return (
        isinstance(yours, ast.AnnAssign)
        and isinstance(new, ast.AnnAssign)
        and new.value is None
        and ast.dump(yours.annotation) == ast.dump(new.annotation)
    )


def _compound(base: Piece, yours: Piece, new: Piece, place: str) -> Draft:
    sides = [suites(piece) for piece in (base, yours, new)]
    if len({len(found) for found in sides}) > 1:
        raise Clash
    drafts = [_header((base, yours, new), sides, place)]
    for index, (was, mine, made) in enumerate(zip(*sides, strict=True)):
        if index:
            drafts.append(Draft(picked(was.header, mine.header, made.header)))
        drafts.append(_below(yours, was, mine, made, place))
    return joined(drafts)


def _header(
    pieces: Sequence[Piece], sides: Sequence[Sequence[Suite]], place: str
) -> Draft:
    texts = Sides(*(found[0].header for found in sides))
    if texts.settled is not None:
        return Draft(texts.settled)
    if not isinstance(pieces[0].node, ast.ClassDef) and not is_function(pieces[0].node):
        raise Clash
    try:
        headers = [found[0].header for found in sides]
        return merge_header(pieces, headers, place)
    except (Clash, SyntaxError):
        body = f"{pieces[1].indent}    ...\n"
        reason = "both changed its head"
        return Draft(
            merge_rows(texts, place, reason, sound=lambda text: parses(text + body))
        )


def _below(piece: Piece, base: Suite, yours: Suite, new: Suite, place: str) -> Draft:
    """What stands below one header: named pieces, or statements in their order."""
    sides = (base.pieces, yours.pieces, new.pieces)
    match piece.node:
        case ast.ClassDef():
            if any(_filled(side) for side in sides[1:]):
                sides = (_bare(sides[0]), _bare(sides[1]), _bare(sides[2]))
            return _by_name(*sides, f"{place}.")
        case ast.Match():
            return _by_name(*sides, f"{place} ")
        case ast.If() if "TYPE_CHECKING" in ast.unparse(piece.node.test):
            return _by_name(*sides, f"{place}.")
    return merge_bodies(*sides, place, _both)


def _filled(pieces: Pieces) -> bool:
    return len(_bare(pieces)) > 0


def _bare(pieces: Pieces) -> list[Piece]:
    """Without the `pass` of an empty class."""
    return [each for each in pieces if not isinstance(each.node, ast.Pass)]


def _statement(base: Piece, yours: Piece, new: Piece) -> str:
    """A statement around one expression: what is around it, and that expression."""
    sides = [(piece, _value(piece, (base, yours, new))) for piece in (base, yours, new)]
    around = []
    for piece, value in sides:
        start, end = value.source.span(value.node)
        first, last = piece.source.start(piece.head), piece.source.start(piece.last)
        around.append((piece.source.text[first:start], piece.source.text[end:last]))
    above = picked(*(each[0] for each in around))
    below = picked(*(each[1] for each in around))
    return above + merge_values(*(value for _, value in sides)) + below


def _value(piece: Piece, sides: Sequence[Piece]) -> Value:
    """The expression that changed: of a field its annotation or its default."""
    node = piece.node
    if isinstance(node, ast.AnnAssign):
        fields = [each.node for each in sides if isinstance(each.node, ast.AnnAssign)]
        types = {ast.dump(each.annotation) for each in fields}
        if len(types) > 1:
            defaults = {each.value and ast.dump(each.value) for each in fields}
            if len(defaults) > 1:
                raise Clash  # type and default belong together
            return Value(piece.source, node.annotation)
    value = getattr(node, "value", None)
    if not isinstance(value, ast.expr):
        raise Clash
    return Value(piece.source, value)
