"""Starts database, broker, API and worker, and stops them together."""

import asyncio
import contextlib
import os
import signal
import socket
import sys
from asyncio.subprocess import Process
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from app.dev import broker, postgres, processes, redis
from app.dev.announcements import Announce
from app.dev.environment import development_environment

HOST = "127.0.0.1"
RESTARTS = 3
RESTART_SECONDS = 1.0
POLL_SECONDS = 0.05
STOPPING_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class StackFailed(Exception):
    """Something the service needs cannot be had; says what."""


async def supervise(data: Path, port: int, announce: Announce) -> int:
    """Run the whole service until a signal or a failure; returns the exit code."""
    stopping = asyncio.Event()
    for each in STOPPING_SIGNALS:
        asyncio.get_running_loop().add_signal_handler(each, stopping.set)
    stack = asyncio.create_task(Stack(data, announce).run(port))
    signalled = asyncio.create_task(stopping.wait())
    await asyncio.wait({stack, signalled}, return_when=asyncio.FIRST_COMPLETED)
    announce("stopping")
    signalled.cancel()
    stack.cancel()
    outcome = (await asyncio.gather(stack, return_exceptions=True))[0]
    if isinstance(outcome, asyncio.CancelledError):
        announce("stopped")
        return 0
    announce("failed", reason=str(_first_cause(outcome)))
    return 1


@dataclass
class Stack:
    """The processes of one development server."""

    data: Path
    announce: Announce
    running: dict[str, Process] = field(default_factory=dict)
    bus: str = ""
    metrics: str = ""

    async def run(self, port: int) -> None:
        """Bring everything up, one phase after the other, and keep it up."""
        port = _free_port(port)
        self.announce("postgres", data=str(self.data))
        async with (
            postgres.running(self.data / "postgres") as server,
            redis.running(self.data) as cache,
        ):
            self.running["postgres"] = server.process
            self.announce("no redis" if cache is None else "redis")
            if cache is not None:
                self.running["redis"] = cache.process
            environment = development_environment(
                self.data, server.url, cache.url if cache else "", HOST, port
            )
            self.announce("migrate")
            await self._migrate(environment)
            self.announce("start")
            async with asyncio.TaskGroup() as group:
                group.create_task(_must_not_end("PostgreSQL", server.process))
                group.create_task(self._keep("api", "serve", environment))
                group.create_task(self._keep_bus(environment))
                await self._until_ready(port)
                self._announce_ready(port)

    async def _migrate(self, environment: Mapping[str, str]) -> None:
        if await processes.finish(await _app("migrate", environment)) != 0:
            raise StackFailed(
                "The migrations failed. If they were rewritten since the last start, "
                f"begin anew: delete {self.data / 'postgres'}."
            )

    async def _keep(self, name: str, command: str, env: Mapping[str, str]) -> None:
        """Run a part of the service again when it ends, but not forever."""
        for _ in range(1 + RESTARTS):
            self.running[name] = process = await _app(command, env)
            code = await processes.finish(process)
            self.announce("ended", process=name, code=code)
            await asyncio.sleep(RESTART_SECONDS)
        raise StackFailed(f"The {name} ended {1 + RESTARTS} times.")

    async def _keep_bus(self, env: Mapping[str, str]) -> None:
        """The worker with a broker, and with a new one when that ends.

        The new one has another address and knows nothing, which does no harm.
        """
        port = _free_port(0)
        self.metrics = f"http://{HOST}:{port}/metrics"
        env = {**env, "METRICS_PORT": str(port)}
        while True:
            async with broker.running() as bus:
                self.running["broker"], self.bus = bus.process, bus.servers
                self.announce("broker", servers=bus.servers)
                worker = asyncio.create_task(
                    self._keep("worker", "work", {**env, **bus.settings})
                )
                ended = asyncio.create_task(bus.process.wait())
                try:
                    await asyncio.wait(
                        {worker, ended}, return_when=asyncio.FIRST_COMPLETED
                    )
                    if worker.done():
                        worker.result()
                finally:
                    worker.cancel()
                    ended.cancel()
                    await asyncio.gather(worker, ended, return_exceptions=True)
            self.announce("ended", process="broker", code=bus.process.returncode)

    async def _until_ready(self, port: int) -> None:
        # Not /health/ready: a stopped projection should be looked at, in a running API.
        while not ("worker" in self.running and await _answers(port, "/health/live")):
            await asyncio.sleep(POLL_SECONDS)

    def _announce_ready(self, port: int) -> None:
        pids = {name: process.pid for name, process in self.running.items()}
        pids["supervisor"] = os.getpid()
        self.announce(
            "ready",
            url=f"http://{HOST}:{port}",
            docs=f"http://{HOST}:{port}/docs",
            bus=self.bus,
            metrics=self.metrics,
            pids=pids,
        )


async def _app(command: str, environment: Mapping[str, str]) -> Process:
    """A part of this service as a child; standard output is for announcements."""
    return await processes.start(
        *(sys.executable, "-m", "app", command),
        output=sys.stderr.fileno(),
        env={**os.environ, **environment},
    )


async def _must_not_end(name: str, process: Process) -> None:
    code = await process.wait()
    raise StackFailed(f"{name} ended with code {code}.")


async def _answers(port: int, path: str) -> bool:
    """Whether the API answers this path with 200."""
    try:
        reader, writer = await asyncio.open_connection(HOST, port)
    except OSError:
        return False
    request = f"GET {path} HTTP/1.1\r\nHost: {HOST}\r\nConnection: close\r\n\r\n"
    try:
        writer.write(request.encode())
        status_line = await reader.readline()
    except OSError:
        return False
    finally:
        writer.close()
        with contextlib.suppress(OSError):
            await writer.wait_closed()
    return status_line.split()[1:2] == [b"200"]


def _free_port(wanted: int) -> int:
    """The wanted port, or any free one where 0 is wanted."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, wanted))
        except OSError as error:
            reason = f"Port {wanted} is taken; `HTTP_PORT=0 make dev` takes any other."
            raise StackFailed(reason) from error
        port: int = probe.getsockname()[1]
        return port


def _first_cause(outcome: BaseException | None) -> BaseException | None:
    while isinstance(outcome, BaseExceptionGroup):
        outcome = outcome.exceptions[0]
    return outcome
