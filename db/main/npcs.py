"""NPCs: AI profiles, known across worlds, and how each stands in a world."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from typing import Annotated, Any
from uuid import UUID

from db.assignments import assignments, values
from db.connection import Connection
from db.reads import Column, Filter, Private, Read
from db.viewer import IN_A_WORLD, OWN, Viewer, Visible

TRAITS = ("aggression", "economy", "diplomacy", "risk_tolerance", "patience", "adaptability")
"""What every behaviour template tells, each from 0 to 1."""


class NpcTribe(Enum):
    """The tribes that NPCs play."""

    ROMANS = "Romans"
    """All-rounders with strong infantry and cavalry."""
    GAULS = "Gauls"
    """Quick merchants and strong defenders."""
    TEUTONS = "Teutons"
    """Cheap raiders."""


class Personality(Enum):
    """The character that an NPC plays."""

    AGGRESSIVE = "aggressive"
    """Seeks battle."""
    ECONOMIC = "economic"
    """Builds and trades."""
    BALANCED = "balanced"
    """A little of everything."""
    DIPLOMAT = "diplomat"
    """Seeks treaties and keeps them."""
    ASSASSIN = "assassin"
    """Strikes where it hurts, promises or not."""


class Strategy(Enum):
    """What an NPC is working towards in a world."""

    EXPANSION = "expansion"
    """More villages."""
    MILITARY = "military"
    """More troops."""
    ECONOMIC = "economic"
    """More production."""
    DIPLOMATIC = "diplomatic"
    """More friends."""


class NpcOrder(Enum):
    """How NPCs are ordered."""

    NAME = "name"
    """By name, A first."""
    LAST_ACTIVE = "last_active DESC"
    """The most recently active first."""


ITS_OWN = Private(owner="npc_id")


@dataclass(frozen=True, slots=True)
class NpcRow:
    """An AI profile. That there is such an NPC, everybody knows; how it thinks is its own."""

    npc_id: Annotated[int, Column("t.id")]
    uuid: UUID
    name: str
    tribe: NpcTribe
    personality: Annotated[Personality | None, ITS_OWN]
    behavior_template: Annotated[dict[str, Any] | None, ITS_OWN]
    llm_temperature: Annotated[float | None, ITS_OWN]
    decision_cache_ttl: Annotated[int | None, ITS_OWN]
    strategic_update_frequency: Annotated[int | None, ITS_OWN]
    active: Annotated[bool | None, ITS_OWN]
    paused: Annotated[bool | None, ITS_OWN]
    created_at: Annotated[datetime | None, ITS_OWN]
    last_active: Annotated[datetime | None, ITS_OWN]
    last_decision: Annotated[datetime | None, ITS_OWN]
    total_decisions_made: Annotated[int | None, ITS_OWN]
    llm_calls_made: Annotated[int | None, ITS_OWN]
    battles_fought: Annotated[int | None, ITS_OWN]
    villages_founded: Annotated[int | None, ITS_OWN]
    version: Annotated[int | None, ITS_OWN]
    notes: Annotated[str | None, ITS_OWN]


# Where it plays, and for a brain wherever its own NPC is.
PLAYING = (
    "t.id = k.viewer_npc_id OR EXISTS ("
    "SELECT FROM players p WHERE p.npc_id = t.id AND p.world_id = ANY({worlds}))"
)
KNOWN = Visible(within=PLAYING)
# Whoever made it finds it again before it is let into any world.
KNOWN_OR_NEW = Visible(
    within=f"{PLAYING} OR k.sees_all AND NOT EXISTS (SELECT FROM players p WHERE p.npc_id = t.id)"
)

BY_ID = Read(NpcRow, "npcs", key=("npc_id",), linked=True)
FOUND_BY_ID = Read(NpcRow, "npcs", key=("npc_id",), visible=KNOWN_OR_NEW)
FOUND_BY_NAME = Read(NpcRow, "npcs", key=("name",), visible=KNOWN_OR_NEW)

FILTERS = (
    Filter("active", bool, "t.active = {}", "Only those that are active, or are not.", column="active"),
    Filter("tribe", NpcTribe, "t.tribe = {}", "Only NPCs of this tribe."),
    Filter(
        "personality",
        Personality,
        "t.personality = {}",
        "Only NPCs of this personality.",
        column="personality",
    ),
    Filter(
        "name_contains",
        str,
        "strpos(lower(t.name), lower({})) > 0",
        "Only names with this text in them, in any case.",
    ),
)
ALL = Read(NpcRow, "npcs", key=(), orders=NpcOrder, ties=("npc_id",), filters=FILTERS, visible=KNOWN)
OF_WORLD = Read(
    NpcRow,
    "(SELECT n.*, s.world_id FROM npcs n JOIN npc_world_state s ON s.npc_id = n.id)",
    key=("world_id",),
    orders=NpcOrder,
    ties=("npc_id",),
    filters=FILTERS,
)


class NpcVersionOrder(Enum):
    """How the former templates of an NPC are ordered."""

    RECENT = "version DESC"
    """The latest first."""
    OLDEST = "version"
    """The earliest first."""


@dataclass(frozen=True, slots=True)
class NpcVersionRow:
    """A behaviour template that an NPC had before; its own, as the one it has."""

    npc_id: int
    version: int
    behavior_template: dict[str, Any]
    replaced_at: datetime


VERSIONS_OF_NPC = Read(
    NpcVersionRow,
    "npc_versions",
    key=("npc_id",),
    orders=NpcVersionOrder,
    ties=("version",),
    visible=OWN,
    linked=True,
)


@dataclass(frozen=True, slots=True)
class NpcWorldStateRow:
    """How an NPC stands in a world."""

    npc_id: int
    world_id: str
    player_id: int
    rank: int | None
    total_population: int
    village_count: int
    total_wood: int
    total_clay: int
    total_iron: int
    total_wheat: int
    offensive_power: int
    defensive_power: int
    total_troops: int
    production_rate_wood: int
    production_rate_clay: int
    production_rate_iron: int
    production_rate_wheat: int
    current_strategy: Strategy | None
    strategic_goal: str | None
    threat_level: float
    alliance_role: str | None
    state_updated_at: datetime
    last_login: datetime


class NpcWorldStateOrder(Enum):
    """How an NPC's worlds are ordered."""

    WORLD_ID = "world_id"
    """By the world's id."""


STATE = Read(NpcWorldStateRow, "npc_world_state", key=("world_id", "npc_id"), visible=OWN)
STATES_OF_NPC = Read(
    NpcWorldStateRow,
    "npc_world_state",
    key=("npc_id",),
    orders=NpcWorldStateOrder,
    ties=("world_id",),
    visible=Visible(owner="npc_id", within=IN_A_WORLD),
)


PERSONALITIES = "SELECT id, personality FROM npcs WHERE id = ANY ($1::int[])"


async def personalities(conn: Connection, npc_ids: Sequence[int]) -> dict[int, Personality]:
    """The character that each of these NPCs plays."""
    return {npc: Personality(played) for npc, played in await conn.fetch(PERSONALITIES, npc_ids)}


PLAYING = "SELECT npc_id, gone_at IS NULL FROM players WHERE world_id = $1 AND npc_id = ANY($2::int[])"


async def playing(conn: Connection, world_id: str, npc_ids: Collection[int]) -> dict[int, bool]:
    """Those of these NPCs that have a player in a world, and whether it is still there."""
    return {found[0]: found[1] for found in await conn.fetch(PLAYING, world_id, npc_ids)}


# Their lives ------------------------------------------------------------------------------------------------

COLUMNS = ", ".join(BY_ID.columns.values())
ADD = f"""
INSERT INTO npcs AS t (name, tribe, personality, behavior_template, llm_temperature, decision_cache_ttl,
    strategic_update_frequency, notes, created_at, last_active)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $9) RETURNING {COLUMNS}
"""
LOCK = f"""
SELECT {COLUMNS} FROM npcs t
 WHERE t.id = $1
   AND ($2::text[] IS NULL OR t.id = $3
        OR EXISTS (SELECT FROM players p WHERE p.npc_id = t.id AND p.world_id = ANY ($2))
        OR NOT EXISTS (SELECT FROM players p WHERE p.npc_id = t.id))
   FOR NO KEY UPDATE
"""
NAMED = "SELECT id FROM npcs WHERE name = $1"


@dataclass(frozen=True, slots=True, kw_only=True)
class NewNpc:
    """An AI profile to be made."""

    name: str
    tribe: NpcTribe
    personality: Personality
    behavior_template: dict[str, Any]
    llm_temperature: float
    decision_cache_ttl: int
    strategic_update_frequency: int
    notes: str | None


async def add(conn: Connection, new: NewNpc, at: datetime) -> NpcRow:
    """Make an NPC."""
    found = await conn.fetchrow(
        ADD, new.name, new.tribe.value, new.personality.value, new.behavior_template, new.llm_temperature,
        new.decision_cache_ttl, new.strategic_update_frequency, new.notes, at,
    )  # fmt: skip
    assert found is not None
    return BY_ID.make(*found)


async def named(conn: Connection, name: str) -> int | None:
    """The id of the NPC of this name."""
    found: int | None = await conn.fetchval(NAMED, name)
    return found


async def name_of(conn: Connection, npc_id: int) -> str | None:
    """The name of an NPC, or None where there is no such NPC."""
    found: str | None = await conn.fetchval("SELECT name FROM npcs WHERE id = $1", npc_id)
    return found


async def lock(conn: Connection, viewer: Viewer, npc_id: int) -> NpcRow | None:
    """The NPC as it stands, kept so until this transaction ends; None where it plays in none but worlds that
    are not the viewer's."""
    worlds = None if viewer.worlds is None else list(viewer.worlds)
    found = await conn.fetchrow(LOCK, npc_id, worlds, viewer.npc_id)
    return None if found is None else BY_ID.make(*found)


async def changed(conn: Connection, npc: NpcRow, columns: Mapping[str, Any]) -> NpcRow:
    """Set columns of an NPC; a template that is replaced is kept, and the version rises."""
    if not columns:
        return npc
    sql = f"UPDATE npcs t SET {assignments(columns, 1)} WHERE t.id = $1 RETURNING {COLUMNS}"
    found = await conn.fetchrow(sql, npc.npc_id, *values(columns))
    assert found is not None
    return BY_ID.make(*found)


@dataclass(slots=True)
class Deeds:
    """What an NPC did since its counters were last written."""

    npc_id: int
    last_active: datetime
    decisions: int = 0
    llm_calls: int = 0
    battles: int = 0
    last_decision: datetime | None = None


# Locked in the order of their ids: NPCs play in several worlds, whose changes do not wait for each other.
ACTED = """
WITH locked AS (SELECT id FROM npcs WHERE id = ANY ($1::int[]) ORDER BY id FOR NO KEY UPDATE)
UPDATE npcs n
   SET last_active = greatest(n.last_active, e.last_active),
       last_decision = greatest(n.last_decision, e.last_decision),
       total_decisions_made = n.total_decisions_made + e.decisions,
       llm_calls_made = n.llm_calls_made + e.llm_calls,
       battles_fought = n.battles_fought + e.battles
  FROM unnest($1::int[], $2::timestamptz[], $3::int[], $4::int[], $5::int[], $6::timestamptz[])
       AS e (id, last_active, decisions, llm_calls, battles, last_decision)
  JOIN locked ON locked.id = e.id
 WHERE n.id = e.id
"""


async def acted(conn: Connection, deeds: Sequence[Deeds]) -> None:
    """Count what NPCs did, if any did something; of each NPC once at most."""
    if deeds:
        await conn.execute(
            ACTED, [one.npc_id for one in deeds], [one.last_active for one in deeds],
            [one.decisions for one in deeds], [one.llm_calls for one in deeds],
            [one.battles for one in deeds], [one.last_decision for one in deeds],
        )  # fmt: skip
