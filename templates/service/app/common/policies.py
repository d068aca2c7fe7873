"""Policies: whenever this event, then this command."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Generic, TypeVar

from app.common.events import Envelope, Event
from app.common.messages import Command

E = TypeVar("E", bound=Event)


@dataclass(frozen=True, slots=True)
class Due:
    """A command that is not sent before its time has come."""

    at: datetime
    command: Command


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy(Generic[E]):
    """What an event makes the service send.

    `react` is a pure function: an event that is read again leads to the same commands,
    which are then known already.
    """

    name: str
    event: type[E]
    react: Callable[[E, Envelope], Iterator[Command | Due]]
