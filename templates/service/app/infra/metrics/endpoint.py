"""A worker's own page of metrics, for it serves nothing else over HTTP."""

import asyncio
import contextlib
from asyncio import StreamReader, StreamWriter

from app.infra.metrics.standing import CONTENT_TYPE, exposition
from app.infra.persistence.postgres import Pool

REQUEST_SECONDS = 5


async def serve_metrics(pool: Pool, host: str, port: int, stop: asyncio.Event) -> None:
    """Answer every request with the metrics, until told to stop."""

    async def answer(reader: StreamReader, writer: StreamWriter) -> None:
        with contextlib.suppress(OSError, TimeoutError, ValueError, EOFError):
            await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), REQUEST_SECONDS)
            body = await exposition(pool)
            head = (
                f"HTTP/1.1 200 OK\r\nContent-Type: {CONTENT_TYPE}\r\n"
                f"Content-Length: {len(body)}\r\nConnection: close\r\n\r\n"
            )
            writer.write(head.encode() + body)
            await writer.drain()
        writer.close()

    async with await asyncio.start_server(answer, host, port):
        await stop.wait()
