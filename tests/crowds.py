"""A crowd: worlds with so many rows of everything that belongs to a row, made in bulk."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import asyncpg

from db.connection import Stores, open_stores
from db.main import worlds
from db.reads import Read, Store
from db.world import databases
from entente.stores import StoreUrls
from resolvers.analyses import Analyses
from resolvers.global_ids import NODES, encode
from resolvers.graph_worker import GraphWorker
from tests.servers import Servers
from tests.statements import overheard

WORLD = "crowd"
REDIS_OF_CROWDS = 15
WORLDS = 2  # all of the same people, who have a story in the first of them only

# Every fifth player is human; alliance 1 has the first players, and so on.
PEOPLE = """
INSERT INTO worlds (world_id, name)
SELECT CASE n WHEN 1 THEN $world ELSE $world || n END, 'World ' || n FROM generate_series(1, $worlds) n;

INSERT INTO npcs (id, name, tribe, personality, behavior_template)
SELECT p, 'Npc ' || p, 'Gauls', 'balanced',
       '{"aggression": 0.5, "economy": 0.5, "diplomacy": 0.5, "risk_tolerance": 0.5, "patience": 0.5,
         "adaptability": 0.5}'
  FROM generate_series(1, $size * $size) p WHERE p % 5 <> 2;

INSERT INTO npc_versions (npc_id, version, behavior_template)
SELECT id, -v, behavior_template FROM npcs, generate_series(1, $size) v;

INSERT INTO alliances (world_id, alliance_id, name, tag, diplomatic_stance)
SELECT $world, a, 'Alliance ' || a, 'A' || a,
       jsonb_build_object('allied_alliances', others, 'enemy_alliances', others, 'nap_alliances', others)
  FROM generate_series(1, $size) a, (SELECT jsonb_agg(b) AS others FROM generate_series(1, $size) b) o;

INSERT INTO players (world_id, player_id, name, tribe, npc_id, alliance_id, population)
SELECT w.world_id, p, 'Player ' || p, 'Gauls', CASE WHEN p % 5 <> 2 THEN p END,
       CASE w.world_id WHEN $world THEN (p - 1) / $size + 1 END, 100 + p % 3
  FROM worlds w, generate_series(1, $size * $size) p;

INSERT INTO npc_world_state (world_id, npc_id, player_id)
SELECT world_id, npc_id, player_id FROM players WHERE npc_id IS NOT NULL;

UPDATE alliance_members SET role = 'leader'
 WHERE world_id = $world AND player_id = $size * (alliance_id - 1) + 1;

INSERT INTO alliance_members (world_id, alliance_id, player_id, joined_at, left_at)
SELECT $world, 1 + (p + a) % $size, p, now() - a * interval '2 days', now() - a * interval '1 day'
  FROM generate_series(1, $size * $size) p, generate_series(1, $size) a;
"""

# Everybody has to do with the next few players, around the circle.
STORIES = """
CREATE TEMPORARY TABLE pairs ON COMMIT DROP AS
SELECT p AS one, 1 + (p - 1 + d) % ($size * $size) AS other, d
  FROM generate_series(1, $size * $size) p, generate_series(1, $size) d;

INSERT INTO trust_events (world_id, npc_id, target_player_id, kind, points)
SELECT $world, one, other, 'traded_fairly', 5 FROM pairs, generate_series(1, $size) WHERE one % 5 <> 2;

-- In every list of treaties, the first few have parties of both kinds on either side.
INSERT INTO treaties (world_id, type, status, a_player_id, b_player_id, starts_at, proposed_by, proposed_at)
SELECT $world, 'nap', 'active', one, other, now(), one, now() - (100 * d + one) * interval '2 minutes'
  FROM pairs WHERE d < $size;

INSERT INTO treaties (world_id, type, status, a_alliance_id, b_alliance_id, proposed_at)
SELECT $world, 'nap', 'cancelled', a, 1 + a % $size, now() - (100 * n + a + 0.1) * interval '2 minutes'
  FROM generate_series(1, $size) a, generate_series(1, 3) n;

INSERT INTO treaties (world_id, type, status, a_alliance_id, b_player_id, starts_at, proposed_at)
SELECT $world, 'confederacy', 'active', a, p, now(), now() - (100 + p + a + 0.2) * interval '2 minutes'
  FROM generate_series(1, $size) a, generate_series(1, $size * $size) p;

INSERT INTO treaty_events (world_id, treaty_id, kind, by_player_id)
SELECT $world, treaty_id, 'peace_offered', 1 + (treaty_id + n) % ($size * $size)
  FROM treaties, generate_series(1, $size) n;

INSERT INTO npc_memory (world_id, npc_id, memory_type, event_data, occurred_at, related_player_ids)
SELECT $world, one, 'battle', '{}', now() - d * interval '1 hour', ARRAY[other, one, 1 + other % $size]
  FROM pairs WHERE one % 5 <> 2;

INSERT INTO npc_decisions (world_id, npc_id, decision_type, situation_summary, final_decision, created_at)
SELECT $world, one, 'tactical', 'Quiet.', '{}', now() - d * interval '1 hour' FROM pairs WHERE one % 5 <> 2;

-- Those of each pair belong to one conversation; each message was answered by the next one.
INSERT INTO npc_messages (world_id, id, thread_id, from_player_id, from_npc_id, to_player_id, to_npc_id,
                          message_body, sent_at)
SELECT $world, number, conversation, writer.player_id, writer.npc_id, reader.player_id, reader.npc_id,
       'Message ' || number, now() - number * interval '1 minute'
  FROM (SELECT row_number() OVER (ORDER BY n, one, d) AS number,
               dense_rank() OVER (ORDER BY one, d) AS conversation, one, other
          FROM pairs, generate_series(1, $size) n) m
  JOIN players writer ON writer.world_id = $world AND writer.player_id = one
  JOIN players reader ON reader.world_id = $world AND reader.player_id = other;
UPDATE npc_messages SET reply_message_id = id + 1, replied_at = sent_at
 WHERE id < (SELECT max(id) FROM npc_messages);

INSERT INTO npc_battle_history (world_id, npc_id, battle_type, attacker_id, defender_id, npc_role, result,
                                from_village_id, to_village_id, occurred_at)
SELECT $world, one, 'raid', one, other, 'attacker', 'victory', one * 100 + 1, other * 100 + 1,
       now() - (d + n) * interval '1 hour'
  FROM pairs, generate_series(1, $size) n WHERE one % 5 <> 2;

INSERT INTO npc_trade_history (world_id, npc_id, trade_type, partner_id, offered_resource, offered_amount,
                               trade_status, created_at)
SELECT $world, one, 'merchant_sent', other, 'wood', 100 * n, 'pending', now() - (d + n) * interval '1 hour'
  FROM pairs, generate_series(1, $size) n WHERE one % 5 <> 2;

-- However many have a story, the feed begins with the same kinds of change.
UPDATE graph_changes SET seq = -seq WHERE world_id = $world;
UPDATE graph_changes SET seq = 3 - seq WHERE world_id = $world;
UPDATE world_feeds SET seq = seq + 3 WHERE world_id = $world;
INSERT INTO graph_changes (world_id, seq, version, kind, npc_id, player_id, alliance_id, treaty_id, data,
                           is_public)
SELECT $world, n, 1, (ARRAY['trust', 'decision', 'battle'])[n], 1, 3, 1,
       (SELECT min(treaty_id) FROM treaties),
       jsonb_build_object('event_id', (SELECT min(event_id) FROM trust_events),
                          'decision_id', (SELECT min(id) FROM npc_decisions),
                          'record_id', (SELECT min(id) FROM npc_battle_history)), false
  FROM generate_series(1, 3) n;

INSERT INTO npc_metrics (world_id, npc_id, time, wood, wood_production, diplomatic_score, covers_seconds)
SELECT $world, one, '2026-11-23 12:00Z'::timestamptz + d * interval '20 minutes', d, 60, 0.5, 1200
  FROM pairs WHERE one % 5 <> 2;

INSERT INTO npc_metrics_dirty (world_id, npc_id, hour)
SELECT DISTINCT world_id, npc_id, date_bin('1 hour', time, 'epoch'::timestamptz) FROM npc_metrics;
"""

VILLAGES = """
INSERT INTO villages (id, tile_id, x, y, name, player_id, tribe)
SELECT p * 100 + v, p * 100 + v, p, v, 'Village ' || v, p, 'Gauls'
  FROM generate_series(1, $size * $size) p, generate_series(1, $size) v;

INSERT INTO village_resources (village_id, player_id, wood, warehouse_capacity, production_rate_wheat)
SELECT id, player_id, id, 8000, -5 FROM villages;

INSERT INTO village_buildings (village_id, slot, player_id, building_name, level)
SELECT id, s, player_id, 'Building ' || s, s FROM villages, generate_series(1, $size) s;

INSERT INTO troops (village_id, unit, player_id, at_home, away)
SELECT id, 'unit ' || u, player_id, u, 10 * u FROM villages, generate_series(1, $size) u;

-- The NPC of a player has its number.
INSERT INTO build_queue (village_id, player_id, npc_id, building_name, from_level, to_level, queued_at)
SELECT id, player_id, CASE WHEN player_id % 5 <> 2 THEN player_id END, 'barracks', q, q + 1,
       now() + q * interval '1 minute'
  FROM villages, generate_series(1, $size) q;

INSERT INTO npc_village_config (village_id, npc_id, village_type, resource_priority)
SELECT id, player_id, 'military', '{"wood": 1, "clay": 2, "iron": 3, "wheat": 4}'
  FROM villages WHERE player_id % 5 <> 2;

INSERT INTO npc_build_queue_history (village_id, npc_id, building_name, from_level, to_level, queued_at,
                                     started_at, completed_at, wait_time_seconds, build_time_seconds)
SELECT id, player_id, 'barracks', b - 1, b, now() - (100 - b) * interval '1 hour',
       now() - (99 - b) * interval '1 hour', now() - (98 - b) * interval '1 hour', 3600, 3600
  FROM villages, generate_series(1, $size) b WHERE player_id % 5 <> 2
"""


@dataclass(frozen=True, slots=True)
class Place:
    """A database of its own with a crowd in it."""

    urls: StoreUrls
    stores: Stores
    worker: GraphWorker
    analyses: Analyses
    ids: Mapping[str, list[str]]


@asynccontextmanager
async def place(servers: Servers, name: str, size: int, worker: GraphWorker) -> AsyncIterator[Place]:
    """A place with a crowd of this size. All of them share a Redis in which there is nothing about it."""
    main = await servers.create(name, template=f"{servers.prefix}main")
    maps = servers.database(f"{name}_worlds")  # one for all of them
    urls = StoreUrls(main=main, worlds=maps, redis=f"{servers.redis}?db={REDIS_OF_CROWDS}")
    await crowd(urls, size)
    with overheard():
        async with open_stores(urls.main, urls.worlds, urls.redis) as stores:
            analyses = Analyses(stores, worker)
            await analyses.current(WORLD)
            for number in range(WORLDS):
                await worlds.is_there(stores, f"{WORLD}{number + 1}" if number else WORLD)
            yield Place(urls, stores, worker, analyses, await global_ids(urls, 3))


async def crowd(urls: StoreUrls, size: int) -> None:
    """Fill an empty database: lists hold about `size` rows each, and there are `size`² players."""
    await _run(urls.main, PEOPLE + STORIES, size)
    await databases.create(urls.main, urls.worlds, WORLD)
    await _run(urls.world(WORLD), VILLAGES, size)


async def _run(url: str, script: str, size: int) -> None:
    conn = await asyncpg.connect(url)
    try:
        async with conn.transaction():
            await conn.execute(_filled(script, size))
        await conn.execute("ANALYZE")
    finally:
        await conn.close()


def _filled(script: str, size: int) -> str:
    return script.replace("$worlds", str(WORLDS)).replace("$world", f"'{WORLD}'").replace("$size", str(size))


async def global_ids(urls: StoreUrls, first: int) -> Mapping[str, list[str]]:
    """Some global ids of every type that has them."""
    return {
        name: [encode(name, *key) for key in await _keys(urls, read, first)] for name, read in NODES.items()
    }


async def _keys(urls: StoreUrls, read: Read[Any], first: int) -> list[list[Any]]:
    of_world = read.store is Store.WORLD
    columns = [f"'{WORLD}'" if of_world and one == "world_id" else read.columns[one] for one in read.key]
    conn = await asyncpg.connect(urls.world(WORLD) if of_world else urls.main)
    where = f"t.world_id = '{WORLD}'" if "world_id" in read.key and not of_world else "true"
    sql = f"SELECT {', '.join(columns)} FROM {read.source} t WHERE {where} ORDER BY 1, 2 LIMIT {first}"
    found = await conn.fetch(sql if len(columns) > 1 else sql.replace("1, 2", "1"))
    await conn.close()
    return [list(record) for record in found]
