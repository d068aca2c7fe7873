"""States remembered: what a process has seen of streams, so that it need not read them.

A remembered state may be older than its stream, for other processes write too. Nothing
is lost by it: the append demands the version that a decision was based on, and what a
remembered state refuses is decided once more on the stream itself.
"""

from collections import OrderedDict
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import msgspec

from app.common.aggregate import Aggregate


@dataclass(frozen=True, slots=True)
class _Remembered:
    kind: str
    state: Any
    version: int
    size: int


class States:
    """The states used last, at most so many and so large; 0 streams remember nothing.

    The size of a state is that of its JSON. States are values: who changes one in place
    would change what others decide on.
    """

    def __init__(self, *, streams: int = 0, size: int = 0) -> None:
        self._streams = streams
        self._room = size
        self._known: OrderedDict[UUID, _Remembered] = OrderedDict()

    def __len__(self) -> int:
        return len(self._known)

    def find(self, kind: str, id: UUID) -> tuple[Any, int] | None:
        """The state of a stream, and the version that it was seen at."""
        found = self._known.get(id)
        if found is None or found.kind != kind:
            return None
        self._known.move_to_end(id)
        return found.state, found.version

    def keep(self, aggregate: Aggregate[Any, Any], version: int) -> None:
        """Remember where an aggregate stands, unless something newer is known."""
        if not self._streams or aggregate.state is None:
            return
        known = self._known.get(aggregate.id)
        if known is not None:
            if known.version >= version:
                return
            self._drop(aggregate.id)
        size = len(msgspec.json.encode(aggregate.state))
        self._known[aggregate.id] = _Remembered(
            aggregate.kind, aggregate.state, version, size
        )
        self._room -= size
        while self._room < 0 or len(self._known) > self._streams:
            self._drop(next(iter(self._known)))

    def forget(self, id: UUID, version: int) -> None:
        """Unlearn what has turned out to be no newer than `version`."""
        known = self._known.get(id)
        if known is not None and known.version <= version:
            self._drop(id)

    def _drop(self, id: UUID) -> None:
        self._room += self._known.pop(id).size
