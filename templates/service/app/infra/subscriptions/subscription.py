"""What a subscription is: work on the log that goes on from a checkpoint."""

from typing import Protocol

from app.infra.event_store.tail import StoredEvent
from app.infra.subscriptions.checkpoints import Ownership


class Poisoned(Exception):
    """An event that cannot be dealt with; everything before it has been.

    It says what kind of error that was and no more: what the error says may show what
    callers have sent, and this is shown to everybody.
    """

    def __init__(self, owned: Ownership, event: StoredEvent, cause: Exception) -> None:
        super().__init__(type(cause).__name__)
        self.owned = owned
        self.event = event


class Interrupted(Exception):
    """Something outside does not answer; the same batch will do as soon as it does."""


class Subscription(Protocol):
    """Carried forward along the log, batch by batch, by whoever owns its checkpoint."""

    @property
    def name(self) -> str:
        """What it is called in checkpoints, logs, metrics and alarms."""

    async def next(self, owned: Ownership) -> Ownership:
        """Deal with the next events and move the checkpoint over them.

        The place stays the same when there are none. Raises `OwnershipLost`, `Poisoned`
        or `Interrupted`, and has not moved the checkpoint over what it failed at.
        """
