"""Analyses of worlds, kept under keys that name their version: nothing is ever deleted, it only grows old."""

from __future__ import annotations

import logging

from redis.asyncio import Redis
from redis.exceptions import RedisError

LOG = logging.getLogger(__name__)
KEPT_FOR_SECONDS = 3600


def _key(world_id: str, version: int, form: int) -> str:
    return f"analysis:{form}:{world_id}:{version}"


async def get(redis: Redis, world_id: str, version: int, form: int) -> bytes | None:
    """The analysis of a world at a version, or None; also while Redis is down."""
    try:
        found = await redis.get(_key(world_id, version, form))
    except (RedisError, OSError) as error:
        LOG.warning("the cache does not answer: %s", error)
        return None
    return found if isinstance(found, bytes) else None


async def put(redis: Redis, world_id: str, version: int, form: int, analysis: bytes) -> None:
    """Keep an analysis for the next who asks; while Redis is down it is not kept."""
    try:
        await redis.set(_key(world_id, version, form), analysis, ex=KEPT_FOR_SECONDS)
    except (RedisError, OSError) as error:
        LOG.warning("the cache does not answer: %s", error)
