"""How things stand when somebody asks: lags, stopped subscriptions, connections.

Read from the database at that moment, so that every process tells the same and nothing
outdated is told, such as the number of a session that has gone.
"""

from typing import Final

from prometheus_client import CollectorRegistry, Gauge, generate_latest

from app.infra.event_store.tail import fence_holder, fence_wait
from app.infra.persistence.failures import LOST
from app.infra.persistence.postgres import Pool

CONTENT_TYPE: Final = "text/plain; version=0.0.4; charset=utf-8"
COUNTED: Final = 10_000

_SUBSCRIPTIONS: Final = """
SELECT c.name, c.stopped_at IS NOT NULL AS stopped,
    coalesce(extract(epoch FROM clock_timestamp() - behind.oldest), 0)::float
        AS seconds,
    behind.events
FROM kernel.checkpoints c CROSS JOIN LATERAL (
    SELECT min(e.recorded_at) AS oldest, count(*) AS events FROM (
        SELECT e.recorded_at FROM kernel.events e
        WHERE (e.epoch, e.xid, e.pos) > (c.epoch, c.xid, c.pos)
        ORDER BY e.epoch, e.xid, e.pos LIMIT $1
    ) AS e
) AS behind
"""


async def exposition(pool: Pool) -> bytes:
    """Everything, in the text form of Prometheus."""
    return generate_latest() + generate_latest(await _standing(pool))


async def _standing(pool: Pool) -> CollectorRegistry:
    registry = CollectorRegistry()
    connections = Gauge(
        "pool_connections", "Connections of this process", ["state"], registry=registry
    )
    size, idle = pool.get_size(), pool.get_idle_size()
    connections.labels("idle").set(idle)
    connections.labels("used").set(size - idle)
    connections.labels("allowed").set(pool.get_max_size())
    answers = Gauge("database_up", "Whether the database answers", registry=registry)
    try:
        await _tell_subscriptions(pool, registry)
        await _tell_fence(pool, registry)
        answers.set(1)
    except LOST:
        answers.set(0)
    return registry


async def _tell_subscriptions(pool: Pool, registry: CollectorRegistry) -> None:
    label = ["subscription"]
    seconds = Gauge(
        "subscription_lag_seconds",
        "Age of the oldest event not dealt with",
        label,
        registry=registry,
    )
    events = Gauge(
        "subscription_lag_events",
        f"Events not dealt with, counted up to {COUNTED}",
        label,
        registry=registry,
    )
    stopped = Gauge(
        "subscription_stopped",
        "1 where an event has stopped it",
        label,
        registry=registry,
    )
    for record in await pool.fetch(_SUBSCRIPTIONS, COUNTED):
        seconds.labels(record["name"]).set(record["seconds"])
        events.labels(record["name"]).set(record["events"])
        stopped.labels(record["name"]).set(record["stopped"])


async def _tell_fence(pool: Pool, registry: CollectorRegistry) -> None:
    lag = Gauge(
        "fence_lag_seconds",
        "How long a recorded event has waited for an older transaction to end",
        registry=registry,
    )
    waited = await fence_wait(pool)
    lag.set(waited)
    holder = await fence_holder(pool) if waited else None
    if holder is not None:
        pid = Gauge(
            "fence_holder_pid",
            "The session that all readers of the log wait for",
            registry=registry,
        )
        pid.set(holder.pid)
