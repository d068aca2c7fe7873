"""Whatever is recorded can be read again: events, and the states they lead to."""

from typing import Any

import msgspec
import pytest

from app.common.aggregate import Aggregate
from app.common.events import Event
from app.domain_registry import DOMAINS
from app.infra.event_store.codec import codec_of, encode
from tests.examples import records
from tests.histories import STREAM, history

AGGREGATES = [each for domain in DOMAINS for each in domain.aggregates]
EVENTS = [
    pytest.param(aggregate, event, id=event.event_type)
    for aggregate in AGGREGATES
    for event in aggregate.event_types
]
by_kind = pytest.mark.parametrize(
    "aggregate", [pytest.param(each, id=each.kind) for each in AGGREGATES]
)


@pytest.mark.parametrize(("aggregate", "event_type"), EVENTS)
def test_an_event_is_read_as_it_was_recorded(
    aggregate: type[Aggregate[Any, Any]], event_type: type[Event]
) -> None:
    for event in records(event_type):
        stored = bytes(encode(event)).decode()
        name, version = event_type.event_type, event_type.schema_version
        assert codec_of(aggregate).decode(name, version, stored) == event


def test_no_two_events_are_stored_under_one_name() -> None:
    names = [event.event_type for each in AGGREGATES for event in each.event_types]
    assert len(names) == len(set(names))


@by_kind
def test_a_state_is_read_as_it_was_stored(
    aggregate: type[Aggregate[Any, Any]],
) -> None:
    instance = aggregate(STREAM)
    for event, _ in history(aggregate):
        instance.replay([event])
        stored = msgspec.json.encode(instance.state).decode()
        assert codec_of(aggregate).decode_state(stored) == instance.state


@by_kind
def test_a_stream_read_in_parts_leads_to_the_same_state(
    aggregate: type[Aggregate[Any, Any]],
) -> None:
    events = [event for event, _ in history(aggregate)]
    whole = aggregate(STREAM)
    whole.replay(events)
    for cut in range(len(events) + 1):
        parts = aggregate(STREAM)
        parts.replay(events[:cut])
        parts.replay(events[cut:])
        assert (parts.state, parts.version) == (whole.state, whole.version)
