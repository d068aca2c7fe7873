"""The imports of a module: one name more or less, where the import sorter puts it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import libcst as cst

from generator.register.brackets import WIDTH, Bracketed
from generator.register.listing import dotted
from generator.register.origins import same

Statement = cst.SimpleStatementLine | cst.BaseCompoundStatement
Natural = list[tuple[int, int]]


@dataclass(frozen=True, slots=True)
class _Import:
    """A row `from module import names`, the first statement of it."""

    row: int
    line: cst.SimpleStatementLine
    statement: cst.ImportFrom
    names: Sequence[cst.ImportAlias]

    @property
    def module(self) -> str:
        return "." * len(self.statement.relative) + dotted(self.statement.module)

    @property
    def key(self) -> tuple[Natural, tuple[int, Natural]]:
        """The import sorter's order of rows: the module, then its first name there."""
        return _natural(self.module), _member(dotted(self.names[0].name))

    def takes(self, alias: cst.ImportAlias) -> bool:
        """Whether a name may join: one under another name gets a row of its own.

        Unless people write both in one row.
        """
        aliased = {each.asname is not None for each in self.names}
        return len(aliased) > 1 or (aliased == {False} and alias.asname is None)

    @property
    def aliases(self) -> Bracketed:
        left, right = self.statement.lpar, self.statement.rpar
        if left is None or right is None:
            return Bracketed.of(self.names, None, None)
        spaces = left.whitespace_after, right.whitespace_before
        return Bracketed.of(self.names, *spaces)

    def with_aliases(self, aliases: Bracketed) -> cst.SimpleStatementLine:
        """The row with these names."""
        opening, closing = aliases.opening, aliases.closing
        left = right = None
        if opening is not None and closing is not None:
            left = (self.statement.lpar or cst.LeftParen()).with_changes(
                whitespace_after=opening
            )
            right = (self.statement.rpar or cst.RightParen()).with_changes(
                whitespace_before=closing
            )
        statement = self.statement.with_changes(
            names=aliases.items, lpar=left, rpar=right
        )
        return self.line.with_changes(body=[statement, *self.line.body[1:]])


def with_import(
    body: Sequence[Statement], before: int, module: str, name: str, local: str
) -> list[Statement]:
    """The body with `from module import name as local`, somewhere above a row."""
    alias = cst.ImportAlias(
        cst.Name(name), asname=None if local == name else _as(local)
    )
    for found in _imports(body[:before]):
        if same(found.module, module) and found.takes(alias):
            return _replaced(body, found.row, _joined(found, alias))
    owner = cst.parse_expression(module)
    assert isinstance(owner, cst.Name | cst.Attribute)
    statement = cst.ImportFrom(owner, [alias])
    new = _Import(0, cst.SimpleStatementLine([statement]), statement, [alias])
    return _inserted(body, before, new)


def without_import(body: Sequence[Statement], local: str) -> list[Statement]:
    """The body without the name that a `from` import binds."""
    for found in _imports(body):
        for place, alias in enumerate(found.names):
            if local == _local(alias):
                if len(found.names) > 1:
                    return _replaced(body, found.row, _parted(found, place))
                if len(found.line.body) == 1:
                    return _deleted(body, found.row)
    return list(body)


def _local(alias: cst.ImportAlias) -> str:
    return dotted(alias.name) if alias.asname is None else dotted(alias.asname.name)


def _as(local: str) -> cst.AsName:
    blank = cst.SimpleWhitespace(" ")
    return cst.AsName(
        cst.Name(local), whitespace_before_as=blank, whitespace_after_as=blank
    )


def _imports(body: Sequence[Statement]) -> Iterator[_Import]:
    for row, line in enumerate(body):
        if isinstance(line, cst.SimpleStatementLine):
            statement = line.body[0]
            if isinstance(statement, cst.ImportFrom) and not isinstance(
                statement.names, cst.ImportStar
            ):
                yield _Import(row, line, statement, statement.names)


def _joined(found: _Import, alias: cst.ImportAlias) -> cst.SimpleStatementLine:
    """One name more: among sorted ones in its place, else last."""
    keys = [_member(dotted(each.name)) for each in found.names]
    new = _member(dotted(alias.name))
    place = sum(key <= new for key in keys) if keys == sorted(keys) else len(keys)
    aliases = found.aliases.with_item(place, alias)
    line = found.with_aliases(aliases)
    if aliases.rows is None and _is_wide(line):
        return found.with_aliases(aliases.broken())
    return line


def _parted(found: _Import, place: int) -> cst.SimpleStatementLine:
    """One name less; rows that only it made necessary become one again."""
    before = found.aliases
    after = before.without_item(place)
    if before.is_plain and _is_wide(found.with_aliases(before.joined(brackets=False))):
        line = found.with_aliases(after.joined(brackets=False))
        if not _is_wide(line):
            return line
    return found.with_aliases(after)


def _inserted(body: Sequence[Statement], before: int, new: _Import) -> list[Statement]:
    """A new row among the imports of our package; else below all of them."""
    wide = _is_wide(new.line)
    line = new.with_aliases(new.aliases.broken()) if wide else new.line
    root = new.module.partition(".")[0]
    rows = [row for row in range(before) if _is_import(body[row])]
    ours = [row for row in rows if root in _roots(body[row])]
    froms = [each for each in _imports(body[:before]) if each.row in ours]
    keys = [each.key for each in froms]
    if ours and keys == sorted(keys):
        later = (each.row for each in froms if each.key > new.key)
        place = next(later, ours[-1] + 1)
    else:
        place = max(ours or rows, default=-1) + 1
    if place in ours:
        blank, rest = _split_blank(body[place])
        line = line.with_changes(leading_lines=blank)
        return [*body[:place], line, rest, *body[place + 1 :]]
    if not rows:
        place = int(bool(body) and _is_docstring(body[0]))
    if place and not ours:
        line = line.with_changes(leading_lines=[cst.EmptyLine(indent=False)])
    return [*body[:place], line, *body[place:]]


def _deleted(body: Sequence[Statement], row: int) -> list[Statement]:
    """Without a row; comments above it stay, and its distance if it began a block."""
    rest = list(body[row + 1 :])
    blank, bare = _split_blank(body[row])
    if rest:
        began = blank and _is_import(rest[0]) and not _split_blank(rest[0])[0]
        if began or bare.leading_lines:
            leading = [*body[row].leading_lines, *rest[0].leading_lines]
            rest[0] = rest[0].with_changes(leading_lines=leading)
    return [*body[:row], *rest]


def _replaced(body: Sequence[Statement], row: int, line: Statement) -> list[Statement]:
    return [*body[:row], line, *body[row + 1 :]]


def _split_blank(line: Statement) -> tuple[list[cst.EmptyLine], Statement]:
    """The blank rows above a statement, and the statement with its comments."""
    leading = list(line.leading_lines)
    count = next((n for n, each in enumerate(leading) if each.comment), len(leading))
    return leading[:count], line.with_changes(leading_lines=leading[count:])


def _is_import(line: Statement) -> bool:
    return isinstance(line, cst.SimpleStatementLine) and isinstance(
        line.body[0], cst.Import | cst.ImportFrom
    )


def _roots(line: Statement) -> set[str]:
    """The packages from which a row of imports takes, relative ones aside."""
    assert isinstance(line, cst.SimpleStatementLine)
    match line.body[0]:
        case cst.Import(names=names):
            return {dotted(alias.name).partition(".")[0] for alias in names}
        case cst.ImportFrom(module=module, relative=[]):
            return {dotted(module).partition(".")[0]}
    return set()


def _is_docstring(line: Statement) -> bool:
    if not isinstance(line, cst.SimpleStatementLine):
        return False
    first = line.body[0]
    return isinstance(first, cst.Expr) and isinstance(
        first.value, cst.SimpleString | cst.ConcatenatedString
    )


def _is_wide(line: cst.SimpleStatementLine) -> bool:
    """Whether the statement passes the width; comments at its end do not count."""
    code = cst.Module([]).code_for_node(line.body[0])
    return max(map(len, code.split("\n"))) > WIDTH


def _member(name: str) -> tuple[int, Natural]:
    """The import sorter's order of names: constants, classes, all others."""
    kind = 2
    if name.isupper() and len(name) > 1:
        kind = 0
    elif name[:1].isupper():
        kind = 1
    return kind, _natural(name)


def _natural(name: str) -> Natural:
    """A key that orders `room2` before `room10`."""
    parts = re.findall(r"\d+|\D", name.lower())
    return [
        (ord("0"), int(part)) if part.isdigit() else (ord(part), 0) for part in parts
    ]
