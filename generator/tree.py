"""A tree of files in memory: what a run would write, before anything is written."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path, PurePosixPath
from types import MappingProxyType

from generator.diagnostics import ScaffoldError
from generator.kinds import Kind

DEVICE_NAMES = frozenset(
    ["con", "prn", "aux", "nul"]
    + [f"{port}{number}" for port in ("com", "lpt") for number in range(1, 10)]
)
LONGEST_NAME = 255


class UnsafePath(ScaffoldError):
    """A path that would leave the project, or that some system cannot hold."""


@dataclass(frozen=True, slots=True)
class File:
    """The text of one file; `origin` says in a word or two where it comes from."""

    text: str
    executable: bool = False
    origin: str = field(default="", compare=False)
    kind: Kind = field(default=Kind.LOGIC, compare=False)
    finished: bool = field(default=False, compare=False)
    """Whether it was only copied, and has its form already."""


class Tree(Mapping[PurePosixPath, File]):
    """An immutable mapping from path to file, sorted, every path inside the project."""

    def __init__(self, files: Iterable[tuple[str | PurePosixPath, File]] = ()) -> None:
        found: dict[PurePosixPath, File] = {}
        taken: dict[str, PurePosixPath] = {}
        for name, file in files:
            path = inside(str(name))
            rival = taken.setdefault(folded(path), path)
            if rival in found:
                raise UnsafePath(f"two files want the same place: {rival} and {path}")
            found[path] = file
        for place, path in taken.items():
            while place := place.rpartition("/")[0]:
                if place in taken:
                    raise UnsafePath(
                        f"{taken[place]} would be a file, and a folder of {path}"
                    )
        ordered = sorted(found.items(), key=lambda each: each[0].parts)
        self._files = MappingProxyType(dict(ordered))

    def __getitem__(self, path: PurePosixPath) -> File:
        return self._files[path]

    def __iter__(self) -> Iterator[PurePosixPath]:
        return iter(self._files)

    def __len__(self) -> int:
        return len(self._files)

    def __or__(self, other: Tree) -> Tree:
        """Both trees in one; a place that both want is an error."""
        return Tree([*self.items(), *other.items()])

    def replaced(self, other: Mapping[PurePosixPath, File]) -> Tree:
        """This tree with the files of `other` in the places of its own."""
        return Tree({**self._files, **other}.items())


def inside(text: str) -> PurePosixPath:
    """The path, if it stays inside the project on every system; else `UnsafePath`.

    Everything that reaches the disk passes here.
    """
    for part in text.split("/"):
        if problem := _problem(part):
            raise UnsafePath(f"{text!r} is no path inside a project: {problem}")
    if text.split("/")[0].casefold() == ".git":
        raise UnsafePath(f"{text!r} is no path inside a project: .git belongs to git")
    return PurePosixPath(text)


def read(folder: Path, origin: str) -> Tree:
    """All files below a folder of text files."""
    return Tree(
        (
            path.relative_to(folder).as_posix(),
            File(path.read_bytes().decode(), bool(path.stat().st_mode & 0o100), origin),
        )
        for path in folder.rglob("*")
        if path.is_file()
    )


def put(folder: Path, path: PurePosixPath, file: File) -> None:
    """Write one file below a folder that is ours alone: scratch or staging."""
    place = folder / path
    place.parent.mkdir(parents=True, exist_ok=True)
    with place.open("xb") as stream:
        stream.write(file.text.encode())
    if file.executable:
        place.chmod(place.stat().st_mode | 0o111)


@lru_cache(maxsize=4096)
def _problem(part: str) -> str:
    if part in ("", ".", ".."):
        return f"it has a part {part!r}"
    if any(sign in '\\:*?"<>|' or not sign.isprintable() for sign in part):
        return f"{part!r} holds a sign that not every system allows"
    if part.endswith((".", " ")):
        return f"{part!r} ends with a sign that Windows drops"
    if part.split(".")[0].casefold() in DEVICE_NAMES:
        return f"{part!r} is the name of a device on Windows"
    if len(part.encode(errors="replace")) > LONGEST_NAME:
        return "one of its parts is too long"
    return ""


def folded(path: PurePosixPath) -> str:
    return unicodedata.normalize("NFC", str(path)).casefold()
