"""The text of every file as it was last generated, in one archive that git can merge.

A row `-- path --` opens a file, and the rows below it are its text. A row of a text
that could be taken for anything else carries a backslash in front.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath

from generator.diagnostics import ScaffoldError
from generator.tree import UnsafePath, inside

PLACE = PurePosixPath(".scaffold/base.txtar")

HEADER = re.compile(r"^-- (.+) --\n", re.MULTILINE)
UNFINISHED = "\n\\ no newline at end\n"
AMBIGUOUS = re.compile(r"^(?=\\|-- .+ --$|[<|=>]{7})", re.MULTILINE)
ESCAPE = re.compile(r"^\\", re.MULTILINE)
MARKER = re.compile(r"^[<|=>]{7}(?![<|=>])", re.MULTILINE)
CONFLICT = re.compile(
    r"^<{7}[^\n<]*\n(?P<first>.*?)^(?:\|{7}[^\n|]*\n.*?^)?={7}\n.*?^>{7}[^\n>]*\n",
    re.MULTILINE | re.DOTALL,
)


class DamagedArchive(ScaffoldError):
    """The archive is none that was written here, nor what git makes of two."""


@dataclass(frozen=True, slots=True)
class Archive:
    """What an archive holds; `settled` if git's conflict markers were in it.

    Of each conflict one side was taken. Either would do: what the other branch
    generated is in its files and will be generated again.
    """

    files: Mapping[PurePosixPath, str]
    settled: bool = False


def dump(files: Mapping[PurePosixPath, str]) -> str:
    """The archive of these files, sorted by their paths."""
    return "".join(
        f"-- {path} --\n{_quoted(text)}" for path, text in sorted(files.items())
    )


def load(text: str) -> Archive:
    """The files of an archive; `DamagedArchive` says what it is otherwise."""
    if text.partition("\n")[0].endswith("\r"):
        # Checked out with other line ends; no first row of ours ends like this.
        text = text.replace("\r\n", "\n")
    text, conflicts = CONFLICT.subn(lambda found: found["first"], text)
    if marker := MARKER.search(text):
        row = text.count("\n", 0, marker.start()) + 1
        raise DamagedArchive(f"{PLACE}: half a conflict, at row {row} of one side")
    above, *parts = HEADER.split(text)
    if above:
        raise DamagedArchive(f"{PLACE}: text above the first file")
    if text and not text.endswith("\n"):
        raise DamagedArchive(f"{PLACE}: it ends in the middle of a row")
    files: dict[PurePosixPath, str] = {}
    for name, quoted in zip(parts[::2], parts[1::2], strict=True):
        path = _path(name)
        if path in files:
            raise DamagedArchive(f"{PLACE}: {path} is in it twice")
        files[path] = _unquoted(quoted)
    return Archive(files, conflicts > 0)


def _path(name: str) -> PurePosixPath:
    try:
        return inside(name)
    except UnsafePath as error:
        raise DamagedArchive(f"{PLACE}: {error}") from error


def _quoted(text: str) -> str:
    quoted = AMBIGUOUS.sub(r"\\", text)
    return quoted if not text or text.endswith("\n") else quoted + UNFINISHED


def _unquoted(quoted: str) -> str:
    text = quoted.removesuffix(UNFINISHED)
    return ESCAPE.sub("", text) if "\\" in text else text
