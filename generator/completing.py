"""What a shell offers for the word that is being typed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path


def example(incomplete: str) -> list[str]:
    """The names of the examples."""
    from generator.places import examples

    return _beginning(incomplete, examples())


def format(incomplete: str) -> list[str]:
    """The formats of findings."""
    from generator.formats import Format

    return _beginning(incomplete, Format)


def explained(incomplete: str) -> list[str]:
    """The codes that can be explained, and the examples."""
    from generator.places import PACKAGE, examples

    codes = (file.stem for file in (PACKAGE / "explanations").glob("*.md"))
    if incomplete[:1].islower():
        codes = (code.lower() for code in codes)
    return _beginning(incomplete, (*codes, *examples()))


def domain(incomplete: str) -> list[str]:
    """The domains of the project, or of the blueprint, that one stands in."""
    return _beginning(incomplete, _domains())


def _domains() -> Iterator[str]:
    for folder in (Path("blueprints"), Path()):
        if (folder / "service.yaml").is_file():
            for file in folder.glob("*.yaml"):
                if file.stem != "service":
                    yield file.stem
            return


def _beginning(incomplete: str, words: Iterable[str]) -> list[str]:
    return sorted(word for word in words if word.startswith(incomplete))
