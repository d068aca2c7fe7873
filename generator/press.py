"""The press: Jinja with the settings of the service template, without Copier.

Copier prints the skeleton of a new project. Whatever is printed a second time, into a
project that lives, is printed here: importing Copier costs more than printing a domain.
A test holds both to the same bytes.
"""

from __future__ import annotations

import contextlib
import json
import re
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from generator.places import PACKAGE

if TYPE_CHECKING:
    from jinja2 import Environment
    from jinja2.bccache import Bucket

SUFFIX = ".jinja"
LEFT_OUT = re.compile(
    r"(^|/)(copier\.yml|\.git|\.dev|\.venv|__pycache__|\.DS_Store|.*\.pyc"
    r"|\.(mypy|ruff|pytest)_cache)(/|$)"
)
COMPILED = PACKAGE / "__pycache__"
PATHS = "paths of the folder"
BETWEEN = "|"

Names = Mapping[str, object]


class Press:
    """Prints the templates of one folder; the paths below it are templates too."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.sources = _sources(folder)
        self._environment = _environment(folder, lambda wanted: self._paths(wanted))

    def paths(self, names: Names, part: Callable[[str], bool]) -> dict[str, str]:
        """From source to path, for the sources of a part that have a whole path."""
        wanted = [source for source in self.sources if part(source)]
        if not wanted:
            return {}
        key = f"{PATHS} {[self.sources.index(source) for source in wanted]}"
        with blaming(str(self._folder)):
            printed = self._environment.get_template(key).render(names)
        return {
            source: path
            for source, text in zip(wanted, printed.split(BETWEEN), strict=True)
            if "" not in (path := text.removesuffix(SUFFIX)).split("/")
        }

    def text(self, source: str, names: Names) -> str:
        """A file of the folder, printed if it is a template, else as it is."""
        if not source.endswith(SUFFIX):
            return (self._folder / source).read_bytes().decode()
        with blaming(source):
            return self._environment.get_template(source).render(names)

    def executable(self, source: str) -> bool:
        """Whether the file is a program."""
        return bool((self._folder / source).stat().st_mode & 0o100)

    def _paths(self, key: str) -> str | None:
        """All paths that are wanted at once are one template: compiled and kept so."""
        if not key.startswith(PATHS):
            return None
        numbers = json.loads(key.removeprefix(PATHS))
        return BETWEEN.join(self.sources[number] for number in numbers)


@contextmanager
def blaming(source: str) -> Iterator[None]:
    """Say which template was being printed when something goes wrong in it."""
    try:
        yield
    except Exception as error:
        error.add_note(f"while printing the template {source}")
        raise


def _sources(folder: Path) -> list[str]:
    names = (path.relative_to(folder).as_posix() for path in folder.rglob("*"))
    return sorted(
        name
        for name in names
        if not LEFT_OUT.search(name) and (folder / name).is_file()
    )


def _environment(folder: Path, paths: Callable[[str], str | None]) -> Environment:
    from jinja2 import ChoiceLoader, FileSystemLoader, FunctionLoader, StrictUndefined
    from jinja2.bccache import FileSystemBytecodeCache
    from jinja2.sandbox import SandboxedEnvironment

    class Compiled(FileSystemBytecodeCache):
        """Compiled templates, beside the compiled modules; kept where that can be."""

        def dump_bytecode(self, bucket: Bucket) -> None:
            if not sys.dont_write_bytecode:
                with contextlib.suppress(OSError):
                    COMPILED.mkdir(exist_ok=True)
                    super().dump_bytecode(bucket)

        def load_bytecode(self, bucket: Bucket) -> None:
            with contextlib.suppress(OSError, EOFError, ValueError, TypeError):
                super().load_bytecode(bucket)

    environment = SandboxedEnvironment(
        loader=ChoiceLoader([FunctionLoader(paths), FileSystemLoader(folder)]),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        bytecode_cache=Compiled(str(COMPILED), f"{folder.name}-%s.tmpl"),
    )
    environment.filters["to_json"] = json.dumps
    return environment
