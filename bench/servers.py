"""The servers that are asked over HTTP: the generated service, and the one by hand."""

from __future__ import annotations

import asyncio
import os
import socket
import sys
from asyncio.subprocess import DEVNULL
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path

import jwt
import msgspec

from app.dev import processes
from bench import domain
from bench.measuring import Server
from generator import pipeline

ROOT = Path(__file__).parents[1]
BLUEPRINT = Path(__file__).with_name("blueprint")
BODY = msgspec.json.encode({"owner": "owner", "note": domain.NOTE})
SECRET = "k" * 48
EXPIRES = 4_102_444_800
STARTING_SECONDS = 30.0


@asynccontextmanager
async def generated(
    on: Server, folder: Path, *, level: str = "warning"
) -> AsyncIterator[int]:
    """The service of `bench/blueprint`, with one worker; gives its port."""
    project = await _project(on, folder)
    port = _free_port()
    settings = {"HTTP_PORT": str(port), "SERVICE_LOG_LEVEL": level}
    async with _serving(project, ours(on) | settings, port, "-m", "app", "serve"):
        yield port


async def profiled(on: Server, folder: Path, path: str) -> None:
    """Have the service sample itself under this request, and print what it finds."""
    project = await _project(on, folder)
    settings = ours(on) | {
        "SERVICE_LOG_LEVEL": "warning",
        "PYTHONPATH": f"{project}{os.pathsep}{ROOT}",
        "BENCH_PATH": path,
        "BENCH_BODY": BODY.decode(),
        "BENCH_TOKEN": token(),
    }
    sampling = await _start(project, settings, "-m", "bench.sampled", said=None)
    assert await processes.finish(sampling) == 0


@asynccontextmanager
async def by_hand(on: Server) -> AsyncIterator[int]:
    """The rival, with one worker; gives its port."""
    port = _free_port()
    settings = {"BENCH_DATABASE": on.url, "BENCH_SECRET": SECRET}
    async with _serving(ROOT, settings, port, "-m", "bench.by_hand", str(port)):
        yield port


def ours(on: Server) -> dict[str, str]:
    """The settings of the generated service on this server."""
    return {
        "DATABASE_URL": on.url,
        "DATABASE_POOL_MAX": "16",
        "SECURITY_JWT_SECRET": SECRET,
    }


def token() -> str:
    """A token that both believe."""
    claims = {
        "sub": "4f0c1f0e-0000-4000-8000-000000000001",
        "roles": ["clerk"],
        "iss": "service",
        "aud": "service",
        "exp": EXPIRES,
    }
    return jwt.encode(claims, SECRET, algorithm="HS256")


async def _project(on: Server, folder: Path) -> Path:
    """The generated service in this folder, with its tables in the database."""
    project = folder / "bank"
    if not project.exists():
        pipeline.generate(BLUEPRINT, project)
        migrating = await _start(project, ours(on), "-m", "app", "migrate")
        assert await processes.finish(migrating) == 0
    return project


@asynccontextmanager
async def _serving(
    folder: Path, settings: Mapping[str, str], port: int, *arguments: str
) -> AsyncIterator[None]:
    process = await _start(folder, settings, *arguments)
    try:
        async with asyncio.timeout(STARTING_SECONDS):
            while not await _listens(port):
                assert process.returncode is None, "the server has ended"
                await asyncio.sleep(0.05)
        yield
    finally:
        await processes.stop(process)


async def _start(
    folder: Path,
    settings: Mapping[str, str],
    *arguments: str,
    said: int | None = DEVNULL,
) -> asyncio.subprocess.Process:
    inherited = {k: v for k, v in os.environ.items() if k != "PYTHONPATH"}
    return await processes.start(
        *(sys.executable, *arguments),
        said=said,
        env={**inherited, **settings},
        cwd=folder,
    )


async def _listens(port: int) -> bool:
    try:
        _, writer = await asyncio.open_connection("127.0.0.1", port)
    except OSError:
        return False
    writer.close()
    return True


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
