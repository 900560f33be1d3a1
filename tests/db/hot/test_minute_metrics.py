"""How decisions went, minute by minute."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import pytest
from redis.asyncio import Redis

from db.connection import Stores
from db.hot import minute_metrics
from db.hot.minute_metrics import Decided, DecisionMinuteRow
from db.hot.troubles import UnreadableError

NOW = datetime(2031, 5, 4, 12, 30, 20, tzinfo=UTC)
THIS = NOW.replace(second=0)


@pytest.fixture
async def redis(stores: Stores) -> AsyncIterator[Redis]:
    """Nothing was decided."""
    yield stores.redis
    keys = [key async for key in stores.redis.scan_iter("metrics:decisions:2031*")]
    if keys:
        await stores.redis.delete(*keys)


async def test_each_minute_is_counted_and_the_average_is_of_all(redis: Redis) -> None:
    before = NOW - timedelta(minutes=2)
    await minute_metrics.note(redis, [Decided(NOW, True, 100), Decided(before, False)], NOW)
    await minute_metrics.note(
        redis, [Decided(NOW, True, 200), Decided(NOW, False, 600), Decided(NOW, False)], NOW
    )

    assert await minute_metrics.latest(redis, NOW, 4) == [
        DecisionMinuteRow(THIS - timedelta(minutes=3)),
        DecisionMinuteRow(THIS - timedelta(minutes=2), total=1, rule_used=1),
        DecisionMinuteRow(THIS - timedelta(minutes=1)),
        DecisionMinuteRow(THIS, total=4, llm_used=2, rule_used=2, avg_latency=300),
    ]


async def test_it_stands_in_redis_as_other_programs_know_it(redis: Redis) -> None:
    await minute_metrics.note(redis, [Decided(NOW, True, 100)], NOW)

    name = "metrics:decisions:2031-05-04T12:30"
    assert await redis.hmget(name, "total", "llm_used", "rule_used", "avg_latency") == [
        b"1",
        b"1",
        b"0",
        b"100",
    ]
    assert 3590 < await redis.ttl(name) <= 3600


async def test_what_is_older_than_an_hour_is_not_kept(redis: Redis) -> None:
    await minute_metrics.note(redis, [Decided(NOW - timedelta(minutes=61), True)], NOW)
    await minute_metrics.note(redis, [], NOW)

    assert sum(one.total for one in await minute_metrics.latest(redis, NOW, 60)) == 0
    assert [key async for key in redis.scan_iter("metrics:decisions:2031*")] == []


async def test_what_is_no_count_is_told(redis: Redis) -> None:
    await redis.hset("metrics:decisions:2031-05-04T12:29", "total", "some")
    await redis.set("metrics:decisions:2031-05-04T12:30", "some")

    for now in (NOW, NOW - timedelta(minutes=1)):
        with pytest.raises(UnreadableError, match="metrics:decisions:2031-05-04T12:"):
            await minute_metrics.latest(redis, now, 1)
