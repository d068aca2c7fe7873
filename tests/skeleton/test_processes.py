"""Every process of the deployment files is started, by the command that they give.

Commands, environments, checks and probes are read from the files. Only addresses
differ, as between two networks: names of servers, and ports, become those of embedded
ones.
"""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import tomllib
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import replace
from pathlib import Path

import asyncpg
import pytest

from app.dev import broker, postgres
from app.dev.postgres import Postgres
from tests.skeleton.containers import (
    Container,
    copied,
    image,
    of_compose,
    of_kubernetes,
    stages,
)
from tests.skeleton.network import Network, free_port, status_of, until
from tests.skeleton.test_dev import redis_here

pytestmark = pytest.mark.service

SECRET = "a secret that is long enough to sign"
IN_COMPOSE = "postgresql://postgres:postgres@postgres:5432/postgres"
# Their programs are in no wheel; the bus is another broker of the same protocol.
NOT_HERE = {"redpanda", "console"}


@pytest.fixture
def workdir(skeleton: Path, tmp_path: Path) -> Path:
    """What the image holds of the project, by its Dockerfile."""
    copied(skeleton, stages(skeleton)[0], tmp_path)
    return tmp_path / image(skeleton).last("WORKDIR").strip("/")


@asynccontextmanager
async def database() -> AsyncIterator[Postgres]:
    """A server of its own, which every user may enter."""
    folder = Path(tempfile.mkdtemp(prefix="deploy-"))
    try:
        async with postgres.running(folder, postgres.FORGETFUL) as server:
            yield server
    finally:
        shutil.rmtree(folder, ignore_errors=True)


async def applied(url: str) -> int:
    """How many migrations a database has."""
    connection = await asyncpg.connect(url)
    try:
        return int(await connection.fetchval("SELECT count(*) FROM kernel.migrations"))
    finally:
        await connection.close()


@pytest.mark.skipif(not redis_here(), reason="no Redis for this Python")
async def test_compose_starts_what_works_together(
    skeleton: Path, workdir: Path, tmp_path: Path
) -> None:
    containers = of_compose(skeleton, {"SECURITY_JWT_SECRET": SECRET})
    ours = {"migrate", "api", "worker"}
    assert set(containers) == ours | {"postgres", "redis"} | NOT_HERE
    async with AsyncExitStack() as stack:
        server = await stack.enter_async_context(database())
        bus = await stack.enter_async_context(broker.running())
        api, metrics, cache = free_port(), free_port(), free_port()
        addresses = {
            IN_COMPOSE: server.url,
            "--host=127.0.0.1": f"--host={server.url.partition('host=')[2]}",
            "redis:6379": f"127.0.0.1:{cache}",
            "redpanda:9092": bus.servers,
            "0.0.0.0": "127.0.0.1",
            "8000": api,
            "9000": metrics,
        }
        network = Network(workdir, addresses)
        here = {name: network.here(each) for name, each in containers.items()}
        is_ready = replace(here["postgres"], command=here["postgres"].check)
        assert (await network.finished(is_ready))[0] == 0
        code, said = await network.finished(here["migrate"])
        assert (code, await applied(server.url)) == (0, said.count("applied")), said
        await stack.enter_async_context(
            network.running(_at(here["redis"], cache, tmp_path))
        )
        await stack.enter_async_context(network.running(here["api"]))
        await stack.enter_async_context(network.running(here["worker"]))
        assert await status_of(network.url("/docs", "8000")) == 200
        assert await status_of(network.url("/metrics", "9000")) == 200


def _at(redis: Container, port: str, folder: Path) -> Container:
    """The same server at a port of its own."""
    program, *arguments = redis.check
    where = ("--port", port, "--bind", "127.0.0.1", "--dir", str(folder))
    check = (program, "-p", port, *arguments)
    return replace(redis, command=(*redis.command, *where), check=check)


async def test_kubernetes_starts_what_answers_its_probes(
    skeleton: Path, workdir: Path
) -> None:
    async with AsyncExitStack() as stack:
        server = await stack.enter_async_context(database())
        addresses = {"0.0.0.0": "127.0.0.1", "8000": free_port(), "9000": free_port()}
        network = Network(workdir, addresses)
        secrets = {"DATABASE_URL": server.url, "SECURITY_JWT_SECRET": SECRET}
        containers = list(map(network.here, of_kubernetes(skeleton, secrets)))
        *prepare, api, worker = sorted(containers, key=lambda each: bool(each.probes))
        assert [each.name for each in prepare] == ["migrate", "migrate"]
        ended = await asyncio.gather(*map(network.finished, prepare))
        assert [code for code, _ in ended] == [0, 0], ended
        assert await applied(server.url) == sum(s.count("applied") for _, s in ended)
        for each in (api, worker):
            await stack.enter_async_context(network.running(each))
        probes = [
            (kind, network.url(path, port))
            for each in (api, worker)
            for kind, (path, port) in each.probes.items()
        ]
        for _, url in probes:
            await until(lambda url=url: _answers(url, 200))
        os.kill(server.process.pid, signal.SIGQUIT)
        await server.process.wait()
        for kind, url in probes:
            expected = 503 if kind == "readinessProbe" else 200
            await until(lambda url=url, status=expected: _answers(url, status))
        # A restart of the database is no restart of what asks it.
        assert {kind for kind, _ in probes} >= {"livenessProbe", "readinessProbe"}


async def _answers(url: str, status: int) -> bool:
    return await status_of(url) == status


def test_the_image_serves_by_itself_as_compose_has_it_serve(skeleton: Path) -> None:
    compose = of_compose(skeleton, {"SECURITY_JWT_SECRET": SECRET})
    assert image(skeleton).command() == compose["api"].command


def test_the_image_installs_what_the_service_needs(
    skeleton: Path, tmp_path: Path
) -> None:
    project = tomllib.loads((skeleton / "pyproject.toml").read_text())["project"]
    texts = [text for word, text in stages(skeleton)[0].instructions if word == "RUN"]
    (listing,) = [text for text in texts if "pip --python" in text]
    command, install = (each.strip() for each in listing.split("&&", 1))
    python, rest = command.split(maxsplit=1)
    assert python == "python"
    listed = f"{sys.executable} {rest.replace('requirements.txt', str(tmp_path / 'r'))}"
    subprocess.run(["sh", "-c", listed], cwd=skeleton, check=True)
    assert (tmp_path / "r").read_text().splitlines() == project["dependencies"]
    assert "--only-binary=:all: --requirement requirements.txt" in install
