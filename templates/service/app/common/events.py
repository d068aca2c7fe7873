"""Facts, and what is known about each besides itself."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from typing import Any, ClassVar
from uuid import UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """Something that happened; named in the past tense and never changed.

    It is stored as `event_type`, at `schema_version`. `stored_names` are those of its
    fields that the log knows by another name, `upcasters` its versions before this one,
    oldest first.
    """

    event_type: ClassVar[str]
    schema_version: ClassVar[int] = 1
    stored_names: ClassVar[Mapping[str, str]] = MappingProxyType({})
    upcasters: ClassVar[tuple["Upcaster", ...]] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Upcaster:
    """A version that an event had, and the pure step from there to the next one.

    `upcast` takes what was `held`, and the class that it makes of it.
    """

    version: int
    held: type
    upcast: Callable[[Any, Any], Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Envelope:
    """Where, when and why an event happened."""

    event_id: UUID
    stream_id: UUID
    version: int
    at: datetime
    actor: str
    command_id: UUID
    correlation_id: UUID
    caused_by: str | None = None
    """Who had set off what the service itself then did; None where the actor did it."""
