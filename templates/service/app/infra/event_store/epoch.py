"""Epochs: transaction ids order the log only within one life of the cluster.

After a restore from a dump, or on another cluster, transaction ids start low again: new
events would sort before those already read, and be lost to every reader.
"""

from typing import Final

from app.infra.persistence.postgres import Connection, Pool

_STATE: Final = """
SELECT s.epoch,
    s.system_identifier = (SELECT system_identifier FROM pg_control_system()) AS same,
    coalesce((
        SELECT e.xid >= pg_snapshot_xmax(pg_current_snapshot()) FROM kernel.events e
        WHERE e.epoch = s.epoch ORDER BY e.epoch DESC, e.xid DESC LIMIT 1
    ), false) AS ahead
FROM kernel.store s
"""

_BUMP: Final = """
UPDATE kernel.store SET epoch = epoch + 1,
    system_identifier = (SELECT system_identifier FROM pg_control_system())
RETURNING epoch
"""


class EpochMismatch(Exception):
    """The log was written on another cluster; serving it as it is would lose events."""


async def check_epoch(connection: Pool | Connection) -> int:
    """The epoch to write in; refuses to start on a log that was restored."""
    state = await connection.fetchrow(_STATE)
    if state is None:
        raise EpochMismatch("The store is not set up: run the migrations first.")
    if state["same"] and not state["ahead"]:
        epoch: int = state["epoch"]
        return epoch
    reason = (
        "it holds transaction ids that this cluster has not reached"
        if state["same"]
        else "it was written on another cluster"
    )
    raise EpochMismatch(
        f"The log does not belong to this database: {reason}, as after a restore. "
        "Stop every process of the service, then begin a new epoch: "
        "`python -m app bump-epoch`."
    )


async def bump_epoch(connection: Connection) -> int:
    """Begin a new epoch, after a restore; appends under way are waited for."""
    async with connection.transaction():
        await connection.execute(
            "LOCK TABLE kernel.command_log IN SHARE ROW EXCLUSIVE MODE"
        )
        epoch: int = await connection.fetchval(_BUMP)
        return epoch
