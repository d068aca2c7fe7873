"""Waiting until a read model has seen the place in the log that a reader knows of."""

import asyncio
from typing import Final

from app.common.errors import ReadModelBehind
from app.infra.event_store.tokens import START, Token
from app.infra.persistence.postgres import Pool

FIRST_PAUSE: Final = 0.005
LONGEST_PAUSE: Final = 0.1

_REACHED: Final = """
SELECT epoch, xid::text::bigint AS xid_number, pos FROM kernel.checkpoints
WHERE name = $1
"""


class Waiting:
    """Looks at the checkpoint of a projection until it has come far enough."""

    def __init__(self, pool: Pool, timeout: float = 5.0) -> None:
        self._pool = pool
        self._timeout = timeout

    async def until(self, projection: str, token: Token) -> None:
        """Return once the projection is at the token or beyond; give up in time."""
        deadline = asyncio.get_running_loop().time() + self._timeout
        pause = FIRST_PAUSE
        while (reached := await self._reached(projection)) < token:
            remaining = deadline - asyncio.get_running_loop().time()
            if remaining <= 0:
                raise ReadModelBehind(
                    f'The read model "{projection}" is at {reached}, not at {token}.'
                )
            await asyncio.sleep(min(pause, remaining))
            pause = min(pause * 2, LONGEST_PAUSE)

    async def _reached(self, projection: str) -> Token:
        record = await self._pool.fetchrow(_REACHED, projection)
        return START if record is None else Token(*record)
