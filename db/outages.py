"""A store that cannot be reached, told apart from a bug."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import asyncpg
import redis.exceptions

UNREACHABLE = (
    OSError,
    asyncpg.PostgresConnectionError,
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,  # the server said farewell in the middle of something
    asyncpg.CannotConnectNowError,
    asyncpg.AdminShutdownError,
    asyncpg.CrashShutdownError,
    asyncpg.TooManyConnectionsError,
    asyncpg.InvalidCatalogNameError,
    redis.exceptions.ConnectionError,
)


class StoreUnavailableError(Exception):
    """A store does not answer; the message may be shown to a client."""


def outage(name: str, error: Exception) -> StoreUnavailableError | None:
    """What a failure to reach this store is told as; None where it is none."""
    if isinstance(error, TimeoutError | redis.exceptions.TimeoutError):
        return StoreUnavailableError(f"{name} took too long to answer; try again.")
    if isinstance(error, asyncpg.QueryCanceledError):
        return StoreUnavailableError(f"{name} took too long to answer; ask for less.")
    if isinstance(error, ValueError) or not isinstance(error, UNREACHABLE):
        return None  # a value that the driver cannot send is a bug, not an outage
    return StoreUnavailableError(f"{name} cannot be reached; try again soon.")


@contextmanager
def naming_the_store(name: str) -> Iterator[None]:
    """Turn a failure to reach a store into an error that names it."""
    try:
        yield
    except Exception as error:
        found = outage(name, error)
        if found is None:
            raise
        raise found from error


UNFIT = (asyncpg.UndefinedTableError, asyncpg.UndefinedColumnError, asyncpg.InsufficientPrivilegeError)


@contextmanager
def naming_the_world(world_id: str) -> Iterator[None]:
    """The same for the database of a world, which others may keep: it may also lack what is read of it."""
    name = f"The database of world {world_id!r}"
    try:
        with naming_the_store(name):
            yield
    except UNFIT as error:
        raise StoreUnavailableError(
            f"{name} does not show all that is read of it: `entente doctor` says what is missing."
        ) from error
