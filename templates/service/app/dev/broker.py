"""A broker for development and tests: librdkafka's mock cluster, in a child process.

It speaks the Kafka protocol on loopback and keeps everything in memory. When it ends it
has forgotten everything, which costs nothing: the log in PostgreSQL is the truth.
"""

import asyncio
import contextlib
import signal
import sys
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from app.dev import processes

STARTING_SECONDS = 30
ANSWER_SECONDS = 10


class BrokerFailed(Exception):
    """The broker could not be started."""


@dataclass(frozen=True, slots=True)
class Broker:
    """A running broker."""

    servers: str
    process: Process

    @property
    def settings(self) -> Mapping[str, str]:
        """What a worker must know; this broker has a waiting request sit its time."""
        return {"BUS_SERVERS": self.servers, "BUS_FETCH_WAIT": "0.01"}


async def start() -> Broker:
    """A new, empty broker on a port of its own choice."""
    process = await processes.start(
        *(sys.executable, "-m", "app.dev.broker"),
        output=DEVNULL,
        said=PIPE,
        farewell=signal.SIGKILL,
        cwd=Path(__file__).parents[2],
    )
    assert process.stdout is not None
    try:
        line = await asyncio.wait_for(process.stdout.readline(), STARTING_SECONDS)
    except BaseException:
        await processes.stop(process, signal.SIGKILL)
        raise
    if not line:
        await processes.stop(process, signal.SIGKILL)
        raise BrokerFailed("The broker of librdkafka did not start.")
    return Broker(line.decode().strip(), process)


@contextlib.asynccontextmanager
async def running() -> AsyncIterator[Broker]:
    """A broker that does not outlive its use."""
    broker = await start()
    try:
        yield broker
    finally:
        await processes.stop(broker.process, signal.SIGKILL)


def main() -> None:
    """Be a broker until a signal comes; there is nothing to be saved then."""
    from confluent_kafka import Producer

    owner = Producer(
        {"bootstrap.servers": "mock", "test.mock.num.brokers": 1, "log_level": 0}
    )
    brokers = owner.list_topics(timeout=ANSWER_SECONDS).brokers.values()
    print(",".join(f"{each.host}:{each.port}" for each in brokers), flush=True)
    while True:
        owner.poll(3600)


if __name__ == "__main__":
    main()
