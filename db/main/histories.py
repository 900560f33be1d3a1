"""Histories: whole worlds copied in, with ids of their own and everything that ever happened in them.

All of it belongs between `loads.in_one_word` and `loads.done`, in the transaction of the caller.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import orjson

from db.connection import Connection

FOUND = """
SELECT settings ? 'demo' AS is_demo, settings ? 'life' AS has_life,
       EXISTS (SELECT FROM players p WHERE p.world_id = w.world_id AND village_count > 0) AS has_map,
       EXISTS (SELECT FROM npc_relationships r WHERE r.world_id = w.world_id)
       OR EXISTS (SELECT FROM treaties t WHERE t.world_id = w.world_id)
       OR EXISTS (SELECT FROM npc_memory m WHERE m.world_id = w.world_id) AS has_past
  FROM worlds w WHERE world_id = $1
"""
PLAYERS = """
SELECT player_id, name, tribe, population, village_count, alliance_id,
       (SELECT count(*) FROM alliance_members m
         WHERE m.world_id = p.world_id AND m.player_id = p.player_id) > 1 AS has_past
  FROM players p WHERE world_id = $1 AND gone_at IS NULL AND village_count > 0 ORDER BY player_id
"""
ALLIANCES = """
SELECT alliance_id, name, tag FROM alliances WHERE world_id = $1 AND disbanded_at IS NULL ORDER BY alliance_id
"""
ADD_WORLD = """
INSERT INTO worlds (world_id, name, started_at, created_at, settings) VALUES ($1, $2, $3, $3, $4)
"""
ADD_SETTINGS = "UPDATE worlds SET settings = settings || $2 WHERE world_id = $1"
WORLD_BEGAN = "UPDATE worlds SET started_at = least(started_at, $2) WHERE world_id = $1"
PLAYERS_CAME = "UPDATE players SET first_seen = least(first_seen, $2) WHERE world_id = $1 AND gone_at IS NULL"
DELETE_WORLD = "DELETE FROM worlds WHERE world_id = $1"

# What is known of a world that exists gets a past; what a map says stays as it is.
BECOME_NPCS = """
UPDATE players p SET npc_id = n.npc_id, offensive_power = n.offence, defensive_power = n.defence
  FROM unnest($2::int[], $3::int[], $4::bigint[], $5::bigint[]) AS n (player_id, npc_id, offence, defence)
 WHERE p.world_id = $1 AND p.player_id = n.player_id
"""
JOINED = """
UPDATE alliance_members m
   SET role = n.role, joined_at = CASE WHEN n.is_first THEN n.joined_at ELSE m.joined_at END
  FROM unnest($2::int[], $3::text[], $4::timestamptz[], $5::bool[])
       AS n (player_id, role, joined_at, is_first)
 WHERE m.world_id = $1 AND m.player_id = n.player_id AND m.left_at IS NULL
"""
STANCES = """
UPDATE alliances a SET alliance_strategy = n.strategy, diplomatic_stance = n.stance
  FROM unnest($2::int[], $3::text[], $4::jsonb[]) AS n (alliance_id, strategy, stance)
 WHERE a.world_id = $1 AND a.alliance_id = n.alliance_id
"""
NEXT_MEMBER = "SELECT coalesce(max(member_id), 0) + 1 FROM alliance_members WHERE world_id = $1"
MONTHS = "SELECT make_memory_partition($1)"

# NPCs are known across worlds: an id that is taken by a load is taken in every world.
LOCK_NPCS = "LOCK TABLE npcs IN SHARE ROW EXCLUSIVE MODE"
NPCS_CALLED = "SELECT id, name, tribe, personality, behavior_template FROM npcs WHERE name = ANY ($1::text[])"
NEWEST_NPC = "SELECT coalesce(max(id), 0) FROM npcs"
PLAYED = """
UPDATE npcs n
   SET battles_fought = n.battles_fought + p.battles, villages_founded = n.villages_founded + p.villages,
       last_active = greatest(n.last_active, p.last_active)
  FROM unnest($1::int[], $2::int[], $3::int[], $4::timestamptz[]) AS p (id, battles, villages, last_active)
 WHERE n.id = p.id
"""

# A sequence serves all worlds, and ids that a load brings do not come from it. Taking numbers one by one,
# rather than setting it, cannot throw back anybody who takes numbers at the same time.
BEYOND = """
SELECT count(nextval(pg_get_serial_sequence($1, $2))) FROM generate_series(
    coalesce(pg_sequence_last_value(pg_get_serial_sequence($1, $2)), 0) + 1, $3::bigint)
"""

IDENTITIES = {
    "npcs": "id",
    "alliance_members": "member_id",
    "npc_relationships": "id",
    "trust_events": "event_id",
    "treaties": "treaty_id",
    "treaty_events": "event_id",
    "npc_memory": "id",
    "build_queue": "id",
    "npc_build_queue_history": "id",
}


ANALYSE = """
ANALYZE worlds, npcs, alliances, players, alliance_members, npc_world_state, npc_relationships, trust_events,
        treaties, treaty_events, npc_memory, relationship_events, membership_events, treaty_states
"""


@dataclass(frozen=True, slots=True)
class Found:
    """What there is of a world already."""

    is_demo: bool
    has_life: bool
    has_map: bool
    has_past: bool


@dataclass(frozen=True, slots=True)
class GivenPlayer:
    """A player who was in the world before."""

    player_id: int
    name: str
    tribe: str
    population: int
    village_count: int
    alliance_id: int | None
    has_past: bool


@dataclass(frozen=True, slots=True)
class GivenAlliance:
    """An alliance that was in the world before."""

    alliance_id: int
    name: str
    tag: str


@dataclass(frozen=True, slots=True)
class Table:
    """Rows for one table, made while they are copied; where ids are numbers, up to the last id."""

    name: str
    columns: tuple[str, ...]
    rows: Iterable[tuple[Any, ...]]
    count: int
    last_id: int | None = None


async def found(conn: Connection, world_id: str) -> Found | None:
    """What there is of this world, or None."""
    record = await conn.fetchrow(FOUND, world_id)
    return None if record is None else Found(**record)


async def players(conn: Connection, world_id: str) -> list[GivenPlayer]:
    """Who is on the map of this world."""
    return [GivenPlayer(**record) for record in await conn.fetch(PLAYERS, world_id)]


async def alliances(conn: Connection, world_id: str) -> list[GivenAlliance]:
    """The alliances of this world."""
    return [GivenAlliance(**record) for record in await conn.fetch(ALLIANCES, world_id)]


async def add_world(
    conn: Connection, world_id: str, name: str, begins: datetime, settings: dict[str, Any]
) -> None:
    """Make a world."""
    await conn.execute(ADD_WORLD, world_id, name, begins, settings)


async def add_settings(conn: Connection, world_id: str, settings: dict[str, Any]) -> None:
    """Note more about a world."""
    await conn.execute(ADD_SETTINGS, world_id, settings)


async def began(conn: Connection, world_id: str, moment: datetime) -> None:
    """Let a world, and whoever is in it, have been there since this moment, if they were not before."""
    await conn.execute(WORLD_BEGAN, world_id, moment)
    await conn.execute(PLAYERS_CAME, world_id, moment)


async def delete_world(conn: Connection, world_id: str) -> None:
    """Remove a world and everything that happened in it; its NPCs stay."""
    await conn.execute(DELETE_WORLD, world_id)


async def copy(conn: Connection, table: Table) -> None:
    """Copy the rows in, as one statement for the triggers too; ids that are given later come after theirs."""
    await conn.copy_records_to_table(table.name, records=table.rows, columns=table.columns)
    if table.last_id is not None:
        await conn.execute(BEYOND, table.name, IDENTITIES[table.name], table.last_id)


async def binary_json(conn: Connection) -> None:
    """COPY sends rows in binary: for it, JSON has to be written as Postgres does, a version and the text."""
    await conn.set_type_codec(
        "jsonb",
        schema="pg_catalog",
        format="binary",
        encoder=lambda value: b"\x01" + orjson.dumps(value),
        decoder=lambda data: orjson.loads(data[1:]),
    )


async def make_months(conn: Connection, days: Iterable[date]) -> None:
    """Memories of these days get partitions."""
    for month in sorted({day.replace(day=1) for day in days}):
        await conn.execute(MONTHS, month)


@dataclass(frozen=True, slots=True)
class KnownNpc:
    """An NPC that plays, or played, in some world."""

    id: int
    name: str
    tribe: str
    personality: str
    behavior_template: dict[str, Any]


async def npcs_called(conn: Connection, names: list[str]) -> dict[str, KnownNpc]:
    """The NPCs of these names. Until the transaction ends, nobody else changes NPCs or adds any."""
    await conn.execute(LOCK_NPCS)
    return {record["name"]: KnownNpc(**record) for record in await conn.fetch(NPCS_CALLED, names)}


async def newest_npc(conn: Connection) -> int:
    """The greatest id of an NPC."""
    found: int = await conn.fetchval(NEWEST_NPC)
    return found


async def have_played(conn: Connection, records: list[tuple[int, int, int, datetime]]) -> None:
    """NPCs who were known already have fought so many battles and founded so many villages more."""
    await conn.execute(PLAYED, *_columns(records, 4))


async def become_npcs(conn: Connection, world_id: str, rows: list[tuple[int, int | None, int, int]]) -> None:
    """Players become NPCs, and all get their strength: player, NPC or None, offence, defence."""
    await conn.execute(BECOME_NPCS, world_id, *_columns(rows, 4))


async def joined(conn: Connection, world_id: str, rows: list[tuple[int, str, datetime, bool]]) -> None:
    """Members get their roles, and who has been in no other alliance the time of joining."""
    await conn.execute(JOINED, world_id, *_columns(rows, 4))


async def stand(conn: Connection, world_id: str, rows: list[tuple[int, str, dict[str, Any]]]) -> None:
    """Alliances get what they strive for and how they stand to others."""
    await conn.execute(STANCES, world_id, *_columns(rows, 3))


async def next_member(conn: Connection, world_id: str) -> int:
    """The first id of a membership that is free in this world."""
    first: int = await conn.fetchval(NEXT_MEMBER, world_id)
    return first


async def analyse_people(conn: Connection) -> None:
    """Let the planner know whom all rows that follow will be checked against."""
    await conn.execute("ANALYZE npcs, alliances, players")


async def analyse(conn: Connection) -> None:
    """Let the planner know of everything."""
    await conn.execute(ANALYSE)


def _columns(rows: Sequence[tuple[Any, ...]], width: int) -> list[list[Any]]:
    return [list(column) for column in zip(*rows, strict=True)] or [[] for _ in range(width)]
