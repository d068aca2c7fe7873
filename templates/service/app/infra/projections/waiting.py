"""Waiting until a read model has seen the place in the log that a reader knows of."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Final

from app.common.errors import ReadModelBehind
from app.infra.event_store.tokens import START, Token
from app.infra.persistence.postgres import Pool

FIRST_PAUSE: Final = 0.005
LONGEST_PAUSE: Final = 0.1

_REACHED: Final = """
SELECT epoch, xid::text::bigint AS xid_number, pos FROM kernel.checkpoints
WHERE name = ANY ($1::text[])
"""

_KNOWN: Final[ContextVar[Token]] = ContextVar("known", default=START)


class Waiting:
    """Looks at the checkpoint of a projection until it has come far enough."""

    def __init__(self, pool: Pool, timeout: float = 5.0) -> None:
        self._pool = pool
        self._timeout = timeout

    async def until(self, projection: str, token: Token) -> None:
        """Return once the projection is at the token or beyond; give up in time."""
        deadline = asyncio.get_running_loop().time() + self._timeout
        pause = FIRST_PAUSE
        while (place := await reached(self._pool, projection)) < token:
            remaining = deadline - asyncio.get_running_loop().time()
            if remaining <= 0:
                raise ReadModelBehind(
                    f'The read model "{projection}" is at {place}, not at {token}.'
                )
            await asyncio.sleep(min(pause, remaining))
            pause = min(pause * 2, LONGEST_PAUSE)


async def reached(pool: Pool, *names: str) -> Token:
    """How far all of these have come; what is read afterwards contains all before."""
    places = [Token(*record) for record in await pool.fetch(_REACHED, names)]
    return min(places) if len(places) == len(set(names)) else START


@contextmanager
def knowing(token: Token | None) -> Iterator[None]:
    """Within this, an answer that was kept counts only if it contains the token."""
    before = _KNOWN.set(token or START)
    try:
        yield
    finally:
        _KNOWN.reset(before)


def known() -> Token:
    """What the answer to the present question must contain."""
    return _KNOWN.get()
