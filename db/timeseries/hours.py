"""Hours: what the samples of each come to, stored when it is over, and again when more come for it late."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from db.affected import affected
from db.connection import Connection

HOURS_AT_ONCE = 2000
HOUR = timedelta(hours=1)

WITH_TIMESCALE = "SELECT to_regclass('npc_metrics_default') IS NULL"

# Who brings samples marks an hour before committing them: so whoever has taken the mark away sees them.
TAKE = """
DELETE FROM npc_metrics_dirty d
 USING (SELECT world_id, npc_id, hour FROM npc_metrics_dirty WHERE hour < $1
         ORDER BY world_id, npc_id, hour LIMIT $2 FOR UPDATE SKIP LOCKED) t
 WHERE d.world_id = t.world_id AND d.npc_id = t.npc_id AND d.hour = t.hour
RETURNING d.world_id, d.npc_id, d.hour
"""
_TAKEN = "unnest($1::text[], $2::int[], $3::timestamptz[]) AS d (world_id, npc_id, hour)"
REMOVE = f"""
DELETE FROM npc_metrics_hours h USING {_TAKEN}
 WHERE h.world_id = d.world_id AND h.npc_id = d.npc_id AND h.hour = d.hour
"""
STORE = f"""
INSERT INTO npc_metrics_hours
SELECT h.* FROM {_TAKEN}
 CROSS JOIN LATERAL npc_metrics_between(d.world_id, d.npc_id, d.hour, d.hour + interval '1 hour') h
"""

MARKED = """
SELECT world_id, npc_id, hour, marked FROM npc_metrics_dirty WHERE hour < $1 ORDER BY hour LIMIT $2
"""
REFRESH = "CALL refresh_continuous_aggregate('npc_metrics_hours', $1::timestamptz, $2::timestamptz)"
UNMARK = """
DELETE FROM npc_metrics_dirty d
 USING unnest($1::text[], $2::int[], $3::timestamptz[], $4::bigint[]) AS t (world_id, npc_id, hour, marked)
 WHERE d.world_id = t.world_id AND d.npc_id = t.npc_id AND d.hour = t.hour AND d.marked = t.marked
"""


async def store(conn: Connection, now: datetime) -> int:
    """Store the hours that are over and that samples came for; says how many. The connection must be in no
    transaction."""
    some = _refresh_some if await conn.fetchval(WITH_TIMESCALE) else _store_some
    stored = 0
    while done := await some(conn, now - HOUR):
        stored += done
    return stored


async def _store_some(conn: Connection, before: datetime) -> int:
    async with conn.transaction():
        taken = await conn.fetch(TAKE, before, HOURS_AT_ONCE)
        await conn.execute(REMOVE, *_columns(taken, 3))
        await conn.execute(STORE, *_columns(taken, 3))
    return len(taken)


async def _refresh_some(conn: Connection, before: datetime) -> int:
    """TimescaleDB refreshes in transactions of its own. What is marked anew meanwhile keeps its mark."""
    marked = await conn.fetch(MARKED, before, HOURS_AT_ONCE)
    if not marked:
        return 0
    await conn.execute(REFRESH, marked[0]["hour"], marked[-1]["hour"] + HOUR)
    return affected(await conn.execute(UNMARK, *_columns(marked, 4)))


def _columns(rows: Sequence[Any], width: int) -> list[list[Any]]:
    return [[row[place] for row in rows] for place in range(width)]


# From one world to the next, by the index: there are many rows of few worlds.
WORLDS = """
WITH RECURSIVE found AS (
    (SELECT world_id FROM npc_metrics ORDER BY world_id LIMIT 1)
    UNION ALL
    SELECT (SELECT m.world_id FROM npc_metrics m WHERE m.world_id > f.world_id ORDER BY m.world_id LIMIT 1)
      FROM found f WHERE f.world_id IS NOT NULL)
SELECT world_id FROM found WHERE world_id IS NOT NULL
"""


async def worlds(conn: Connection) -> list[str]:
    """The worlds that there are samples of."""
    return [found[0] for found in await conn.fetch(WORLDS)]


FORGET = "DELETE FROM npc_metrics WHERE world_id = $1"
FORGET_MARKS = "DELETE FROM npc_metrics_dirty WHERE world_id = $1"
FORGET_HOURS = "DELETE FROM npc_metrics_hours WHERE world_id = $1"
REFRESH_ALL = "CALL refresh_continuous_aggregate('npc_metrics_hours', NULL, NULL)"


async def forget(conn: Connection, world_id: str) -> None:
    """Remove every sample of a world, and what they came to. The connection must be in no transaction."""
    await conn.execute(FORGET, world_id)
    await conn.execute(FORGET_MARKS, world_id)
    if await conn.fetchval(WITH_TIMESCALE):
        await conn.execute(REFRESH_ALL)
    else:
        await conn.execute(FORGET_HOURS, world_id)
