"""A month of memories gets a partition of its own, whatever of it waits in the default one."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import asyncpg

from entente.commands.migrate import migrate_all
from entente.stores import StoreUrls
from tests.servers import Servers
from tests.world import World

PLACES = "SELECT id, tableoid::regclass::text AS place FROM npc_memory WHERE world_id = $1"
LAST_MOMENT = datetime(2001, 4, 30, 23, 59, 59, 999999, tzinfo=UTC)


async def test_waiting_memories_move_into_the_new_partition(world: World) -> None:
    bela = await world.npc("Bela")
    inside = [
        await world.memory(bela, occurred_at=at) for at in (datetime(2001, 4, 1, tzinfo=UTC), LAST_MOMENT)
    ]
    outside = [
        await world.memory(bela, occurred_at=datetime(*day, tzinfo=UTC))
        for day in ((2001, 3, 31), (2001, 5, 1))
    ]

    assert await _make(world, date(2001, 4, 17)) is True

    assert await _partitions(world) == {
        **{memory.memory_id: "npc_memory_2001_04" for memory in inside},
        **{memory.memory_id: "npc_memory_default" for memory in outside},
    }
    assert await _make(world, date(2001, 4, 1)) is False


async def test_a_new_memory_finds_its_partition(world: World) -> None:
    bela = await world.npc("Bela")
    await _make(world, date(2002, 1, 31))

    memory = await world.memory(bela, occurred_at=datetime(2002, 1, 1, tzinfo=UTC))
    recent = await world.memory(bela)

    found = await _partitions(world)
    assert found[memory.memory_id] == "npc_memory_2002_01"
    assert found[recent.memory_id] == datetime.now(UTC).strftime("npc_memory_%Y_%m")


async def test_partitions_that_are_made_at_the_same_time_while_memories_come(world: World) -> None:
    bela = await world.npc("Bela")
    moments = [datetime(2003, month, 1, tzinfo=UTC) for month in range(1, 5) for _ in range(3)]

    made = await asyncio.gather(
        *(_make(world, date(2003, month, 3)) for month in range(1, 5) for _ in range(2)),
        *(world.memory(bela, occurred_at=moment) for moment in moments),
    )

    assert made[:8].count(True) == 4
    for month in range(1, 5):
        await _make(world, date(2003, month, 1))
    assert len(await _partitions(world)) == 12


async def test_the_limits_of_a_month_do_not_depend_on_the_time_zone(world: World) -> None:
    bela = await world.npc("Bela")
    memory = await world.memory(bela, occurred_at=datetime(2004, 6, 30, 23, tzinfo=UTC))

    async with world.transaction() as conn:
        await conn.execute("SET LOCAL timezone = 'Asia/Tokyo'")
        await conn.fetchval("SELECT make_memory_partition('2004-06-15')")

    assert (await _partitions(world))[memory.memory_id] == "npc_memory_2004_06"


async def test_each_start_makes_the_months_ahead(servers: Servers, urls: StoreUrls, worker_id: str) -> None:
    main = await servers.create(f"months_{worker_id}", template=f"{servers.prefix}main")
    async with asyncpg.create_pool(main, min_size=0, max_size=1) as pool:
        world = await World.new(pool, urls)
        bela = await world.npc("Bela")
        ahead = (datetime.now(UTC).replace(day=1) + timedelta(days=70)).strftime("npc_memory_%Y_%m")
        await world.run(f"DROP TABLE {ahead}")  # as if the migration had been two months ago
        await world.run("DELETE FROM worlds WHERE world_id <> $1", world.world_id)
        memory = await world.memory(bela, occurred_at=datetime.now(UTC).replace(day=1) + timedelta(days=70))
        before = (await _partitions(world))[memory.memory_id]

        await migrate_all(
            replace(urls, main=main, worlds=servers.database(f"months_{worker_id}_{{world_id}}"))
        )

        assert (before, (await _partitions(world))[memory.memory_id]) == ("npc_memory_default", ahead)


async def _make(world: World, day: date) -> bool:
    return bool(await world.value("SELECT make_memory_partition($1)", day))


async def _partitions(world: World) -> dict[int, str]:
    records = await world.run(PLACES, world.world_id)
    return {record["id"]: record["place"] for record in records}
