"""Find the texts of a blueprint: a folder, one domain file, or an example's name."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from generator.diagnostics import ScaffoldError, did_you_mean
from generator.places import blueprints, examples

SERVICE = "service.yaml"
BLUEPRINTS = "blueprints"
LOCKS = ".scaffold/lock"
MAX_BYTES = 1_000_000
LINE_END = re.compile(r"\r\n|\r|\n")


class WrongUsage(ScaffoldError):
    """The command line asks for what cannot be: nothing was read or written."""


@dataclass(frozen=True, slots=True)
class Source:
    """A blueprint file: what messages call it, and where it lies."""

    file: str
    place: Path
    called: str = ""

    @property
    def name(self) -> str:
        """What it is called inside a project."""
        return self.called or self.place.name


def unified(content: bytes) -> bytes:
    """The same lines, each with the end that scaffold writes."""
    return content.replace(b"\r\n", b"\n")


def find(blueprint: str | Path) -> tuple[Source, ...]:
    """The files that `blueprint` names, `service.yaml` first; else `WrongUsage`.

    A project stands for the blueprint that it keeps.
    """
    place = Path(blueprint)
    if place.is_file():
        return (Source(str(place), place),)
    if not place.is_dir() and str(blueprint) in examples():
        place = blueprints() / blueprint
    if not place.is_dir():
        raise WrongUsage(f"no blueprint {str(blueprint)!r}{_hint(str(blueprint))}")
    if not (place / SERVICE).is_file() and (place / BLUEPRINTS / SERVICE).is_file():
        place = place / BLUEPRINTS
    if not (place / SERVICE).is_file():
        raise WrongUsage(f"{place} is no blueprint folder: it holds no {SERVICE}")
    domains = sorted(file for file in place.glob("*.yaml") if file.name != SERVICE)
    return tuple(Source(str(file), file) for file in (place / SERVICE, *domains))


def whole(sources: Sequence[Source]) -> Sequence[Source]:
    """The sources, if they describe a service and not only one domain of it."""
    if sources[0].name != SERVICE:
        raise WrongUsage(
            f"{sources[0].file} is one domain; a project needs the folder of a service,"
            f" with {SERVICE} and a file for each domain"
        )
    return sources


def locks(project: Path) -> tuple[Source, ...]:
    """The locks of what a project has released, named as they stand in it."""
    files = sorted((project / LOCKS).glob("*.yaml"))
    return tuple(Source(f"{LOCKS}/{file.name}", file) for file in files)


def lines(file: str) -> Sequence[str]:
    """The rows of a file, to show them; none where it holds no text."""
    place = Path(file)
    try:
        if not place.is_file() or place.stat().st_size > MAX_BYTES:
            return ()
        text = place.read_bytes().decode()
    except (OSError, UnicodeDecodeError):
        return ()
    return LINE_END.split(text.removeprefix("\ufeff"))


def _hint(word: str) -> str:
    known = examples()
    hint = did_you_mean(word, known) or f"the examples are: {', '.join(known)}"
    return f": neither a file or folder nor an example; {hint}"
