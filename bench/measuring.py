"""Rounds, medians and ratios: absolute figures move with the machine, ratios hardly."""

from __future__ import annotations

import asyncio
import statistics
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory

import asyncpg
import psutil
from pydantic import SecretStr

from app.config.database import DatabaseSettings
from app.dev import postgres
from app.infra.persistence.migrations import migrate
from app.infra.persistence.postgres import Pool, create_pool

MIGRATIONS = Path(__file__).parents[1] / "templates/service/migrations"
ROUNDS = 7
SECONDS = 0.5

Act = Callable[[], Awaitable[object]]


@dataclass
class Figures:
    """Of each rival, one figure a round: operations a second."""

    title: str
    baseline: str
    rounds: dict[str, list[float]] = field(default_factory=dict)
    costs: dict[str, list[float]] = field(default_factory=dict)

    def note(self, rival: str, rate: float, cost: float = 0.0) -> None:
        self.rounds.setdefault(rival, []).append(rate)
        self.costs.setdefault(rival, []).append(cost)

    def ratios(self, rival: str) -> list[float]:
        """The ratio of each round, in which both had the same machine."""
        pairs = zip(self.rounds[rival], self.rounds[self.baseline], strict=True)
        return [mine / theirs for mine, theirs in pairs]

    def show(self) -> None:
        print(f"\n{self.title} (1.00 is: {self.baseline})")
        for rival, rates in self.rounds.items():
            ratios = self.ratios(rival)
            spread = f"[{min(ratios):.2f} to {max(ratios):.2f}]"
            print(
                f"  {rival:46} {statistics.median(ratios):6.2f}x {spread:>16}"
                f"  {statistics.median(rates):8.0f}/s"
                f"  {statistics.median(self.costs[rival]):8.0f} us CPU"
            )


async def rate(
    act: Act, concurrent: int, seconds: float = SECONDS
) -> tuple[float, float]:
    """How often `act` is done in a second by so many who each do one at a time.

    And its cost: microseconds of CPU, ours and the server's together. On a machine that
    others use too, cost says more than speed: a rival with more processes gets a larger
    share of it.
    """
    done = 0
    spent = cpu_seconds()
    began = time.perf_counter()
    end = began + seconds

    async def keep_acting() -> None:
        nonlocal done
        while time.perf_counter() < end:
            await act()
            done += 1

    await asyncio.gather(*(keep_acting() for _ in range(concurrent)))
    took = time.perf_counter() - began
    return done / took, (cpu_seconds() - spent) / done * 1e6


def cpu_seconds() -> float:
    """What this process and the server beneath it have used up."""
    times = []
    me = psutil.Process()
    for process in (me, *me.children(recursive=True)):
        with suppress(psutil.NoSuchProcess):
            times.append(process.cpu_times())
    return float(sum(each.user + each.system for each in times))


async def compare(
    title: str, baseline: str, rivals: Mapping[str, Act], concurrent: int
) -> Figures:
    figures = Figures(title, baseline)
    for act in rivals.values():
        await rate(act, concurrent, SECONDS / 5)
    for _ in range(ROUNDS):
        for name, act in rivals.items():
            figures.note(name, *await rate(act, concurrent))
    figures.show()
    return figures


@dataclass(frozen=True)
class Server:
    """A PostgreSQL as it is installed: every commit reaches the disk."""

    url: str

    @property
    def settings(self) -> DatabaseSettings:
        return DatabaseSettings(url=SecretStr(self.url), pool_min=16, pool_max=16)

    async def pool(self) -> Pool:
        return await create_pool(self.settings)


@asynccontextmanager
async def server(tables: str) -> AsyncIterator[Server]:
    with TemporaryDirectory(prefix="bench-", dir="/var/tmp") as folder:
        Path(folder).chmod(0o755)
        async with postgres.running(Path(folder)) as running:
            await migrate(running.url, MIGRATIONS)
            connection = await asyncpg.connect(running.url)
            await connection.execute(tables)
            await connection.close()
            yield Server(running.url)
