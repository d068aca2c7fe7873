"""Which of the known words a misspelt one was meant to be."""

from __future__ import annotations

from collections.abc import Iterable

LONGEST = 100


def closest(word: str, candidates: Iterable[str]) -> str:
    """The candidate that is fewest slips away, at most one in three letters; or ""."""
    best, fewest = "", LONGEST
    folded = word.casefold()
    for each in sorted(set(candidates)):
        longer = max(len(word), len(each))
        if longer <= LONGEST and abs(len(word) - len(each)) <= longer // 3:
            slips = distance(folded, each.casefold())
            if slips <= longer // 3 and slips < fewest:
                best, fewest = each, slips
    return best


def distance(one: str, other: str) -> int:
    """How many slips lie between two words: a letter too many, too few, wrong, or two
    neighbours exchanged (Damerau and Levenshtein, each letter slipping once)."""
    above: list[int] = []
    row = list(range(len(other) + 1))
    for i, letter in enumerate(one, 1):
        before, above, row = above, row, [i]
        for j, opposite in enumerate(other, 1):
            wrong = above[j - 1] + (letter != opposite)
            row.append(min(above[j] + 1, row[j - 1] + 1, wrong))
            if i > 1 and j > 1 and one[i - 2] == opposite and letter == other[j - 2]:
                row[j] = min(row[j], before[j - 2] + 1)
    return row[-1]
