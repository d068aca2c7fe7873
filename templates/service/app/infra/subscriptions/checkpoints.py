"""Checkpoints: how far a subscription has come, and who may move it.

The owner holds a lease by the database's clock. Each new owner takes a higher fencing
number, and every write names its number: a zombie, however late, changes nothing.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from app.infra.event_store.tail import StoredEvent
from app.infra.event_store.tokens import Token
from app.infra.persistence.postgres import Connection, Pool

_LEASE: Final = "clock_timestamp() + make_interval(secs => $3)"

_ENTER: Final = f"""
INSERT INTO kernel.checkpoints (name, fence, holder, lease_until, attempts)
VALUES ($1, 1, $2, {_LEASE}, 1)
ON CONFLICT DO NOTHING
RETURNING epoch, xid::text::bigint AS xid_number, pos, fence, attempts
"""

# A stopped subscription is tried again by whoever has not failed at that event before;
# one that stopped without an event has killed its processes, and waits for `resume`.
# An UPDATE that finds nothing writes nothing: those who stand by do not disturb. A
# process that comes back after the database was away has not died: no attempt counts,
# unless it says that it failed.
_TAKE_OVER: Final = f"""
UPDATE kernel.checkpoints SET fence = fence + 1, holder = $2, lease_until = {_LEASE},
    attempts = attempts + CASE WHEN holder = $2 AND NOT $5 THEN 0 ELSE 1 END
WHERE name = $1 AND (lease_until < clock_timestamp() OR holder = $2)
    AND (stopped_at IS NULL
        OR stopped_event_id IS NOT NULL AND stopped_event_id <> ALL ($4::uuid[]))
RETURNING epoch, xid::text::bigint AS xid_number, pos, fence, attempts
"""

# Whatever is not settled yet comes after this place.
_ENTER_AT_HEAD: Final = """
INSERT INTO kernel.checkpoints
    (name, epoch, xid, pos, fence, holder, lease_until, attempts)
SELECT u.name, s.epoch, pg_snapshot_xmin(pg_current_snapshot()), 0,
    0, '', '-infinity', 0
FROM unnest($1::text[]) AS u(name) CROSS JOIN kernel.store s
ON CONFLICT DO NOTHING
"""

# Back to the first event, whatever it had stopped at.
_RESTART: Final = f"""
INSERT INTO kernel.checkpoints AS c (name, fence, holder, lease_until, attempts)
VALUES ($1, 1, $2, {_LEASE}, 1)
ON CONFLICT (name) DO UPDATE SET epoch = 0, xid = '0', pos = 0, last_event_id = NULL,
    fence = c.fence + 1, holder = $2, lease_until = {_LEASE}, attempts = 1,
    stopped_at = NULL, stopped_event_id = NULL, error = NULL
WHERE c.lease_until < clock_timestamp()
RETURNING epoch, xid::text::bigint AS xid_number, pos, fence, attempts
"""

_RENEW: Final = f"""
UPDATE kernel.checkpoints SET lease_until = {_LEASE}, attempts = 0
WHERE name = $1 AND fence = $2
"""

_RELEASE: Final = """
UPDATE kernel.checkpoints SET lease_until = '-infinity', attempts = 0
WHERE name = $1 AND fence = $2
"""

_STOP: Final = """
UPDATE kernel.checkpoints SET lease_until = '-infinity', stopped_at = clock_timestamp(),
    stopped_event_id = $3, error = $4,
    attempts = CASE WHEN $3::uuid IS NULL THEN attempts ELSE 0 END
WHERE name = $1 AND fence = $2
"""

_RESUME: Final = """
UPDATE kernel.checkpoints SET stopped_at = NULL, stopped_event_id = NULL, error = NULL,
    attempts = 0
WHERE name = $1 AND stopped_at IS NOT NULL
"""

_STOPPED: Final = """
SELECT name, stopped_at, stopped_event_id, error FROM kernel.checkpoints
WHERE stopped_at IS NOT NULL ORDER BY name
"""

MOVE: Final = """
UPDATE kernel.checkpoints SET epoch = $1::int, xid = $2::text::xid8, pos = $3::bigint,
    last_event_id = $4::uuid,
    lease_until = clock_timestamp() + make_interval(secs => $5::double precision),
    attempts = 0, stopped_at = NULL, stopped_event_id = NULL, error = NULL,
    updated_at = clock_timestamp()
WHERE name = $6 AND fence = $7
    AND (epoch, xid, pos) = ($8::int, $9::text::xid8, $10::bigint)
RETURNING 1
"""
"""Moves a checkpoint from where its owner left it; moves nothing for anybody else."""
MOVE_PARAMETERS: Final = 10


class OwnershipLost(Exception):
    """Another worker owns the subscription now: drop everything known about it."""


@dataclass(frozen=True, slots=True)
class Ownership:
    """The right to move a checkpoint on from a place, while the number is highest."""

    name: str
    fence: int
    place: Token
    attempts: int

    def at(self, place: Token) -> "Ownership":
        return replace(self, place=place)


@dataclass(frozen=True, slots=True)
class Stopped:
    """A subscription that stands still until somebody looks at it."""

    name: str
    at: datetime
    event_id: UUID | None
    error: str


async def acquire(
    connection: Pool | Connection,
    name: str,
    *,
    holder: str,
    lease: float,
    tried: Iterable[UUID] = (),
    failed: bool = False,
) -> Ownership | None:
    """Become the owner if there is none; the attempt is counted before any work.

    `failed` says that this holder has failed without a word in the checkpoint.
    """
    record = await connection.fetchrow(
        _TAKE_OVER, name, holder, lease, list(tried), failed
    )
    if record is None:
        record = await connection.fetchrow(_ENTER, name, holder, lease)
    return None if record is None else _ownership(name, record)


async def restart(
    connection: Connection, name: str, *, holder: str, lease: float
) -> Ownership | None:
    """Become the owner at the first event, if nobody is; in the caller's transaction.

    The caller empties what was made of the events before.
    """
    record = await connection.fetchrow(_RESTART, name, holder, lease)
    return None if record is None else _ownership(name, record)


async def held_until(connection: Pool | Connection, name: str) -> datetime | None:
    """The end of the lease that somebody has, by the clock of the database."""
    lease: datetime | None = await connection.fetchval(
        "SELECT lease_until FROM kernel.checkpoints WHERE name = $1", name
    )
    return lease


async def enter_at_head(connection: Pool | Connection, names: Iterable[str]) -> None:
    """Let subscriptions that are new begin with what happens from now on."""
    if listed := list(names):
        await connection.execute(_ENTER_AT_HEAD, listed)


async def renew(connection: Pool | Connection, owned: Ownership, lease: float) -> None:
    """Stay the owner; having read all there is counts as progress."""
    if await connection.execute(_RENEW, owned.name, owned.fence, lease) != "UPDATE 1":
        raise OwnershipLost(owned.name)


async def release(connection: Pool | Connection, owned: Ownership) -> None:
    """Let the next worker take over at once."""
    await connection.execute(_RELEASE, owned.name, owned.fence)


async def stop(
    connection: Pool | Connection, owned: Ownership, event_id: UUID | None, error: str
) -> None:
    """Stand still before this event, in the open, until a new try or `resume`."""
    arguments = (owned.name, owned.fence, event_id, error)
    if await connection.execute(_STOP, *arguments) != "UPDATE 1":
        raise OwnershipLost(owned.name)


async def resume(connection: Pool | Connection, name: str) -> bool:
    """Let a stopped subscription go on; False if it was not stopped."""
    return await connection.execute(_RESUME, name) == "UPDATE 1"


async def stopped(connection: Pool | Connection) -> list[Stopped]:
    """All subscriptions that stand still: a service with any is not healthy."""
    records = await connection.fetch(_STOPPED)
    return [
        Stopped(r["name"], r["stopped_at"], r["stopped_event_id"], r["error"])
        for r in records
    ]


def _ownership(name: str, record: Any) -> Ownership:
    place = Token(record["epoch"], record["xid_number"], record["pos"])
    return Ownership(name, record["fence"], place, record["attempts"])


def move_arguments(owned: Ownership, to: StoredEvent, lease: float) -> list[object]:
    """The parameters of `MOVE`."""
    return [
        to.place.epoch,
        str(to.place.xid),
        to.place.pos,
        to.event_id,
        lease,
        owned.name,
        owned.fence,
        owned.place.epoch,
        str(owned.place.xid),
        owned.place.pos,
    ]
