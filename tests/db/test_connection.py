"""Pools connect when they are first asked, and only so many worlds keep theirs."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable

import asyncpg
import pytest

import db.connection
from db.connection import Stores, WorldPools, connect, open_stores
from db.world import databases
from entente.stores import StoreUrls
from tests.servers import Servers
from tests.world import World

NOWHERE = "postgresql://nobody@127.0.0.1:1/nothing"
NAMES = ("one", "two", "three", "four")

NewWorld = Callable[[], Awaitable[World]]
Connected = Callable[[set[str]], Awaitable[bool]]


async def test_stores_that_are_down_can_be_opened(urls: StoreUrls) -> None:
    async with open_stores(NOWHERE, f"{NOWHERE}_{{world_id}}", urls.redis) as stores:
        with pytest.raises(OSError, match="Connect call failed"):
            await stores.main.fetchval("SELECT 1")
        with pytest.raises(OSError, match="Connect call failed"):
            async with stores.worlds.acquire("somewhere"):
                pass
        assert await stores.redis.ping()


async def test_json_comes_and_goes_as_values(stores: Stores, urls: StoreUrls) -> None:
    value = {"a": [1, 2.5, None, "ü"]}
    alone = await connect(urls.main)

    for conn in (stores.main, alone):
        row = await conn.fetchrow("SELECT $1::jsonb AS a, $1::json AS b", value)
        assert row is not None
        assert [row["a"], row["b"]] == [value, value]
    await alone.close()


async def test_a_statement_of_a_request_does_not_run_for_ever(stores: Stores) -> None:
    assert await stores.main.fetchval("SHOW statement_timeout") == "30s"
    assert await stores.main.fetchval("SHOW application_name") == "entente"


async def test_the_pool_recovers_from_connections_that_were_cut(
    stores: Stores, workshop: asyncpg.Pool[asyncpg.Record]
) -> None:
    mine = await stores.main.fetchval("SELECT pg_backend_pid()")

    await workshop.execute("SELECT pg_terminate_backend($1)", mine)
    await asyncio.sleep(0.05)

    assert await stores.main.fetchval("SELECT pg_backend_pid()") != mine


async def test_each_world_has_a_database_of_its_own(
    stores: Stores, urls: StoreUrls, world: World, new_world: NewWorld
) -> None:
    other = await new_world()
    for each in (world, other):
        await databases.create(urls.main, urls.worlds, each.world_id)

    async with stores.worlds.acquire(world.world_id) as mine, stores.worlds.acquire(other.world_id) as its:
        names = [await conn.fetchval("SELECT current_database()") for conn in (mine, its)]

    assert f"/{names[0]}?" in f"{urls.world(world.world_id)}?"
    assert f"/{names[1]}?" in f"{urls.world(other.world_id)}?"


async def test_a_world_without_a_database_is_told_apart_and_can_get_one(
    stores: Stores, urls: StoreUrls, world: World
) -> None:
    for _ in range(2):
        with pytest.raises(asyncpg.InvalidCatalogNameError):
            async with stores.worlds.acquire(world.world_id):
                pass

    await databases.create(urls.main, urls.worlds, world.world_id)

    async with stores.worlds.acquire(world.world_id) as conn:
        assert await conn.fetchval("SELECT count(*) FROM villages") == 0


async def test_the_world_not_asked_for_longest_makes_room(
    few_worlds: WorldPools, connected: Connected
) -> None:
    for name in ("one", "two", "one", "three"):
        assert await _ask(few_worlds, name)
    assert await connected({"one", "three"})

    await _ask(few_worlds, "two")
    assert await connected({"two", "three"})


async def test_a_world_in_use_is_waited_for_and_never_cut_off(few_worlds: WorldPools) -> None:
    async with few_worlds.acquire("one") as one:
        async with few_worlds.acquire("two"):
            third = asyncio.ensure_future(_ask(few_worlds, "three"))
            await asyncio.sleep(0.05)
            assert not third.done()
        assert await asyncio.wait_for(third, 5)
        assert await one.fetchval("SELECT 1") == 1


async def test_many_questions_to_many_worlds_are_all_answered(few_worlds: WorldPools) -> None:
    names = [*NAMES] * 12

    answers = await asyncio.wait_for(asyncio.gather(*(_ask(few_worlds, name) for name in names)), 20)

    assert [answer.rpartition("_")[2] for answer in answers] == names


async def test_who_gives_up_waiting_leaves_the_place_to_others(few_worlds: WorldPools) -> None:
    async with few_worlds.acquire("one"), few_worlds.acquire("two"):
        impatient = [asyncio.ensure_future(_ask(few_worlds, "three")) for _ in range(3)]
        patient = asyncio.ensure_future(_ask(few_worlds, "four"))
        await asyncio.sleep(0.02)
        for each in impatient:
            each.cancel()

    assert await asyncio.wait_for(patient, 5)


@pytest.fixture(scope="session")
async def pattern(servers: Servers, worker_id: str) -> str:
    """Where four empty databases are."""
    for name in NAMES:
        await servers.create(f"pool_{worker_id}_{name}")
    return servers.database(f"pool_{worker_id}_{{world_id}}")


@pytest.fixture
async def few_worlds(pattern: str, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[WorldPools]:
    """Room for the pools of two worlds."""
    monkeypatch.setattr(db.connection, "CONNECTIONS_OF_ALL_WORLDS", 8)
    pools = WorldPools(pattern)
    yield pools
    await pools.close()


@pytest.fixture
def connected(
    servers: Servers, worker_id: str, workshop: asyncpg.Pool[asyncpg.Record]
) -> Callable[[set[str]], Awaitable[bool]]:
    """Whether connections to just these databases remain; the server needs a moment to notice."""
    names = "SELECT DISTINCT datname FROM pg_stat_activity WHERE starts_with(datname, $1)"
    prefix = f"{servers.prefix}pool_{worker_id}_"

    async def connected(expected: set[str]) -> bool:
        for _ in range(100):
            if {row[0].removeprefix(prefix) for row in await workshop.fetch(names, prefix)} == expected:
                return True
            await asyncio.sleep(0.02)
        return False

    return connected


async def _ask(pools: WorldPools, name: str) -> str:
    async with pools.acquire(name) as conn:
        return str(await conn.fetchval("SELECT current_database()"))
