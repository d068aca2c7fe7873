"""How long commands take, and how they end."""

import time

from app.common.context import Context
from app.common.errors import DomainError
from app.common.messages import Command
from app.infra.cqrs.middleware import Step
from app.infra.event_store.accepted import Accepted
from app.infra.metrics.measures import COMMANDS


async def measured(
    command: Command, context: Context, next: Step[Command, Context, Accepted]
) -> Accepted:
    """The outermost middleware, so that retries and stored answers count."""
    began = time.perf_counter()
    outcome = "failed"
    try:
        accepted = await next(command, context)
        outcome = "replayed" if accepted.replayed else "accepted"
        return accepted
    except DomainError as error:
        outcome = error.code
        raise
    finally:
        seconds = time.perf_counter() - began
        COMMANDS.labels(type(command).__name__, outcome).observe(seconds)
