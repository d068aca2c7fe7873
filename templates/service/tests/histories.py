"""Histories of any aggregate, made from the types of its events."""

from datetime import timedelta
from typing import Any
from uuid import UUID

from app.common.aggregate import Aggregate, CorruptStream
from app.common.events import Envelope, Event
from app.common.ids import derived_id
from app.infra.projections.projection import Streams
from tests.examples import example
from tests.spec import NOW

STREAM = UUID("0190a7f0-0000-7000-8000-0000000000aa")


def history(
    aggregate: type[Aggregate[Any, Any]] | Streams[Any],
) -> list[tuple[Event, Envelope]]:
    """A creating event, and one of every other type after it."""
    events = [example(type_) for type_ in aggregate.event_types]
    if isinstance(aggregate, Streams):
        return [(event, _envelope(number)) for number, event in enumerate(events, 1)]
    creating = [event for event in events if _creates(aggregate, event)]
    others = [event for event in events if event not in creating]
    return [
        (event, _envelope(number))
        for number, event in enumerate((*creating[:1], *others), 1)
    ]


def _creates(aggregate: type[Aggregate[Any, Any]], event: Event) -> bool:
    try:
        aggregate.evolve(None, event)
    except CorruptStream:
        return False
    return True


def _envelope(version: int) -> Envelope:
    return Envelope(
        event_id=derived_id("event", version),
        stream_id=STREAM,
        version=version,
        at=NOW + timedelta(minutes=version),
        actor="somebody",
        command_id=derived_id("command", version),
        correlation_id=derived_id("correlation"),
    )
