"""Analyses of worlds, kept under keys that name their version: nothing is ever deleted, it only grows old.

The incarnation tells a world from those that had its id before, and from those of other deployments."""

from __future__ import annotations

import logging
from uuid import UUID

from redis.asyncio import Redis
from redis.exceptions import RedisError

LOG = logging.getLogger(__name__)
KEPT_FOR_SECONDS = 3600


def key(form: int, world_id: str, incarnation: UUID, version: int) -> str:
    """Where the analysis of a world at a version is kept."""
    return f"analysis:{form}:{world_id}:{incarnation}:{version}"


async def get(redis: Redis, key: str) -> bytes | None:
    """What is kept under a key, or None; also while Redis is down."""
    try:
        found = await redis.get(key)
    except (RedisError, OSError) as error:
        LOG.warning("the cache does not answer: %s", error)
        return None
    return found if isinstance(found, bytes) else None


async def put(redis: Redis, key: str, analysis: bytes) -> None:
    """Keep an analysis for the next who asks; while Redis is down it is not kept."""
    try:
        await redis.set(key, analysis, ex=KEPT_FOR_SECONDS)
    except (RedisError, OSError) as error:
        LOG.warning("the cache does not answer: %s", error)
