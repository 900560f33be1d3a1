"""What is told of a Redis that does not answer, or that holds something else than it should."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from redis.exceptions import OutOfMemoryError, ReadOnlyError, RedisError

from db.outages import StoreUnavailableError, outage


class UnreadableError(ValueError):
    """What stands under a key is not what belongs there."""

    def __init__(self, key: str) -> None:
        super().__init__(f"Redis holds something else under {key!r} than belongs there: remove it.")


def troubled(error: Exception) -> StoreUnavailableError:
    """What is told of a failure; what is none of the store's is raised as it is."""
    if isinstance(error, UnreadableError):
        return StoreUnavailableError(str(error))
    if isinstance(error, OutOfMemoryError | ReadOnlyError):
        return StoreUnavailableError("Redis takes no writes: it is full, or only a copy.")
    found = outage("Redis", error)
    if found is not None:
        return found
    if isinstance(error, RedisError):
        return StoreUnavailableError(f"Redis cannot do this: {error}.")
    raise error


@contextmanager
def naming_redis() -> Iterator[None]:
    """Turn a failure of Redis into an error that names it."""
    try:
        yield
    except (RedisError, OSError, UnreadableError) as error:
        raise troubled(error) from error
