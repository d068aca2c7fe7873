"""One node of Apache Kafka on loopback, stopped and started by its process id.

A folder holds all there is to know about it, so that the tests can take away and give
back what `make test-kafka` has started.
"""

from __future__ import annotations

import asyncio
import base64
import contextlib
import os
import shlex
import signal
import socket
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

import psutil

PLACE = "KAFKA_NODE"
SECONDS = 60

PROPERTIES = """\
process.roles=broker,controller
node.id=1
controller.quorum.voters=1@127.0.0.1:{controller}
listeners=PLAINTEXT://127.0.0.1:{port},CONTROLLER://127.0.0.1:{controller}
controller.listener.names=CONTROLLER
log.dirs={folder}/logs
num.partitions=4
default.replication.factor=1
offsets.topic.replication.factor=1
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
"""


@dataclass(frozen=True, slots=True)
class Node:
    """A node whose folder has a properties file and a class path."""

    folder: Path
    port: int

    @classmethod
    def in_(cls, folder: str | Path) -> Node:
        return cls(Path(folder), int(Path(folder, "port").read_text()))

    @classmethod
    def made(cls, folder: Path, libraries: Path) -> Node:
        """A new node with empty storage, from the jars in a folder."""
        port, controller = _free_ports(2)
        properties = PROPERTIES.format(port=port, controller=controller, folder=folder)
        (folder / "node.properties").write_text(properties)
        (folder / "port").write_text(str(port))
        options = [
            *("-Xmx512m", "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn"),
            *("-cp", f"{libraries}/*"),
        ]
        (folder / "java").write_text(shlex.join(["java", *options]))
        node = cls(folder, port)
        name = base64.urlsafe_b64encode(uuid4().bytes).decode().rstrip("=")
        subprocess.run(
            [
                *(*node.java(), "kafka.tools.StorageTool", "format"),
                *("--cluster-id", name, "--config", str(folder / "node.properties")),
            ],
            check=True,
            stdout=subprocess.DEVNULL,
        )
        return node

    @property
    def servers(self) -> str:
        return f"127.0.0.1:{self.port}"

    async def away(self) -> None:
        await asyncio.to_thread(self.stop)

    async def back(self) -> None:
        await asyncio.to_thread(self.start)

    def start(self) -> None:
        """Start it, and wait until it takes connections."""
        with (self.folder / "server.log").open("ab") as log:
            process = subprocess.Popen(
                [*self.java(), "kafka.Kafka", str(self.folder / "node.properties")],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        (self.folder / "pid").write_text(str(process.pid))
        deadline = time.monotonic() + SECONDS
        while not self._answers():
            assert process.poll() is None, (self.folder / "server.log").read_text()
            assert time.monotonic() < deadline, "Kafka did not start in time"
            time.sleep(0.1)

    def stop(self) -> None:
        """Ask it to end, and wait until it has."""
        pid = int((self.folder / "pid").read_text())
        try:
            os.kill(pid, signal.SIGTERM)
        except ProcessLookupError:
            return
        deadline = time.monotonic() + SECONDS
        while _runs(pid):
            assert time.monotonic() < deadline, "Kafka does not end"
            time.sleep(0.05)

    def java(self) -> list[str]:
        """The call of Java that all its programs share."""
        line = (self.folder / "java").read_text()
        return shlex.split(line)

    def _answers(self) -> bool:
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", self.port)) == 0


def _free_ports(number: int) -> list[int]:
    with contextlib.ExitStack() as held:
        sockets = [held.enter_context(socket.socket()) for _ in range(number)]
        for each in sockets:
            each.bind(("127.0.0.1", 0))
        return [each.getsockname()[1] for each in sockets]


def _runs(pid: int) -> bool:
    """Whether a process works: one that waits for its parent to notice does not."""
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False
