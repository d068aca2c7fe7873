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

REJECTED: Final = (asyncpg.DataError, asyncpg.IntegrityConstraintViolationError)
"""The values themselves are refused: the same again will fail again."""
