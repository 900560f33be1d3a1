"""Snapshots: the facts of a world at one version, column by column, for the graph layer."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import asyncpg

from db.connection import Connection, Pool
from db.main import worlds

PLAYERS = """
SELECT coalesce(array_agg(player_id), '{}'), coalesce(array_agg(coalesce(alliance_id, -1)), '{}'),
       coalesce(array_agg(population), '{}')
  FROM players WHERE world_id = $1 AND gone_at IS NULL"""

ALLIANCES = """
SELECT coalesce(array_agg(alliance_id), '{}') FROM alliances WHERE world_id = $1 AND disbanded_at IS NULL"""

TRUST = """
SELECT coalesce(array_agg(me.player_id), '{}'), coalesce(array_agg(r.target_player_id), '{}'),
       coalesce(array_agg(r.trust_score), '{}'), coalesce(array_agg(r.total_interactions), '{}'),
       coalesce(array_agg(declared.npc_id IS NOT NULL), '{}')
  FROM npc_relationships r
  JOIN players me ON me.world_id = $1 AND me.npc_id = r.npc_id AND me.gone_at IS NULL
  JOIN players other ON other.world_id = $1 AND other.player_id = r.target_player_id AND other.gone_at IS NULL
  LEFT JOIN (SELECT DISTINCT npc_id, target_player_id FROM trust_events
              WHERE world_id = $1 AND kind IN ('imported', 'adjusted')) declared
         ON declared.npc_id = r.npc_id AND declared.target_player_id = r.target_player_id
 WHERE r.world_id = $1 AND me.player_id <> r.target_player_id"""

TREATIES = """
SELECT t.type, t.a_player_id, t.a_alliance_id, t.b_player_id, t.b_alliance_id, t.overlord, t.ends_at
  FROM treaties t
 WHERE t.world_id = $1 AND t.status = 'active' AND (t.ends_at IS NULL OR t.ends_at > now())
   AND NOT EXISTS (SELECT FROM players p WHERE p.world_id = $1 AND p.gone_at IS NOT NULL
                      AND p.player_id IN (t.a_player_id, t.b_player_id))
   AND NOT EXISTS (SELECT FROM alliances a WHERE a.world_id = $1 AND a.disbanded_at IS NOT NULL
                      AND a.alliance_id IN (t.a_alliance_id, t.b_alliance_id))
 ORDER BY t.treaty_id"""


@dataclass(frozen=True, slots=True)
class TreatyInForce:
    """A treaty between two parties, the overlord of a vassalage first."""

    type: str
    a_player_id: int | None
    a_alliance_id: int | None
    b_player_id: int | None
    b_alliance_id: int | None
    ends_at: datetime | None


@dataclass(frozen=True, slots=True)
class WorldFacts:
    """The facts of a world that its analysis rests on; the columns of one table belong together by
    position."""

    world_id: str
    incarnation: UUID
    version: int
    taken_at: datetime
    treaties: list[TreatyInForce]
    player_ids: list[int]
    alliance_of_player: list[int]
    population: list[int]
    alliance_ids: list[int]
    truster_ids: list[int]
    trusted_ids: list[int]
    scores: list[int]
    interactions: list[int]
    declared: list[bool]

    @property
    def valid_until(self) -> datetime | None:
        """When the first of the treaties ends by itself: no change of the world tells of it."""
        return min((treaty.ends_at for treaty in self.treaties if treaty.ends_at is not None), default=None)


async def read(pool: Pool, world_id: str) -> WorldFacts | None:
    """The facts of a world at its version now, or None where there is no such world."""
    async with pool.acquire() as conn, conn.transaction(isolation="repeatable_read", readonly=True):
        now = await worlds.moment(conn, world_id)
        if now is None:
            return None
        tables = [await _columns(conn, sql, world_id) for sql in (PLAYERS, ALLIANCES, TRUST)]
        treaties = [_treaty(record) for record in await conn.fetch(TREATIES, world_id)]
        columns = [column for table in tables for column in table]
        return WorldFacts(world_id, now.incarnation, now.version, now.at, treaties, *columns)


async def _columns(conn: Connection, sql: str, world_id: str) -> tuple[Any, ...]:
    columns = await conn.fetchrow(sql, world_id)
    assert columns is not None
    return tuple(columns)


def _treaty(found: asyncpg.Record) -> TreatyInForce:
    kind, a_player, a_alliance, b_player, b_alliance, overlord, ends_at = found
    a, b = (a_player, a_alliance), (b_player, b_alliance)
    return TreatyInForce(kind, *(b + a if overlord == "b" else a + b), ends_at)
