"""Who is online: whoever was active within ten minutes."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import pytest
from redis.asyncio import Redis

from db.batches import fetch
from db.connection import Stores
from db.hot import sessions
from db.hot.sessions import OF_NPC, SessionRow
from db.outages import StoreUnavailableError
from db.paging import Ask
from db.viewer import ADMIN
from tests.waiting import becomes

NOW = datetime.now(UTC).replace(microsecond=0)


@pytest.fixture
async def redis(stores: Stores) -> AsyncIterator[Redis]:
    """Nobody is online."""
    await stores.redis.delete(sessions.EVERYBODY)
    yield stores.redis
    await stores.redis.delete(sessions.EVERYBODY)


async def test_the_most_recently_active_come_first(redis: Redis) -> None:
    for npc_id, ago in ((1, 3), (2, 1), (3, 2)):
        await sessions.touch(redis, SessionRow(npc_id, NOW - timedelta(minutes=ago)))
    await sessions.touch(redis, SessionRow(1, NOW))

    online = await sessions.online(redis, NOW, 10)

    assert [one.npc_id for one in online] == [1, 2, 3]
    assert online[0].last_activity == NOW
    assert await sessions.online(redis, NOW, 1) == online[:1]
    assert await sessions.online(redis, NOW, 0) == []


async def test_who_is_not_heard_of_for_ten_minutes_has_left(redis: Redis) -> None:
    await sessions.touch(redis, SessionRow(1, NOW))
    await sessions.touch(redis, SessionRow(2, NOW + timedelta(minutes=9)))

    later = NOW + timedelta(minutes=10)
    assert [one.npc_id for one in await sessions.online(redis, later, 10)] == [2]

    await sessions.touch(redis, SessionRow(2, later))
    assert await redis.zrange(sessions.EVERYBODY, 0, -1) == [b"2"]  # nothing grows


async def test_it_stands_in_redis_as_other_programs_know_it(redis: Redis, stores: Stores) -> None:
    await sessions.touch(redis, SessionRow(7301, NOW))

    assert await redis.get("npc:active:7301") == NOW.isoformat().encode()
    assert 590 < await redis.ttl("npc:active:7301") <= 600
    keys = [(ADMIN, (7301,)), (ADMIN, (7302,))]
    assert await fetch(stores, OF_NPC, Ask(), keys) == [[SessionRow(7301, NOW)], []]

    await redis.pexpire("npc:active:7301", 1)

    async def gone() -> bool:
        return await fetch(stores, OF_NPC, Ask(), keys) == [[], []]

    await becomes(gone)


async def test_what_is_no_moment_is_told(redis: Redis, stores: Stores) -> None:
    await redis.set("npc:active:7303", "now")
    [found] = await fetch(stores, OF_NPC, Ask(), [(ADMIN, (7303,))])

    assert isinstance(found, StoreUnavailableError)
