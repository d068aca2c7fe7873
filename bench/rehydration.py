"""Loading a stream of a thousand events."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from uuid import uuid4

from app.infra.event_store.append import Append, DirectAppender
from app.infra.event_store.codec import Meta, codec_of
from bench import domain, library
from bench.domain import NOTE, Account, Bank, Opened, Paid
from bench.measuring import Act, compare, server

EVENTS = 1_000
BASELINE = "eventsourcing: repository.get"


async def main() -> None:
    async with server(domain.TABLES) as on:
        pool = await on.pool()
        id = uuid4()
        events: list[Opened | Paid] = [Opened(owner="o", note=NOTE)]
        events += [Paid(amount=1, note=NOTE) for _ in range(EVENTS - 1)]
        asked = Append(
            command_id=id,
            request_hash=b"",
            stream_id=id,
            kind=Account.kind,
            expected=0,
            at=datetime.now(UTC),
            meta=Meta(id, id, "bench"),
            events=[(uuid4(), event) for event in events],
        )
        await DirectAppender(pool, 1).append(asked)
        theirs = library.Bank(library.environment(on))
        account = library.Account(owner="o", note=NOTE)
        for _ in range(EVENTS - 1):
            account.pay(1, NOTE)
        theirs.save(account)
        loop = asyncio.get_running_loop()
        codec = codec_of(Account)

        async def decoded_only() -> None:
            records = await pool.fetch(
                "SELECT type, data::text AS data FROM kernel.events"
                " WHERE stream_id = $1 ORDER BY version",
                id,
            )
            assert (
                len([codec.decode(r["type"], 1, r["data"]) for r in records]) == EVENTS
            )

        async with Bank.on(on, pool) as bank:

            async def ours() -> None:
                assert (await bank.store.load(Account, id)).version == EVENTS

            with ThreadPoolExecutor(1) as thread:

                async def library_gets() -> None:
                    await loop.run_in_executor(
                        thread, theirs.repository.get, account.id
                    )

                rivals: dict[str, Act] = {
                    BASELINE: library_gets,
                    "our store: load": ours,
                    "asyncpg and msgspec alone: fetch, decode": decoded_only,
                }
                await compare(
                    "Streams of 1,000 events, one at a time", BASELINE, rivals, 1
                )
        theirs.close()
        await pool.close()
