"""Judges projects that differ little from one that it knows; a program of its own.

`python tests/living/forks.py KNOWN FOLDER` types the known project and runs its unit
tests in a folder. Then it reads the place of a project a line, and writes a line of
JSON: what the tools of the project say of it, which is nothing where all is well. Each
is judged by forks that have in memory what both projects share, so that only what
differs is paid for.
"""

from __future__ import annotations

import gc
import importlib
import json
import os
import pkgutil
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence, Set
from contextlib import contextmanager
from pathlib import Path

import pytest
from mypy.dmypy_server import Server, process_start_options
from mypy.main import process_options
from ruff import find_ruff_bin

ROOT = Path(__file__).parents[2]
TYPE_CACHE = ROOT / ".mypy_cache" / "living"
KERNEL = ("common", "config", "infra", "security")
"""What hardly a blueprint changes anything in: it is loaded once."""
LOADED = "loaded.json"
UNIT_TESTS = (
    *("-o", "addopts=-q", "-p", "pytest_asyncio.plugin", "-p", "no:cacheprovider"),
    *("-W", "ignore::pytest.PytestAssertRewriteWarning", "--tb=short", "tests/unit"),
)
IMPORTS = "tests/unit/test_imports.py::test_every_module_imports_only_what_it_may"
OF_THE_KERNEL = tuple(f"--deselect={IMPORTS}[{package}." for package in KERNEL)
OF_DOMAINS = re.compile(
    rf"app/(?!{'|'.join(KERNEL)}|dev)\w+/|app/domain_registry\.py|tests/unit/\w+/"
    r"|tests/integration/|migrations/|blueprints/|README\.md"
)
"""What says nothing to the tests of operators' commands, of settings, of logging."""
OF_OPERATION = tuple(
    f"--ignore=tests/unit/test_{each}.py"
    for each in ("commands_of_operators", "logging", "settings")
)
LEFT_OUT = {"__pycache__", ".mypy_cache", ".ruff_cache", ".git", ".scaffold"}

Texts = dict[str, bytes]


class Bench:
    """The folder of the known project, in which others take its place."""

    def __init__(self, known: Path, folder: Path) -> None:
        self.known, self.folder = known, folder
        shutil.copytree(known, folder)
        os.chdir(folder)
        sys.path[0] = str(folder)
        self.texts = _texts(folder)
        cache = ["--cache-dir", str(TYPE_CACHE)]
        line = [sys.executable, "-m", "mypy", *cache, "--cache-fine-grained"]
        subprocess.run(line, check=True, stdout=sys.stderr)
        flags = [*cache, "--use-fine-grained-cache"]
        self.types = Server(process_start_options(flags, False), os.devnull)
        wrong = self._types() or _in_a_fork(_learned)
        assert not wrong, wrong
        for name in json.loads((folder / LOADED).read_text()):
            importlib.import_module(name)
        for package in KERNEL:
            _import_all(f"app.{package}")
        # What one project compiles must not be taken for the next one's.
        sys.dont_write_bytecode = True
        gc.freeze()

    def said(self, project: Path) -> dict[str, str]:
        """What each tool says that has anything to say."""
        texts = _texts(project)
        names = {n for n in texts.keys() | self.texts.keys() if self._differs(n, texts)}
        with self._taken(texts, names):
            found = {
                "lint": _ruff("check", "--output-format=concise"),
                "format": _ruff("format", "--check"),
                "types": _in_a_fork(self._typed),
                "tests": _in_a_fork(lambda: self._tested(names)),
            }
        return {tool: said for tool, said in found.items() if said}

    def _differs(self, name: str, texts: Texts) -> bool:
        return texts.get(name) != self.texts.get(name)

    @contextmanager
    def _taken(self, texts: Texts, names: Set[str]) -> Iterator[None]:
        """The folder as another project; as the known one again afterwards."""
        for name in names:
            _put(self.folder / name, texts.get(name))
        yield
        for name in names:
            _put(self.folder / name, None)
            if name in self.texts:
                # With its time, by which Python knows what it has compiled.
                shutil.copy2(self.known / name, self.folder / name)

    def _types(self) -> str:
        sources, _ = process_options([], server_options=True)
        done = self.types.check(sources, False, False, 80)
        return f"{done['out']}{done['err']}" if done["status"] else ""

    def _typed(self) -> int:
        print(said := self._types())
        return int(bool(said))

    def _tested(self, names: Set[str]) -> int:
        """Run what these files can make fail."""
        if any(map(_is_kernel, names)):
            line = [sys.executable, "-m", "pytest", *UNIT_TESTS]
            return subprocess.run(line).returncode
        _import_all("app")
        known = OF_OPERATION if all(map(OF_DOMAINS.match, names)) else ()
        return int(pytest.main([*UNIT_TESTS, *OF_THE_KERNEL, *known]))


def _in_a_fork(work: Callable[[], int]) -> str:
    """What it prints, if it fails."""
    with tempfile.TemporaryFile() as said:
        if not (child := os.fork()):
            code = 99
            # What is garbage here goes with the fork, and memory stays shared.
            gc.disable()
            try:
                os.dup2(said.fileno(), 1)
                os.dup2(said.fileno(), 2)
                code = work()
                sys.stdout.flush()
            finally:
                os._exit(code)
        _, status = os.waitpid(child, 0)
        said.seek(0)
        text = said.read().decode(errors="replace")
    return text or f"it ended with {status}" if status else ""


def _learned() -> int:
    """Run the tests of the known project, and write down what they load."""
    code = pytest.main([*UNIT_TESTS])
    own = {"app", "tests"}
    names = [name for name in sys.modules if name.partition(".")[0] not in own]
    Path(LOADED).write_text(json.dumps(names))
    return int(code)


def _import_all(package: str) -> None:
    module = importlib.import_module(package)
    for each in pkgutil.walk_packages(module.__path__, f"{package}."):
        if not each.name.endswith("__main__"):
            importlib.import_module(each.name)


def _ruff(*arguments: str) -> str:
    line = [find_ruff_bin(), *arguments, "--no-cache", "."]
    done = subprocess.run(line, capture_output=True, text=True)
    return done.stdout + done.stderr if done.returncode else ""


def _texts(project: Path) -> Texts:
    return {
        str(path.relative_to(project)): path.read_bytes()
        for path in project.rglob("*")
        if path.is_file() and not LEFT_OUT & set(path.parts)
    }


def _is_kernel(name: str) -> bool:
    return name.startswith(tuple(f"app/{package}/" for package in KERNEL))


def _put(path: Path, content: bytes | None) -> None:
    if content is None:
        path.unlink(missing_ok=True)
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)


def main(arguments: Sequence[str]) -> None:
    """Judge until nobody asks any more."""
    bench = Bench(*map(Path, arguments))
    for line in sys.stdin:
        print(json.dumps(bench.said(Path(line.strip()))), flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
