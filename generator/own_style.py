"""The style of a project: its own ruff settings, on what is about to be written there.

A team that formats its code in its own way has edited nothing by doing so, and what is
generated for it later comes in its way too.
"""

from __future__ import annotations

import json
import re
import subprocess
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path, PurePosixPath
from typing import Any

from generator.interrupts import interruptible
from generator.project import Project
from generator.scratch import scratch

PYPROJECT = PurePosixPath("pyproject.toml")
SETTINGS = (".ruff.toml", "ruff.toml", "pyproject.toml")
SUSPICIOUS = "F401,F811,F821"

Texts = Mapping[PurePosixPath, str]

_IMPORT = re.compile(r"^\s*(?:from|import)\s+(.*)$", re.MULTILINE)
_NAME = re.compile(r"[\w.]+")


@dataclass(frozen=True)
class OwnStyle:
    """The formatter settings that hold in a project."""

    project: Project

    @cached_property
    def differs(self) -> bool:
        """Whether they are others than those that were generated."""
        for name in SETTINGS[:-1]:
            if (self.project.root / name).is_file():
                return True
        mine = self.project.read(PYPROJECT) or b""
        generated = self.project.base.get(PYPROJECT, "")
        return _ruff_settings(mine.decode(errors="replace")) != _ruff_settings(
            generated
        )

    def own(self, texts: Texts) -> dict[PurePosixPath, str]:
        """The Python among the texts in the project's style; nothing if that is ours.

        What is generated has our style already.
        """
        python = {path: text for path, text in texts.items() if path.suffix == ".py"}
        return self.formatted(python) if self.differs else {}

    def formatted(self, texts: Texts) -> dict[PurePosixPath, str]:
        """Python texts in the project's style; what does not parse stays as it is."""
        if not texts:
            return {}
        with scratch() as folder:
            self._lay_out(folder, texts)
            _ruff(folder, "check", "--fix", "--exit-zero", "--quiet", "--select", "I")
            _ruff(folder, "format", "--quiet")
            return {path: (folder / path).read_bytes().decode() for path in texts}

    def suspicions(self, texts: Texts) -> Sequence[tuple[PurePosixPath, int, str]]:
        """Names without meaning, defined twice or imported for nothing: where, what."""
        if not texts:
            return []
        with scratch() as folder:
            self._lay_out(folder, texts)
            said = _ruff(
                folder, "check", "--select", SUSPICIOUS, "--output-format", "json"
            )
            found: list[dict[str, Any]] = json.loads(said or "[]")
            return [
                (
                    PurePosixPath(each["filename"]).relative_to(folder.as_posix()),
                    each["location"]["row"],
                    each["message"],
                )
                for each in found
                if each["code"] in SUSPICIOUS.split(",")
            ]

    def _lay_out(self, folder: Path, texts: Texts) -> None:
        settings = {name: self.project.read(PurePosixPath(name)) for name in SETTINGS}
        found = {name: text for name, text in settings.items() if text is not None}
        named = any(b"src" in each for each in found.values())
        around = self.project.base if named else self._telling(texts)
        for path in (*around, *texts):
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            if path.suffix == ".py":
                (folder / path).touch()
        for name, setting in found.items():
            (folder / name).write_bytes(setting)
        for path, text in texts.items():
            (folder / path).write_bytes(text.encode())

    def _telling(self, texts: Texts) -> Iterator[PurePosixPath]:
        """The files by which ruff tells what is a project's own of what it imports.

        Those are the modules themselves, and the package that a file is in. Where a
        setting names folders of `src` it looks below those as well.
        """
        rows = (row for text in texts.values() for row in _IMPORT.findall(text))
        names = {name for row in rows for name in _NAME.findall(row)}
        modules = {PurePosixPath(*name.split(".")) for name in names}
        packages = {folder for path in texts for folder in path.parents}
        for path in self.project.base:
            if modules & {path.with_suffix(""), path.parent} or (
                path.name == "__init__.py" and path.parent in packages
            ):
                yield path


def _ruff_settings(pyproject: str) -> object:
    try:
        return tomllib.loads(pyproject).get("tool", {}).get("ruff")
    except tomllib.TOMLDecodeError:
        return None


def _ruff(folder: Path, *arguments: str) -> str:
    """Run ruff over a folder; what it cannot read it leaves, and so do we."""
    from ruff import find_ruff_bin

    line = [find_ruff_bin(), *arguments, "--no-cache", "--no-respect-gitignore", "."]
    with interruptible():
        done = subprocess.run(line, cwd=folder, capture_output=True, text=True)
    return done.stdout
