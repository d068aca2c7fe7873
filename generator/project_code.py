"""What the code of a project breaks: the rules of all code, and custom contracts.

What stands as it was generated is known to be sound and not read again; what an edited
file breaks as it was generated already is nobody's mistake.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

from generator import code_rules, custom_code
from generator.diagnostics import Diagnostic
from generator.project import Project

CODE = "app"
CONTRACT = "decisions.py"
CUSTOM = "custom.py"
NO_PYTHON = "P204"


def findings(known: Project) -> Iterator[Diagnostic]:
    """Every finding in the code below `app`."""
    contracts = {
        path.with_name(CUSTOM): text
        for path, text in known.base.items()
        if path.parts[0] == CODE and path.name == CONTRACT
    }
    unread: set[PurePosixPath] = set()
    for path, contract in contracts.items():
        content = known.read(path)
        custom = None if content is None else content.decode(errors="replace")
        for each in custom_code.unfilled(contract, custom, _shown(known, path)):
            if each.code == NO_PYTHON:
                unread.add(path)
            yield each
    for path, content in _edited(known):
        if path not in unread:
            yield from _broken(known, path, content)


def _edited(known: Project) -> Iterator[tuple[PurePosixPath, bytes]]:
    """The Python files that are not, byte by byte, as they were generated."""
    for folder, folders, names in os.walk(known.root / CODE):
        folders[:] = sorted(name for name in folders if name != "__pycache__")
        for name in sorted(names):
            place = Path(folder, name)
            if place.suffix != ".py" or not place.is_file():
                continue
            path = PurePosixPath(place.relative_to(known.root).as_posix())
            content = place.read_bytes()
            generated = known.base.get(path)
            if generated is None or generated.encode() != content:
                yield path, content


def _broken(
    known: Project, path: PurePosixPath, content: bytes
) -> Iterator[Diagnostic]:
    found = code_rules.check(str(path), content, _shown(known, path))
    if found and (generated := known.base.get(path)) is not None:
        before = {
            (each.code, each.message) for each in code_rules.check(str(path), generated)
        }
        found = tuple(e for e in found if (e.code, e.message) not in before)
    yield from found


def _shown(known: Project, path: PurePosixPath) -> str:
    """A file as whoever stands here would name it."""
    return os.path.relpath(known.root / path)
