"""A store that cannot be reached, told apart from a bug."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import asyncpg

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
)


class StoreUnavailableError(Exception):
    """A store does not answer; the message may be shown to a client."""


@contextmanager
def naming_the_store(name: str) -> Iterator[None]:
    """Turn a failure to reach a store into an error that names it."""
    try:
        yield
    except TimeoutError as error:
        raise StoreUnavailableError(f"{name} took too long to answer; try again.") from error
    except asyncpg.QueryCanceledError as error:
        raise StoreUnavailableError(f"{name} took too long to answer; ask for less.") from error
    except UNREACHABLE as error:
        if isinstance(error, ValueError):  # a value that the driver cannot send: a bug, not an outage
            raise
        raise StoreUnavailableError(f"{name} cannot be reached; try again soon.") from error
