"""Diplomacy: what one NPC may know of a world, in statements whose number and size do not grow with its past.

Each is asked by the NPC's own id, by a party that it stands behind, or of what is public. So each gives what
`Viewer(Role.BRAIN, npc_id)` sees and nothing beyond, whoever put the question.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from db.connection import Connection
from db.main import alliances, memories, npcs, players, relationships, treaties, worlds
from db.main.alliances import AllianceRow
from db.main.memories import MemoryRow
from db.main.npcs import NpcRow, NpcWorldStateRow
from db.main.players import PlayerRow
from db.main.relationships import RelationshipRow, TrustEventRow
from db.main.treaties import TreatyRow
from db.main.worlds import WorldRow
from db.reads import Read

MOST_TREATIES = 60
MOST_OF_EACH_ORDER = 40
"""Relationships: so many of the most trusted, of the least trusted and of the last changed."""
MOST_MEMORIES_OF_EACH_ORDER = 60
MOST_EVENTS_OF_A_PAIR = 12
MOST_SIDING_TREATIES = 5_000


def _columns(read: Read[Any], alias: str = "t") -> str:
    return ", ".join(re.sub(r"\bt\.", f"{alias}.", sql) for sql in read.columns.values())


# Who it is --------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Who:
    """An NPC in a world: its profile, the player it plays as, how it stands, and its alliance."""

    world: WorldRow
    npc: NpcRow
    player: PlayerRow
    state: NpcWorldStateRow | None
    alliance: AllianceRow | None


WHO_READS: tuple[tuple[str, Read[Any]], ...] = (
    ("w", worlds.BY_ID),
    ("n", npcs.BY_ID),
    ("p", players.BY_ID),
    ("s", npcs.STATE),
    ("a", alliances.BY_ID),
)
WHO = f"""
SELECT {", ".join(_columns(read, alias) for alias, read in WHO_READS)}
  FROM players p
  JOIN worlds w ON w.world_id = p.world_id
  JOIN npcs n ON n.id = p.npc_id
  LEFT JOIN npc_world_state s ON s.world_id = p.world_id AND s.npc_id = p.npc_id
  LEFT JOIN alliances a ON a.world_id = p.world_id AND a.alliance_id = p.alliance_id
 WHERE p.world_id = $1 AND p.npc_id = $2 AND p.gone_at IS NULL
"""


async def who(conn: Connection, world_id: str, npc_id: int) -> Who | None:
    """The NPC as it stands in a world, or None where it takes no part in it."""
    found = await conn.fetchrow(WHO, world_id, npc_id)
    if found is None:
        return None
    values, rows = list(found), list[Any]()
    for _, read in WHO_READS:
        columns, values = values[: len(read.columns)], values[len(read.columns) :]
        rows.append(None if columns[0] is None else read.make(*columns))
    return Who(*rows)


# What it has to do with others ------------------------------------------------------------------------------

TREATIES = f"""
SELECT {_columns(treaties.BY_ID)} FROM treaties t
 WHERE t.world_id = $1 AND t.status IN ('proposed', 'active') AND (t.ends_at IS NULL OR t.ends_at > $4)
   AND (t.a_player_id = $2 OR t.b_player_id = $2 OR t.a_alliance_id = $3 OR t.b_alliance_id = $3)
 ORDER BY t.type = 'war' DESC, t.status = 'proposed' DESC, t.proposed_at DESC, t.treaty_id DESC
 LIMIT {MOST_TREATIES}
"""


async def open_treaties(
    conn: Connection, world_id: str, player_id: int, alliance_id: int | None, at: datetime
) -> list[TreatyRow]:
    """What is in force or proposed with a player or its alliance: wars first, then proposals, the latest
    first."""
    found = await conn.fetch(TREATIES, world_id, player_id, alliance_id, at)
    return [treaties.BY_ID.make(*record) for record in found]


def _pick(order: str) -> str:
    return f"""(SELECT r.target_player_id FROM npc_relationships r WHERE r.world_id = $1 AND r.npc_id = $2
      ORDER BY {order} LIMIT {MOST_OF_EACH_ORDER})"""


RELATIONSHIPS = f"""
WITH picked AS (
    {_pick("r.trust_score DESC, r.target_player_id DESC")}
    UNION {_pick("r.trust_score, r.target_player_id")}
    UNION {_pick("r.updated_at DESC, r.target_player_id DESC")}
    UNION SELECT unnest($3::int[]))
SELECT {_columns(relationships.BY_PAIR)} FROM picked JOIN npc_relationships t USING (target_player_id)
 WHERE t.world_id = $1 AND t.npc_id = $2 ORDER BY t.target_player_id
"""


async def chosen_relationships(
    conn: Connection, world_id: str, npc_id: int, also: Collection[int]
) -> list[RelationshipRow]:
    """What an NPC holds about those it trusts most and least, those it had to do with last, and these
    players."""
    found = await conn.fetch(RELATIONSHIPS, world_id, npc_id, list(also))
    return [relationships.BY_PAIR.make(*record) for record in found]


EVENTS = f"""
SELECT e.* FROM unnest($3::int[]) AS about (player_id)
 CROSS JOIN LATERAL (
    SELECT {_columns(relationships.TRUST_EVENT_BY_ID)} FROM trust_events t
     WHERE t.world_id = $1 AND t.npc_id = $2 AND t.target_player_id = about.player_id
     ORDER BY t.occurred_at DESC, t.event_id DESC LIMIT {MOST_EVENTS_OF_A_PAIR}) e
"""


async def latest_events(
    conn: Connection, world_id: str, npc_id: int, about: Collection[int]
) -> dict[int, list[TrustEventRow]]:
    """For each of these players the last causes that moved the NPC's trust in them, the latest first."""
    events: dict[int, list[TrustEventRow]] = {player_id: [] for player_id in about}
    for record in await conn.fetch(EVENTS, world_id, npc_id, list(about)):
        event = relationships.TRUST_EVENT_BY_ID.make(*record)
        events[event.target_player_id].append(event)
    return events


def _recall(order: str) -> str:
    return f"""(SELECT m.occurred_at, m.id FROM npc_memory m
      WHERE m.world_id = $1 AND m.npc_id = $2 AND (m.expires_at IS NULL OR m.expires_at > $3)
      ORDER BY {order}m.occurred_at DESC, m.id DESC LIMIT {MOST_MEMORIES_OF_EACH_ORDER})"""


MEMORIES = f"""
WITH picked AS ({_recall("m.importance DESC, ")} UNION {_recall("")})
SELECT {_columns(memories.BY_ID)} FROM picked
  JOIN npc_memory t ON t.world_id = $1 AND t.occurred_at = picked.occurred_at AND t.id = picked.id
 ORDER BY t.occurred_at DESC, t.id DESC
"""


async def chosen_memories(conn: Connection, world_id: str, npc_id: int, at: datetime) -> list[MemoryRow]:
    """The most important and the latest of what an NPC remembers."""
    found = await conn.fetch(MEMORIES, world_id, npc_id, at)
    return [memories.BY_ID.make(*record) for record in found]


# What everybody may know ------------------------------------------------------------------------------------

PLAYERS = f"""
SELECT {_columns(players.BY_ID)} FROM players t WHERE t.world_id = $1 AND t.player_id = ANY($2::int[])
"""


async def players_of(conn: Connection, world_id: str, ids: Collection[int]) -> dict[int, PlayerRow]:
    """These players, by their ids."""
    found = await conn.fetch(PLAYERS, world_id, sorted(ids))
    return {row.player_id: row for row in (players.BY_ID.make(*record) for record in found)}


ALLIANCES = f"""
SELECT {_columns(alliances.BY_ID)} FROM alliances t WHERE t.world_id = $1 AND t.alliance_id = ANY($2::int[])
"""


async def alliances_of(conn: Connection, world_id: str, ids: Collection[int]) -> dict[int, AllianceRow]:
    """These alliances, by their ids."""
    found = await conn.fetch(ALLIANCES, world_id, sorted(ids))
    return {row.alliance_id: row for row in (alliances.BY_ID.make(*record) for record in found)}


SidingTreaty = tuple[str, int, int]
"""The type, and the two alliances; the overlord of a vassalage first."""

SIDES = f"""
SELECT t.type, CASE WHEN t.overlord = 'b' THEN t.b_alliance_id ELSE t.a_alliance_id END,
       CASE WHEN t.overlord = 'b' THEN t.a_alliance_id ELSE t.b_alliance_id END
  FROM treaties t
  JOIN alliances a ON a.world_id = $1 AND a.alliance_id = t.a_alliance_id AND a.disbanded_at IS NULL
  JOIN alliances b ON b.world_id = $1 AND b.alliance_id = t.b_alliance_id AND b.disbanded_at IS NULL
 WHERE t.world_id = $1 AND t.status = 'active' AND t.is_public
   AND t.type IN ('confederacy', 'vassalage', 'war') AND (t.ends_at IS NULL OR t.ends_at > $2)
 ORDER BY t.treaty_id LIMIT {MOST_SIDING_TREATIES}
"""


async def siding_treaties(conn: Connection, world_id: str, at: datetime) -> tuple[SidingTreaty, ...]:
    """The public treaties in force between alliances that say who fights on whose side: confederacy,
    vassalage, war."""
    return tuple((kind, one, other) for kind, one, other in await conn.fetch(SIDES, world_id, at))
