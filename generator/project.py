"""A project on disk: its blueprint, and what was last generated into it."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from generator import archive, digest, sources
from generator.diagnostics import ScaffoldError
from generator.kinds import Kind
from generator.sources import Source, WrongUsage
from generator.tree import File, Tree

HOME = ".scaffold"
BASE = PurePosixPath(HOME, "base.txtar")
DIGEST = PurePosixPath(HOME, "digest")
WITHOUT = PurePosixPath(HOME, "without")
BLUEPRINTS = "blueprints"
APP = "app"
CODE = (APP, "tests")

_WITHOUT_HOME = (
    "{place} lies in a project without .scaffold, in which scaffold keeps what it has"
    " generated; take it back from your version control. There never was one? Then"
    " `scaffold new-project FOLDER --blueprint blueprints`, and move"
    " FOLDER/.scaffold here: all that differs from it counts as edited by you"
)
_WRITTEN_ONCE = frozenset({Kind.ONCE, Kind.SHARED})


class NoProject(WrongUsage):
    """The folder is not a project of scaffold's."""


class Damaged(ScaffoldError):
    """What scaffold keeps in the project cannot be read."""


@dataclass(frozen=True, slots=True)
class Project:
    """A project as it lies there; nothing of it is changed."""

    root: Path
    base: Mapping[PurePosixPath, str]
    """Each file as it was last generated, before anybody edited it."""
    settled: bool
    """Whether the base held conflict markers of git, of which one side was taken."""
    digests: Mapping[str, str]
    """Of what each part of it was last generated from."""
    without: frozenset[PurePosixPath]
    """Files that it does without, though they would be generated."""

    def sources(self) -> tuple[Source, ...]:
        """The files of its blueprint, named as whoever stands here would name them."""
        return sources.find(os.path.relpath(self.root / BLUEPRINTS))

    def locks(self) -> tuple[Source, ...]:
        """What it has released, a file a domain."""
        return tuple(
            Source(os.path.relpath(each.place), each.place)
            for each in sources.locks(self.root)
        )

    def digested(self, contents: Mapping[str, bytes]) -> dict[str, str]:
        """What it would be generated from, were this its blueprint."""
        locked = {each.place.stem: each.place.read_bytes() for each in self.locks()}
        return digest.digests(contents, locked)

    def read(self, path: PurePosixPath) -> bytes | None:
        """What stands at a path: nothing, where there is no plain file."""
        try:
            return (self.root / path).read_bytes()
        except (FileNotFoundError, NotADirectoryError, IsADirectoryError):
            return None

    def code(self) -> Iterator[PurePosixPath]:
        """All its Python files."""
        for folder in CODE:
            yield from self.python(PurePosixPath(folder))

    def python(
        self, folder: PurePosixPath, below: bool = True
    ) -> Iterator[PurePosixPath]:
        """The Python files of one of its folders, and of those `below` it."""
        try:
            with os.scandir(self.root / folder) as listed:
                entries = sorted(listed, key=lambda entry: entry.name)
        except (FileNotFoundError, NotADirectoryError):
            return
        for entry in entries:
            if entry.name.endswith(".py") and entry.is_file():
                yield folder / entry.name
        for entry in entries:
            if below and entry.name != "__pycache__" and _is_folder(entry):
                yield from self.python(folder / entry.name)

    @property
    def domains(self) -> frozenset[str]:
        """The domains that were last generated."""
        parts = (path.parts for path in self.base)
        return frozenset(
            each[1]
            for each in parts
            if len(each) == 3 and each[0] == "app" and each[2] == "registration.py"
        )


def _is_folder(entry: os.DirEntry[str]) -> bool:
    return entry.is_dir(follow_symlinks=False)


def find(start: Path) -> Path:
    """The project that a folder lies in: the nearest with a `.scaffold` folder."""
    folder = Path(os.path.abspath(start))
    for place in (folder, *folder.parents):
        if not (place / BLUEPRINTS).is_dir():
            continue
        if (place / HOME).is_dir():
            return place
        if (place / "app/domain_registry.py").is_file():
            raise NoProject(_WITHOUT_HOME.format(place=start))
    raise NoProject(
        f"{start} lies in no project of scaffold's: it needs the folders {HOME} and"
        f" {BLUEPRINTS}; name one with --project, or start one with new-project"
    )


def load(root: Path) -> Project:
    """What scaffold knows of a project."""
    if (root / HOME).is_symlink():
        raise Damaged(f"{HOME} is a link; scaffold keeps its own in the project itself")
    kept = _text(root, BASE)
    if kept is None:
        raise Damaged(
            f"{BASE} is missing, so nobody can tell your lines from generated ones:"
            " take it back from your version control"
        )
    try:
        base = archive.load(kept)
    except ScaffoldError as error:
        raise Damaged(f"{BASE}: {error}; take it back from version control") from error
    return Project(
        root=root,
        base=base.files,
        settled=base.settled,
        digests=digest.read(_text(root, DIGEST) or ""),
        without=frozenset(map(PurePosixPath, _lines(_text(root, WITHOUT)))),
    )


def keeping(tree: Tree) -> Tree:
    """A new project, with what scaffold keeps in it to follow its blueprint later."""
    base = {path: file.text for path, file in tree.items() if is_kept(file)}
    contents = {
        path.name: file.text.encode()
        for path, file in tree.items()
        if path.parent == PurePosixPath(BLUEPRINTS)
    }
    words = digest.digests(contents, {})
    return tree | Tree(
        [
            (BASE, File(archive.dump(base), origin="as generated")),
            (DIGEST, File(digest.written(words), origin="as generated")),
        ]
    )


def is_kept(file: File) -> bool:
    """Whether the base holds a file: all that is generated a second time."""
    return file.kind not in _WRITTEN_ONCE


def _lines(text: str | None) -> Sequence[str]:
    lines = (line.partition("#")[0].strip() for line in (text or "").splitlines())
    return [line for line in lines if line]


def _text(root: Path, path: PurePosixPath) -> str | None:
    try:
        return (root / path).read_bytes().decode()
    except FileNotFoundError:
        return None
    except UnicodeDecodeError as error:
        raise Damaged(
            f"{path} is no text: {error.reason}; take it back from version control"
        ) from error
