"""Runs every policy of the service, and the timers they set."""

import asyncio
from collections.abc import Sequence
from typing import Any

from app.common.policies import Policy
from app.config.worker import WorkerSettings
from app.infra.cqrs.commands import CommandBus
from app.infra.persistence.postgres import Pool
from app.infra.policies.subscription import PolicySubscription
from app.infra.policies.timers import Timers
from app.infra.wakeup import WakeUp
from app.infra.worker import kept_running, run_subscriptions


async def run_policies(
    pool: Pool,
    policies: Sequence[Policy[Any]],
    commands: CommandBus,
    settings: WorkerSettings,
    *,
    stop: asyncio.Event,
    wake: WakeUp | None = None,
) -> None:
    """Run until told to stop; one policy's trouble is not another's."""
    if not policies:
        return
    reacting = [
        PolicySubscription(
            pool, each, commands, size=settings.batch, lease=settings.lease
        )
        for each in policies
    ]
    timers = Timers(pool, policies, commands, settings)
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(kept_running(timers, "timers", stop))
        tasks.create_task(
            run_subscriptions(pool, reacting, settings, stop=stop, wake=wake)
        )
