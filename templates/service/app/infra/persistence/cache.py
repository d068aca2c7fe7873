"""A cache that may be slow, away or full of nonsense: then it is empty, and no more."""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable
from typing import Final, TypeVar

import structlog
from redis.asyncio import Redis

from app.config.cache import CacheSettings
from app.infra.metrics.measures import CACHE
from app.infra.persistence.redis import connect

LONGEST_VALUE: Final = 1024 * 1024

T = TypeVar("T")

log: structlog.stdlib.BoundLogger = structlog.get_logger(__name__)


class Cache:
    """Keeps bytes in Redis for a while.

    Every operation is bounded by a timeout. After a failure nobody asks for a pause,
    and then one at a time: whoever reads pays for a dead Redis once, not every time.
    """

    def __init__(
        self, redis: Redis, *, prefix: str, timeout: float = 0.05, pause: float = 2.0
    ) -> None:
        self._redis = redis
        self._prefix = prefix
        self._timeout = timeout
        self._pause = pause
        self._failed = False
        self._ask_again_at = 0.0
        self.outcomes: Counter[str] = Counter()
        """How often something was found, missing, outdated, broken, skipped."""

    def note(self, outcome: str) -> None:
        """Count what came of asking the cache, here and in the metrics."""
        self.outcomes[outcome] += 1
        CACHE.labels(outcome).inc()

    @classmethod
    def of(cls, settings: CacheSettings, *, prefix: str) -> "Cache | None":
        """The cache that the settings name; said in the log if there is none."""
        redis = connect(settings)
        if redis is None:
            log.info("no cache", reason="CACHE_URL names no Redis")
            return None
        timeout, pause = settings.timeout, settings.pause
        return cls(redis, prefix=prefix, timeout=timeout, pause=pause)

    async def get(self, key: str) -> bytes | None:
        """What is kept under the key, if it is there and can be had in time."""
        name = self._prefix + key
        found = await self._in_time(lambda: self._redis.get(name))
        return found if isinstance(found, bytes) else None

    async def put(self, key: str, value: bytes, seconds: float) -> None:
        """Keep this for a while, if that can be done in time."""
        name, milliseconds = self._prefix + key, max(1, round(seconds * 1000))
        if len(value) <= LONGEST_VALUE:
            await self._in_time(lambda: self._redis.set(name, value, px=milliseconds))

    async def close(self) -> None:
        """Close the connections."""
        await self._redis.aclose()

    async def _in_time(self, operation: Callable[[], Awaitable[T]]) -> T | None:
        if self._resting():
            self.note("skipped")
            return None
        try:
            async with asyncio.timeout(self._timeout):
                answer = await operation()
        except Exception as error:
            # Whatever it is: who can do without the cache must not fail with it.
            self._rest(error)
            return None
        if self._failed:
            log.info("the cache is back")
            self._failed = False
        return answer

    def _resting(self) -> bool:
        now = asyncio.get_running_loop().time()
        if not self._failed:
            return False
        if now < self._ask_again_at:
            return True
        self._ask_again_at = now + self._pause
        return False

    def _rest(self, error: Exception) -> None:
        if not self._failed:
            log.warning("the cache is away", error=repr(error))
        self.note("failed")
        self._failed = True
        self._ask_again_at = asyncio.get_running_loop().time() + self._pause
