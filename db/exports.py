"""Exports: a world as lines of JSON, as of one moment, in an order in which it can be taken in again."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from typing import Any

import asyncpg
import orjson

from db.connection import Connection, Stores
from db.outages import naming_the_store

FORMAT = 1
AT_ONCE = 1000
Told = Callable[[str, int, int], None]
"""Called with a table, how many of its rows are written, and how many it has."""


class NoSuchWorldError(Exception):
    """There is no world of this id; the message says so."""


@dataclass(frozen=True, slots=True)
class Table:
    """A table, and which of its rows belong to the world `$1`."""

    name: str
    where: str = "t.world_id = $1"


# NPCs are known across worlds. Those that anything here is about come along, wherever else they play.
_ABOUT_NPCS = """
players npc_world_state npc_relationships trust_events npc_memory npc_decisions npc_battle_history
npc_trade_history
"""
_NPCS = " UNION ".join(f"SELECT npc_id FROM {one} WHERE world_id = $1" for one in _ABOUT_NPCS.split())

# Each table after those that it points to. Who leads an alliance can be checked at the end; that messages are
# answered by later ones, once all messages are there.
MAIN = (
    Table("npcs", f"t.id IN ({_NPCS})"),
    Table("npc_versions", f"t.npc_id IN ({_NPCS})"),
    Table("worlds"),
    Table("alliances"),
    Table("players"),
    Table("alliance_members"),
    Table("membership_events"),
    Table("npc_world_state"),
    Table("npc_relationships"),
    Table("relationship_events"),
    Table("trust_events"),
    Table("treaties"),
    Table("treaty_events"),
    Table("treaty_states"),
    Table("npc_memory"),
    Table("npc_decisions"),
    Table("npc_messages"),
    Table("npc_battle_history"),
    Table("npc_trade_history"),
    Table("world_feeds"),
    Table("graph_changes"),
)
METRICS = (Table("npc_metrics"),)
OF_WORLD = tuple(
    Table(name, "$1::text IS NOT NULL")
    for name in (
        "villages",
        "village_resources",
        "village_buildings",
        "troops",
        "build_queue",
        "npc_village_config",
        "npc_build_queue_history",
    )
)
LEFT_OUT = {
    "api_keys": "secrets",
    "idempotency_keys": "of clients, for a day",
    "decision_claims": "of workers, for as long as they work",
    "npc_metrics_hours": "follow from the samples",
    "npc_metrics_dirty": "follow from the samples",
}
"""What is not exported, and why."""

# Generated columns are left out: nobody could write them.
SHAPE = """
SELECT (SELECT string_agg('t.' || quote_ident(a.attname), ', ' ORDER BY a.attnum) FROM pg_attribute a
         WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = ''),
       (SELECT string_agg('t.' || quote_ident(a.attname), ', ' ORDER BY k.place)
          FROM pg_index i
         CROSS JOIN LATERAL unnest(i.indkey) WITH ORDINALITY AS k (attnum, place)
          JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = k.attnum
         WHERE i.indrelid = c.oid AND i.indisprimary)
  FROM pg_class c WHERE c.oid = to_regclass($1)
"""
WORLD = "SELECT version, incarnation::text, now() AS exported_at FROM worlds WHERE world_id = $1"


async def world(stores: Stores, world_id: str, told: Told) -> AsyncGenerator[list[str], None]:
    """The lines of a world, some at a time: one that says what it is, one for each row, one at the end with
    the number of rows of each table. Without the last one it is not whole."""
    async with AsyncExitStack() as stack:
        main = await stack.enter_async_context(_snapshot("The global database", stores.main.acquire()))
        head = await main.fetchrow(WORLD, world_id)
        if head is None:
            raise NoSuchWorldError(f"There is no world {world_id!r}.")
        parts = [*((main, one) for one in MAIN)]
        parts += [(one, table) for one in await _of_world(stack, stores, world_id) for table in OF_WORLD]
        metrics = main
        if stores.metrics_are_apart:
            acquired = stores.metrics.acquire()
            metrics = await stack.enter_async_context(_snapshot("The metrics database", acquired))
        parts += [(metrics, one) for one in METRICS]
        yield [_line(entente="world", format=FORMAT, world_id=world_id, **head)]
        rows = {}
        for conn, table in parts:
            rows[table.name] = 0
            async for lines in _rows(conn, table, world_id, told):
                rows[table.name] += len(lines)
                yield lines
        yield [_line(end=True, rows=rows)]


async def _of_world(stack: AsyncExitStack, stores: Stores, world_id: str) -> list[Connection]:
    """A connection to the world's own database; none where that is another game's."""
    if world_id in stores.worlds.attached:
        return []
    name = f"The database of world {world_id!r}"
    return [await stack.enter_async_context(_snapshot(name, stores.worlds.acquire(world_id)))]


@asynccontextmanager
async def _snapshot(name: str, acquired: Any) -> AsyncIterator[Connection]:
    """A connection that sees its database as it is at the first statement, whatever happens meanwhile."""
    with naming_the_store(name):
        async with acquired as conn, conn.transaction(isolation="repeatable_read", readonly=True):
            await conn.execute("SET LOCAL timezone = 'UTC'")
            yield conn


async def _rows(conn: Connection, table: Table, world_id: str, told: Told) -> AsyncGenerator[list[str], None]:
    columns, key = await conn.fetchrow(SHAPE, table.name) or (None, None)
    source = f"FROM {table.name} t WHERE {table.where}"
    of, done = await conn.fetchval(f"SELECT count(*) {source}", world_id), 0
    sql = f"SELECT row_to_json(r)::text FROM (SELECT {columns} {source} ORDER BY {key}) r"
    cursor = await conn.cursor(sql, world_id)
    while found := await cursor.fetch(AT_ONCE):
        yield _lines(table, found)
        done += len(found)
        told(table.name, done, of)


def _lines(table: Table, found: Sequence[asyncpg.Record]) -> list[str]:
    return [f'{{"table":"{table.name}","row":{record[0]}}}\n' for record in found]


def _line(**values: Any) -> str:
    return orjson.dumps(values).decode() + "\n"
