"""Whoever watches a world is told of its versions, also after the connection that listens was lost."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest
from graphql import GraphQLError

from db.connection import Stores
from db.main.worlds import WorldVersion
from resolvers import watching
from resolvers.watching import Watch, Watching
from tests.world import World

LISTENERS = """
SELECT pid FROM pg_stat_activity
 WHERE datname = current_database() AND pid <> pg_backend_pid() AND query LIKE 'SELECT world_id, incarnation%'
"""


@pytest.fixture
async def hub(stores: Stores, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Watching]:
    """Watches the worlds of this test, looking often."""
    monkeypatch.setattr(watching, "LOOK_SECONDS", 0.2)
    monkeypatch.setattr(watching, "RETRY_SECONDS", 0.05)
    async with Watching.over(stores) as made:
        yield made


async def newest(watch: Watch) -> WorldVersion:
    """The next event."""
    return await asyncio.wait_for(anext(watch), 5)


async def test_the_first_event_is_the_world_as_it_is(hub: Watching, world: World) -> None:
    await world.alliance("Reds")

    told = await newest(await hub.world(world.world_id))

    assert (told.world_id, told.version) == (world.world_id, await world.version())


async def test_each_change_is_told(hub: Watching, world: World) -> None:
    watch = await hub.world(world.world_id)
    first = await newest(watch)
    for number in range(1, 4):
        await world.alliance(f"Reds {number}")

        assert (await newest(watch)).version == first.version + number


async def test_all_are_told_with_the_same_event(hub: Watching, world: World) -> None:
    watches = [await hub.world(world.world_id) for _ in range(5)]
    for watch in watches:
        await newest(watch)
    await world.alliance("Reds")

    told = [await newest(watch) for watch in watches]

    assert len({id(one) for one in told}) == 1


async def test_whoever_is_slow_is_told_the_newest_alone(hub: Watching, world: World) -> None:
    slow, quick = await hub.world(world.world_id), await hub.world(world.world_id)
    for number in range(5):
        await world.alliance(f"Reds {number}")
    while (await newest(quick)).version < await world.version():
        pass

    assert (await newest(slow)).version == await world.version()
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(anext(slow), 0.3)


async def test_worlds_are_watched_apart(hub: Watching, world: World) -> None:
    other = await World.new(world.pool, world.urls)
    mine, theirs = await hub.world(world.world_id), await hub.world(other.world_id)
    await newest(mine)
    await newest(theirs)
    await other.alliance("Reds")

    assert (await newest(theirs)).world_id == other.world_id
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(anext(mine), 0.3)


async def test_what_was_not_heard_is_found(
    hub: Watching, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Watching, "_hear", lambda *_: None)
    watch = await hub.world(world.world_id)
    await newest(watch)
    await world.alliance("Reds")

    assert (await newest(watch)).version == await world.version()


async def test_a_lost_connection_is_made_anew(hub: Watching, world: World) -> None:
    watch = await hub.world(world.world_id)
    await newest(watch)
    await asyncio.sleep(0.1)
    lost = await world.run(f"SELECT pg_terminate_backend(pid) FROM ({LISTENERS}) l")
    await world.alliance("Reds")

    assert len(lost) >= 1
    assert (await newest(watch)).version == await world.version()
    await world.alliance("Blues")
    assert (await newest(watch)).version == await world.version()


async def test_a_world_that_is_not_there_is_named(hub: Watching) -> None:
    with pytest.raises(GraphQLError, match="There is no world 'nowhere'"):
        await hub.world("nowhere")

    assert hub._worlds == {}


async def test_a_world_that_goes_ends_its_watches(hub: Watching, world: World) -> None:
    watch = await hub.world(world.world_id)
    await newest(watch)
    await world.run("DELETE FROM worlds WHERE world_id = $1", world.world_id)

    with pytest.raises(StopAsyncIteration):
        await newest(watch)
    with pytest.raises(GraphQLError, match="There is no world"):
        await hub.world(world.world_id)


async def test_a_world_that_takes_the_place_of_another_begins_anew(hub: Watching, world: World) -> None:
    for number in range(3):
        await world.alliance(f"Reds {number}")
    watch = await hub.world(world.world_id)
    before = await newest(watch)
    async with world.transaction() as conn:
        await conn.execute("DELETE FROM worlds WHERE world_id = $1", world.world_id)
        await conn.execute("INSERT INTO worlds (world_id, name) VALUES ($1, 'another')", world.world_id)

    after = await newest(watch)

    assert after.incarnation != before.incarnation
    assert after.version < before.version


async def test_nothing_is_kept_for_those_who_left(hub: Watching, world: World) -> None:
    watch = await hub.world(world.world_id)
    await newest(watch)
    del watch
    await asyncio.sleep(0.5)

    assert hub._worlds == {}
    assert await world.run(LISTENERS) == []


async def test_the_end_of_the_server_ends_every_watch(stores: Stores, world: World) -> None:
    async with Watching.over(stores) as hub:
        watch = await hub.world(world.world_id)

    with pytest.raises(StopAsyncIteration):
        await newest(watch)


async def test_many_watches_cost_one_statement_in_a_while(
    hub: Watching, world: World, statements: list[str]
) -> None:
    others = [await World.new(world.pool, world.urls) for _ in range(3)]
    watches = [await hub.world(one.world_id) for one in [world, *others] for _ in range(25)]
    await asyncio.sleep(0.1)
    statements.clear()
    await asyncio.sleep(0.5)

    assert len(watches) == 100
    assert 1 <= len(statements) <= 3
