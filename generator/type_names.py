"""From an annotation in code to the type that a blueprint writes for it."""

from __future__ import annotations

import ast
from collections.abc import Mapping, Sequence

from generator import model, names
from generator.type_text import EVERY

WORDS = {
    "Bytes": "bytes",
    "Decimal": "decimal",
    "Email": "email",
    "Json": "json",
    "UUID": "uuid",
    "Url": "url",
    "bool": "bool",
    "date": "date",
    "datetime": "datetime",
    "float": "float",
    "int": "int",
    "str": "str",
    "timedelta": "duration",
}


def vocabulary(service: model.Service, domain: str) -> dict[str, str]:
    """From what a domain's code calls a type to what its blueprint calls it."""
    found = dict(WORDS)
    parts = [(each.name, each.vocabulary) for each in service.domains]
    if service.shared is not None:
        parts.append(("", service.shared))
    for home, words in parts:
        foreign = home not in ("", domain)
        for each in (*words.enums, *words.definitions):
            printed = f"{names.pascal(home)}{each.name}" if foreign else each.name
            found[printed] = f"{home}.{each.name}" if foreign else each.name
    return found


def written(annotation: str, default: str, known: Mapping[str, str]) -> str | None:
    """The field as a blueprint writes it, or None if that has no words for it.

    >>> written("list[str] | None", "None", WORDS)
    'list(str)?'
    """
    try:
        kind = _type(ast.parse(annotation, mode="eval").body, known)
        value = ast.parse(default, mode="eval").body if default else None
    except SyntaxError:
        return None
    if kind is None:
        return None
    match value:
        case None:
            return kind
        case ast.Constant(value=None):
            return kind if kind.endswith("?") else None
        case ast.Constant(value=bool() as truth):
            return f"{kind} = {'true' if truth else 'false'}"
        case ast.Constant(value=str(text)):
            return f"{kind} = {text}"
        case ast.Constant(value=int(whole)):
            return f"{kind} = {whole}"
        case ast.Attribute(value=ast.Name(), attr=member):
            return f"{kind} = {member.lower()}"
        case ast.Call(
            func=ast.Name(id="Decimal"), args=[ast.Constant(value=str(text))]
        ):
            return f"{kind} = {text}"
    return None


def _type(node: ast.expr, known: Mapping[str, str]) -> str | None:
    match node:
        case ast.Name(id=name):
            return known.get(name)
        case ast.BinOp(left=left, op=ast.BitOr(), right=ast.Constant(value=None)):
            inner = _type(left, known)
            return f"{inner}?" if inner else None
        case ast.Subscript(value=ast.Name(id="list"), slice=element):
            inner = _type(element, known)
            return f"list({inner})" if inner else None
        case ast.Subscript(
            value=ast.Name(id="dict"),
            slice=ast.Tuple(elts=[ast.Name(id="str"), element]),
        ):
            inner = _type(element, known)
            return f"map({inner})" if inner else None
        case ast.Subscript(
            value=ast.Name(id="Annotated"),
            slice=ast.Tuple(elts=[ast.Name(id=name), ast.Call(func=field) as call]),
        ) if ast.unparse(field) == "Field" and not call.args:
            return _constrained(known.get(name), call.keywords)
    return None


def _constrained(kind: str | None, given: Sequence[ast.keyword]) -> str | None:
    """The type with what pydantic holds it to; the language has the same names."""
    bounds = {each.arg or "": _bound(each.value) for each in given}
    if kind is None or not all(bounds.values()) or not bounds.keys() <= {*EVERY}:
        return None
    return f"{kind}({' '.join(f'{name}={bound}' for name, bound in bounds.items())})"


def _bound(node: ast.expr) -> str:
    """A number, an amount or a pattern as the language writes it."""
    match node:
        case ast.Constant(value=int() | float()) | ast.UnaryOp(op=ast.USub()):
            return ast.unparse(node)
        case ast.Constant(value=str(text)) if not {*text} & {'"', "\n"}:
            return f'"{text}"'
        case ast.Call(
            func=ast.Name(id="Decimal"), args=[ast.Constant(value=str(text))]
        ):
            return text
    return ""
