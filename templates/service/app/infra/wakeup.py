"""A nudge within the process: the log has grown, look now rather than later."""

import asyncio
from contextlib import suppress


class WakeUp:
    """Wakes everybody who waits, and those who come late to a nudge they name."""

    def __init__(self) -> None:
        self.nudges = 0
        self._waiting: set[asyncio.Future[None]] = set()

    def notify(self) -> None:
        self.nudges += 1
        for future in self._waiting:
            if not future.done():
                future.set_result(None)
        self._waiting.clear()

    async def wait(self, timeout: float, *, seen: int | None = None) -> None:
        """Return at the next nudge, or after `timeout` seconds.

        At once if there have been more nudges than `seen`: a nudge that comes while one
        looks at the log may mean what has just been missed there.
        """
        if seen is not None and self.nudges != seen:
            return
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.add(future)
        try:
            with suppress(TimeoutError):
                await asyncio.wait_for(future, timeout)
        finally:
            self._waiting.discard(future)
