"""Memories: what an NPC remembers of a world."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from typing import Annotated, Any

from db.affected import affected
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


@dataclass(frozen=True, slots=True, kw_only=True)
class NewMemory:
    """Something for an NPC to remember."""

    npc_id: int
    memory_type: MemoryType
    event_data: dict[str, Any]
    importance: float
    emotional_weight: float
    occurred_at: datetime
    game_day: int | None = None
    related_player_ids: Sequence[int] = ()
    related_village_ids: Sequence[int] = ()
    lesson_learned: str | None = None
    behavior_adjustment: dict[str, Any] | None = None
    expires_at: datetime | None = None


ADD = f"""
INSERT INTO npc_memory AS t (world_id, npc_id, memory_type, event_data, importance, emotional_weight,
    occurred_at, game_day, related_player_ids, related_village_ids, lesson_learned, behavior_adjustment,
    expires_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13) RETURNING {", ".join(BY_ID.columns.values())}
"""


async def add(conn: Connection, world_id: str, new: NewMemory) -> MemoryRow:
    """Let an NPC remember."""
    found = await conn.fetchrow(
        ADD, world_id, new.npc_id, new.memory_type.value, new.event_data, new.importance,
        new.emotional_weight, new.occurred_at, new.game_day, new.related_player_ids, new.related_village_ids,
        new.lesson_learned, new.behavior_adjustment, new.expires_at,
    )  # fmt: skip
    assert found is not None
    return BY_ID.make(*found)


@dataclass(frozen=True, slots=True)
class Impression:
    """How one of many NPCs remembers the same event."""

    npc_id: int
    player_id: int
    importance: float
    emotional_weight: float


# The day of a world is counted from 1, and none is part of its own memories of others.
ADD_SHARED = """
INSERT INTO npc_memory (world_id, npc_id, memory_type, event_data, occurred_at, game_day, related_player_ids,
                        importance, emotional_weight)
SELECT w.world_id, m.npc_id, $2, $3, $4, floor(extract(epoch FROM $4 - w.started_at) / 86400)::int + 1,
       array_remove($5::int[], m.player_id), m.importance, m.weight
  FROM worlds w,
       unnest($6::int[], $7::int[], $8::float8[], $9::float8[]) AS m (npc_id, player_id, importance, weight)
 WHERE w.world_id = $1
"""


async def add_shared(
    conn: Connection,
    world_id: str,
    what: tuple[MemoryType, dict[str, Any]],
    at: datetime,
    about: Sequence[int],
    impressions: Sequence[Impression],
) -> None:
    """Let many NPCs remember one event, each as it struck it, all in one statement."""
    kind, event_data = what
    await conn.execute(
        ADD_SHARED, world_id, kind.value, event_data, at, about,
        [one.npc_id for one in impressions], [one.player_id for one in impressions],
        [one.importance for one in impressions], [one.emotional_weight for one in impressions],
    )  # fmt: skip


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
