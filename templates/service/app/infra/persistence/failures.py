"""What can go wrong between us and the database, by what helps against it."""

from typing import Final

import asyncpg

LOST: Final = (
    asyncpg.PostgresConnectionError,
    asyncpg.OperatorInterventionError,
    asyncpg.InsufficientResourcesError,
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,
    OSError,
    TimeoutError,
)
"""The answer never came: the statement may have been applied or not."""

CONTENTION: Final = (
    asyncpg.DeadlockDetectedError,
    asyncpg.SerializationError,
    asyncpg.LockNotAvailableError,
)
"""Rolled back for the sake of others: the same again will do."""

PASSING: Final = (*CONTENTION, *LOST)
"""The same again may do. Whatever else is raised would be raised again."""


def without_values(error: BaseException | None) -> BaseException | None:
    """The same error, without the whole rows that PostgreSQL shows in its details."""
    if isinstance(error, asyncpg.PostgresError):
        error.detail = None
    return error
