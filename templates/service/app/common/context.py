"""What a decision may know besides its command and its state."""

from dataclasses import dataclass, field
from datetime import date, datetime
from itertools import count
from uuid import UUID
from zoneinfo import ZoneInfo

from app.common.actor import SYSTEM, Actor, Owner
from app.common.errors import Forbidden
from app.common.ids import derived_id


@dataclass(frozen=True, slots=True, kw_only=True)
class Cause:
    """The event because of which the service itself sends a command.

    The same event sends the same command id, however often it is read; `not_before` is
    the moment that a deadline has waited for.
    """

    command_id: UUID
    event_id: UUID
    correlation_id: UUID
    actor: str
    not_before: datetime | None = None


@dataclass(slots=True)
class Context:
    """One reading of clock, actor and ids, the same however often one decides."""

    now: datetime
    actor: Actor
    command_id: UUID
    correlation_id: UUID
    timezone: str = "UTC"
    request_hash: bytes = b""
    repeatable: bool = False
    """Whether the sender can send the same command id again."""
    cause: Cause | None = None
    afresh: bool = False
    """Whether to decide on what the log holds, and on nothing that is remembered."""
    remembered: bool = False
    """Whether a remembered state was decided on, so that a refusal is not yet final."""
    _ids: "count[int]" = field(default_factory=count, repr=False, compare=False)

    @property
    def today(self) -> date:
        """The date of `now` where the service lives."""
        return self.now.astimezone(ZoneInfo(self.timezone)).date()

    def new_id(self) -> UUID:
        """The next id of this command: a repeated decision makes the same ones."""
        return derived_id(self.command_id, next(self._ids))

    def again(self, *, afresh: bool = False) -> "Context":
        """The same reading, for a decision taken anew."""
        return Context(
            now=self.now,
            actor=self.actor,
            command_id=self.command_id,
            correlation_id=self.correlation_id,
            timezone=self.timezone,
            request_hash=self.request_hash,
            repeatable=self.repeatable,
            cause=self.cause,
            afresh=afresh,
        )

    def allow(self, *grants: str | Owner) -> None:
        """Refuse unless one of the grants lets the actor pass."""
        if self.actor is SYSTEM:
            return
        for grant in grants:
            if isinstance(grant, Owner):
                if grant.admits(self.actor):
                    return
            elif self.actor.has(grant):
                return
        raise Forbidden()
