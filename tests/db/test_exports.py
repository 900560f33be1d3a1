"""Exports: every row of a world and nothing of others, as of one moment, and it can be taken in again."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from contextlib import aclosing
from datetime import UTC, datetime
from typing import Any

import asyncpg
import orjson
import pytest

from db import exports
from db.connection import Stores, open_stores
from db.exports import LEFT_OUT, MAIN, METRICS, OF_WORLD, NoSuchWorldError
from db.world import databases
from entente.stores import StoreUrls
from tests.servers import Servers
from tests.world import World

NewWorld = Callable[[], Awaitable[World]]
BOOKKEEPING = {"schema_versions", "alembic_version_main", "alembic_version_metrics", "alembic_version_world"}
TABLES = """
SELECT relname FROM pg_class
 WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p') AND NOT relispartition
"""
TAKE_IN = "INSERT INTO {table} ({columns}) SELECT {columns} FROM jsonb_populate_recordset(NULL::{table}, $1)"


async def lines(stores: Stores, world: World) -> list[dict[str, Any]]:
    """What is exported of a world."""
    async with aclosing(exports.world(stores, world.world_id, lambda *_: None)) as parts:
        return [orjson.loads(line) async for some in parts for line in some]


async def live(world: World) -> None:
    """A little of everything."""
    bela, otto = await world.npc("Bela"), await world.npc("Otto")
    zed = await world.player("Zed")
    reds = await world.alliance("Reds", [otto], leader=bela)
    await world.village(bela)
    await world.treaty("nap", reds, zed, terms={"notice": "ö\n"})
    await world.trusts(bela, otto, 20)
    await world.memory(bela, otto)
    await world.decision(bela)
    asked = await world.message(bela, otto)
    answer = await world.message(otto, bela, thread_id=asked.message_id)
    await world.run("UPDATE npc_messages SET reply_message_id = $2 WHERE world_id = $3 AND id = $1",
                    asked.message_id, answer.message_id, world.world_id)  # fmt: skip
    await world.battle(bela, otto, resources_gained=2**62)
    await world.trade(bela, otto)
    await world.measured(bela, datetime(2026, 11, 1, tzinfo=UTC), wood=5)


async def test_no_table_is_forgotten(stores: Stores, world: World) -> None:
    await world.village(await world.player("Zed"))
    async with stores.main.acquire() as main, stores.worlds.acquire(world.world_id) as of_world:
        there_are = {row[0] for conn in (main, of_world) for row in await conn.fetch(TABLES)}
    assert there_are - BOOKKEEPING == {one.name for one in (*MAIN, *OF_WORLD, *METRICS)} | set(LEFT_OUT)


async def test_a_world_is_whole_and_alone(stores: Stores, world: World, new_world: NewWorld) -> None:
    other = await new_world()
    await live(other)
    await live(world)

    head, *rows, end = await lines(stores, world)

    assert (head["entente"], head["world_id"]) == ("world", world.world_id)
    assert head["version"] == await world.version()
    counts = {name: sum(row["table"] == name for row in rows) for name in end["rows"]}
    assert end == {"end": True, "rows": counts}
    assert {name for name, count in counts.items() if count} >= {
        "npcs", "worlds", "alliances", "players", "npc_metrics", "villages", "graph_changes", "npc_messages"
    }  # fmt: skip
    assert counts["npcs"] == 2
    assert {row["row"].get("world_id", world.world_id) for row in rows} == {world.world_id}


async def test_what_happens_meanwhile_is_not_in_it(stores: Stores, world: World) -> None:
    await live(world)
    async with aclosing(exports.world(stores, world.world_id, lambda *_: None)) as parts:
        got = await anext(parts)
        await world.player("Late")
        got += [line async for some in parts for line in some]
    assert [line for line in got if "Late of" in line] == []


async def test_it_can_be_taken_in_again(
    stores: Stores, world: World, servers: Servers, urls: StoreUrls
) -> None:
    """Each table in one statement, in this order, into databases that are empty yet."""
    await live(world)
    before = await lines(stores, world)
    main = await servers.create(f"again_{world.world_id}", template=f"{servers.prefix}main")
    pattern = servers.database("again_of_{world_id}")
    await databases.create(main, pattern, world.world_id)
    of_world = pattern.replace("{world_id}", world.world_id)
    tables: dict[str, list[Any]] = {}
    for line in before[1:-1]:
        tables.setdefault(line["table"], []).append(line["row"])
    for url, names in ((main, (*MAIN, *METRICS)), (of_world, OF_WORLD)):
        conn = await asyncpg.connect(url)
        async with conn.transaction():
            await conn.execute("SET CONSTRAINTS ALL DEFERRED")
            for table in names:
                await _take_in(conn, table.name, tables.get(table.name, []))
        await conn.close()
    async with open_stores(main, pattern, urls.redis) as again:
        after = await lines(again, world)
    assert after[1:] == before[1:]


async def _take_in(conn: Any, table: str, rows: list[Any]) -> None:
    # What follows from the rows is among them.
    await conn.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
    if rows:
        columns = ", ".join(rows[0])
        await conn.execute(TAKE_IN.format(table=table, columns=columns), orjson.dumps(rows).decode())


async def test_there_is_no_such_world(stores: Stores) -> None:
    with pytest.raises(NoSuchWorldError, match="There is no world 'nowhere'"):
        await anext(exports.world(stores, "nowhere", lambda *_: None))
