"""Players: whoever takes part in one world, human or NPC."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from typing import Any

import asyncpg

from db.assignments import assignments, values
from db.connection import Connection, Stores
from db.main.alliances import AllianceRole
from db.main.npcs import Personality
from db.reads import Filter, Read
from db.viewer import OF_WORLDS


class Tribe(Enum):
    """The tribe that a player plays."""

    ROMANS = "Romans"
    """All-rounders with strong infantry and cavalry."""
    TEUTONS = "Teutons"
    """Cheap raiders."""
    GAULS = "Gauls"
    """Quick merchants and strong defenders."""
    NATURE = "Nature"
    """Animals; nobody plays them."""
    NATARS = "Natars"
    """The tribe of the endgame, played by the server."""
    EGYPTIANS = "Egyptians"
    """Builders with many resources."""
    HUNS = "Huns"
    """Swift horsemen."""
    SPARTANS = "Spartans"
    """Few, but sturdy."""
    VIKINGS = "Vikings"
    """Raiders from the sea."""
    UNKNOWN = "Unknown"
    """A tribe that this version does not know."""


class PlayerOrder(Enum):
    """How players are ordered."""

    POPULATION = "population DESC"
    """The largest first."""
    NAME = "name"
    """By name, A first."""
    PLAYER_ID = "player_id"
    """By their ids."""


@dataclass(frozen=True, slots=True)
class PlayerRow:
    """Someone who takes part in one world."""

    world_id: str
    player_id: int
    name: str
    tribe: Tribe
    npc_id: int | None
    alliance_id: int | None
    rank: int | None
    population: int
    village_count: int
    offensive_power: int
    defensive_power: int
    capital_x: int | None
    capital_y: int | None
    first_seen: datetime
    last_seen: datetime
    gone_at: datetime | None


FILTERS = (
    Filter("is_npc", bool, "(t.npc_id IS NOT NULL) = {}", "Only NPCs, or only humans."),
    Filter("tribe", Tribe, "t.tribe = {}", "Only players of this tribe."),
    Filter(
        "in_alliance",
        bool,
        "(t.alliance_id IS NOT NULL) = {}",
        "Only players in an alliance, or only those in none.",
    ),
    Filter("min_population", int, "t.population >= {}", "Only players with at least this population."),
    Filter(
        "is_gone",
        bool,
        "(t.gone_at IS NOT NULL) = {}",
        "Only players who left the world, or only those still in it.",
    ),
    Filter(
        "name_contains",
        str,
        "strpos(lower(t.name), lower({})) > 0",
        "Only names with this text in them, in any case.",
    ),
)

BY_ID = Read(PlayerRow, "players", key=("world_id", "player_id"))
OF_NPC_IN_WORLD = Read(PlayerRow, "players", key=("world_id", "npc_id"))
OF_NPC = Read(
    PlayerRow,
    "players",
    key=("npc_id",),
    orders=PlayerOrder,
    ties=("world_id", "player_id"),
    visible=OF_WORLDS,
)
OF_WORLD = Read(
    PlayerRow, "players", key=("world_id",), orders=PlayerOrder, ties=("player_id",), filters=FILTERS
)
OF_ALLIANCE = Read(
    PlayerRow,
    "players",
    key=("world_id", "alliance_id"),
    orders=PlayerOrder,
    ties=("player_id",),
    filters=FILTERS,
)


@dataclass(frozen=True, slots=True)
class ActorRow:
    """A player, as far as it matters for what it may do."""

    player_id: int
    name: str
    npc_id: int | None
    alliance_id: int | None
    role: AllianceRole | None
    gone_at: datetime | None

    @property
    def leads(self) -> bool:
        """Whether it speaks for its alliance."""
        return self.role in (AllianceRole.LEADER, AllianceRole.CO_LEADER)


ACTOR = """
SELECT p.player_id, p.name, p.npc_id, p.alliance_id, m.role, p.gone_at
  FROM players p
  LEFT JOIN alliance_members m ON m.world_id = p.world_id AND m.player_id = p.player_id AND m.left_at IS NULL
 WHERE p.world_id = $1 AND """
ACTOR_BY_PLAYER = ACTOR + "p.player_id = $2"
ACTOR_BY_NPC = ACTOR + "p.npc_id = $2"


async def actor(conn: Connection, world_id: str, player_id: int) -> ActorRow | None:
    """A player as it stands now."""
    return _actor(await conn.fetchrow(ACTOR_BY_PLAYER, world_id, player_id))


async def actor_of_npc(conn: Connection, world_id: str, npc_id: int) -> ActorRow | None:
    """The player as which an NPC takes part in a world, as it stands now."""
    return _actor(await conn.fetchrow(ACTOR_BY_NPC, world_id, npc_id))


def _actor(found: asyncpg.Record | None) -> ActorRow | None:
    if found is None:
        return None
    role = found["role"]
    return ActorRow(**{**found, "role": role and AllianceRole(role)})


UNKNOWN = """
SELECT wanted.player_id FROM unnest($2::int[]) AS wanted (player_id)
 WHERE NOT EXISTS (SELECT FROM players p WHERE p.world_id = $1 AND p.player_id = wanted.player_id)
 ORDER BY 1
"""


async def unknown(conn: Connection, world_id: str, player_ids: Sequence[int]) -> list[int]:
    """Those of the ids that no player of the world has."""
    return [record[0] for record in await conn.fetch(UNKNOWN, world_id, player_ids)]


PLAYING = "SELECT npc_id, player_id FROM players WHERE world_id = $1 AND npc_id = ANY($2::bigint[])"


async def of_npcs(stores: Stores, world_id: str, npc_ids: Collection[int]) -> dict[int | None, int]:
    """As whom each of these NPCs plays in a world, of those that do."""
    found = await stores.reads.fetch(PLAYING, [world_id, list(npc_ids)])
    return {record["npc_id"]: record["player_id"] for record in found}


# Who comes, and what is told of them ------------------------------------------------------------------------

COLUMNS = ", ".join(BY_ID.columns.values())
ADD = f"""
INSERT INTO players AS t (world_id, player_id, name, tribe, npc_id, rank, population, village_count,
    offensive_power, defensive_power, capital_x, capital_y, first_seen, last_seen)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $13) RETURNING {COLUMNS}
"""
LOCK = f"""
SELECT {COLUMNS} FROM players t WHERE t.world_id = $1 AND t.player_id = $2 FOR NO KEY UPDATE
"""
NAMED = "SELECT player_id FROM players WHERE world_id = $1 AND name = $2 AND gone_at IS NULL"
NEXT_ID = "SELECT coalesce(max(player_id), 0)::bigint + 1 FROM players WHERE world_id = $1"


@dataclass(frozen=True, slots=True, kw_only=True)
class NewPlayer:
    """Someone who is to take part in a world."""

    player_id: int
    name: str
    tribe: Tribe
    npc_id: int | None = None
    rank: int | None = None
    population: int = 0
    village_count: int = 0
    offensive_power: int = 0
    defensive_power: int = 0
    capital_x: int | None = None
    capital_y: int | None = None


async def add(conn: Connection, world_id: str, new: NewPlayer, at: datetime) -> PlayerRow:
    """Let someone take part."""
    found = await conn.fetchrow(
        ADD, world_id, new.player_id, new.name, new.tribe.value, new.npc_id, new.rank, new.population,
        new.village_count, new.offensive_power, new.defensive_power, new.capital_x, new.capital_y, at,
    )  # fmt: skip
    assert found is not None
    return BY_ID.make(*found)


async def lock(conn: Connection, world_id: str, player_id: int) -> PlayerRow | None:
    """A player as it stands, kept so until this transaction ends."""
    found = await conn.fetchrow(LOCK, world_id, player_id)
    return None if found is None else BY_ID.make(*found)


async def named(conn: Connection, world_id: str, name: str) -> int | None:
    """The id of a player of this name who is still in the world."""
    found: int | None = await conn.fetchval(NAMED, world_id, name)
    return found


async def next_id(conn: Connection, world_id: str) -> int:
    """An id that no player of the world has had."""
    return int(await conn.fetchval(NEXT_ID, world_id))


async def changed(conn: Connection, player: PlayerRow, columns: Mapping[str, Any]) -> PlayerRow:
    """Set columns of a player."""
    sql = f"""
UPDATE players t SET {assignments(columns, 2)} WHERE t.world_id = $1 AND t.player_id = $2
RETURNING {COLUMNS}"""
    found = await conn.fetchrow(sql, player.world_id, player.player_id, *values(columns))
    assert found is not None
    return BY_ID.make(*found)


NPCS = """
SELECT player_id, npc_id FROM players
 WHERE world_id = $1 AND player_id = ANY ($2::int[]) AND npc_id IS NOT NULL
"""


async def npcs_of(conn: Connection, world_id: str, player_ids: Collection[int]) -> dict[int, int]:
    """The NPCs that play those of these players that an NPC plays."""
    found = await conn.fetch(NPCS, world_id, list(player_ids))
    return {record["player_id"]: record["npc_id"] for record in found}


@dataclass(frozen=True, slots=True)
class Person:
    """A player, as far as it matters to what befalls it: who plays it, and who leads its alliance."""

    player_id: int
    name: str
    npc_id: int | None
    personality: Personality | None
    alliance_id: int | None
    leader_id: int | None
    leading_npc_id: int | None
    leading_personality: Personality | None
    gone_at: datetime | None


PEOPLE = """
SELECT p.player_id, p.name, p.npc_id, n.personality, p.alliance_id, a.leader_id,
       a.npc_leader_id AS leading_npc_id, leader.personality AS leading_personality, p.gone_at
  FROM (SELECT player_id FROM players WHERE world_id = $1 AND player_id = ANY($2::int[])
         UNION SELECT player_id FROM players WHERE world_id = $1 AND npc_id = ANY($3::int[])) wanted
  JOIN players p ON p.world_id = $1 AND p.player_id = wanted.player_id
  LEFT JOIN npcs n ON n.id = p.npc_id
  LEFT JOIN alliances a ON a.world_id = $1 AND a.alliance_id = p.alliance_id
  LEFT JOIN npcs leader ON leader.id = a.npc_leader_id
"""


async def people(
    conn: Connection, world_id: str, player_ids: Sequence[int], npc_ids: Sequence[int]
) -> list[Person]:
    """Those of these players that there are, and as whom these NPCs play."""
    found = await conn.fetch(PEOPLE, world_id, player_ids, npc_ids)
    return [Person(**{**one, **{name: _personality(one[name]) for name in PERSONALITIES}}) for one in found]


PERSONALITIES = ("personality", "leading_personality")


def _personality(stored: str | None) -> Personality | None:
    return None if stored is None else Personality(stored)
