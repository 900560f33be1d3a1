"""Building: what waits to be built in a village, and what became of what its NPC had queued."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from typing import Annotated

from db.connection import Connection
from db.reads import Column, Filter, Read, Store, of_world
from db.viewer import OWN, OWN_PLAYERS


class QueueOrder(Enum):
    """How a build queue is ordered."""

    QUEUED = "queued_at"
    """What was queued first comes first."""


class BuildOrder(Enum):
    """How what was built is ordered."""

    RECENT = "queued_at DESC"
    """What was queued last comes first."""
    OLDEST = "queued_at"
    """What was queued first comes first."""


@dataclass(frozen=True, slots=True)
class QueuedRow:
    """A level of a building that waits to be built, or is being built."""

    world_id: str
    queue_id: Annotated[int, Column("t.id")]
    village_id: int
    player_id: int
    npc_id: int | None
    building_name: str
    slot: int | None
    from_level: int
    to_level: int
    queued_at: datetime
    started_at: datetime | None
    completes_at: datetime | None
    cost_wood: int
    cost_clay: int
    cost_iron: int
    cost_wheat: int
    priority_score: float | None
    decision_reason: str | None


@dataclass(frozen=True, slots=True)
class BuildRow:
    """What became of a level of a building that an NPC had queued."""

    world_id: str
    build_id: Annotated[int, Column("t.id")]
    village_id: int
    npc_id: int
    building_name: str
    from_level: int
    to_level: int
    queued_at: datetime
    started_at: datetime | None
    completed_at: datetime | None
    cost_wood: int
    cost_clay: int
    cost_iron: int
    cost_wheat: int
    wait_time_seconds: int | None
    build_time_seconds: int | None
    priority_score: float | None
    decision_reason: str | None
    created_at: datetime


FILTERS = (
    Filter("building_name", str, "t.building_name = {}", "Only buildings of this name."),
    Filter(
        "is_completed",
        bool,
        "(t.completed_at IS NOT NULL) = {}",
        "Only what was completed, or only what was given up.",
    ),
    Filter("since", datetime, "t.queued_at >= {}", "Only what was queued at this moment or later."),
    Filter("until", datetime, "t.queued_at < {}", "Only what was queued before this moment."),
)

QUEUED_BY_ID = Read(
    QueuedRow, "build_queue", key=("world_id", "queue_id"), visible=OWN_PLAYERS, store=Store.WORLD
)
QUEUE = Read(
    QueuedRow,
    "build_queue",
    key=("world_id", "village_id"),
    orders=QueueOrder,
    ties=("queue_id",),
    visible=OWN_PLAYERS,
    store=Store.WORLD,
)
BY_ID = Read(
    BuildRow, "npc_build_queue_history", key=("world_id", "build_id"), visible=OWN, store=Store.WORLD
)
OF_VILLAGE = Read(
    BuildRow,
    "npc_build_queue_history",
    key=("world_id", "village_id"),
    orders=BuildOrder,
    ties=("build_id",),
    filters=FILTERS,
    visible=OWN,
    store=Store.WORLD,
)
OF_NPC = Read(
    BuildRow,
    "npc_build_queue_history",
    key=("world_id", "npc_id"),
    orders=BuildOrder,
    ties=("build_id",),
    filters=FILTERS,
    visible=OWN,
    store=Store.WORLD,
)


# What is queued, begun and done -----------------------------------------------------------------------------

COSTS = ("cost_wood", "cost_clay", "cost_iron", "cost_wheat")

WRITE_DOWN = f"""
INSERT INTO npc_build_queue_history AS t (
    village_id, npc_id, building_name, from_level, to_level, queued_at, started_at, completed_at,
    {", ".join(COSTS)}, wait_time_seconds, build_time_seconds, priority_score, decision_reason)
SELECT village_id, npc_id, building_name, from_level, to_level, queued_at, started_at, done,
       {", ".join(COSTS)}, extract(epoch FROM started_at - queued_at)::bigint,
       extract(epoch FROM done - started_at)::bigint, priority_score, decision_reason
  FROM gone WHERE npc_id IS NOT NULL
"""
FIND = f"SELECT {of_world(QUEUED_BY_ID)} FROM build_queue t WHERE id = $1 FOR UPDATE"
ADD = f"""
INSERT INTO build_queue AS t (village_id, player_id, npc_id, building_name, slot, from_level, to_level,
    queued_at, {", ".join(COSTS)}, priority_score, decision_reason)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14) RETURNING {of_world(QUEUED_BY_ID)}
"""
START = f"""
UPDATE build_queue t SET started_at = $2, completes_at = $3 WHERE id = $1 RETURNING {of_world(QUEUED_BY_ID)}
"""
LEAVE = f"""
WITH gone AS (DELETE FROM build_queue WHERE id = $1 RETURNING *, $2::timestamptz AS done)
{WRITE_DOWN} RETURNING {of_world(BY_ID)}
"""
# Where no place is given, the building of this name that is highest is meant.
STANDS = """
SELECT slot, level FROM village_buildings
 WHERE village_id = $1 AND building_name = $2 AND ($3::int IS NULL OR slot = $3)
 ORDER BY level DESC, slot LIMIT 1
"""
PLANNED = """
SELECT count(*) AS length,
       max(to_level) FILTER (WHERE building_name = $2 AND slot IS NOT DISTINCT FROM $3::int) AS level
  FROM build_queue WHERE village_id = $1
"""
RAISE = """
INSERT INTO village_buildings (village_id, slot, player_id, building_name, level)
SELECT village_id, slot, player_id, building_name, to_level
  FROM build_queue WHERE id = $1 AND slot IS NOT NULL
    ON CONFLICT (village_id, slot) DO UPDATE
   SET player_id = excluded.player_id, building_name = excluded.building_name, level = excluded.level
"""


@dataclass(frozen=True, slots=True)
class Standing:
    """How far a building has come, with what is queued for it, and how long the village's queue is."""

    slot: int | None
    level: int
    queue_length: int


@dataclass(frozen=True, slots=True, kw_only=True)
class NewQueued:
    """A level of a building to queue."""

    village_id: int
    player_id: int
    npc_id: int
    building_name: str
    slot: int | None
    from_level: int
    to_level: int
    queued_at: datetime
    costs: tuple[int, int, int, int]
    priority_score: float | None
    decision_reason: str | None


async def standing(conn: Connection, village_id: int, building_name: str, slot: int | None) -> Standing:
    """How far the building of this name in this place has come, or the highest of its name."""
    stands = await conn.fetchrow(STANDS, village_id, building_name, slot)
    place, level = (slot, 0) if stands is None else stands
    planned = await conn.fetchrow(PLANNED, village_id, building_name, place)
    assert planned is not None
    return Standing(place, max(level, planned["level"] or 0), planned["length"])


async def find(conn: Connection, world_id: str, queue_id: int) -> QueuedRow | None:
    """What is queued under this id, ours until this transaction ends."""
    found = await conn.fetchrow(FIND, queue_id)
    return None if found is None else QUEUED_BY_ID.make(world_id, *found)


async def add(conn: Connection, world_id: str, new: NewQueued) -> QueuedRow:
    """Queue a level of a building."""
    found = await conn.fetchrow(
        ADD, new.village_id, new.player_id, new.npc_id, new.building_name, new.slot, new.from_level,
        new.to_level, new.queued_at, *new.costs, new.priority_score, new.decision_reason,
    )  # fmt: skip
    assert found is not None
    return QUEUED_BY_ID.make(world_id, *found)


async def started(
    conn: Connection, world_id: str, queue_id: int, at: datetime, completes_at: datetime | None
) -> QueuedRow:
    """The work has begun."""
    found = await conn.fetchrow(START, queue_id, at, completes_at)
    assert found is not None
    return QUEUED_BY_ID.make(world_id, *found)


async def completed(conn: Connection, world_id: str, queue_id: int, at: datetime) -> BuildRow:
    """The work is done: the building has its level."""
    await conn.execute(RAISE, queue_id)
    return await _left(conn, world_id, queue_id, at)


async def given_up(conn: Connection, world_id: str, queue_id: int) -> BuildRow:
    """It will not be built."""
    return await _left(conn, world_id, queue_id, None)


async def _left(conn: Connection, world_id: str, queue_id: int, done: datetime | None) -> BuildRow:
    found = await conn.fetchrow(LEAVE, queue_id, done)
    assert found is not None
    return BY_ID.make(world_id, *found)
