"""Fading: trust scores brought to a moment, since old events count less as time passes."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from db.connection import Connection
from db.main.worlds import TIME_GOES_ON

PairKey = tuple[int, int]
"""An NPC, and a player whom it holds something about."""
BEFORE_ALL: PairKey = (-(2**31), -(2**31))

WORLDS = f"""
SELECT w.world_id, (SELECT count(*) FROM npc_relationships r WHERE r.world_id = w.world_id)
  FROM worlds w WHERE {TIME_GOES_ON} ORDER BY w.world_id
"""


async def worlds(conn: Connection) -> dict[str, int]:
    """The worlds in which time goes on, and how many relationships each has."""
    return {found[0]: found[1] for found in await conn.fetch(WORLDS)}


# Read without any lock: few scores move in a while, and only these are written.
STALE = """
WITH batch AS MATERIALIZED (
    SELECT npc_id, target_player_id, trust_score, trust_at FROM npc_relationships
     WHERE world_id = $1 AND (npc_id, target_player_id) > ($2, $3)
     ORDER BY npc_id, target_player_id LIMIT $5)
SELECT b.npc_id, b.target_player_id, b.trust_at < $4 AND b.trust_score <>
       as_score(coalesce(sum(faded(e.points, e.half_life_seconds, e.occurred_at, $4)), 0))
  FROM batch b
  LEFT JOIN trust_events e
         ON e.world_id = $1 AND e.npc_id = b.npc_id AND e.target_player_id = b.target_player_id
        AND e.occurred_at <= $4 AND (e.expires_at IS NULL OR e.expires_at > $4)
 GROUP BY b.npc_id, b.target_player_id, b.trust_score, b.trust_at
 ORDER BY b.npc_id, b.target_player_id
"""


@dataclass(frozen=True, slots=True)
class Batch:
    """Some relationships in the order of their keys, and those whose score has moved since."""

    size: int
    last: PairKey
    stale: list[PairKey]


async def batch(conn: Connection, world_id: str, after: PairKey, at: datetime, size: int) -> Batch | None:
    """The next relationships behind a key; None where there are no more."""
    found = await conn.fetch(STALE, world_id, *after, at, size)
    if not found:
        return None
    last = found[-1]
    return Batch(len(found), (last[0], last[1]), [(npc, player) for npc, player, stale in found if stale])


# The ledger's trigger compares the score with this very sum, and so finds nothing to explain.
FADE = """
WITH moved AS (
    UPDATE npc_relationships r SET trust_score = s.score, trust_at = $4
      FROM (SELECT npc_id, target_player_id, as_score(ledger_sum($1, npc_id, target_player_id, $4)) AS score
              FROM unnest($2::int[], $3::int[]) AS p (npc_id, target_player_id)) s
     WHERE r.world_id = $1 AND r.npc_id = s.npc_id AND r.target_player_id = s.target_player_id
       AND r.trust_at < $4 AND r.trust_score <> s.score
    RETURNING r.npc_id, r.target_player_id, r.trust_score)
SELECT count(*), note_changes(array_agg((
           $1, 'trust', npc_id, target_player_id, NULL, NULL,
           jsonb_build_object('event', 'faded', 'score', trust_score), false)::graph_change
           ORDER BY npc_id, target_player_id))
  FROM moved
"""


async def faded(conn: Connection, world_id: str, pairs: list[PairKey], at: datetime) -> int:
    """Bring the scores of relationships to a moment, under the lock of their world; how many moved."""
    return int(await conn.fetchval(FADE, world_id, [npc for npc, _ in pairs], [who for _, who in pairs], at))
