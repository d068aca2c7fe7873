"""Prose of a blueprint as Python literals that cannot be anything else."""

from __future__ import annotations

import textwrap

WIDTH = 84


def docstring(text: str, indent: int = 4) -> str:
    """Print text as a docstring literal, wrapped where it is long.

    Backslashes, quotes and invisible characters are escaped, so that nothing in the
    text can end the literal.
    """
    plain = "".join(_visible(character) for character in " ".join(text.split()))
    plain = plain.replace("\\", "\\\\").replace('"""', '\\"\\"\\"')
    if plain.endswith('"'):
        plain = plain[:-1] + '\\"'
    # A literal that needs an escape sequence must not be taken apart in the middle.
    if len(plain) + indent + 6 <= WIDTH or "\\" in plain:
        return f'"""{plain}"""'
    first, *rest = textwrap.wrap(plain, WIDTH - indent - 3, break_long_words=False)
    if not rest:
        return f'"""{plain}"""'
    margin = " " * indent
    lines = [f'"""{first}', *(margin + line for line in rest), f'{margin}"""']
    return "\n".join(lines)


def string(text: str) -> str:
    """Print text as a string literal, pure ASCII where a character is invisible."""
    quoted = "".join(_visible(character) for character in _escaped(text))
    return f'"{quoted}"'


def comment(text: str) -> str:
    """Print text so that it stays on the line of its comment."""
    return "".join(_visible(character) for character in " ".join(text.split()))


def sentence(text: str) -> str:
    """End a text like a sentence."""
    text = text.strip()
    return text if not text or text[-1] in ".!?" else f"{text}."


_ESCAPES = {"\\": "\\\\", '"': '\\"', "\n": "\\n", "\r": "\\r", "\t": "\\t"}


def _escaped(text: str) -> str:
    return "".join(_ESCAPES.get(character, character) for character in text)


def _visible(character: str) -> str:
    if character.isprintable():
        return character
    code = ord(character)
    return f"\\u{code:04x}" if code <= 0xFFFF else f"\\U{code:08x}"
