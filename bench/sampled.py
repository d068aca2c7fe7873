"""Where a request of the generated service spends its time, by samples.

    python -m bench.sampled

Runs inside a generated project, beside its `app`: requests go to the application
itself, without a server or a socket, and on to a real database.
"""

from __future__ import annotations

import asyncio
import os
import signal
import time
from collections import Counter
from collections.abc import Iterator, MutableMapping
from contextlib import contextmanager
from types import FrameType
from typing import Any

from app.bootstrap import Settings
from app.infra.logging import configure_logging
from app.server import create_app

CONCURRENT = 64
SECONDS = 8.0
EVERY = 0.001
PATH, BODY, TOKEN = "BENCH_PATH", "BENCH_BODY", "BENCH_TOKEN"

# The innermost frame that belongs to a layer has the sample.
LAYERS = (
    ("token: PyJWT", ("/jwt/",)),
    ("log lines: structlog", ("/structlog/", "/app/infra/logging/", "/logging/")),
    ("metrics", ("/prometheus_client/", "/app/infra/metrics/")),
    ("FastAPI and Starlette", ("/fastapi/", "/starlette/", "/contextlib.py")),
    ("routes and models", ("/app/api/", "/pydantic/", "/app/common/messages.py")),
    ("bus: hash, middlewares", ("/app/infra/cqrs/",)),
    ("decision", ("/app/account/", "/app/common/")),
    ("store and group commit", ("/app/infra/",)),
    ("driver: asyncpg", ("/asyncpg/",)),
    ("the callers themselves", ("/bench/",)),
    ("event loop, and reading of answers", ("/asyncio/", "/selectors.py")),
)


def main() -> None:
    settings = Settings()
    configure_logging(settings.service)
    asyncio.run(_measured(settings))


async def _measured(settings: Settings) -> None:
    app = create_app(settings)
    path, body, token = (os.environ[name] for name in (PATH, BODY, TOKEN))
    headers = [
        (b"host", b"bench"),
        (b"content-type", b"application/json"),
        (b"authorization", b"Bearer " + token.encode()),
    ]

    async def post() -> None:
        statuses: list[int] = []

        async def receive() -> MutableMapping[str, Any]:
            return {"type": "http.request", "body": body.encode(), "more_body": False}

        async def send(message: MutableMapping[str, Any]) -> None:
            if "status" in message:
                statuses.append(message["status"])

        scope = {
            "type": "http",
            "http_version": "1.1",
            "method": "POST",
            "path": path,
            "raw_path": path.encode(),
            "query_string": b"",
            "scheme": "http",
            "server": ("127.0.0.1", 80),
            "headers": headers,
        }
        await app(scope, receive, send)
        assert statuses == [201]

    async def keep_posting(until: float) -> int:
        done = 0
        while time.perf_counter() < until:
            await post()
            done += 1
        return done

    async def all_posting(seconds: float) -> int:
        until = time.perf_counter() + seconds
        posting = (keep_posting(until) for _ in range(CONCURRENT))
        return sum(await asyncio.gather(*posting))

    async with app.router.lifespan_context(app):
        await all_posting(SECONDS / 8)
        samples: Counter[str] = Counter()
        used = time.process_time()
        with _sampling(samples):
            done = await all_posting(SECONDS)
        cost = (time.process_time() - used) / done * 1e6
    total = samples.total()
    print(f"\nA command inside the service: {cost:.0f} us CPU, {total} samples")
    for layer, count in samples.most_common():
        print(f"  {layer:36} {count / total:5.0%}  {count / total * cost:5.0f} us")


@contextmanager
def _sampling(samples: Counter[str]) -> Iterator[None]:
    """Look every millisecond of CPU at what is being executed."""

    def look(_: int, frame: FrameType | None) -> None:
        samples[_layer(frame)] += 1

    signal.signal(signal.SIGPROF, look)
    signal.setitimer(signal.ITIMER_PROF, EVERY, EVERY)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)


def _layer(frame: FrameType | None) -> str:
    while frame is not None:
        file = frame.f_code.co_filename
        for layer, places in LAYERS:
            if any(place in file for place in places):
                return layer
        frame = frame.f_back
    return "other"


if __name__ == "__main__":
    main()
