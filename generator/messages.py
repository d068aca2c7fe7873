"""Messages of rules: prose with the values of the rule's own scope in braces."""

from __future__ import annotations

import re

from generator.expressions import ExpressionError, Scope, compile_expression
from generator.prose import string
from generator.types import Kind

CODES = {
    "B311": "A brace in a message holds no name, or is not closed.",
    "B312": "A message shows a value that must stay secret.",
    "B313": "A message shows a value that has no short form.",
}

PLACE = re.compile(r"\{\{|\}\}|\{([^{}]*)\}|[{}]")
PATH = re.compile(r"[A-Za-z_][A-Za-z0-9_]*(\.[A-Za-z_][A-Za-z0-9_]*)*", re.ASCII)
UNPRINTABLE: tuple[Kind, ...] = ("value", "list", "map", "json", "bytes", "none")


def compile_message(text: str, scope: Scope) -> str:
    """The message as a string literal of Python, an f-string if it shows values."""
    parts: list[str] = []
    values = False
    end = 0
    for found in PLACE.finditer(text):
        parts.append(_escaped(text[end : found.start()]))
        end = found.end()
        if found[0] in ("{{", "}}"):
            parts.append(found[0])
        elif found[1] is None:
            hint = f"a brace that is only a brace is written {found[0] * 2}"
            raise ExpressionError(
                "B311", "this brace has no other", found.start(), hint
            )
        else:
            values = True
            parts.append(f"{{{_value(found[1], found.start() + 1, scope)}}}")
    parts.append(_escaped(text[end:]))
    if values:
        return f'f"{"".join(parts)}"'
    return string(text.replace("{{", "{").replace("}}", "}"))


def _escaped(text: str) -> str:
    return string(text)[1:-1]


def _value(path: str, offset: int, scope: Scope) -> str:
    """The code for one pair of braces."""
    if not PATH.fullmatch(path):
        hint = "braces hold a name, like {stay.check_in}; {{ and }} are braces"
        raise ExpressionError("B311", f'"{path}" is not a name', offset, hint)
    _refuse_secret(path, offset, scope)
    try:
        found = compile_expression(path, scope)
    except ExpressionError as error:
        place = offset + error.offset
        raise ExpressionError(error.code, error.message, place, error.hint) from None
    if found.type.optional:
        hint = f"require {path} is not None before this rule, or leave it out"
        raise ExpressionError("B305", f"{path} may be None here", offset, hint)
    if found.type.kind in UNPRINTABLE:
        hint = f"name one of its fields, like {{{path}.x}}"
        message = f"{path} is {found.type}, which has no short form"
        kept = hint if found.type.kind == "value" else ""
        raise ExpressionError("B313", message, offset, kept)
    return found.code


def _refuse_secret(path: str, offset: int, scope: Scope) -> None:
    names = path.split(".")
    for end in range(1, len(names) + 1):
        binding = scope.names.get(".".join(names[:end]))
        if binding is not None and binding.secret:
            raise ExpressionError("B312", f"{path} is secret", offset, "leave it out")
