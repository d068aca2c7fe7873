"""The connection to Redis, which may be slow or away without anybody waiting for it."""

from redis.asyncio import BlockingConnectionPool, Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff

from app.config.cache import CacheSettings


def connect(settings: CacheSettings) -> Redis | None:
    """A client, or None where no Redis is named; nothing is sent until it is used.

    It never tries again by itself: whoever waits for it has a better way to go on.
    """
    if settings.url is None:
        return None
    pool = BlockingConnectionPool.from_url(
        settings.url.get_secret_value(),
        max_connections=settings.connections,
        timeout=settings.timeout,
        socket_timeout=settings.timeout,
        socket_connect_timeout=settings.timeout,
        retry=Retry(NoBackoff(), 0),
    )
    return Redis.from_pool(pool)
