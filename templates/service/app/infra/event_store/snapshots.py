"""Snapshots: a state kept beside its stream, so that long streams load fast.

A snapshot counts only for the code that made it. Its fingerprint covers the sources
that decide what a state is, so that changing how events fold needs no step by hand.
"""

import sys
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Any, Final
from uuid import UUID

import msgspec
import structlog

from app.common.aggregate import Aggregate
from app.infra.persistence.postgres import Pool

SOURCES: Final = ("aggregate.py", "events.py", "upcasters.py")
# A state may be made of what other domains define.
OF_ALL_DOMAINS: Final = ("value_objects.py", "enums.py")
SHARED: Final = "shared"

_TAKE: Final = """
INSERT INTO kernel.snapshots AS s (stream_id, version, fingerprint, state)
VALUES ($1, $2, $3, $4)
ON CONFLICT (stream_id) DO UPDATE SET version = excluded.version,
    fingerprint = excluded.fingerprint, state = excluded.state,
    taken_at = clock_timestamp()
WHERE s.version < excluded.version OR s.fingerprint <> excluded.fingerprint
"""

log: structlog.stdlib.BoundLogger = structlog.get_logger(__name__)


@cache
def fingerprint(aggregate: type[Aggregate[Any, Any]]) -> str:
    """What the aggregate's sources hash to; its state is only as old as they are."""
    own = Path(str(sys.modules[aggregate.__module__].__file__))
    root = own.parent.parent
    files = {own, *(own.parent / name for name in SOURCES)}
    files |= {file for name in OF_ALL_DOMAINS for file in root.glob(f"*/{name}")}
    files |= set((root / SHARED).glob("*.py"))
    digest = sha256(f"{aggregate.kind} {aggregate.__qualname__}".encode())
    for file in sorted(files):
        if file.exists():
            digest.update(f"\n{file.relative_to(root)}\n".encode())
            digest.update(file.read_bytes())
    return digest.hexdigest()


class Snapshots:
    """Takes a snapshot every `every` events; 0 takes none."""

    def __init__(self, pool: Pool, every: int) -> None:
        self._pool = pool
        self._every = every

    async def after_save(
        self, aggregate: Aggregate[Any, Any], *, before: int, version: int
    ) -> None:
        """Keep the state if it is time; the command has succeeded, whatever happens."""
        if not self._every or version // self._every == before // self._every:
            return
        try:
            await self._take(type(aggregate), aggregate.id, version, aggregate.state)
        except Exception as error:  # whatever it is, the command stands
            log.warning("snapshot failed", stream=str(aggregate.id), error=str(error))

    async def _take(
        self,
        aggregate: type[Aggregate[Any, Any]],
        stream_id: UUID,
        version: int,
        state: Any,
    ) -> None:
        encoded = msgspec.Raw(msgspec.json.encode(state))
        await self._pool.execute(
            _TAKE, stream_id, version, fingerprint(aggregate), encoded
        )
