"""Clients over HTTP: each keeps a connection open and sends when it has been answered.

They live in one event loop and parse no more of an answer than they must: what they
cost is not to hide what the rivals cost.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

HEAD_END = b"\r\n\r\n"
LENGTH = b"content-length: "


@dataclass
class Client(asyncio.Protocol):
    """One connection, and the answer that it waits for."""

    _transport: asyncio.Transport | None = None
    _received: bytes = b""
    _answer: asyncio.Future[bytes] | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        self._received += data
        end = self._received.find(HEAD_END)
        if end < 0:
            return
        head = self._received[:end].lower()
        _, _, length = head.partition(LENGTH)
        size = int(length.partition(b"\r\n")[0])
        if len(self._received) >= end + len(HEAD_END) + size:
            answer, self._received = self._received, b""
            if self._answer is not None and not self._answer.done():
                self._answer.set_result(answer)

    def connection_lost(self, error: Exception | None) -> None:
        if self._answer is not None and not self._answer.done():
            self._answer.set_exception(error or ConnectionResetError())

    async def send(self, request: bytes) -> None:
        """Send, and wait for an answer, which must be 201."""
        assert self._transport is not None
        self._answer = asyncio.get_running_loop().create_future()
        self._transport.write(request)
        answer = await self._answer
        if not answer.startswith(b"HTTP/1.1 201"):
            raise RuntimeError(answer.decode())

    def close(self) -> None:
        if self._transport is not None:
            self._transport.close()


@dataclass
class Clients:
    """So many connections to one server; whoever sends takes a free one."""

    _free: list[Client] = field(default_factory=list)

    async def send(self, request: bytes) -> None:
        client = self._free.pop()
        try:
            await client.send(request)
        finally:
            self._free.append(client)


@asynccontextmanager
async def clients(port: int, count: int) -> AsyncIterator[Clients]:
    loop = asyncio.get_running_loop()
    made = [
        (await loop.create_connection(Client, "127.0.0.1", port))[1]
        for _ in range(count)
    ]
    try:
        yield Clients(list(made))
    finally:
        for client in made:
            client.close()


def post(path: str, body: bytes, token: str) -> bytes:
    """A request as it is sent."""
    head = (
        f"POST {path} HTTP/1.1\r\nhost: 127.0.0.1\r\n"
        f"authorization: Bearer {token}\r\n"
        f"content-type: application/json\r\ncontent-length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body
