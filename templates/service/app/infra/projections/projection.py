"""Projections: the fold that turns a stream into a row."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from app.common.aggregate import Aggregate
from app.common.events import Envelope, Event
from app.common.read_models import Table

R = TypeVar("R")
E = TypeVar("E", bound=Event)


@dataclass(frozen=True, slots=True, kw_only=True)
class Projection(Generic[R, E]):
    """One row of `table` is the fold of one stream of `aggregate`."""

    table: Table[R]
    aggregate: type[Aggregate[Any, E]]
    fold: Callable[[R | None, E, Envelope], R | None]

    @property
    def name(self) -> str:
        """What the subscription is called in checkpoints, logs and alarms."""
        return self.table.name
