"""What a merge without conflicts may still have got wrong."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import PurePosixPath

from generator.merge.lines import rows

_WORD = re.compile(r"[A-Za-z_]\w+")


def added_rows(base: str, yours: str) -> tuple[str, ...]:
    """The rows of yours that are not in the base, wherever they stand there."""
    known = Counter(row.strip() for row in rows(base))
    found = []
    for row in rows(yours):
        if known[row.strip()]:
            known[row.strip()] -= 1
        else:
            found.append(row)
    return tuple(found)


def lost_words(
    base: Mapping[PurePosixPath, str],
    new: Mapping[PurePosixPath, str],
    added: Mapping[PurePosixPath, Sequence[str]],
) -> dict[PurePosixPath, tuple[str, ...]]:
    """By file, the words in added rows that no generated file has any longer.

    Over the whole project: a word that merely moved to another file is no loss.
    """
    before = frozenset[str]().union(*map(_words, base.values()))
    gone = before.difference(*map(_words, new.values()))
    found = {
        path: tuple(sorted(gone & _words(re.sub("#.*", "", "\n".join(lines)))))
        for path, lines in added.items()
    }
    return {path: words for path, words in found.items() if words}


def _words(text: str) -> frozenset[str]:
    return frozenset(_WORD.findall(text))
