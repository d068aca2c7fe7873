"""What the service wants of a broker, whichever it is."""

import threading
from collections.abc import Callable, Sequence
from typing import Protocol

from app.infra.event_bus.messages import Message
from app.infra.subscriptions.subscription import Interrupted


class Undelivered(Interrupted):
    """The broker has not acknowledged a batch: all, some or none of it has arrived."""


class Transport(Protocol):
    """Carries messages out, and hears when others have carried some."""

    async def publish(self, messages: Sequence[Message]) -> None:
        """Return when the broker has them all for good, in order; or `Undelivered`."""

    def listen(
        self, topics: Sequence[str], heard: Callable[[], None], ended: threading.Event
    ) -> None:
        """Call `heard` whenever a topic grows, until `ended`; blocks, never raises."""

    def close(self) -> None:
        """Let go of the broker."""
