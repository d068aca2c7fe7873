"""How events and states are written to the log, and read back."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
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


@dataclass(frozen=True, slots=True)
class Meta:
    """Why an event was recorded, as stored beside it."""

    command_id: UUID
    correlation_id: UUID
    actor: str

    @classmethod
    def of(cls, context: Context) -> "Meta":
        return cls(context.command_id, context.correlation_id, context.actor.subject)


_meta_decoder = msgspec.json.Decoder(Meta)


class Codec(Generic[S, E]):
    """Writes and reads the events and the state of one aggregate.

    Stored values are read by their type alone: rules that hold at the door may become
    stricter without making what was accepted before unreadable.
    """

    def __init__(self, aggregate: type[Aggregate[S, E]]) -> None:
        self._decoders: Mapping[str, msgspec.json.Decoder[Any]] = {
            event.event_type: msgspec.json.Decoder(event)
            for event in aggregate.event_types
        }
        self._state = msgspec.json.Decoder[Any](aggregate.state_type)

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

    def decode_state(self, data: str) -> S:
        state: S = self._state.decode(data)
        return state


@cache
def codec_of(aggregate: type[Aggregate[S, E]]) -> Codec[S, E]:
    """The one codec of an aggregate: building the decoders is the costly part."""
    return Codec(aggregate)


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
        )
        for number, event_id in enumerate(event_ids, 1)
    ]
