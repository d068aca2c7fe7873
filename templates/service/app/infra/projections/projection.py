"""Projections: what turns streams into rows."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, Generic, TypeAlias, TypeVar

from app.common.aggregate import Aggregate
from app.common.events import Envelope, Event
from app.common.read_models import Rows, Table, Tally

R = TypeVar("R")
E = TypeVar("E", bound=Event)


@dataclass(frozen=True, slots=True)
class Streams(Generic[E]):
    """The streams of an aggregate that one only listens to: their kind, their events.

    A domain knows of another's aggregates no more than this.
    """

    kind: str
    event_types: tuple[type[E], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Projection(Generic[R, E]):
    """One row of `table` is the fold of one stream of `aggregate`.

    A row of one's own aggregate can be written with its events; one that looks up what
    others say follows them.
    """

    table: Table[R]
    aggregate: type[Aggregate[Any, E]] | Streams[E]
    fold: Callable[[R | None, E, Envelope], R | None]

    @property
    def name(self) -> str:
        """What the subscription is called in checkpoints, logs and alarms."""
        return self.table.name


@dataclass(frozen=True, slots=True, kw_only=True)
class ChildRows(Generic[R, E]):
    """Several rows of `table` are the fold of one stream of `aggregate`.

    Which rows a stream has is for its events to say: one for each line of an order.
    """

    table: Table[R]
    aggregate: type[Aggregate[Any, E]] | Streams[E]
    fold: Callable[[Rows[R], E, Envelope], None]

    @property
    def name(self) -> str:
        """What the subscription is called in checkpoints, logs and alarms."""
        return self.table.name


@dataclass(frozen=True, slots=True, kw_only=True)
class Counting(Generic[R, E]):
    """Rows of `tally` take up what each event of `aggregate` adds, once and for all."""

    tally: Tally[R]
    aggregate: Streams[E]
    count: Callable[[E, Envelope], Iterable[R]]

    @property
    def name(self) -> str:
        """What the subscription is called in checkpoints, logs and alarms."""
        return self.tally.name


Folding: TypeAlias = Projection[Any, Any] | ChildRows[Any, Any]
"""What makes rows of streams."""

AnyProjection: TypeAlias = Folding | Counting[Any, Any]
