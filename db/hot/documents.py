"""Texts of operations that clients have registered by their hash, so that all servers know them."""

from __future__ import annotations

import logging

from redis.asyncio import Redis
from redis.exceptions import RedisError

LOG = logging.getLogger(__name__)
KEPT_FOR_SECONDS = 24 * 3600


async def get(redis: Redis, digest: str) -> str | None:
    """The text of this hash, or None; also while Redis is down."""
    try:
        found = await redis.get(f"document:{digest}")
        return found.decode() if isinstance(found, bytes) else None
    except (RedisError, OSError, UnicodeDecodeError) as error:
        LOG.warning("the cache does not answer: %s", error)
        return None


async def put(redis: Redis, digest: str, text: str) -> None:
    """Keep a text for the other servers; while Redis is down it is not kept."""
    try:
        await redis.set(f"document:{digest}", text, ex=KEPT_FOR_SECONDS)
    except (RedisError, OSError) as error:
        LOG.warning("the cache does not answer: %s", error)
