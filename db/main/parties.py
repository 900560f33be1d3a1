"""Parties: the sides of treaties, and the NPCs that stand behind them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

import asyncpg

from db.connection import Connection
from db.main.treaties import Side, TreatyRow


class PartyKey(NamedTuple):
    """A player or an alliance of a world: one of the two ids."""

    player_id: int | None
    alliance_id: int | None


@dataclass(frozen=True, slots=True)
class PartyRow:
    """A player or an alliance, as one side of a treaty."""

    player_id: int | None
    alliance_id: int | None
    name: str
    speaker_id: int | None
    """The player itself, or the leader."""
    league_id: int | None
    """The alliance that it is, or is in."""
    gone_at: datetime | None

    @property
    def key(self) -> PartyKey:
        """The ids."""
        return PartyKey(self.player_id, self.alliance_id)


@dataclass(frozen=True, slots=True)
class NpcInPlay:
    """An NPC and the player as which it takes part."""

    npc_id: int
    player_id: int


def side_a(treaty: TreatyRow) -> PartyKey:
    """Who proposed it, or declared the war."""
    return PartyKey(treaty.a_player_id, treaty.a_alliance_id)


def side_b(treaty: TreatyRow) -> PartyKey:
    """Whom it was proposed to, or declared on."""
    return PartyKey(treaty.b_player_id, treaty.b_alliance_id)


PAIR = """
SELECT s.player_id, s.alliance_id, coalesce(p.name, l.name) AS name,
       coalesce(p.player_id, l.leader_id) AS speaker_id, coalesce(p.alliance_id, l.alliance_id) AS league_id,
       coalesce(p.gone_at, l.disbanded_at) AS gone_at
  FROM (VALUES (1, $2::int, $3::int), (2, $4, $5)) AS s (place, player_id, alliance_id)
  LEFT JOIN players p ON p.world_id = $1 AND p.player_id = s.player_id
  LEFT JOIN alliances l ON l.world_id = $1 AND l.alliance_id = s.alliance_id
 ORDER BY s.place
"""


async def pair(
    conn: Connection, world_id: str, one: PartyKey, other: PartyKey
) -> tuple[PartyRow | None, PartyRow | None]:
    """Both parties, None for one that the world does not have."""
    first, second = await conn.fetch(PAIR, world_id, *one, *other)
    return _party(first), _party(second)


def _party(found: asyncpg.Record) -> PartyRow | None:
    return None if found["name"] is None else PartyRow(**found)


# Who is a party in person and a member of the other one stands on its own side.
BOUND = """
SELECT DISTINCT ON (p.npc_id) p.npc_id, p.player_id, s.side
  FROM (VALUES ('a', $2::int, $3::int), ('b', $4, $5)) AS s (side, player_id, alliance_id)
  JOIN players p ON p.world_id = $1 AND (p.player_id = s.player_id OR p.alliance_id = s.alliance_id)
 WHERE p.npc_id IS NOT NULL AND p.gone_at IS NULL
 ORDER BY p.npc_id, s.player_id IS NULL
"""


async def bound(conn: Connection, treaty: TreatyRow) -> dict[Side, list[NpcInPlay]]:
    """The NPCs that a treaty binds on each side: the player's own, or those of the alliance's members."""
    found: dict[Side, list[NpcInPlay]] = {Side.A: [], Side.B: []}
    for npc_id, player_id, side in await conn.fetch(BOUND, treaty.world_id, *side_a(treaty), *side_b(treaty)):
        found[Side(side)].append(NpcInPlay(npc_id, player_id))
    return found


FRIENDS = """
WITH friends (player_id, alliance_id) AS (
    SELECT CASE side WHEN 'a' THEN b_player_id ELSE a_player_id END,
           CASE side WHEN 'a' THEN b_alliance_id ELSE a_alliance_id END
      FROM treaty_parties
     WHERE world_id = $1 AND (party_player_id = $2 OR party_alliance_id = $3)
       AND type = 'confederacy' AND status = 'active' AND (ends_at IS NULL OR ends_at > $4)
     UNION ALL
    SELECT NULL, alliance_id FROM players WHERE world_id = $1 AND player_id = $2
)
SELECT DISTINCT p.npc_id, p.player_id
  FROM friends f
  JOIN players p ON p.world_id = $1 AND (p.player_id = f.player_id OR p.alliance_id = f.alliance_id)
 WHERE p.npc_id IS NOT NULL AND p.gone_at IS NULL
 ORDER BY p.npc_id
"""


async def friends(conn: Connection, world_id: str, party: PartyKey, at: datetime) -> list[NpcInPlay]:
    """The NPCs of those bound to a party by a confederacy in force, and of a player's own alliance."""
    return [NpcInPlay(*record) for record in await conn.fetch(FRIENDS, world_id, *party, at)]
