"""Facts, and what is known about each besides itself."""

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar
from uuid import UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """Something that happened; named in the past tense and never changed."""

    event_type: ClassVar[str]


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
