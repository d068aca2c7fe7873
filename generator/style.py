"""Give rendered Python its final form: ruff, once over the whole tree.

Templates print more imports than a file needs and wrap nothing; ruff takes the unused
imports away, sorts the rest and formats. No configuration of the user's takes part.
"""

from __future__ import annotations

import subprocess
from dataclasses import replace
from pathlib import Path, PurePosixPath

from generator.interrupts import interruptible
from generator.scratch import scratch
from generator.tree import File, Tree, put

COMMON = ("--isolated", "--no-cache", "--no-respect-gitignore")
TARGET = ("--target-version", "py311", "--line-length", "88")
RULES = ("I", "F401", "UP")
SETTINGS = (
    "exclude = []",
    "lint.isort.known-first-party = ['app', 'tests']",
    # What is left of an import that was too long may fit its line again.
    "lint.isort.split-on-trailing-comma = false",
)


class MalformedCode(Exception):
    """What the templates printed is no Python: a defect of scaffold's own."""


def polish(tree: Tree) -> Tree:
    """The tree with every Python file linted, sorted and formatted.

    What is only copied has its form already.
    """
    python = [p for p, file in tree.items() if p.suffix == ".py" and not file.finished]
    with scratch() as folder:
        for path in python:
            put(folder, path, tree[path])
        _ruff("check", "--fix", "--exit-zero", "--select", ",".join(RULES), cwd=folder)
        _ruff("format", cwd=folder)
        return tree.replaced({path: _reread(folder, path, tree) for path in python})


def _ruff(command: str, *options: str, cwd: Path) -> None:
    from ruff import find_ruff_bin

    settings = [part for text in SETTINGS for part in ("--config", text)]
    line = [find_ruff_bin(), command, *COMMON, *TARGET, *settings, *options, "."]
    with interruptible():
        done = subprocess.run(line, cwd=cwd, capture_output=True, text=True)
    if done.returncode:
        raise MalformedCode(f"ruff {command} refused rendered code:\n{done.stderr}")


def _reread(folder: Path, path: PurePosixPath, tree: Tree) -> File:
    text = (folder / path).read_bytes().decode()
    return replace(tree[path], text=text, finished=True)
