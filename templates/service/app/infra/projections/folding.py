"""The pure part of every projection: where a row stands, and where events take it."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Generic, TypeVar
from uuid import UUID

from app.common.events import Envelope, Event
from app.infra.projections.projection import Projection

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


def advance(
    projection: Projection[R, E],
    standing: Standing[R],
    happened: Iterable[tuple[E, Envelope]],
) -> Standing[R]:
    """Fold what the row has not seen yet; everything before that changes nothing."""
    for event, envelope in happened:
        if envelope.version <= standing.version:
            continue
        row = projection.fold(standing.row, event, envelope)
        if row is not None and _key(projection, row) != envelope.stream_id:
            raise RowOfAnotherStream(
                f'A row of "{projection.name}" has the key {_key(projection, row)}, '
                f"but its stream is {envelope.stream_id}."
            )
        last = standing.last if row is None else row
        standing = Standing(envelope.version, row, last)
    return standing


def _key(projection: Projection[R, E], row: R) -> UUID:
    key: UUID = getattr(row, projection.table.key)
    return key
