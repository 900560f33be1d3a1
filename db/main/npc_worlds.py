"""NPCs in worlds: how each begins to take part, and what is told of how it stands."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from db.assignments import assignments, values
from db.connection import Connection
from db.main.npcs import STATE, NpcWorldStateRow
from db.main.players import PlayerRow

COLUMNS = ", ".join(STATE.columns.values())
ENTER = """
INSERT INTO npc_world_state AS t (npc_id, world_id, player_id, rank, total_population, village_count,
    offensive_power, defensive_power, state_updated_at, last_login)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $9)
"""
FIND = f"SELECT {COLUMNS} FROM npc_world_state t WHERE t.world_id = $1 AND t.npc_id = $2"


async def entered(conn: Connection, npc_id: int, player: PlayerRow, at: datetime) -> NpcWorldStateRow:
    """An NPC plays as this player from now on."""
    public = (player.rank, player.population, player.village_count)
    powers = (player.offensive_power, player.defensive_power)
    await conn.execute(ENTER, npc_id, player.world_id, player.player_id, *public, *powers, at)
    found = await conn.fetchrow(FIND, player.world_id, npc_id)  # with what the triggers added
    assert found is not None
    return STATE.make(*found)


async def updated(
    conn: Connection, world_id: str, npc_id: int, columns: Mapping[str, Any], at: datetime
) -> NpcWorldStateRow | None:
    """Set columns of how an NPC stands; None where it does not play."""
    sql = f"""
UPDATE npc_world_state t SET state_updated_at = greatest(t.state_updated_at, $3), {assignments(columns, 3)}
 WHERE t.world_id = $1 AND t.npc_id = $2 RETURNING {COLUMNS}"""
    found = await conn.fetchrow(sql, world_id, npc_id, at, *values(columns))
    return None if found is None else STATE.make(*found)


# As a map that is taken in does.
FOLLOW = """
UPDATE npc_world_state s
   SET rank = p.rank, total_population = p.population, village_count = p.village_count,
       state_updated_at = greatest(s.state_updated_at, $3)
  FROM players p
 WHERE p.world_id = $1 AND p.player_id = $2 AND s.world_id = $1 AND s.player_id = $2
   AND (s.rank, s.total_population, s.village_count) IS DISTINCT FROM (p.rank, p.population, p.village_count)
"""


async def follow(conn: Connection, world_id: str, player_id: int, at: datetime) -> None:
    """Bring how an NPC stands up to what everybody sees of its player."""
    await conn.execute(FOLLOW, world_id, player_id, at)
