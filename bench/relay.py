"""The relay, against the slower of what it does: reading the log, and producing."""

from __future__ import annotations

import asyncio
import statistics
import time
from collections.abc import Awaitable
from datetime import UTC, datetime
from uuid import uuid4

from app.config.bus import BusSettings
from app.dev import broker
from app.infra.event_bus.kafka import KafkaTransport
from app.infra.event_bus.messages import Message, message_of
from app.infra.event_bus.relay import RELAY, Relay
from app.infra.event_store.append import Append, DirectAppender
from app.infra.event_store.codec import Meta
from app.infra.event_store.tail import StoredEvent, read_tail
from app.infra.event_store.tokens import START
from app.infra.persistence.postgres import Pool
from app.infra.subscriptions import checkpoints
from bench import domain
from bench.domain import NOTE, Account, Opened
from bench.measuring import Figures, cpu_seconds, server

EVENTS = 20_000
ROUNDS = 5
STREAMS_A_CALL = 500
READING = "reading the log alone"
PRODUCING = "producing alone"


async def main() -> None:
    async with server(domain.TABLES) as on, broker.running() as kafka:
        pool = await on.pool()
        await _fill(pool)
        settings = BusSettings(servers=kafka.servers)
        transport = KafkaTransport(settings)
        messages = [
            [message_of(event) for event in batch]
            for batch in await _read(pool, settings.batch)
        ]
        await _relay(pool, transport, settings.batch)
        figures = Figures("Relay, events a second", PRODUCING)
        slower = []
        for _ in range(ROUNDS):
            reading = await _note(figures, READING, _read(pool, settings.batch))
            producing = await _note(figures, PRODUCING, _produce(transport, messages))
            relaying = await _note(
                figures, "the relay", _relay(pool, transport, settings.batch)
            )
            slower.append(relaying / min(reading, producing))
        figures.show()
        middle = statistics.median(slower)
        spread = f"[{min(slower):.2f} to {max(slower):.2f}]"
        print(f"  the relay, of the slower of the two: {middle:.2f}x {spread}")
        await asyncio.to_thread(transport.close)
        await pool.close()


async def _note(figures: Figures, name: str, work: Awaitable[object]) -> float:
    began, used = time.perf_counter(), cpu_seconds()
    await work
    rate = EVENTS / (time.perf_counter() - began)
    figures.note(name, rate, (cpu_seconds() - used) / EVENTS * 1e6)
    return rate


async def _fill(pool: Pool) -> None:
    direct = DirectAppender(pool, 1)
    for _ in range(EVENTS // STREAMS_A_CALL):
        id = uuid4()
        events = [(uuid4(), Opened(owner="o", note=NOTE))] * STREAMS_A_CALL
        asked = Append(
            command_id=id,
            request_hash=b"",
            stream_id=id,
            kind=Account.kind,
            expected=0,
            at=datetime.now(UTC),
            meta=Meta(id, id, "bench"),
            events=events,
        )
        await direct.append(asked)


async def _read(pool: Pool, size: int) -> list[list[StoredEvent]]:
    place, batches = START, []
    while batch := await read_tail(pool, place, limit=size):
        place = batch[-1].place
        batches.append(batch)
    return batches


async def _produce(transport: KafkaTransport, batches: list[list[Message]]) -> None:
    for batch in batches:
        await transport.publish(batch)


async def _relay(pool: Pool, transport: KafkaTransport, size: int) -> None:
    """From the beginning of the log to its end, as the worker's relay does."""
    await pool.execute("DELETE FROM kernel.checkpoints")
    owned = await checkpoints.acquire(pool, RELAY, holder="bench", lease=60)
    assert owned is not None
    relay = Relay(pool, transport, size=size, lease=60)
    while (moved := await relay.next(owned)) != owned:
        owned = moved
