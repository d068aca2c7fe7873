"""What became of custom functions, for the code that somebody wrote for them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from generator.lock import Custom, Lock

CODES = {
    "B842": "Code written by hand no longer fits what the blueprint asks of it.",
}

_REWRITE = (
    "mypy shows the place in `custom.py`; a function of another name beside it can be"
    " asked instead"
)
_IDLE = "what it has decided nobody decides now; if it is to go, take it out"
_STATE = {
    "none": "is told of no state any more",
    "maybe": "is asked without a state, too",
    "found": "is told of the state now",
}


@dataclass(frozen=True, slots=True)
class Misfit:
    """One way in which a function is not asked for as it was."""

    function: str
    said: str
    hint: str = _REWRITE


def misfits(before: Lock, now: Lock) -> Iterator[Misfit]:
    """Everything for which the code that was written does no longer do.

    A function may be told more precisely what it decides about, and give more events.
    """
    for name, was in before.custom.items():
        asked = now.custom.get(name)
        if asked is None:
            yield Misfit(name, f"{name} is asked by nothing any more", _IDLE)
        else:
            for said in _differences(was, asked):
                yield Misfit(name, f"{name} {said}")


def _differences(was: Custom, now: Custom) -> Iterator[str]:
    if was.aggregate != now.aggregate:
        yield f"decides for {now.aggregate} now, and not for {was.aggregate}"
        return
    if was.state != now.state and (was.state, now.state) != ("maybe", "found"):
        yield _STATE[now.state]
    if more := _listed(now.commands, was.commands):
        yield f"decides about {more}, too"
    if bool(was.events) != bool(now.events):
        yield "gives events now" if now.events else "gives no events any more"
    elif fewer := _listed(was.events, now.events):
        yield f"may no longer give {fewer}"


def _listed(names: list[str], others: list[str]) -> str:
    """Those that are not among the others."""
    return " and ".join(each for each in names if each not in others)
