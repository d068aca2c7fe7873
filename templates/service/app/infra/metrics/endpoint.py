"""What a worker tells over HTTP: its metrics, and that it lives."""

import asyncio
import contextlib
from asyncio import LimitOverrunError, StreamReader, StreamWriter

from app.infra.metrics.standing import CONTENT_TYPE, exposition
from app.infra.persistence.postgres import Pool

REQUEST_SECONDS = 5
LIVE = b"GET /health/live "


async def serve_metrics(pool: Pool, host: str, port: int, stop: asyncio.Event) -> None:
    """Answer with the metrics until told to stop.

    Whether it lives is answered without the database: a restart would not mend that.
    """

    async def answer(reader: StreamReader, writer: StreamWriter) -> None:
        with contextlib.suppress(OSError, TimeoutError, EOFError, LimitOverrunError):
            asked = reader.readuntil(b"\r\n\r\n")
            request = await asyncio.wait_for(asked, REQUEST_SECONDS)
            if request.startswith(LIVE):
                kind, body = "application/json", b'{"status":"ok"}'
            else:
                kind, body = CONTENT_TYPE, await exposition(pool)
            head = (
                f"HTTP/1.1 200 OK\r\nContent-Type: {kind}\r\n"
                f"Content-Length: {len(body)}\r\nConnection: close\r\n\r\n"
            )
            writer.write(head.encode() + body)
            await writer.drain()
        writer.close()

    async with await asyncio.start_server(answer, host, port):
        await stop.wait()
