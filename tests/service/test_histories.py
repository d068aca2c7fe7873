"""Random histories of every read model of every example: live, late, and rebuilt."""

from __future__ import annotations

import asyncio
import os
import re
import shutil
import sys
import tempfile
from collections.abc import AsyncIterator
from pathlib import Path

import asyncpg
import pytest

from app.dev import postgres
from generator import pipeline
from tests.service.test_examples import BLUEPRINTS

pytestmark = pytest.mark.service

HISTORIES = Path(__file__).with_name("histories.py")
SEED = 7
SHOWING = [
    folder
    for folder in BLUEPRINTS
    if any("read_models:" in each.read_text() for each in folder.glob("*.yaml"))
]


@pytest.fixture(scope="module")
async def server() -> AsyncIterator[str]:
    folder = Path(tempfile.mkdtemp(prefix="pg-"))
    try:
        async with postgres.running(folder, postgres.FORGETFUL) as running:
            yield running.url
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@pytest.mark.parametrize("blueprint", SHOWING, ids=lambda path: path.name)
async def test_rows_are_the_same_live_late_and_rebuilt(
    blueprint: Path, server: str, tmp_path: Path
) -> None:
    project = tmp_path / blueprint.name
    pipeline.generate(blueprint, project)
    admin = await asyncpg.connect(server)
    await admin.execute(f'CREATE DATABASE "{blueprint.name}"')
    await admin.close()
    url = server.replace("/postgres?", f"/{blueprint.name}?")
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, str(HISTORIES), url, str(SEED)),
        env={**os.environ, "PYTHONPATH": str(project)},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    said = (await asyncio.wait_for(process.communicate(), 300))[0].decode()
    assert process.returncode == 0, said
    assert re.search(r"[1-9]\d* histories in memory", said), said
    assert re.search(r"[1-9]\d* events", said), said
