"""The form in which an event travels.

Services outside read it: the value is the event as JSON, the key its stream, so that
one stream stays in order. Whoever reads it drops what is not newer than the stream
version seen last, for a message may come twice.

The value is what was stored, byte for byte, and `schema_version` says how to read it:
a consumer meets an old version when the log is put on the bus anew, and is not told
that something was said which nobody said.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import msgspec

from app.infra.event_bus.topics import topic_of_event
from app.infra.event_store.tail import StoredEvent


@dataclass(frozen=True, slots=True)
class Message:
    """What is put on a topic."""

    topic: str
    key: bytes
    value: bytes
    headers: Mapping[str, str]


class _Meta(msgspec.Struct):
    """The part of what is known about an event that travels with it."""

    correlation_id: str


_meta = msgspec.json.Decoder(_Meta)


def message_of(event: StoredEvent) -> Message:
    """A stored event as it leaves the service."""
    return Message(
        topic=topic_of_event(event.type),
        key=str(event.stream_id).encode(),
        value=(event.data or "").encode(),
        headers={
            "token": str(event.place),
            "event_id": str(event.event_id),
            "stream_version": str(event.version),
            "event_type": event.type,
            "schema_version": str(event.schema_version),
            "occurred_at": event.at.isoformat(),
            "correlation_id": _meta.decode(event.meta).correlation_id,
        },
    )
