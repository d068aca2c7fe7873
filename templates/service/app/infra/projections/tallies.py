"""The SQL that adds to what has been counted.

Addition, the least and the greatest do not care about order, so it does not matter
which stream was read first, nor whether the row that is counted for exists. They do
care about being done once: the statement is part of the one that moves the checkpoint.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from app.common.read_models import Count, Tally
from app.infra.projections.rows import quoted
from app.infra.projections.totals import plus, total

_ENDS: Final[Mapping[str, str]] = {"min": "least", "max": "greatest"}


def addition(tally: Tally[Any], first: int, permit: str) -> str:
    """An INSERT that adds unnested rows to those of the tally.

    `first` is the number of its first parameter; `permit` joins the rows `u` to the
    part of the statement that lets them be counted. Keys are sorted: all writers lock
    alike.
    """
    counts = [(f"c{i}", count) for i, count in enumerate(tally.counts)]
    types = ["uuid", *(count.type for count in tally.counts)]
    arrays = ", ".join(f"${first + i}::{type_}[]" for i, type_ in enumerate(types))
    aliases = ", ".join(["key", *(alias for alias, _ in counts)])
    names = ", ".join(map(quoted, [tally.key, *(c.name for c in tally.counts)]))
    collected = ", ".join(_collected(alias, count) for alias, count in counts)
    joined = ", ".join(f"{quoted(c.name)} = {_joined(c)}" for c in tally.counts)
    return (
        f"INSERT INTO {quoted(tally.name)} AS t ({names})"
        f" SELECT u.key, {collected}"
        f" FROM unnest({arrays}) AS u({aliases}) {permit}"
        f" GROUP BY u.key ORDER BY u.key"
        f" ON CONFLICT ({quoted(tally.key)}) DO UPDATE SET {joined}"
    )


def addition_arguments(tally: Tally[Any], added: Sequence[Any]) -> list[list[Any]]:
    """The arrays that `addition` unnests: the keys, and what each adds."""
    names = [tally.key, *(count.name for count in tally.counts)]
    return [[getattr(each, name) for each in added] for name in names]


def _collected(alias: str, count: Count) -> str:
    if count.how == "sum":
        return f"{total(f'u.{alias}', count.type)}::{count.type}"
    return f"{count.how}(u.{alias})"


def _joined(count: Count) -> str:
    both = [f"{row}.{quoted(count.name)}" for row in ("t", "excluded")]
    if count.how == "sum":
        return plus(both, count.type)
    return f"{_ENDS[count.how]}({', '.join(both)})"
