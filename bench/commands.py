"""Commands through the bus, against an INSERT by hand and against the library."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from contextlib import AsyncExitStack
from itertools import cycle
from uuid import UUID, uuid4

import msgspec

from app.infra.event_store.repository import Accepted
from bench import domain, library
from bench.domain import Bank, Opened
from bench.measuring import Act, compare, server

BASELINE = "asyncpg: INSERT of one event, autocommit, pool 16"
CONCURRENT = (1, 16, 64)
ACCOUNTS = 1_500
LONG = 40
LONG_STREAMS = 128
REMEMBERING = "bus, group commit"
FORGETFUL = "bus, group commit, nothing remembered"


async def main() -> None:
    async with server(domain.TABLES) as on, AsyncExitStack() as stack:
        pool = await on.pool()
        banks = {
            "bus, direct": await stack.enter_async_context(
                Bank.on(on, pool, group=False)
            ),
            REMEMBERING: await stack.enter_async_context(Bank.on(on, pool)),
            FORGETFUL: await stack.enter_async_context(
                Bank.on(on, pool, remember=False)
            ),
            "bus, group commit, sync row": await stack.enter_async_context(
                Bank.on(on, pool, sync=True)
            ),
        }
        threads = stack.enter_context(ThreadPoolExecutor(library.THREADS))
        theirs = library.Bank(library.environment(on))
        stack.callback(theirs.close)
        loop = asyncio.get_running_loop()
        data = msgspec.Raw(msgspec.json.encode(Opened(owner="o", note=domain.NOTE)))

        async def by_hand() -> None:
            await pool.execute(
                "INSERT INTO by_hand VALUES ($1, $2, 1, 'Opened', $3)",
                uuid4(),
                uuid4(),
                data,
            )

        async def library_opens() -> None:
            await loop.run_in_executor(threads, theirs.open)

        opens: dict[str, Act] = {BASELINE: by_hand}
        opens |= {name: bank.open for name, bank in banks.items()}
        opens["eventsourcing: save, 16 threads"] = library_opens
        for concurrent in CONCURRENT:
            title = f"A new stream with one event, {concurrent} concurrent"
            await compare(title, BASELINE, opens, concurrent)

        # Accounts of their own: a row that others' events have left behind costs more.
        ours = {
            name: cycle([(await each).id for each in _opening(bank)])
            for name, bank in banks.items()
        }
        their_ids: cycle[UUID] = cycle([theirs.open() for _ in range(1_000)])

        async def library_pays() -> None:
            await loop.run_in_executor(threads, theirs.pay, next(their_ids))

        pays: dict[str, Act] = {BASELINE: by_hand}
        pays |= {name: bank.payer(ours[name]) for name, bank in banks.items()}
        pays["eventsourcing: get, save, 16 threads"] = library_pays
        await compare("An event more on a stream, 64 concurrent", BASELINE, pays, 64)

        # The longer a stream is, the more a load costs.
        grown: dict[str, Act] = {BASELINE: by_hand}
        for name in (REMEMBERING, FORGETFUL):
            long = [(await each).id for each in _opening(banks[name], LONG_STREAMS)]
            for _ in range(LONG):
                await asyncio.gather(*map(banks[name].pay, long))
            grown[name] = banks[name].payer(cycle(long))
        title = f"An event more on a stream of {LONG} and more, 64 concurrent"
        await compare(title, BASELINE, grown, 64)
        await pool.close()


def _opening(bank: Bank, count: int = ACCOUNTS) -> list[asyncio.Task[Accepted]]:
    return [asyncio.create_task(bank.open()) for _ in range(count)]
