"""A domain, as the service sees it: everything it adds, in one value."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from app.common.aggregate import Aggregate
from app.common.events import Event
from app.common.policies import Policy
from app.infra.cqrs.commands import CommandBus
from app.infra.cqrs.queries import QueryBus
from app.infra.event_store.store import EventStore
from app.infra.projections.projection import AnyProjection
from app.infra.projections.reader import Reader


@dataclass(frozen=True, slots=True, kw_only=True)
class Domain:
    """What `domain_registry.DOMAINS` lists."""

    name: str
    aggregates: tuple[type[Aggregate[Any, Any]], ...]
    projections: tuple[AnyProjection, ...]
    sync_events: frozenset[type[Event]]
    register_commands: tuple[Callable[[CommandBus, EventStore], None], ...]
    register_queries: tuple[Callable[[QueryBus, Reader], None], ...]
    policies: tuple[Policy[Any], ...] = ()
