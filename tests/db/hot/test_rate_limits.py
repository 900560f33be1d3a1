"""How often a language model is asked: ten times a minute at most, counted in one step."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta

import pytest
from redis.asyncio import Redis

from db.batches import fetch
from db.connection import Stores
from db.hot import rate_limits
from db.hot.rate_limits import MOST_CALLS, OF_NPC, LlmAllowanceRow
from db.hot.troubles import UnreadableError
from db.outages import StoreUnavailableError
from db.paging import Ask
from db.viewer import ADMIN


@pytest.fixture
async def redis(stores: Stores) -> Redis:
    """Nobody has spent anything."""
    for npc_id in (7401, 7402, 7403):
        await stores.redis.delete(rate_limits.key(npc_id))
    return stores.redis


async def left(stores: Stores, npc_id: int) -> LlmAllowanceRow:
    [[found]] = await fetch(stores, OF_NPC, Ask(), [(ADMIN, (npc_id,))])  # type: ignore[misc]
    return found


async def test_ten_calls_a_minute(redis: Redis, stores: Stores) -> None:
    assert await left(stores, 7401) == LlmAllowanceRow(7401, 10, 10, None)

    granted, row = await rate_limits.spend(redis, 7401, 9)
    assert granted
    assert await left(stores, 7401) == row
    assert row.left == 1
    assert row.refills_at is not None
    assert timedelta(seconds=50) < row.refills_at - datetime.now(UTC) < timedelta(seconds=61)

    assert await rate_limits.spend(redis, 7401, 2) == (False, row)  # and nothing is spent
    assert (await rate_limits.spend(redis, 7401, 1))[0]
    assert not (await rate_limits.spend(redis, 7401, 1))[0]
    assert await redis.get("ratelimit:llm:7401") == b"10"


async def test_however_many_ask_at_once(redis: Redis) -> None:
    asked = await asyncio.gather(*(rate_limits.spend(redis, 7402) for _ in range(50)))

    assert sum(granted for granted, _ in asked) == MOST_CALLS


async def test_a_counter_without_an_end_is_given_one(redis: Redis) -> None:
    await redis.set("ratelimit:llm:7403", 12)

    granted, row = await rate_limits.spend(redis, 7403)

    assert (granted, row.left) == (False, 0)
    assert 50 < await redis.ttl("ratelimit:llm:7403") <= 60


async def test_what_is_no_number_is_told(redis: Redis, stores: Stores) -> None:
    await redis.set("ratelimit:llm:7403", "many")
    with pytest.raises(UnreadableError, match="ratelimit:llm:7403"):
        await rate_limits.spend(redis, 7403)
    await redis.delete("ratelimit:llm:7403")
    await redis.lpush("ratelimit:llm:7403", "many")
    found = await fetch(stores, OF_NPC, Ask(), [(ADMIN, (7403,)), (ADMIN, (7401,))])

    assert isinstance(found[0], StoreUnavailableError)
    assert isinstance(found[1], list)
