"""The example blueprints that come with scaffold, to look at and to start from."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from generator import document, sources
from generator.diagnostics import Report, did_you_mean
from generator.places import blueprints, examples
from generator.sources import WrongUsage
from generator.tree import File, Tree


@dataclass(frozen=True, slots=True)
class Example:
    """An example service, and the domains that it is made of."""

    name: str
    summary: str
    domains: tuple[str, ...]


def listed() -> Iterator[Example]:
    """Every example, by name."""
    for name in examples():
        service, *domains = sources.find(name)
        found = document.read(service.place, service.file, Report()).data
        summary = found.get("summary") if isinstance(found, dict) else None
        names = tuple(each.place.stem for each in domains)
        yield Example(name, str(summary or ""), names)


def copied(name: str) -> Tree:
    """The files of an example, as they lie in the library."""
    if name not in examples():
        known = ", ".join(examples())
        hint = did_you_mean(name, examples()) or f"the examples are: {known}"
        raise WrongUsage(f"there is no example {name}; {hint}")
    folder: Path = blueprints() / name
    return Tree(
        (file.name, File(file.read_text(encoding="utf-8"), origin=f"example {name}"))
        for file in sorted(folder.glob("*.yaml"))
    )
