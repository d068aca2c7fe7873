"""The pure part of every projection: where rows stand, and where events take them."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar, overload
from uuid import UUID

from app.common.events import Envelope, Event
from app.common.read_models import Rows, Table
from app.infra.projections.projection import ChildRows, Folding, Projection

R = TypeVar("R")
E = TypeVar("E", bound=Event)


class RowOfAnotherStream(Exception):
    """A fold gave a row whose key is not the id of the stream it folds."""


@dataclass(frozen=True, slots=True)
class Standing(Generic[R]):
    """A row with the version of its stream; `row` is None before and after its life.

    A row that an event ended stays as a tombstone: `last` keeps its final values, and
    its version keeps late writers from bringing it back.
    """

    version: int = 0
    row: R | None = None
    last: R | None = None

    def since(self, before: "Standing[R]") -> list["Standing[R]"]:
        """What is to be written where `before` stands."""
        return [] if self is before else [self]


@dataclass(frozen=True, slots=True)
class Standings(Generic[R]):
    """Where the rows of one stream stand, those included that an event ended.

    Each has the version of the event that changed it last. An event that changed none
    leaves no trace in the table, so the greatest of these versions is where the stream
    stands: to fold what follows once more changes nothing.
    """

    version: int = 0
    rows: Mapping[tuple[Any, ...], Standing[R]] = field(default_factory=dict)

    def since(self, before: "Standings[R]") -> list[Standing[R]]:
        """What is to be written where `before` stands."""
        return [
            standing
            for element, standing in self.rows.items()
            if before.rows.get(element) is not standing
        ]


@overload
def advance(
    projection: Projection[R, E],
    standing: Standing[R],
    happened: Iterable[tuple[E, Envelope]],
) -> Standing[R]: ...
@overload
def advance(
    projection: ChildRows[R, E],
    standing: Standings[R],
    happened: Iterable[tuple[E, Envelope]],
) -> Standings[R]: ...
@overload
def advance(
    projection: Folding, standing: Any, happened: Iterable[tuple[Any, Envelope]]
) -> Any: ...
def advance(
    projection: Folding, standing: Any, happened: Iterable[tuple[Any, Envelope]]
) -> Any:
    """Fold what has not been seen yet; everything before that changes nothing."""
    if isinstance(projection, ChildRows):
        return _advance_children(projection, standing, happened)
    return _advance_row(projection, standing, happened)


def unwritten(projection: Folding) -> Any:
    """Where the rows of a stream stand before anything was written."""
    return Standings() if isinstance(projection, ChildRows) else Standing()


def _advance_row(
    projection: Projection[R, E],
    standing: Standing[R],
    happened: Iterable[tuple[E, Envelope]],
) -> Standing[R]:
    for event, envelope in happened:
        if envelope.version <= standing.version:
            continue
        row = projection.fold(standing.row, event, envelope)
        if row is not None:
            _check_key(projection.table, row, envelope)
        last = standing.last if row is None else row
        standing = Standing(envelope.version, row, last)
    return standing


def _advance_children(
    projection: ChildRows[R, E],
    standings: Standings[R],
    happened: Iterable[tuple[E, Envelope]],
) -> Standings[R]:
    table, version = projection.table, standings.version
    found = dict(standings.rows)
    live = {element: at.row for element, at in found.items() if at.row is not None}
    rows = Rows(table, live)
    for event, envelope in happened:
        if envelope.version <= version:
            continue
        projection.fold(rows, event, envelope)
        version = envelope.version
        for element, row in rows.take_changes().items():
            if row is not None:
                _check_key(table, row, envelope)
            before = found.get(element)
            last = row if row is not None or before is None else before.last
            found[element] = Standing(version, row, last)
    return Standings(version, found)


def _check_key(table: Table[R], row: R, envelope: Envelope) -> None:
    key: UUID = getattr(row, table.key)
    if key != envelope.stream_id:
        raise RowOfAnotherStream(
            f'A row of "{table.name}" has the key {key}, '
            f"but its stream is {envelope.stream_id}."
        )
