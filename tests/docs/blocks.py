"""The fenced blocks of a page, in their order."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

FENCE = re.compile(
    r"^```(?P<language>[a-z]+)(?: title=\"(?P<title>[^\"]+)\")?\n(?P<text>.*?)^```$",
    re.MULTILINE | re.DOTALL,
)


@dataclass(frozen=True)
class Block:
    """What stands between two fences: commands, what they print, a file, an edit."""

    page: Path
    line: int
    language: str
    title: str
    text: str
    span: tuple[int, int] = field(compare=False)

    def __str__(self) -> str:
        return f"{self.page.name}:{self.line}: {self.title or self.language}"


def blocks(page: Path) -> list[Block]:
    """All blocks of a page; a fence that is written in another way is an error."""
    text = page.read_text()
    found = [
        Block(
            page,
            text.count("\n", 0, hit.start()) + 1,
            hit["language"],
            hit["title"] or "",
            hit["text"],
            hit.span("text"),
        )
        for hit in FENCE.finditer(text)
    ]
    fences = len(re.findall(r"^\s*```", text, re.MULTILINE))
    assert fences == 2 * len(found), f"{page.name} has a fence that nothing reads"
    return found


def rewritten(page: Path, texts: Mapping[tuple[int, int], str]) -> str:
    """The page with other texts in some of its blocks."""
    text = page.read_text()
    for (start, end), new in sorted(texts.items(), reverse=True):
        text = text[:start] + new + text[end:]
    return text
