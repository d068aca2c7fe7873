"""What each part of a project was generated from, in one word: nothing is done twice.

A domain's word covers its blueprint, the service's, and those of all domains that it
speaks of, near and far. Where it has not changed, neither has anything that would be
generated for the domain. Words are kept one a line, so that git can merge them: two
words for one domain are as good as none.
"""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path

from generator.places import PACKAGE, templates
from generator.press import LEFT_OUT
from generator.sources import MAX_BYTES, SERVICE, Source, unified

LENGTH = 20
GENERATOR = "(generator)"
WHOLE = "(service)"
UNCLEAR = "(unclear)"
"""There is this word where the name of a domain cannot be told from its text."""

# The wheel carries the templates inside the package, and they are counted once.
_IGNORED = re.compile(rf"^_templates/|^_blueprints/|{LEFT_OUT.pattern}")
_DOMAIN = re.compile(r"^domain:[ \t]*(\w+)[ \t]*(?:#.*)?$", re.MULTILINE)


def digests(contents: Mapping[str, bytes], more: Mapping[str, bytes]) -> dict[str, str]:
    """The word of every domain, of the service as a whole, and of the generator.

    `contents` are the files of the blueprint by name, `more` is what else a domain is
    generated from, by the domain's name. With which line ends git checked them out
    makes no difference.
    """
    texts = {name: unified(text) for name, text in contents.items()}
    service = texts.pop(SERVICE, b"")
    named = _named([*texts.values()])
    near = {name: set(_spoken_of(text, named)) for name, text in named.items()}
    found = {
        name: _word(
            [
                service,
                *(named[each] + unified(more.get(each, b"")) for each in sorted(far)),
            ]
        )
        for name, far in _closed(near).items()
    }
    whole = [service, *(name.encode() for name in sorted(named))]
    return {GENERATOR: _generator(), WHOLE: _word(whole), **found}


def contents(texts: Sequence[Source]) -> dict[str, bytes]:
    """The files of a blueprint, by name."""
    return {text.name: _content(text.place) for text in texts}


def written(words: Mapping[str, str]) -> str:
    """The words as they are kept in a project."""
    return "".join(f"{name} {word}\n" for name, word in sorted(words.items()))


def read(text: str) -> dict[str, str]:
    """The words that were kept; a name that git left with two has none."""
    found: dict[str, set[str]] = {}
    for line in text.splitlines():
        name, _, word = line.partition(" ")
        found.setdefault(name, set()).add(word)
    return {name: "".join(words) for name, words in found.items() if len(words) == 1}


def _named(texts: Sequence[bytes]) -> dict[str, bytes]:
    """The texts by the domains that they declare, if each declares one of its own."""
    declared = [_DOMAIN.findall(text.decode(errors="replace")) for text in texts]
    names = [each[0] if len(each) == 1 else UNCLEAR for each in declared]
    if UNCLEAR in names or len(set(names)) < len(names):
        return {UNCLEAR: b"\0".join(texts)}
    return dict(zip(names, texts, strict=True))


def _spoken_of(text: bytes, names: Iterable[str]) -> Iterator[str]:
    """The domains of which a text may name a part; a comment may name one too."""
    words = set(re.findall(rb"\b(\w+)\.", text))
    return (name for name in names if name.encode() in words)


def _closed(near: Mapping[str, set[str]]) -> dict[str, set[str]]:
    """Each domain with all that it speaks of, and what those speak of."""
    closed: dict[str, set[str]] = {}
    for name in near:
        found: set[str] = set()
        waiting = [name]
        while waiting:
            if (each := waiting.pop()) not in found:
                found.add(each)
                waiting += near[each]
        closed[name] = found
    return closed


@cache
def _generator() -> str:
    files = [*_files(PACKAGE, ".py"), *_files(templates(""))]
    return _word(part for name, file in files for part in (name.encode(), _own(file)))


def _word(parts: Iterable[bytes]) -> str:
    total = hashlib.sha256()
    for part in parts:
        total.update(hashlib.sha256(part).digest())
    return total.hexdigest()[:LENGTH]


def _content(place: Path) -> bytes:
    """What is no file to be read is reported where it is read for good."""
    try:
        if place.is_file():
            with place.open("rb") as file:
                return file.read(MAX_BYTES + 1)
    except OSError:
        pass
    return b""


def _own(place: str) -> bytes:
    with open(place, "rb") as file:
        return file.read()


def _files(folder: Path, ending: str = "") -> Sequence[tuple[str, str]]:
    """The files below a folder by name; texts, as paths would take half of the time."""
    start = os.path.join(folder, "")
    places = (
        os.path.join(place, name)
        for place, _, names in os.walk(folder)
        for name in names
        if name.endswith(ending)
    )
    named = ((each.removeprefix(start).replace(os.sep, "/"), each) for each in places)
    return sorted(each for each in named if not _IGNORED.search(each[0]))
