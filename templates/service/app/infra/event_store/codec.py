"""How events and states are written to the log, and read back."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from functools import cache
from typing import Any, Generic, TypeVar
from uuid import UUID

import msgspec

from app.common.aggregate import Aggregate
from app.common.context import Context
from app.common.events import Envelope, Event, Upcaster
from app.infra.event_store.stored_names import from_log, to_log

S = TypeVar("S")
E = TypeVar("E", bound=Event)


class UnknownEvent(Exception):
    """The log holds an event that this version of the code does not know."""


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


Decode = Callable[[str], Any]


def encode(event: Event) -> msgspec.Raw:
    """An event as it is stored, at the version of its class."""
    held: type = type(event)
    rename = to_log(held)
    data = event if rename is None else rename(msgspec.to_builtins(event))
    return msgspec.Raw(msgspec.json.encode(data))


class EventCodec(Generic[E]):
    """Reads the events of one kind of stream, of whatever version they are.

    Stored values are read by their type alone: rules that hold at the door may become
    stricter without making what was accepted before unreadable. What an older version
    stored goes through every later one once, here, so that nobody else sees it.
    """

    def __init__(self, event_types: Iterable[type[Event]]) -> None:
        self._decoders: Mapping[str, Mapping[int, Decode]] = {
            event.event_type: _decoders(event) for event in event_types
        }

    @property
    def types(self) -> list[str]:
        """The stored names of all events of the aggregate."""
        return list(self._decoders)

    def decode(self, type_: str, version: int, data: str) -> E:
        decoders = self._decoders.get(type_)
        if decoders is None:
            raise UnknownEvent(f'No event is stored as "{type_}".')
        decode = decoders.get(version)
        if decode is None:
            raise UnknownEvent(f'No version {version} of "{type_}" is known.')
        event: E = decode(data)
        return event


class Codec(EventCodec[E], Generic[S, E]):
    """Reads the events and the state of one aggregate."""

    def __init__(self, aggregate: type[Aggregate[S, E]]) -> None:
        super().__init__(aggregate.event_types)
        self._state = msgspec.json.Decoder[Any](aggregate.state_type)

    def decode_state(self, data: str) -> S:
        state: S = self._state.decode(data)
        return state


def _decoders(event: type[Event]) -> Mapping[int, Decode]:
    """How each version of an event is read as what it is today."""
    known = {event.schema_version: _decoder(event)}
    for number, first in enumerate(event.upcasters):
        known[first.version] = _upcasting(event.upcasters[number:], event)
    return known


def _upcasting(chain: Sequence[Upcaster], event: type[Event]) -> Decode:
    """Read what the first of a chain held, and take it through all of them."""
    held = [each.held for each in chain]
    steps = list(zip(chain, [*held[1:], event], strict=True))
    decode = _decoder(held[0])

    def read(data: str) -> Any:
        value = decode(data)
        for upcaster, into in steps:
            value = upcaster.upcast(value, into)
        return value

    return read


def _decoder(held: type) -> Decode:
    rename = from_log(held)
    if rename is None:
        return msgspec.json.Decoder(held).decode
    return lambda data: msgspec.convert(rename(msgspec.json.decode(data)), held)


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
