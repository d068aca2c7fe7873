"""Merges of what stands above a body: decorators, signatures, lists of bases."""

from __future__ import annotations

import ast
import re
from collections.abc import Sequence
from dataclasses import dataclass

from generator.merge.lines import Sides, rows
from generator.merge.order import ordered
from generator.merge.outcome import Clash, Draft, Note
from generator.merge.pieces import Function, Piece, is_function
from generator.merge.source import comments
from generator.merge.values import Value, merge_sets, merge_values

_WIDTH = 88
_ROW_EACH = re.compile(r",\s*\n\s*\)[^()\n]*\n")


def merge_header(sides: Sequence[Piece], headers: Sequence[str], place: str) -> Draft:
    """The rows from the first decorator to the colon, newly written."""
    # A comment or a type parameter has no place of its own in what is written here.
    if any(getattr(piece.node, "type_params", None) for piece in sides) or any(
        map(comments, headers)
    ):
        raise Clash
    decorators = _decorators(sides, place)
    functions = [piece for piece in sides if is_function(piece.node)]
    if len(functions) == len(sides):
        return decorators + _signature(sides, headers, place)
    if functions:
        raise Clash
    return decorators + Draft(_class(sides))


def picked(base: str, yours: str, new: str) -> str:
    """The text, if at most one side changed it."""
    if new in (yours, base):
        return yours
    if yours == base:
        return new
    raise Clash


def _decorators(sides: Sequence[Piece], place: str) -> Draft:
    base, yours, new = (
        {value.text.split("(")[0]: value for value in _decorating(piece)}
        for piece in sides
    )
    counts = [len(_decorating(piece)) for piece in sides]
    if counts != [len(base), len(yours), len(new)]:
        raise Clash
    texts = {}
    for name in (*yours, *new):
        one, mine, made = base.get(name), yours.get(name), new.get(name)
        if one and mine and made:
            texts[name] = merge_values(one, mine, made)
        elif mine and made:
            texts[name] = picked("", mine.text, made.text)
        elif mine or made:
            left = mine or made
            if one and left and one.meaning != left.meaning:
                raise Clash
            texts[name] = left.text if left else ""
    names = merge_sets([*base], [*yours], [*new])
    text = "".join(f"{sides[1].indent}@{texts[name]}\n" for name in names)
    if yours.keys() - base.keys() - new.keys() and new.keys() - base.keys() - (
        yours.keys()
    ):
        told = Note(place, "both added a decorator; look at their order")
        return Draft(text, (told,))
    return Draft(text)


def _decorating(piece: Piece) -> list[Value]:
    nodes: list[ast.expr] = getattr(piece.node, "decorator_list", [])
    return [Value(piece.source, node) for node in nodes]


def _class(sides: Sequence[Piece]) -> str:
    nodes = [piece.node for piece in sides if isinstance(piece.node, ast.ClassDef)]
    base, yours, new = (
        [piece.source.code(each) for each in node.bases]
        + [piece.source.code(each) for each in node.keywords]
        for piece, node in zip(sides, nodes, strict=True)
    )
    name = picked(*(node.name for node in nodes))
    bases = ", ".join(merge_sets(base, yours, new))
    return f"{sides[1].indent}class {name}{f'({bases})' if bases else ''}:\n"


@dataclass(frozen=True, slots=True)
class _Parameters:
    """The parameters by name, in their five kinds, as they are written."""

    before_slash: dict[str, str]
    plain: dict[str, str]
    star: dict[str, str]
    keyword: dict[str, str]
    double_star: dict[str, str]

    @property
    def kinds(self) -> tuple[dict[str, str], ...]:
        return (
            self.before_slash,
            self.plain,
            self.star,
            self.keyword,
            self.double_star,
        )


def _signature(sides: Sequence[Piece], headers: Sequence[str], place: str) -> Draft:
    heads = Sides(*map(_head, sides, headers))
    if heads.settled is not None:
        return Draft(heads.settled)
    nodes = [piece.node for piece in sides if is_function(piece.node)]
    word = picked(*("async def" if _is_async(node) else "def" for node in nodes))
    name = picked(*(node.name for node in nodes))
    returns = picked(
        *(
            piece.source.code(node.returns) if node.returns else ""
            for piece, node in zip(sides, nodes, strict=True)
        )
    )
    base, yours, new = map(_parameters, sides)
    merged = _Parameters(*map(_merged_parameters, base.kinds, yours.kinds, new.kinds))
    start = f"{sides[1].indent}{word} {name}("
    end = f") -> {returns}:\n" if returns else "):\n"
    in_rows = any(map(_ROW_EACH.search, (heads.yours, heads.new)))
    text = _wrapped(start, _written(merged), end, sides[1].indent, in_rows)
    ast.parse(text.strip() + " ...\n")
    known = base.plain.keys()
    mine, made = yours.plain.keys() - known, new.plain.keys() - known
    if mine - made and made - mine:
        warning = (
            "both added parameters that have places; yours moved behind, look at"
            " what calls it"
        )
        return Draft(text, (Note(place, warning, suspect=True),))
    return Draft(text)


def _head(piece: Piece, header: str) -> str:
    """The header without its decorators."""
    assert is_function(piece.node)
    return "".join(rows(header)[piece.node.lineno - 1 - piece.head :])


def _is_async(node: Function) -> bool:
    return isinstance(node, ast.AsyncFunctionDef)


def _parameters(piece: Piece) -> _Parameters:
    assert is_function(piece.node)
    code, found = piece.source.code, piece.node.args

    def written(each: ast.arg, default: ast.expr | None = None) -> str:
        if default is None:
            return code(each)
        return f"{code(each)}{' = ' if each.annotation else '='}{code(default)}"

    plain = [*found.posonlyargs, *found.args]
    defaults = [None] * (len(plain) - len(found.defaults)) + found.defaults
    texts = [
        (each.arg, written(each, default))
        for each, default in zip(plain, defaults, strict=True)
    ]
    split = len(found.posonlyargs)
    return _Parameters(
        dict(texts[:split]),
        dict(texts[split:]),
        {"*": f"*{written(found.vararg)}"} if found.vararg else {},
        {
            each.arg: written(each, default)
            for each, default in zip(found.kwonlyargs, found.kw_defaults, strict=True)
        },
        {"**": f"**{written(found.kwarg)}"} if found.kwarg else {},
    )


def _merged_parameters(
    base: dict[str, str], yours: dict[str, str], new: dict[str, str]
) -> dict[str, str]:
    kept = {}
    for name in (*yours, *new):
        if name in yours and name in new:
            kept[name] = picked(base.get(name, ""), yours[name], new[name])
        elif name not in base:
            kept[name] = yours.get(name) or new[name]
        elif (yours.get(name) or new[name]) != base[name]:
            raise Clash  # one side removed what the other changed
    names = ordered([*base], [*yours], [*new], kept)
    return {name: kept[name] for name in names}


def _written(parameters: _Parameters) -> list[str]:
    before, plain, star, keyword, double = (
        list(kind.values()) for kind in parameters.kinds
    )
    slash = ["/"] if before else []
    bare = ["*"] if keyword and not star else []
    return [*before, *slash, *plain, *star, *bare, *keyword, *double]


def _wrapped(
    start: str, parameters: Sequence[str], end: str, indent: str, in_rows: bool
) -> str:
    """On one row, on a row between the brackets, or with a row each."""
    together = ", ".join(parameters)
    if not in_rows and len(start + together + end) <= _WIDTH + 1:
        return start + together + end
    if not in_rows and len(f"{indent}    {together}") <= _WIDTH:
        return f"{start}\n{indent}    {together}\n{indent}{end}"
    listed = "".join(f"{indent}    {each},\n" for each in parameters)
    return f"{start}\n{listed}{indent}{end}"
