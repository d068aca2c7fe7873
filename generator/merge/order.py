"""Where pieces and entries stand that come from two sides."""

from __future__ import annotations

from collections.abc import Collection, Container, Hashable, Sequence
from typing import TypeVar

K = TypeVar("K", bound=Hashable)


def ordered(
    base: Sequence[K],
    yours: Sequence[K],
    new: Sequence[K],
    kept: Container[K],
    sorted_later: Container[K] = (),
) -> list[K]:
    """The kept keys: in your order, unless only the generator moved what all have.

    What the other side added goes after its nearest predecessor there; at one point
    the generator's is first. What both added follows the generator's order, so that it
    does not freeze in which order branches were merged, unless it is `sorted_later`.
    """
    common = set(base) & set(yours) & set(new)
    was, mine, made = ([k for k in s if k in common] for s in (base, yours, new))
    generated = made != was and mine == was
    main, other = (new, yours) if generated else (yours, new)
    both = (set(yours) & set(new)) - set(base)
    moving = set() if generated else {k for k in both if k not in sorted_later}
    line = [key for key in main if key in kept and key not in moving]
    followers = _followers(line, [key for key in other if key in kept])
    # Yours stand below whatever the generator has put at the same point.
    return _woven(line, followers, set(other) if generated else None)


def _followers(line: Collection[K], other: Sequence[K]) -> dict[K | None, list[K]]:
    """The keys only the other side has, by the key of the line that they follow."""
    placed = set(line)
    found: dict[K | None, list[K]] = {}
    anchor: K | None = None
    for key in other:
        if key in placed:
            anchor = key
        else:
            found.setdefault(anchor, []).append(key)
    return found


def _woven(
    line: Sequence[K], followers: dict[K | None, list[K]], halts: Collection[K] | None
) -> list[K]:
    """The line with each follower after its anchor, or before the next halt if any."""
    woven: list[K] = []
    waiting = list(followers.get(None, ()))
    for key in line:
        if halts is None or key in halts:
            woven += waiting
            waiting = []
        woven.append(key)
        waiting += followers.get(key, ())
    return woven + waiting
