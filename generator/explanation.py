"""What each code means: a small wrong example, what is said about it, the way out.

`explanations/B303.md` holds the prose and the example of a code as a diff, so that the
wrong and the right one are one text. What is said is found out, never written down.
"""

from __future__ import annotations

import re
import textwrap
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from generator import pipeline
from generator.catalogue import CATALOGUE
from generator.diagnostics import Diagnostic, did_you_mean, show
from generator.places import examples
from generator.scratch import scratch
from generator.sources import LOCKS, SERVICE, Source, WrongUsage, locks

FOLDER = Path(__file__).parent / "explanations"
WIDTH = 80
_BLOCK = re.compile(
    r"^```diff (?P<file>\S+)(?P<bytes> bytes)?\n(?P<lines>.*?)^```$\n?",
    re.MULTILINE | re.DOTALL,
)
_ESCAPE = re.compile(r"\\x([0-9a-f]{2})")


@dataclass(frozen=True, slots=True)
class Example:
    """A file of an example: lines of the wrong one (`-`), the right one (`+`), both.

    Where `escaped`, `\\xfc` stands for a byte that no text editor would show.
    """

    file: str
    lines: tuple[str, ...]
    escaped: bool = False

    @property
    def wrong(self) -> bytes:
        """The file that is explained; empty where it should not be there."""
        return self._without("+")

    @property
    def right(self) -> bytes:
        """The file as it should be; empty where it should not be there."""
        return self._without("-")

    @property
    def changes(self) -> str:
        """The lines that make the difference."""
        return "\n".join(line for line in self.lines if line[:1] in ("-", "+"))

    def _without(self, sign: str) -> bytes:
        kept = (line[1:] for line in self.lines if line[:1] != sign)
        data = "".join(f"{line}\n" for line in kept).encode()
        if not self.escaped:
            return data
        as_bytes = data.decode("latin-1")
        return _ESCAPE.sub(lambda hit: chr(int(hit[1], 16)), as_bytes).encode("latin-1")


@dataclass(frozen=True, slots=True)
class Explanation:
    """A code, for a person: why it is refused, an example, and the way out."""

    code: str
    meaning: str
    reason: str
    examples: tuple[Example, ...]
    way_out: str

    @property
    def wrong(self) -> Mapping[str, bytes]:
        """The files of the wrong example."""
        return {each.file: each.wrong for each in self.examples if each.wrong}

    @property
    def right(self) -> Mapping[str, bytes]:
        """The files of the right example."""
        return {each.file: each.right for each in self.examples if each.right}

    @property
    def said(self) -> str:
        """What scaffold says about the wrong example."""
        diagnostics, lines = findings(self.wrong)
        return "\n".join(show(each, lines) for each in diagnostics)


def is_code(word: str) -> bool:
    """Whether a word asks for a code, perhaps misspelt, and not for a blueprint."""
    like_one = re.fullmatch(r"[A-Za-z]\w{3}", word) and re.search(r"\d", word)
    return bool(like_one) and not Path(word).exists() and word not in examples()


def explain(code: str) -> Explanation:
    """The explanation of a code of the catalogue; else `WrongUsage`."""
    known = code.upper()
    if known not in CATALOGUE:
        hint = did_you_mean(known, CATALOGUE)
        raise WrongUsage(f"there is no code {code}" + (f"; {hint}" if hint else ""))
    text = (FOLDER / f"{known}.md").read_text(encoding="utf-8")
    blocks = list(_BLOCK.finditer(text))
    return Explanation(
        known,
        CATALOGUE[known],
        text[: blocks[0].start()].strip(),
        tuple(_example(block) for block in blocks),
        text[blocks[-1].end() :].strip(),
    )


def findings(
    files: Mapping[str, bytes],
) -> tuple[Sequence[Diagnostic], Mapping[str, Sequence[str]]]:
    """What is said about a blueprint of these files, and the lines of each."""
    with scratch() as folder:
        for name, data in files.items():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_bytes(data)
        names = sorted(
            (name for name in files if not name.startswith(LOCKS)),
            key=lambda name: (name != SERVICE, name),
        )
        texts = [Source(name, folder / name) for name in names]
        return pipeline.examine(texts, locks(folder))


def shown(explanation: Explanation) -> str:
    """The explanation as a person reads it on a terminal."""
    wrong = [
        f"  {each.file}\n{textwrap.indent(_readable(each.wrong), '    ')}"
        for each in explanation.examples
        if each.wrong
    ]
    changes = [
        f"  {each.file}\n{textwrap.indent(each.changes, '  ')}"
        for each in explanation.examples
        if each.changes
    ]
    parts = [
        f"{explanation.code}  {explanation.meaning}",
        _wrapped(explanation.reason),
        "For example:",
        *wrong,
        "What is said:",
        textwrap.indent(explanation.said, "  "),
        "The way out:",
        *([_wrapped(explanation.way_out)] if explanation.way_out else []),
        *changes,
    ]
    return "\n\n".join(parts)


def listed() -> str:
    """Every code with its meaning, a line each."""
    return "\n".join(f"{code}  {CATALOGUE[code]}" for code in sorted(CATALOGUE))


def _example(block: re.Match[str]) -> Example:
    lines = tuple(block["lines"].splitlines())
    return Example(block["file"], lines, bool(block["bytes"]))


def _readable(data: bytes) -> str:
    return data.decode("utf-8", "backslashreplace").rstrip("\n")


def _wrapped(text: str) -> str:
    return textwrap.fill(text.replace("\n", " "), WIDTH)
