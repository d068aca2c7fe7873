"""A reader who does what a page says, block by block, in a folder of their own.

`sh` is typed line by line; a line must succeed, or end as `# exits with 1` says, and
print nothing where it `# says nothing`. What starts servers is not typed: a makefile
must have it, and other tests run it. `text` is what the block of commands above it
printed, `json` and `mermaid` the document that the last one wrote to standard output;
`…` stands for what may vary, within a line, or alone for any number of lines.
`yaml` with a title is saved under that name; without one it is a part of a blueprint,
and must fit into the language. `diff` is done by hand to the file that it names.
`python` is looked up in its file; without one, no rule has anything against it. A title
that is a path of the repository is looked up there.
"""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from jsonschema import Draft202012Validator
from typer.testing import CliRunner

from generator import code_rules, digest, places
from generator.cli import app
from generator.schema import schema
from tests.docs.blocks import Block
from tests.docs.test_schema import data

ROOT = Path(__file__).parents[2]
MORE = "…"
# What needs processes of its own writes past the runner of the command line.
APART = ("test",)
# What the next version of scaffold writes otherwise, for the story of an upgrade.
NEXT = "domain/app/{{ domain.module }}/aggregate.py.jinja"
COMMENT = "# Evolution: an event happened; no rule may refuse it."
ENVIRONMENT = {
    "GIT_AUTHOR_NAME": "Ada",
    "GIT_AUTHOR_EMAIL": "ada@example.org",
    "GIT_COMMITTER_NAME": "Ada",
    "GIT_COMMITTER_EMAIL": "ada@example.org",
    "GIT_CONFIG_GLOBAL": os.devnull,
    "GIT_CONFIG_NOSYSTEM": "1",
    "PYTHONPATH": str(ROOT),
    "SCAFFOLD_PYTHON": sys.executable,
}


class Reader:
    """Where a reader stands, and what the last commands printed and wrote."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.folder = folder
        self.said = ""
        self.document = ""
        self._patch = monkeypatch
        self._patch.chdir(folder)
        outside = ("PYTEST_", "MAKE", "MFLAGS", "GIT_")
        kept = {k: v for k, v in os.environ.items() if not k.startswith(outside)}
        tools = Path(sys.executable).parent
        path = f"{tools}{os.pathsep}{kept.get('PATH', os.defpath)}"
        self._environment = {**kept, **ENVIRONMENT, "PATH": path}

    def follow(self, block: Block) -> None:
        """Do what one block says, or see that it is so."""
        match block.language, block.title:
            case "sh", "with the next version":
                with self._the_next_version():
                    self.follow(replace(block, title=""))
            case "sh", "in the checkout":
                has_targets(ROOT / "Makefile", block.text)
            case "sh", "on a terminal of its own":
                has_targets(self.folder / "Makefile", block.text)
            case "sh", "":
                self.said = "".join(map(self._typed, block.text.splitlines()))
            case "sh", "on the machine of a worker":
                has_commands(ROOT / "templates/service/app/__main__.py", block.text)
            case "text", _:
                assert as_shown(block.text, self.said), self.said
            case "diff", path:
                self._edited(self.folder / path, block.text)
            case (("yaml" | "python" | "json" | "sql"), path) if (
                ROOT / path
            ).is_file():
                assert stands(block.text, (ROOT / path).read_text())
            case "yaml", "":
                assert is_of_the_language(block.text)
            case "yaml", path:
                self._saved(self.folder / path, block.text)
            case (("python" | "sql"), path) if path:
                assert stands(block.text, (self.folder / path).read_text())
            case "json" | "mermaid", "":
                assert as_shown(block.text, self.document), self.document
            case "python", "":
                assert [*code_rules.check("app/lending/page.py", block.text)] == []
            case _:
                raise AssertionError("nobody knows what a reader does with it")

    def _typed(self, line: str) -> str:
        if not (words := shlex.split(line, comments=True)):
            return ""
        if words[0] == "cd":
            self.folder = (self.folder / words[1]).resolve()
            self._patch.chdir(self.folder)
            return ""
        command, _, remark = line.partition("#")
        expected = re.search(r"exits with (\d)", remark)
        if words[0] == "scaffold" and not {*APART, "|", ">"} & {*words}:
            result = CliRunner().invoke(app, words[1:])
            code, said = result.exit_code, result.output
            self.document = result.stdout
        else:
            done = subprocess.run(
                command,
                shell=True,
                cwd=self.folder,
                env=self._environment,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
            )
            code, said = done.returncode, done.stdout
        assert code == (int(expected[1]) if expected else 0), f"{line}\n{said}"
        assert not (said and "says nothing" in remark), f"{line}\n{said}"
        return said

    @contextmanager
    def _the_next_version(self) -> Iterator[None]:
        """Have templates of which one says a little more."""
        with TemporaryDirectory() as folder, self._patch.context() as patch:
            templates = shutil.copytree(ROOT / "templates", Path(folder, "templates"))
            changed = templates / NEXT
            text = changed.read_text()
            assert text.count(COMMENT) == 1
            changed.write_text(
                text.replace(COMMENT, f"{COMMENT[:-1]}, in plain words.")
            )
            patch.setattr(places, "PACKAGE", Path(folder, "generator"))
            # A run asks once; here the version changes between two of them.
            patch.setattr(digest, "_generator", digest._generator.__wrapped__)
            yield

    def _saved(self, place: Path, text: str) -> None:
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(text)

    def _edited(self, place: Path, diff: str) -> None:
        text = place.read_text() if place.exists() else ""
        for old, new in changes(diff):
            assert text.count(old) == 1 or not (text or old), f"not once:\n{old}"
            text = text.replace(old, new) if old else new
        self._saved(place, text)


def has_targets(makefile: Path, commands: str) -> None:
    """See that there is what somebody is told to make, or to put on the path."""
    text = makefile.read_text()
    for line in commands.splitlines():
        match shlex.split(line, comments=True):
            case ["make", target]:
                assert re.search(rf"^{target}:", text, re.MULTILINE), target
            case [".", activate]:
                assert f"RUN := {activate.removesuffix('/activate')}\n" in text
            case _:
                raise AssertionError(line)


def has_commands(program: Path, commands: str) -> None:
    """See that the service knows what an operator is told to type."""
    for line in commands.splitlines():
        match shlex.split(line, comments=True):
            case ["python", "-m", "app", command, *_]:
                parser = rf'add_parser\(\s*"{re.escape(command)}"'
                assert re.search(parser, program.read_text()), command
            case _:
                raise AssertionError(line)


def changes(diff: str) -> Iterator[tuple[str, str]]:
    """What a diff replaces by what, part by part; `@@` stands between two parts."""
    for part in re.split(r"^@@.*\n", diff, flags=re.MULTILINE):
        lines = part.splitlines()
        assert all(line[:1] in ("", " ", "-", "+") for line in lines)
        old = "".join(f"{line[1:]}\n" for line in lines if line[:1] != "+")
        yield old, "".join(f"{line[1:]}\n" for line in lines if line[:1] != "-")


def as_shown(shown: str, said: str) -> bool:
    """Whether this was printed, where `…` may be anything."""
    rows = [row.rstrip() for row in shown.splitlines()]
    pattern = "".join(
        r"(?:.*\n)*?"
        if row.strip() == MORE
        else ".*".join(map(re.escape, row.split(MORE))) + r"\n"
        for row in rows
    )
    printed = "".join(f"{row.rstrip()}\n" for row in said.splitlines())
    return re.fullmatch(pattern, printed) is not None


def is_of_the_language(text: str) -> bool:
    """Whether a part of a blueprint fits into some mapping of the language."""
    part = data(text)
    return any(
        part.keys() <= long.get("properties", {}).keys()
        and Draft202012Validator(
            {"properties": long["properties"], "$defs": schema()["$defs"]}
        ).is_valid(part)
        for shape in schema()["$defs"].values()
        for long in shape.get("anyOf", [shape])
    )


def stands(shown: str, text: str) -> bool:
    """Whether these lines stand in a text, at whatever depth, without a gap."""
    rows = shown.splitlines()
    there = text.splitlines()
    return any(
        dedented(rows) == dedented(there[start : start + len(rows)])
        for start in range(len(there) - len(rows) + 1)
    )


def dedented(rows: list[str]) -> list[str]:
    depth = min(
        (len(row) - len(row.lstrip()) for row in rows if row.strip()), default=0
    )
    return [row[depth:].rstrip() for row in rows]
