"""What each code means: a small wrong example, what is said about it, the way out.

`explanations/B303.md` holds the prose and the example of a code as a diff, so that the
wrong and the right one are one text. What is said is found out, never written down.
Where a code is about a project and its blueprint, the blocks are what somebody did to
one (`edit`, `removed`, `command`), and then does to settle it (`settle`, `run`).
"""

from __future__ import annotations

import re
import textwrap
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from generator import code_rules, custom_code, pipeline
from generator.catalogue import CATALOGUE
from generator.diagnostics import Diagnostic, did_you_mean, show
from generator.places import examples
from generator.scratch import scratch
from generator.sources import LOCKS, SERVICE, Source, WrongUsage, locks

if TYPE_CHECKING:
    from generator.project_examples import Step

Found = tuple[Sequence[Diagnostic], Mapping[str, Sequence[str]]]

FOLDER = Path(__file__).parent / "explanations"
WIDTH = 80
_BLOCK = re.compile(
    r"^```(?P<kind>diff|command|edit|removed|settle|run)"
    r"(?: (?P<file>\S+))?(?P<bytes> bytes)?\n"
    r"(?P<lines>.*?)^```$\n?",
    re.MULTILINE | re.DOTALL,
)
_LATER = ("settle", "run")
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
    done: tuple[Step, ...] = ()
    """What was done to a project, if it is about one."""
    settled: tuple[Step, ...] = ()
    """What is done to it then."""

    @property
    def wrong(self) -> Mapping[str, bytes]:
        """The files of the wrong example."""
        return {each.file: each.wrong for each in self.examples if each.wrong}

    @property
    def right(self) -> Mapping[str, bytes]:
        """The files of the right example."""
        return {each.file: each.right for each in self.examples if each.right}

    @property
    def before(self) -> Found:
        """What is found in the wrong example, and the lines of its files."""
        return self._found(self.wrong, self.done)

    @property
    def after(self) -> Found:
        """What is found in the right one."""
        return self._found(self.right, (*self.done, *self.settled))

    @property
    def said(self) -> str:
        """What scaffold says about the wrong example."""
        diagnostics, lines = self.before
        return "\n".join(show(each, lines) for each in diagnostics)

    def _found(self, files: Mapping[str, bytes], steps: tuple[Step, ...]) -> Found:
        if not steps:
            return findings(files)
        from generator import project_examples

        return project_examples.findings(steps)


def is_code(word: str) -> bool:
    """Whether a word asks for a code, perhaps misspelt, and not for a blueprint."""
    like_one = re.fullmatch(r"[A-Za-z]\w{2,3}", word) and re.search(r"\d", word)
    return bool(like_one) and not Path(word).exists() and word not in examples()


def explain(code: str) -> Explanation:
    """The explanation of a code of the catalogue; else `WrongUsage`."""
    known = code.upper()
    if known not in CATALOGUE:
        hint = did_you_mean(known, CATALOGUE)
        raise WrongUsage(f"there is no code {code}" + (f"; {hint}" if hint else ""))
    text = (FOLDER / f"{known}.md").read_text(encoding="utf-8")
    blocks = list(_BLOCK.finditer(text))
    shown = [block for block in blocks if block["kind"] not in _LATER]
    later = [block for block in blocks if block["kind"] in _LATER]
    end = later[0].start() if later else len(text)
    return Explanation(
        known,
        CATALOGUE[known],
        text[: shown[0].start()].strip(),
        tuple(_example(block) for block in shown if block["kind"] == "diff"),
        text[shown[-1].end() : end].strip(),
        tuple(_step(block) for block in shown if block["kind"] != "diff"),
        tuple(_step(block) for block in later),
    )


def findings(files: Mapping[str, bytes]) -> Found:
    """What is said about a blueprint, or the code, of these files; and their lines."""
    if all(name.startswith("app/") for name in files):
        return _in_code(files)
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


def _in_code(files: Mapping[str, bytes]) -> Found:
    texts = {name: data.decode() for name, data in files.items()}
    contract = next((n for n in texts if n.endswith("/decisions.py")), "")
    found: list[Diagnostic] = []
    for name, text in texts.items():
        if contract and name.endswith("/custom.py"):
            found += custom_code.unfilled(texts[contract], text, name)
        else:
            found += code_rules.check(name, text)
    return found, {name: text.splitlines() for name, text in texts.items()}


def shown(explanation: Explanation) -> str:
    """The explanation as a person reads it on a terminal."""
    wrong = [
        f"  {each.file}\n{textwrap.indent(_readable(each.wrong), '    ')}"
        for each in explanation.examples
        if each.wrong
    ] + [_told(each) for each in explanation.done]
    changes = [
        f"  {each.file}\n{textwrap.indent(each.changes, '  ')}"
        for each in explanation.examples
        if each.changes
    ] + [_told(each) for each in explanation.settled]
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


def _step(block: re.Match[str]) -> Step:
    from generator.project_examples import Step

    did: Any = block["kind"]
    return Step(did, block["file"] or "", tuple(block["lines"].splitlines()))


def _told(step: Step) -> str:
    """A step as a person reads it."""
    if step.did == "removed":
        return f"  {step.file} is removed"
    if step.did in ("command", "run"):
        return "\n".join(f"  $ {line}" for line in step.lines)
    return f"  {step.file}\n" + textwrap.indent("\n".join(step.lines), "  ")


def _readable(data: bytes) -> str:
    return data.decode("utf-8", "backslashreplace").rstrip("\n")


def _wrapped(text: str) -> str:
    return textwrap.fill(text.replace("\n", " "), WIDTH)
