"""A map of a world, taken into the database of that world: its villages."""

from __future__ import annotations

from collections.abc import AsyncIterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from db.affected import affected
from db.connection import Connection

STAGE = """
CREATE TEMPORARY TABLE map_villages (
    id INTEGER, tile_id INTEGER, x INTEGER, y INTEGER, name TEXT, player_id INTEGER, tribe TEXT,
    population INTEGER, region TEXT, is_capital BOOLEAN, is_city BOOLEAN, has_harbour BOOLEAN,
    victory_points INTEGER
) ON COMMIT DROP
"""

# A village that stands elsewhere is another one: moved, it could meet one that has not left the tile yet.
GONE = """
DELETE FROM villages v
 WHERE NOT EXISTS (SELECT FROM map_villages n WHERE n.id = v.id AND n.tile_id = v.tile_id)
"""

SEEN = """
    (v.x, v.y, v.name, v.player_id, v.tribe, v.population, v.region, v.is_capital, v.is_city, v.has_harbour,
     v.victory_points)"""

COMPARE = f"""
SELECT count(*) AS villages,
       count(*) FILTER (WHERE v.id IS NULL) AS villages_new,
       count(*) FILTER (WHERE v.id IS NOT NULL AND
           {SEEN} IS DISTINCT FROM {SEEN.replace("v.", "n.")}) AS villages_changed
  FROM map_villages n LEFT JOIN villages v ON v.id = n.id
"""

MERGE = f"""
INSERT INTO villages AS v (
    id, tile_id, x, y, name, player_id, tribe, population, region, is_capital, is_city, has_harbour,
    victory_points, first_seen, last_seen)
SELECT n.*, $1, $1 FROM map_villages n ORDER BY n.id
    ON CONFLICT (id) DO UPDATE
   SET x = excluded.x, y = excluded.y, name = excluded.name, player_id = excluded.player_id,
       tribe = excluded.tribe, population = excluded.population, region = excluded.region,
       is_capital = excluded.is_capital, is_city = excluded.is_city, has_harbour = excluded.has_harbour,
       victory_points = excluded.victory_points,
       last_seen = greatest(v.last_seen, excluded.last_seen)
 WHERE v.last_seen < excluded.last_seen OR {SEEN} IS DISTINCT FROM {SEEN.replace("v.", "excluded.")}
"""


@dataclass(frozen=True, slots=True)
class Merged:
    """What a map changed among the villages."""

    villages: int
    villages_new: int
    villages_changed: int
    villages_gone: int

    @property
    def anything(self) -> bool:
        """Whether there was anything new in it."""
        return any((self.villages_new, self.villages_changed, self.villages_gone))


async def merge(conn: Connection, villages: AsyncIterable[tuple[Any, ...]], at: datetime) -> Merged:
    """Bring the villages up to a map, as of this moment."""
    await conn.execute("SET LOCAL statement_timeout = 0")
    await conn.execute(STAGE)
    await conn.copy_records_to_table("map_villages", records=villages)
    await conn.execute("ANALYZE map_villages")
    gone = await conn.execute(GONE)
    counts = await conn.fetchrow(COMPARE)
    await conn.execute(MERGE, at)
    return Merged(**dict(counts or {}), villages_gone=affected(gone))
