"""The answer to an accepted command."""

from dataclasses import dataclass
from uuid import UUID

from app.infra.event_store.tokens import Token


@dataclass(frozen=True, slots=True)
class Accepted:
    """What the command led to; `token` is None where nothing was ever recorded."""

    id: UUID
    version: int
    token: Token | None
    replayed: bool = False
    """Whether this is the stored answer to an earlier, equal request."""
