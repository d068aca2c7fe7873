"""Where a command over HTTP spends its time in the generated service."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

from bench import domain
from bench.measuring import server
from bench.servers import profiled


async def main() -> None:
    async with server(domain.BY_HAND) as on:
        with TemporaryDirectory(prefix="bench-") as folder:
            await profiled(on, Path(folder), "/accounts/open")
