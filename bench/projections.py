"""The async projection that catches up, against the runner of the library."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Iterable

from eventsourcing.projection import ProjectionRunner

from app.config.worker import WorkerSettings
from app.infra.event_store.accepted import Accepted
from app.infra.projections.batch import Batches
from app.infra.subscriptions.runner import Runner
from bench import domain, library
from bench.domain import VIEW, Bank
from bench.measuring import Figures, Server, cpu_seconds, server

ACCOUNTS = 1_000
PAYMENTS = 4
THEIRS = 500
ROUNDS = 3
BASELINE = "eventsourcing: ProjectionRunner"


async def main() -> None:
    figures = Figures("Catching up, events a second", BASELINE)
    for _ in range(ROUNDS):
        async with server(domain.TABLES) as on:
            figures.note(BASELINE, *await asyncio.to_thread(_their_rate, on))
            pool = await on.pool()
            async with Bank.on(on, pool) as bank:
                ids = [x.id for x in await _all(bank.open() for _ in range(ACCOUNTS))]
                for _ in range(PAYMENTS):
                    await _all(bank.pay(id) for id in ids)
                for batch in (500, 1_000):
                    await pool.execute(
                        "TRUNCATE account_view; DELETE FROM kernel.checkpoints"
                    )
                    settings = WorkerSettings(batch=batch)
                    batches = Batches(pool, VIEW, size=batch, lease=settings.lease)
                    runner = Runner(pool, batches, settings)
                    began, used = time.perf_counter(), cpu_seconds()
                    await runner.catch_up()
                    count = ACCOUNTS * (1 + PAYMENTS)
                    figures.note(
                        f"our runner, batches of {batch}",
                        count / (time.perf_counter() - began),
                        (cpu_seconds() - used) / count * 1e6,
                    )
            await pool.close()
    figures.show()


async def _all(commands: Iterable[Awaitable[Accepted]]) -> list[Accepted]:
    return await asyncio.gather(*commands)


def _their_rate(on: Server) -> tuple[float, float]:
    environment = library.environment(on)
    bank = library.Bank(environment)
    ids = [bank.open() for _ in range(THEIRS // (1 + PAYMENTS))]
    for _ in range(PAYMENTS):
        for id in ids:
            bank.pay(id)
    last = bank.recorder.max_notification_id()
    bank.close()
    began, used = time.perf_counter(), cpu_seconds()
    with ProjectionRunner(
        application_class=library.Bank,
        projection_class=library.View,
        view_class=library.Views,
        env=environment,
    ) as runner:
        runner.wait(last, timeout=120)
        took = time.perf_counter() - began
    return THEIRS / took, (cpu_seconds() - used) / THEIRS * 1e6
