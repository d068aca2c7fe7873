"""Prose of a blueprint as Python literals that cannot be anything else."""

from __future__ import annotations

import re
import textwrap

WIDTH = 84
ORDER = re.compile(
    r"(?:noqa|nosec)\b"
    r"|(?:type|fmt|yapf|ruff|isort|mypy|flake8|pylint|pyright|pragma|coding)\s*[:=]",
    re.IGNORECASE,
)
ORDER_WITHIN = re.compile(rf"#+\s*(?={ORDER.pattern})", re.IGNORECASE)
# Signs that mean something within a line, or make a link of an address; and what makes
# a heading, a list or a rule where it begins one.
MARKDOWN_SIGN = re.compile(r"[\\`*_\[\]<>&|~$@]|:(?=//)|(?<=www)\.", re.IGNORECASE)
MARKDOWN_START = re.compile(r"^(\d*)([-+#=.)])")
QUOTE_BEFORE_THE_END = re.compile('"(?="|$)')


def docstring(text: str, indent: int = 4) -> str:
    """Print text as a docstring literal, wrapped where it is long.

    Backslashes, quotes and invisible characters are escaped, so that nothing in the
    text can end the literal.
    """
    plain = "".join(_visible(character) for character in " ".join(text.split()))
    plain = QUOTE_BEFORE_THE_END.sub(r'\\"', plain.replace("\\", "\\\\"))
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
    """Print text so that it stays on the line of its comment, and is nothing else.

    What a tool would take for an order to itself, as `type: ignore` or `# noqa`, stands
    in quotes or loses its number sign.
    """
    plain = "".join(_visible(character) for character in " ".join(text.split()))
    plain = ORDER_WITHIN.sub("", plain)
    return f'"{plain}"' if ORDER.match(plain) else plain


def sql_comment(text: str) -> str:
    """Print text as lines of comment in SQL."""
    plain = "".join(_visible(character) for character in " ".join(text.split()))
    lines = textwrap.wrap(plain, WIDTH, break_long_words=False)
    return "\n".join(f"-- {line}" for line in lines)


def markdown(text: str) -> str:
    """Print text as one paragraph of Markdown that is nothing but its words."""
    plain = "".join(_visible(character) for character in " ".join(text.split()))
    return MARKDOWN_START.sub(r"\1\\\2", MARKDOWN_SIGN.sub(r"\\\g<0>", plain))


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
