"""Who acts, and who may."""

from dataclasses import dataclass, field
from typing import Final
from uuid import UUID

PUBLIC: Final = "public"
"""The grant that lets everybody pass."""


@dataclass(frozen=True, slots=True)
class Actor:
    """Whoever sent the command or the query."""

    subject: str
    roles: frozenset[str] = field(default_factory=frozenset)

    @property
    def id(self) -> UUID | None:
        """The subject as an id, when it is one."""
        try:
            return UUID(self.subject)
        except ValueError:
            return None

    def has(self, grant: str) -> bool:
        """Whether this grant lets the actor pass."""
        return grant == PUBLIC or grant in self.roles


ANONYMOUS: Final = Actor("anonymous")
SYSTEM: Final = Actor("system")
"""The service itself: what it sends and reads is not checked again."""

RESERVED: Final = frozenset({ANONYMOUS.subject, SYSTEM.subject})
"""Subjects that no token may name: what they do must not look like another's."""


@dataclass(frozen=True, slots=True)
class Owner:
    """Lets an actor with `role` pass whose subject is `id`."""

    role: str
    id: UUID | None

    def admits(self, actor: Actor) -> bool:
        return self.id is not None and actor.has(self.role) and actor.id == self.id


@dataclass(frozen=True, slots=True)
class OwnerColumn:
    """Shows an actor with `role` the rows whose `column` is its subject."""

    role: str
    column: str
