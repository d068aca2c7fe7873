"""What an event makes a policy do, and what became of the commands it sent."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

import structlog
from pydantic import ValidationError

from app.common.context import Cause
from app.common.errors import Conflict, DomainError, IdempotencyMismatch, Unavailable
from app.common.events import Envelope
from app.common.ids import derived_id
from app.common.messages import Command
from app.common.policies import Due, Policy
from app.infra.cqrs.commands import CommandBus
from app.infra.event_store.codec import envelope, event_codec
from app.infra.persistence.failures import CONTENTION, LOST

TRY_AGAIN: Final = (Unavailable, Conflict, *LOST, *CONTENTION)
"""Nobody has decided anything: the same command is sent again later."""

log: structlog.stdlib.BoundLogger = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Happened:
    """An event to react to, as it lies in the log."""

    event_id: UUID
    stream_id: UUID
    version: int
    schema_version: int
    at: datetime
    data: str
    meta: str

    @property
    def envelope(self) -> Envelope:
        return envelope(self.event_id, self.stream_id, self.version, self.at, self.meta)


@dataclass(frozen=True, slots=True)
class Reaction:
    """One command of a policy, with the id that it has however often it is sent."""

    command_id: UUID
    command: Command
    due: datetime | None


@dataclass(frozen=True, slots=True)
class Refusal:
    """A command that will never be carried out, and why."""

    command_id: UUID
    event_id: UUID
    code: str
    message: str


class Reactions:
    """Turns events into commands, and sends them as the service itself."""

    def __init__(self, policy: Policy[Any], commands: CommandBus) -> None:
        self._policy = policy
        self._commands = commands
        self._codec = event_codec((policy.event,))

    def to(self, happened: Happened) -> Sequence[Reaction] | Refusal:
        """The commands that the event leads to; a refusal where one cannot be made.

        Values that the command does not admit are refused here as they are at the door.
        """
        event = self._codec.decode(
            self._policy.event.event_type, happened.schema_version, happened.data
        )
        try:
            wanted = list(self._policy.react(event, happened.envelope))
        except ValidationError as error:
            return self._refused(
                self._command_id(happened, 0), happened, error.title, str(error)
            )
        return [
            Reaction(self._command_id(happened, number), each.command, each.at)
            if isinstance(each, Due)
            else Reaction(self._command_id(happened, number), each, None)
            for number, each in enumerate(wanted)
        ]

    async def send(
        self,
        reaction: Reaction,
        happened: Happened,
        *,
        not_before: datetime | None = None,
    ) -> Refusal | None:
        """Send a command; the refusal, if it was refused. Other failures are raised."""
        why = happened.envelope
        cause = Cause(
            command_id=reaction.command_id,
            event_id=happened.event_id,
            correlation_id=why.correlation_id,
            actor=why.caused_by or why.actor,
            not_before=not_before,
        )
        try:
            await self._commands.send_because(reaction.command, cause)
        except (Unavailable, Conflict):
            raise
        except IdempotencyMismatch:
            # It was accepted before, when the policy still put it in other words.
            log.info("policy repeated itself", policy=self._policy.name)
        except DomainError as error:
            return self._refused(reaction.command_id, happened, error.code, str(error))
        return None

    def _refused(
        self, command_id: UUID, happened: Happened, code: str, message: str
    ) -> Refusal:
        log.warning(
            "policy refused",
            policy=self._policy.name,
            event_id=str(happened.event_id),
            command_id=str(command_id),
            code=code,
        )
        return Refusal(command_id, happened.event_id, code, message)

    def _command_id(self, happened: Happened, number: int) -> UUID:
        return derived_id("policy", self._policy.name, happened.event_id, number)
