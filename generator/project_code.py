"""What the code of a project breaks: the rules of all code, and custom contracts.

What stands as it was generated is known to be sound and not read again; what an edited
file breaks as it was generated already is nobody's mistake.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import PurePosixPath

from generator import code_rules, custom_code, own_imports
from generator.changes import Change, State, kept
from generator.diagnostics import Diagnostic
from generator.merge import Conflict
from generator.project import APP, CODE, Project

CONTRACT = "decisions.py"
CUSTOM = "custom.py"
MISSING = "P202"
NO_PYTHON = "P204"

Texts = Mapping[PurePosixPath, str]


def unwritten(known: Project, generated: Texts) -> Iterator[Change]:
    """What every `custom.py` lacks or holds otherwise than it is called now."""
    for path, contract in generated.items():
        place = path.with_name(CUSTOM)
        if not _is_contract(path) or (content := known.read(place)) is None:
            continue
        custom, shown = content.decode(errors="replace"), str(place)
        found = custom_code.unfilled(contract, custom, shown)
        wrong = [each for each in found if each.severity == "error"]
        if not wrong:
            continue
        lacks = any(each.code == MISSING for each in wrong)
        rows = custom_code.missing(contract, custom).splitlines() if lacks else ()
        yield replace(
            kept(place, content, State.IN_STEP),
            verb="by hand",
            reason="what the blueprint asks of it",
            conflicts=tuple(
                Conflict(each.span.line, "", each.message)
                for each in wrong
                if each.code != MISSING
            ),
            paste=tuple(rows),
            quiet=False,
        )


def findings(known: Project) -> Iterator[Diagnostic]:
    """Every finding in the code of a project, and in what its tests import."""
    contracts = {
        path.with_name(CUSTOM): text
        for path, text in known.base.items()
        if _is_contract(path)
    }
    unread: set[PurePosixPath] = set()
    for path, contract in contracts.items():
        content = known.read(path)
        custom = None if content is None else content.decode(errors="replace")
        for each in custom_code.unfilled(contract, custom, _shown(known, path)):
            if each.code == NO_PYTHON:
                unread.add(path)
            yield each
    code, tests = (dict(_edited(known, folder)) for folder in CODE)
    for path, content in code.items():
        if path not in unread:
            yield from _broken(known, path, content)
    yield from own_imports.findings(known, code | tests)


def _edited(known: Project, folder: str) -> Iterator[tuple[PurePosixPath, bytes]]:
    """The Python files that are not, byte by byte, as they were generated."""
    for path in known.python(PurePosixPath(folder)):
        content = known.read(path) or b""
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


def _is_contract(path: PurePosixPath) -> bool:
    return path.parts[0] == APP and path.name == CONTRACT
