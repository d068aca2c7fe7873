"""How events and states are written to the log, and read back."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from functools import cache
from typing import Any, Generic, TypeVar
from uuid import UUID

import msgspec

from app.common.aggregate import Aggregate
from app.common.context import Context
from app.common.events import Envelope, Event

S = TypeVar("S")
E = TypeVar("E", bound=Event)


class UnknownEvent(Exception):
    """The log holds an event that this version of the code cannot name."""


class Meta(msgspec.Struct, frozen=True, omit_defaults=True):
    """Why an event was recorded, as stored beside it.

    What the service itself did names the event that made it do so, and who was behind
    that; what others did needs no room for it.
    """

    command_id: UUID
    correlation_id: UUID
    actor: str
    causation_id: UUID | None = None
    caused_by: str | None = None

    @classmethod
    def of(cls, context: Context) -> "Meta":
        cause = context.cause
        return cls(
            context.command_id,
            context.correlation_id,
            context.actor.subject,
            cause.event_id if cause else None,
            cause.actor if cause else None,
        )


_meta_decoder = msgspec.json.Decoder(Meta)


class EventCodec(Generic[E]):
    """Reads the events of one kind of stream.

    Stored values are read by their type alone: rules that hold at the door may become
    stricter without making what was accepted before unreadable.
    """

    def __init__(self, event_types: Iterable[type[Event]]) -> None:
        self._decoders: Mapping[str, msgspec.json.Decoder[Any]] = {
            event.event_type: msgspec.json.Decoder(event) for event in event_types
        }

    @property
    def types(self) -> list[str]:
        """The stored names of all events of the aggregate."""
        return list(self._decoders)

    def decode(self, type_: str, data: str) -> E:
        decoder = self._decoders.get(type_)
        if decoder is None:
            raise UnknownEvent(f'No event is stored as "{type_}".')
        event: E = decoder.decode(data)
        return event


class Codec(EventCodec[E], Generic[S, E]):
    """Reads the events and the state of one aggregate."""

    def __init__(self, aggregate: type[Aggregate[S, E]]) -> None:
        super().__init__(aggregate.event_types)
        self._state = msgspec.json.Decoder[Any](aggregate.state_type)

    def decode_state(self, data: str) -> S:
        state: S = self._state.decode(data)
        return state


@cache
def codec_of(aggregate: type[Aggregate[S, E]]) -> Codec[S, E]:
    """The one codec of an aggregate: building the decoders is the costly part."""
    return Codec(aggregate)


@cache
def event_codec(event_types: tuple[type[E], ...]) -> EventCodec[E]:
    """The one codec of these events, for those who only read them."""
    return EventCodec(event_types)


def envelope(
    event_id: UUID, stream_id: UUID, version: int, at: datetime, meta: str
) -> Envelope:
    """What is known about a stored event besides itself."""
    why = _meta_decoder.decode(meta)
    return Envelope(
        event_id=event_id,
        stream_id=stream_id,
        version=version,
        at=at,
        actor=why.actor,
        command_id=why.command_id,
        correlation_id=why.correlation_id,
        caused_by=why.caused_by,
    )


def envelopes(
    stream_id: UUID, version: int, event_ids: Iterable[UUID], context: Context
) -> list[Envelope]:
    """The envelopes that new events after `version` will have once recorded."""
    return [
        Envelope(
            event_id=event_id,
            stream_id=stream_id,
            version=version + number,
            at=context.now,
            actor=context.actor.subject,
            command_id=context.command_id,
            correlation_id=context.correlation_id,
            caused_by=context.cause.actor if context.cause else None,
        )
        for number, event_id in enumerate(event_ids, 1)
    ]
