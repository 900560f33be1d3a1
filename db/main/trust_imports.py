"""Who-trusts-whom lists, taken into the global database: NPCs, their players, and the ledger of their trust.

The rows of the file are staged in a temporary table and merged by a few statements for all of them, in the
caller's transaction, so that nothing of a refused file stays. The ledger's trigger works out the scores.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from db.affected import affected
from db.connection import Connection

COLUMNS = ("line", "truster", "trusted", "rating", "at")

STAGE = """
CREATE TEMPORARY TABLE trust_rows (line INTEGER, truster TEXT, trusted TEXT, rating FLOAT8, at TIMESTAMPTZ)
    ON COMMIT DROP
"""
OVERVIEW = """
SELECT count(*) AS rows, coalesce(max(abs(rating)), 0) AS greatest, min(at) AS earliest FROM trust_rows
"""

FULL_TRUST = """
SELECT (settings ->> 'full_trust')::float8 FROM worlds
 WHERE world_id = $1 AND jsonb_typeof(settings -> 'full_trust') = 'number'
"""
KEEP_FULL_TRUST = """
UPDATE worlds SET settings = settings || jsonb_build_object('full_trust', $2::float8) WHERE world_id = $1
"""

PEOPLE = """
CREATE TEMPORARY TABLE trust_people ON COMMIT DROP AS
SELECT name, min(line) AS line, min(at) AS at
  FROM (SELECT truster AS name, line, at FROM trust_rows UNION ALL SELECT trusted, line, at FROM trust_rows) r
 GROUP BY name
"""

# What a list does not say follows from the name: bytes 0 and 1 of its SHA-256 choose the tribe and the
# personality. Who plays here under that name already brings the tribe along.
ADD_NPCS = """
INSERT INTO npcs (name, tribe, personality, behavior_template)
SELECT t.name,
       coalesce((SELECT p.tribe FROM players p
                  WHERE p.world_id = $1 AND p.name = t.name AND p.npc_id IS NULL AND p.gone_at IS NULL
                    AND p.tribe = ANY ($2::text[])
                  ORDER BY p.player_id LIMIT 1),
                ($2::text[])[1 + get_byte(hash, 0) % cardinality($2::text[])]),
       personality, $4::jsonb -> personality
  FROM trust_people t
 CROSS JOIN LATERAL (SELECT sha256(convert_to(t.name, 'UTF8')) AS hash) h
 CROSS JOIN LATERAL (SELECT ($3::text[])[1 + get_byte(hash, 1) % cardinality($3::text[])] AS personality) c
 WHERE NOT EXISTS (SELECT FROM npcs n WHERE n.name = t.name)
 ORDER BY t.name
    ON CONFLICT (name) DO NOTHING
"""

# A human player of the name becomes that NPC, if it does not play here already.
ADOPT = """
UPDATE players p SET npc_id = n.id
  FROM (SELECT n.id, min(p.player_id) AS player_id
          FROM trust_people t JOIN npcs n ON n.name = t.name
          JOIN players p ON p.world_id = $1 AND p.name = t.name AND p.npc_id IS NULL AND p.gone_at IS NULL
         WHERE NOT EXISTS (SELECT FROM players o WHERE o.world_id = $1 AND o.npc_id = n.id)
         GROUP BY n.id) n
 WHERE p.world_id = $1 AND p.player_id = n.player_id
"""

# Beside a map, new ids begin where no map's ids reach: the next map must not take an NPC for one of its own.
FIRST_ID_BESIDE_A_MAP = 1_000_000_000
ADD_PLAYERS = """
INSERT INTO players (world_id, player_id, name, tribe, npc_id, first_seen, last_seen)
SELECT $1::varchar,
       greatest(taken, CASE WHEN $2 THEN $3 ELSE 0 END) + row_number() OVER (ORDER BY t.line, t.name),
       n.name, n.tribe, n.id, t.at, t.at
  FROM trust_people t JOIN npcs n ON n.name = t.name
 CROSS JOIN (SELECT coalesce(max(player_id), 0) AS taken FROM players WHERE world_id = $1) ids
 WHERE NOT EXISTS (SELECT FROM players p WHERE p.world_id = $1 AND p.npc_id = n.id)
"""

ADD_STATES = """
INSERT INTO npc_world_state (
    npc_id, world_id, player_id, rank, total_population, village_count, offensive_power, defensive_power,
    state_updated_at, last_login)
SELECT p.npc_id, p.world_id, p.player_id, p.rank, p.population, p.village_count, p.offensive_power,
       p.defensive_power, p.last_seen, p.last_seen
  FROM trust_people t JOIN npcs n ON n.name = t.name JOIN players p ON p.world_id = $1 AND p.npc_id = n.id
    ON CONFLICT DO NOTHING
"""

# What the ledger has to hold for the score to be the rating at its time, less what it holds already. Of
# ratings at one moment the last line counts; one older than the pair's last import says nothing any more.
RATINGS = """
CREATE TEMPORARY TABLE trust_ratings ON COMMIT DROP AS
SELECT DISTINCT ON (truster.id, p.player_id, r.at)
       r.line, truster.id AS npc_id, p.player_id, r.at, r.rating * 100 / $2 AS score,
       known.npc_id IS NOT NULL AS is_known,
       r.rating * 100 / $2 - CASE WHEN known.npc_id IS NULL THEN 0
                                  ELSE ledger_sum($1, truster.id, p.player_id, r.at) END AS lacking
  FROM trust_rows r
  JOIN npcs truster ON truster.name = r.truster
  JOIN npcs trusted ON trusted.name = r.trusted
  JOIN players p ON p.world_id = $1 AND p.npc_id = trusted.id
  LEFT JOIN npc_relationships known
         ON known.world_id = $1 AND known.npc_id = truster.id AND known.target_player_id = p.player_id
  LEFT JOIN (SELECT npc_id, target_player_id, max(occurred_at) AS at FROM trust_events
              WHERE world_id = $1 AND kind = 'imported' GROUP BY npc_id, target_player_id) last
         ON last.npc_id = truster.id AND last.target_player_id = p.player_id
 WHERE r.at >= last.at OR last.at IS NULL
 ORDER BY truster.id, p.player_id, r.at, r.line DESC
"""
ADD_EVENTS = """
INSERT INTO trust_events (world_id, npc_id, target_player_id, kind, points, occurred_at, note)
SELECT $1, npc_id, player_id, 'imported', points, at,
       'rated ' || round(score::numeric, 2)::float8 || ' in a list'
  FROM (SELECT *, lacking - lag(lacking, 1, 0) OVER pair AS points, row_number() OVER pair AS place
          FROM trust_ratings WINDOW pair AS (PARTITION BY npc_id, player_id ORDER BY at, line)) r
 WHERE abs(points) > 1e-6 OR (place = 1 AND NOT is_known)
 ORDER BY at, line
"""


@dataclass(frozen=True, slots=True)
class Staged:
    """What a list holds."""

    rows: int
    greatest: float
    earliest: datetime | None


@dataclass(frozen=True, slots=True)
class Merged:
    """What a list changed."""

    npcs: int
    npcs_new: int
    players_new: int
    players_adopted: int
    relationships_new: int
    events: int

    @property
    def anything(self) -> bool:
        """Whether there was anything new in it."""
        return any((self.npcs_new, self.players_new, self.players_adopted, self.events))


async def stage(conn: Connection, rows: Iterable[tuple[Any, ...]], at: datetime) -> Staged:
    """Take the rows of a file into this transaction; those that name no time are of this moment."""
    await conn.execute(STAGE)
    await conn.copy_records_to_table("trust_rows", records=rows, columns=COLUMNS)
    await conn.execute("UPDATE trust_rows SET at = $1 WHERE at IS NULL", at)
    await conn.execute("ANALYZE trust_rows")
    return Staged(**dict(await conn.fetchrow(OVERVIEW) or {}))


async def full_trust(conn: Connection, world_id: str) -> float | None:
    """What full trust is rated in the lists of this world, or None before the first."""
    found: float | None = await conn.fetchval(FULL_TRUST, world_id)
    return found


async def keep_full_trust(conn: Connection, world_id: str, rating: float) -> None:
    """From now on a rating in a list of this world means the same."""
    await conn.execute(KEEP_FULL_TRUST, world_id, rating)


async def merge(
    conn: Connection,
    world_id: str,
    full_trust: float,
    *,
    beside_map: bool,
    tribes: list[str],
    templates: Mapping[str, Mapping[str, Any]],
) -> Merged:
    """Let the people of the staged list play in this world, and trust each other as it says."""
    await conn.execute(PEOPLE)
    await conn.execute("ANALYZE trust_people")
    npcs_new = await conn.execute(ADD_NPCS, world_id, tribes, sorted(templates), templates)
    adopted = await conn.execute(ADOPT, world_id)
    players_new = await conn.execute(ADD_PLAYERS, world_id, beside_map, FIRST_ID_BESIDE_A_MAP)
    await conn.execute(ADD_STATES, world_id)
    relationships_new, events = await _rate(conn, world_id, full_trust)
    return Merged(
        npcs=await conn.fetchval("SELECT count(*) FROM trust_people"),
        npcs_new=affected(npcs_new),
        players_new=affected(players_new),
        players_adopted=affected(adopted),
        relationships_new=relationships_new,
        events=events,
    )


async def _rate(conn: Connection, world_id: str, full_trust: float) -> tuple[int, int]:
    await conn.execute(RATINGS, world_id, full_trust)
    new = "SELECT count(DISTINCT (npc_id, player_id)) FROM trust_ratings WHERE NOT is_known"
    relationships_new: int = await conn.fetchval(new)
    return relationships_new, affected(await conn.execute(ADD_EVENTS, world_id))
