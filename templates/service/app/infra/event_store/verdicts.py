"""What a verdict means to whoever sent the command."""

from typing import Any
from uuid import UUID

from app.common.aggregate import Aggregate
from app.common.errors import AlreadyExists, Busy, IdempotencyMismatch, RuleViolated
from app.infra.event_store.accepted import Accepted
from app.infra.event_store.append import Verdict
from app.infra.event_store.store import stored_answer


class VersionConflict(Exception):
    """The stream moved on while the command was decided: load it and decide again."""

    def __init__(self, stream: UUID) -> None:
        super().__init__(f"The stream {stream} has moved on.")
        self.stream = stream


def answer(aggregate: Aggregate[Any, Any], verdict: Verdict) -> Accepted:
    """The answer to give, or the refusal to raise."""
    match verdict.outcome:
        case "ok":
            return Accepted(aggregate.id, verdict.version, verdict.token)
        case "duplicate":
            first = stored_answer(verdict.result, verdict.token)
            if verdict.resent:
                return Accepted(first.id, first.version, first.token)
            return first
        case "mismatch":
            raise IdempotencyMismatch()
        case "taken":
            raise aggregate.unique_errors.get(str(verdict.detail), RuleViolated)()
        case "conflict" if verdict.detail is not None:
            raise AlreadyExists(f"The id {aggregate.id} is in use for something else.")
        case "conflict":
            raise VersionConflict(aggregate.id)
        case "busy" | "order":
            raise Busy()
