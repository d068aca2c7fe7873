"""What the development server tells, to people or to programs."""

import contextlib
import json
import os
import sys
from typing import Protocol

PHRASES = {
    "postgres": "Starting PostgreSQL, data in {data}",
    "redis": "Starting Redis",
    "no redis": "No Redis here: running without a cache",
    "migrate": "Migrating",
    "start": "Starting API and worker",
    "broker": "Events travel through {servers} (Kafka protocol)",
    "ready": "Ready: {url}  (documentation: {docs})\n"
    "Metrics: {url}/metrics and {metrics} (worker)\n"
    "Ctrl-C stops everything; `make token` prints a token.",
    "ended": "The {process} ended with code {code}",
    "stopping": "Stopping",
    "stopped": "Stopped",
    "failed": "Failed: {reason}",
}


class Announce(Protocol):
    """Tells that a phase has been reached."""

    def __call__(self, phase: str, **details: object) -> None: ...


def for_people(phase: str, **details: object) -> None:
    """A sentence a phase."""
    _say(PHRASES[phase].format(**details))


def for_programs(phase: str, **details: object) -> None:
    """A JSON object a phase, on a line of its own."""
    _say(json.dumps({"phase": phase, **details}))


def _say(line: str) -> None:
    # Where nobody listens any more, stopping cleanly matters more than saying so.
    with contextlib.suppress(OSError):
        os.write(sys.stdout.fileno(), f"{line}\n".encode())
