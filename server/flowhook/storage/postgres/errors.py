"""What an error of the driver means for those who asked."""

from __future__ import annotations

import asyncio

import asyncpg

from flowhook.errors import StorageError


class OutcomeUnknown(StorageError):
    """The connection was lost at a COMMIT: whether it was kept is read from the database."""


def is_lost(error: BaseException) -> bool:
    """Whether nobody knows what the connection does now: it must not be used again."""
    if isinstance(error, ValueError):  # a value that has no place in its column: nothing was sent
        return False
    return not isinstance(error, Exception) or isinstance(
        error,
        OSError
        | asyncio.TimeoutError
        | asyncpg.InterfaceError
        | asyncpg.PostgresConnectionError
        | asyncpg.OperatorInterventionError
        | asyncpg.IdleInTransactionSessionTimeoutError
        | asyncpg.InternalClientError,
    )


def is_contended(error: BaseException) -> bool:
    """Whether the same may succeed when it is tried again."""
    return isinstance(
        error, asyncpg.DeadlockDetectedError | asyncpg.SerializationError | asyncpg.LockNotAvailableError
    )


def fails_all(error: BaseException) -> bool:
    """Whether it is the database that cannot, not the one job."""
    return is_lost(error) or isinstance(
        error,
        asyncpg.InsufficientResourcesError
        | asyncpg.ReadOnlySQLTransactionError
        | asyncpg.InvalidAuthorizationSpecificationError
        | asyncpg.InvalidCatalogNameError
        | asyncpg.CannotConnectNowError
        | asyncpg.PostgresSystemError,
    )


def explained(error: Exception) -> StorageError:
    """The error as one that people understand."""
    if isinstance(error, StorageError):
        return error
    said = str(error).partition("\n")[0] or type(error).__name__
    if isinstance(error, asyncpg.DiskFullError):
        reason = StorageError("the disk is full")
    elif isinstance(error, asyncio.TimeoutError | asyncpg.QueryCanceledError):
        reason = StorageError("the database takes too long")
    elif isinstance(error, asyncpg.TooManyConnectionsError):
        reason = StorageError(f"the database takes no more connections: {said}")
    elif is_lost(error) or isinstance(error, asyncpg.CannotConnectNowError):
        reason = StorageError(f"the database cannot be reached: {said}")
    else:
        reason = StorageError(f"the database refuses: {said}")
    reason.__cause__ = error
    return reason
