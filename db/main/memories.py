"""Memories: what an NPC remembers of a world."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from typing import Annotated, Any

from db.affected import affected
from db.bulk import Bulk
from db.connection import Connection
from db.reads import Column, Filter, Read
from db.viewer import OWN


class MemoryType(Enum):
    """What a memory is of."""

    BATTLE = "battle"
    """A battle."""
    TRADE = "trade"
    """A trade."""
    MESSAGE = "message"
    """A message."""
    ALLIANCE_EVENT = "alliance_event"
    """Something in an alliance."""
    STRATEGIC_DECISION = "strategic_decision"
    """A decision of its own."""
    BUILDING_COMPLETED = "building_completed"
    """A building that was finished."""
    VILLAGE_FOUNDED = "village_founded"
    """A village that was founded."""
    TREATY_SIGNED = "treaty_signed"
    """A treaty that was signed."""
    TREATY_BROKEN = "treaty_broken"
    """A treaty that was broken."""
    PLAYER_INTERACTION = "player_interaction"
    """An encounter with a player."""


class MemoryOrder(Enum):
    """How memories are ordered."""

    RECENT = "occurred_at DESC"
    """The latest first."""
    IMPORTANT = "importance DESC"
    """The most important first."""


class MemoryOfWorldOrder(Enum):
    """How the memories of a world are ordered."""

    RECENT = "occurred_at DESC"
    """The latest first."""


@dataclass(frozen=True, slots=True)
class MemoryRow:
    """Something that an NPC remembers."""

    world_id: str
    memory_id: Annotated[int, Column("t.id")]
    npc_id: int
    memory_type: MemoryType
    event_data: dict[str, Any]
    importance: float
    emotional_weight: float
    occurred_at: datetime
    game_day: int | None
    related_player_ids: list[int]
    related_village_ids: list[int]
    lesson_learned: str | None
    behavior_adjustment: dict[str, Any] | None
    accessed_count: int
    last_accessed: datetime | None
    expires_at: datetime | None
    created_at: datetime


FILTERS = (
    Filter("type", MemoryType, "t.memory_type = {}", "Only memories of this type."),
    Filter(
        "min_importance",
        float,
        "t.importance >= {}",
        "Only memories at least this important, 0 to 1.",
        between=(0, 1),
    ),
    Filter(
        "about_player_id", int, "{} = ANY(t.related_player_ids)", "Only memories that this player is part of."
    ),
    Filter("since", datetime, "t.occurred_at >= {}", "Only memories of this moment or later."),
    Filter("until", datetime, "t.occurred_at < {}", "Only memories from before this moment."),
)

BY_ID = Read(MemoryRow, "npc_memory", key=("world_id", "occurred_at", "memory_id"), visible=OWN)
OF_NPC = Read(
    MemoryRow,
    "npc_memory",
    key=("world_id", "npc_id"),
    orders=MemoryOrder,
    ties=("occurred_at", "memory_id"),
    filters=FILTERS,
    visible=OWN,
)
OF_WORLD = Read(
    MemoryRow,
    "npc_memory",
    key=("world_id",),
    orders=MemoryOfWorldOrder,
    ties=("occurred_at", "memory_id"),
    filters=FILTERS,
    visible=OWN,
)


# What is remembered -----------------------------------------------------------------------------------------


@dataclass(slots=True, kw_only=True)
class NewMemory:
    """Something for an NPC to remember."""

    id: int = 0
    """0: it is given one when it is written."""
    npc_id: int
    memory_type: MemoryType
    event_data: dict[str, Any]
    importance: float
    emotional_weight: float
    occurred_at: datetime
    game_day: int | None = None
    """The day of the world, counted from 1; worked out unless told."""
    related_player_ids: Sequence[int] = ()
    related_village_ids: Sequence[int] = ()
    lesson_learned: str | None = None
    behavior_adjustment: dict[str, Any] | None = None
    expires_at: datetime | None = None


DAY = "floor(extract(epoch FROM e.occurred_at - w.started_at) / 86400)::int + 1"
ADD = Bulk(
    NewMemory,
    "npc_memory",
    beside="JOIN worlds w ON w.world_id = $1",
    made={"game_day": f"coalesce(e.game_day, {DAY})"},
)


# As the migration did in its time.
MAKE_MONTHS_AHEAD = """
SELECT make_memory_partition(((now() AT TIME ZONE 'UTC') + make_interval(months => ahead))::date)
  FROM generate_series(0, 2) AS ahead
"""


async def make_months_ahead(conn: Connection) -> None:
    """Make the partitions of this month and the next two where there are none: else their memories would
    gather in the default one."""
    await conn.execute(MAKE_MONTHS_AHEAD)


FORGET = """
DELETE FROM npc_memory m USING (
    SELECT world_id, occurred_at, id FROM npc_memory WHERE expires_at <= $1
     ORDER BY expires_at LIMIT $2 FOR UPDATE SKIP LOCKED) old
 WHERE m.world_id = old.world_id AND m.occurred_at = old.occurred_at AND m.id = old.id
"""


async def forgotten(conn: Connection, at: datetime, most: int) -> int:
    """Forget some memories that have expired; how many."""
    return affected(await conn.execute(FORGET, at, most))
