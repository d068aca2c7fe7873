"""The generated endpoint of a command, against a FastAPI route written by hand."""

from __future__ import annotations

from contextlib import AsyncExitStack
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

from bench import domain
from bench.clients import clients, post
from bench.measuring import Act, compare, server
from bench.servers import BODY, by_hand, generated, token

BASELINE = "by hand: one INSERT, pool 16"
CONCURRENT = (16, 64)
OPEN, OPEN_SEEN, NOTHING = "/accounts/open", "/accounts/open-seen", "/nothing"


async def main() -> None:
    async with server(domain.BY_HAND) as on, AsyncExitStack() as stack:
        folder = Path(stack.enter_context(TemporaryDirectory(prefix="bench-")))
        theirs = await stack.enter_async_context(by_hand(on))
        ours = await stack.enter_async_context(generated(on, folder))
        telling = await stack.enter_async_context(generated(on, folder, level="info"))
        for concurrent in CONCURRENT:
            async with (
                clients(theirs, concurrent) as to_them,
                clients(ours, concurrent) as to_us,
                clients(telling, concurrent) as to_us_telling,
            ):
                opens: dict[str, Act] = {
                    BASELINE: partial(to_them.send, post(OPEN, BODY, token())),
                    "by hand: nothing": partial(
                        to_them.send, post(NOTHING, BODY, token())
                    ),
                    "generated": partial(to_us.send, post(OPEN, BODY, token())),
                    "generated, sync row": partial(
                        to_us.send, post(OPEN_SEEN, BODY, token())
                    ),
                    "generated, log level info": partial(
                        to_us_telling.send, post(OPEN, BODY, token())
                    ),
                }
                title = f"POST of a command, {concurrent} connections"
                await compare(title, BASELINE, opens, concurrent)
