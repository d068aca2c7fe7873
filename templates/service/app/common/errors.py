"""How the service refuses: one tree, each error with the HTTP status it means.

DomainError
|-- NotFound              404
|-- Forbidden             403
|-- AlreadyExists         409
|-- InvalidTransition     409
|-- RuleViolated          409   the parent of every error a blueprint names
|-- Conflict              409   others kept changing the same thing; try again
|-- EventTooLarge         413   more than the log takes as one event
|-- CannotDecide          422   a decision divided by zero, or the like
|-- InvalidInput          422   a value that the store cannot hold or compare
|-- InvalidCursor         422
|-- IdempotencyMismatch   422
`-- Unavailable           503   try again after `retry_after` seconds
    |-- Busy
    |-- OutcomeUnknown
    `-- ReadModelBehind
"""

from typing import ClassVar


class DomainError(Exception):
    """A refusal that the caller may read."""

    status: ClassVar[int] = 409
    retry_after: ClassVar[int | None] = None
    """Seconds after which the same may go well; None where nothing speaks for it."""

    def __init__(self, message: str = "") -> None:
        super().__init__(message or _first_line(type(self)))

    @property
    def code(self) -> str:
        """The stable name a program can act on."""
        return type(self).__name__


class NotFound(DomainError):
    """There is no such thing."""

    status = 404


class Forbidden(DomainError):
    """You may not do this."""

    status = 403


class AlreadyExists(DomainError):
    """It exists already."""


class InvalidTransition(DomainError):
    """Its present state does not allow this."""


class RuleViolated(DomainError):
    """A rule of the domain refuses this."""


class Conflict(DomainError):
    """Others kept changing the same thing; read it again and decide anew."""

    retry_after = 1


class EventTooLarge(DomainError):
    """What this leads to is more than one event may hold."""

    status = 413


class CannotDecide(DomainError):
    """The decision has no answer for these values."""

    status = 422


class InvalidInput(DomainError):
    """A value is outside of what can be stored or compared."""

    status = 422


class InvalidCursor(DomainError):
    """The cursor is not one that this query gave out."""

    status = 422


class IdempotencyMismatch(DomainError):
    """This idempotency key was used for another request."""

    status = 422


class Unavailable(DomainError):
    """Not now; the same request may succeed later."""

    status = 503
    retry_after = 1


class Busy(Unavailable):
    """The service cannot take more work at the moment."""


class OutcomeUnknown(Unavailable):
    """It is not known whether the command was applied.

    Repeat it with the same idempotency key: it will not be applied twice.
    """


class ReadModelBehind(Unavailable):
    """The read model has not caught up with the given token yet."""


def _first_line(error: type[DomainError]) -> str:
    return (error.__doc__ or error.__name__).strip().partition("\n")[0]
