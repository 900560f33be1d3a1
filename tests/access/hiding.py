"""Hiding: what is nobody else's business is taken away, so that who shows it is found out."""

from __future__ import annotations

import asyncpg

from tests.crowds import WORLD, Place

OPEN = (
    "worlds", "world_feeds", "players", "alliances", "alliance_members", "membership_events", "npc_alliances",
    "schema_versions",
    "alembic_version_main", "alembic_version_metrics", "alembic_version_world", "villages",
)  # fmt: skip
"""Tables whose rows everybody of their world may know, or that nobody is shown."""
OTHERS = {
    "npcs": """UPDATE npcs SET personality = 'assassin', llm_temperature = 1.9, decision_cache_ttl = 1,
        strategic_update_frequency = 1, active = false, paused = true, created_at = 'epoch',
        last_active = 'epoch', last_decision = 'epoch', total_decisions_made = 77, llm_calls_made = 77,
        battles_fought = 77, villages_founded = 77, version = 77, notes = 'Secret',
        behavior_template = behavior_template || '{"aggression": 0.99, "secret": true}' WHERE id <> $1""",
    "npc_world_state": """UPDATE npc_world_state SET rank = 77, total_population = 77, village_count = 77,
        total_wood = 77, total_clay = 77, total_iron = 77, total_wheat = 77, offensive_power = 77,
        defensive_power = 77, total_troops = 77, production_rate_wood = 77, production_rate_clay = 77,
        production_rate_iron = 77, production_rate_wheat = 77, current_strategy = 'military',
        strategic_goal = 'Secret', threat_level = 0.77, state_updated_at = 'epoch', last_login = 'epoch'
        WHERE npc_id <> $1""",
    "treaties": """DELETE FROM treaties WHERE NOT is_public
        AND a_player_id IS DISTINCT FROM $1 AND b_player_id IS DISTINCT FROM $1""",
    "treaty_events": """DELETE FROM treaty_events e WHERE $1 > 0 AND NOT EXISTS (
        SELECT FROM treaties t WHERE t.world_id = e.world_id AND t.treaty_id = e.treaty_id)""",
    "treaty_states": """DELETE FROM treaty_states WHERE NOT (state -> 'is_public')::boolean
        AND state ->> 'a_player_id' IS DISTINCT FROM $1::int::text
        AND state ->> 'b_player_id' IS DISTINCT FROM $1::int::text""",
    "graph_changes": """DELETE FROM graph_changes c WHERE NOT is_public AND npc_id IS DISTINCT FROM $1
        AND NOT EXISTS (SELECT FROM treaties t WHERE t.world_id = c.world_id AND t.treaty_id = c.treaty_id
                           AND $1 IN (t.a_player_id, t.b_player_id))""",
    "npc_messages": """DELETE FROM npc_messages
        WHERE from_npc_id IS DISTINCT FROM $1 AND to_npc_id IS DISTINCT FROM $1""",
    "decision_claims": """DELETE FROM decision_claims c WHERE $1 > 0 AND NOT EXISTS (
        SELECT FROM npc_decisions d
         WHERE d.world_id = c.world_id AND d.id = c.decision_id AND d.npc_id = $1)""",
    "idempotency_keys": "DELETE FROM idempotency_keys WHERE $1 > 0",
    "api_keys": "DELETE FROM api_keys WHERE npc_id IS DISTINCT FROM $1",
}
"""How what belongs to others than one NPC, whose player has its number, is changed, where a row is not just
its NPC's own."""

TABLES = """
SELECT t.table_name, array_agg(c.column_name::text) AS columns
  FROM information_schema.tables t JOIN information_schema.columns c USING (table_schema, table_name)
 WHERE t.table_schema = 'public' AND t.table_type = 'BASE TABLE'
   AND NOT EXISTS (SELECT FROM pg_inherits WHERE inhrelid = t.table_name::regclass) GROUP BY 1 ORDER BY 1
"""
OWNED = ("npc_id", "player_id")
"""The columns by which a row is its NPC's own: in a world's database, where an NPC has the number of its
player, the second will do."""


async def take_from_others(place: Place, npc_id: int) -> list[str]:
    """Change or take away all that is the private matter of NPCs but this one; says of which tables nobody
    has decided whose their rows are."""
    undecided: list[str] = []
    for url in (place.urls.main, place.urls.world(WORLD)):
        conn = await asyncpg.connect(url)
        await conn.execute("SET session_replication_role = replica")  # nothing follows from it
        for name, columns in await conn.fetch(TABLES):
            if name in OPEN:
                continue
            owned = next((one for one in OWNED if one in columns), None)
            if name in OTHERS:
                await conn.execute(OTHERS[name], npc_id)
            elif owned is not None:
                await conn.execute(f"DELETE FROM {name} WHERE {owned} IS DISTINCT FROM $1", npc_id)
            else:
                undecided.append(name)
        await conn.close()
    return undecided


async def take_away_the_world(place: Place) -> None:
    """Take away every row of the world, and of those who play in it."""
    for url in (place.urls.main, place.urls.world(WORLD)):
        conn = await asyncpg.connect(url)
        await conn.execute("SET session_replication_role = replica")
        for name, columns in await conn.fetch(TABLES):
            if "world_id" in columns:
                await conn.execute(f"DELETE FROM {name} WHERE world_id = $1", WORLD)
            elif url != place.urls.main and not name.startswith(("alembic", "schema")):
                await conn.execute(f"DELETE FROM {name}")
        await conn.close()


FINGERPRINT = "SELECT md5(coalesce(string_agg(t::text, ';' ORDER BY t::text), '')) FROM {} t"


async def fingerprints(place: Place) -> dict[str, str]:
    """For each table something that changes with any of its rows."""
    found: dict[str, str] = {}
    for url in (place.urls.main, place.urls.world(WORLD)):
        conn = await asyncpg.connect(url)
        for name, _ in await conn.fetch(TABLES):
            found[name] = await conn.fetchval(FINGERPRINT.format(name))
        await conn.close()
    return found
