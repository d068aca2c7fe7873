"""How large an event may be: no larger than brokers take it.

Whatever is in the log is to be read by all, again and again. An event that is too large
for one of them would hold up those that come after it, so it is not recorded.
"""

from collections.abc import Iterable
from typing import Final

from app.common.errors import EventTooLarge
from app.common.events import Event
from app.infra.event_store.codec import encode
from app.infra.persistence.postgres import Pool

MAX_EVENT_BYTES: Final = 900_000

# PostgreSQL writes JSON its own way, with spaces and with all digits of a number: at
# worst, "1e308," becomes 311 characters.
GROWTH: Final = 64


async def refuse_too_large(pool: Pool, events: Iterable[Event], most: int) -> None:
    """Refuse what has more than `most` bytes in the form in which it leaves the log."""
    for event in events:
        data = encode(event)
        length = memoryview(data).nbytes
        if length * GROWTH > most:
            length = await pool.fetchval("SELECT octet_length($1::jsonb::text)", data)
        if length > most:
            raise EventTooLarge(
                f"{type(event).__name__} would have {length:,} bytes;"
                f" at most {most:,} are recorded."
            )
