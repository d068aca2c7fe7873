"""Aggregates: decisions that record events, and the state that events lead to."""

import json
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from functools import wraps
from hashlib import sha256
from types import MappingProxyType
from typing import ClassVar, Final, Generic, ParamSpec, TypeVar
from uuid import UUID

from app.common.decimals import plain
from app.common.errors import (
    AlreadyExists,
    CannotDecide,
    DomainError,
    InvalidTransition,
    NotFound,
)
from app.common.events import Event
from app.common.storable import storable

S = TypeVar("S")
E = TypeVar("E", bound=Event)
P = ParamSpec("P")
T = TypeVar("T")

MAX_KEY_LENGTH: Final = 200


class CorruptStream(Exception):
    """The log holds events in an order that this aggregate cannot have recorded."""


@dataclass(frozen=True, slots=True)
class UniqueKey:
    """Something that at most one stream may hold at a time."""

    scope: str
    parts: tuple[object, ...]

    @property
    def text(self) -> str:
        """The key as stored: equal values give equal texts, however long they are."""
        text = json.dumps([_plain(part) for part in self.parts], ensure_ascii=False)
        if len(text) <= MAX_KEY_LENGTH:
            return text
        return f"sha256:{sha256(text.encode()).hexdigest()}"


class Aggregate(ABC, Generic[S, E]):
    """One consistency boundary: what it decides, it decides alone and at once."""

    kind: ClassVar[str]
    state_type: ClassVar[type]
    event_types: ClassVar[tuple[type[Event], ...]]
    unique_errors: ClassVar[Mapping[str, type[DomainError]]] = MappingProxyType({})

    def __init__(self, id: UUID, *, state: S | None = None, version: int = 0) -> None:
        self.id = id
        self.version = version
        self.state = state
        self.pending: list[E] = []
        self._loaded = state

    @staticmethod
    @abstractmethod
    def evolve(state: S | None, event: E) -> S:
        """The state after the event; it may not refuse, for the event happened."""

    @staticmethod
    def unique_keys(state: S) -> frozenset[UniqueKey]:
        """What a stream in this state holds."""
        return frozenset()

    def replay(self, events: Iterable[E]) -> None:
        """Come to where these stored events lead."""
        for event in events:
            self.state = self.evolve(self.state, event)
            self.version += 1
        self._loaded = self.state

    @property
    def existing(self) -> S:
        """The state; there must be one."""
        return self._existing()

    def key_changes(self) -> tuple[frozenset[UniqueKey], frozenset[UniqueKey]]:
        """The keys that the pending events take, and those that they give back."""
        before, after = self._keys(self._loaded), self._keys(self.state)
        return after - before, before - after

    def _keys(self, state: S | None) -> frozenset[UniqueKey]:
        return frozenset() if state is None else self.unique_keys(state)

    def _record(self, event: E) -> None:
        """Let it have happened, unless it holds what the log cannot give back."""
        try:
            event = storable(type(event).__name__, event)
        except ValueError as error:
            raise CannotDecide(f"This cannot be decided: {error}.") from error
        self.state = self.evolve(self.state, event)
        self.pending.append(event)

    def _record_all(self, events: Iterable[E]) -> None:
        """Let these have happened, in this order."""
        for event in events:
            self._record(event)

    def _existing(self) -> S:
        if self.state is None:
            raise NotFound(f"There is no {_title(type(self))} {self.id}.")
        return self.state

    def _must_not_exist(self) -> None:
        if self.state is not None:
            raise AlreadyExists(f"The {_title(type(self))} {self.id} exists already.")

    def _require(self, current: str, *allowed: str) -> None:
        if current not in allowed:
            wanted = " or ".join(f'"{state}"' for state in allowed)
            raise InvalidTransition(
                f'The {_title(type(self))} is "{current}"; this needs {wanted}.'
            )


def existing(state: S | None) -> S:
    """The state an event changes; only a creating event may come without one."""
    if state is None:
        raise CorruptStream("An event changes a state that no event has created.")
    return state


def partial_decision(decide: Callable[P, T]) -> Callable[P, T]:
    """Refuse when a decision divides by zero or takes from an empty list."""

    @wraps(decide)
    def decided(*args: P.args, **kwargs: P.kwargs) -> T:
        try:
            return decide(*args, **kwargs)
        except (ArithmeticError, IndexError, ValueError) as error:
            raise CannotDecide(f"This cannot be decided: {error}.") from error

    return decided


def _title(aggregate: type) -> str:
    letters = (f" {c.lower()}" if c.isupper() else c for c in aggregate.__name__)
    return "".join(letters).strip()


def _plain(part: object) -> object:
    """One writing for each value: 1.0 is 1.00, and a time is the same in every zone."""
    match part:
        case None | bool() | int():
            return part
        case float():
            return part + 0.0  # minus zero is zero
        case Decimal():
            return plain(part)
        case datetime():
            return part.astimezone(UTC).isoformat()
        case list() | tuple():
            return [_plain(item) for item in part]
        case _:
            return str(part)
