"""What is counted and timed where it happens, in this process.

Labels come from the code (types, routes, verdicts), never from what a caller sends.
"""

from typing import Final

from prometheus_client import Counter, Gauge, Histogram

SECONDS: Final = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10)
SIZES: Final = (1, 2, 5, 10, 20, 50, 100, 200, 500)

REQUESTS: Final = Histogram(
    "http_request_seconds",
    "Time to answer, by route template",
    ["method", "route", "status"],
    buckets=SECONDS,
)
COMMANDS: Final = Histogram(
    "command_seconds",
    "Time from a command to its outcome: accepted, replayed, or the refusal's code",
    ["command", "outcome"],
    buckets=SECONDS,
)
APPENDS: Final = Histogram(
    "append_seconds", "Time of an append, by its verdict", ["verdict"], buckets=SECONDS
)
APPEND_BATCH: Final = Histogram(
    "append_batch_commands", "Commands that shared one append", buckets=SIZES
)
APPEND_QUEUE: Final = Gauge("append_queue_commands", "Commands that wait for an append")
CACHE: Final = Counter(
    "query_cache",
    "Answers asked of the cache: found, missing, outdated, broken, skipped or failed",
    ["outcome"],
)
FORGOTTEN: Final = Counter(
    "command_log_forgotten", "Commands forgotten after the retention"
)
PUBLISHED: Final = Counter("bus_published_messages", "Messages the broker has taken")
