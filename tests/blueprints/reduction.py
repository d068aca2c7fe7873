"""Makes a blueprint smaller as long as it stays interesting."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator
from typing import Any

Files = dict[str, Any]
Steps = tuple[str | int, ...]


def reduced(files: Files, interesting: Callable[[Files], bool], most: int) -> Files:
    """The smallest blueprint found in so many attempts, largest parts first."""
    attempts = 0
    smaller = True
    while smaller and attempts < most:
        smaller = False
        for steps in sorted(_parts(files), key=len):
            if attempts >= most:
                break
            shorter = _without(files, steps)
            if shorter is None:
                continue
            attempts += 1
            if interesting(shorter):
                files, smaller = shorter, True
    return files


def _parts(data: Any, above: Steps = ()) -> Iterator[Steps]:
    """The way to everything inside."""
    items: Any = ()
    if isinstance(data, dict):
        items = list(data.items())
    elif isinstance(data, list):
        items = list(enumerate(data))
    for step, value in items:
        yield (*above, step)
        yield from _parts(value, (*above, step))


def _without(files: Files, steps: Steps) -> Files | None:
    """The same without one part; None if it is gone already."""
    shorter = copy.deepcopy(files)
    parent: Any = shorter
    for step in steps[:-1]:
        try:
            parent = parent[step]
        except (KeyError, IndexError, TypeError):
            return None
    last = steps[-1]
    there = isinstance(parent, dict) and last in parent
    if isinstance(parent, list) and isinstance(last, int):
        there = last < len(parent)
    if not there:
        return None
    del parent[last]
    return shorter
