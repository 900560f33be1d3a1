"""Village configs: how an NPC wants each of its villages to be run."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from typing import Any

from db.assignments import assignments, values
from db.connection import Connection
from db.reads import Filter, Read, Store, of_world
from db.viewer import OWN


class VillageType(Enum):
    """What a village is for."""

    CAPITAL = "capital"
    """The seat of its owner."""
    MILITARY = "military"
    """It trains troops."""
    ECONOMIC = "economic"
    """It produces and trades."""
    FARMING = "farming"
    """It grows wheat for others."""
    DEFENSIVE = "defensive"
    """It holds out, and shelters others."""


class BuildPhase(Enum):
    """How far a village has come."""

    EARLY = "early"
    """It has just begun."""
    MID = "mid"
    """It grows."""
    LATE = "late"
    """Most of it stands."""
    ENDGAME = "endgame"
    """It is built for the end of the world."""


class VillageConfigOrder(Enum):
    """How village configs are ordered."""

    VILLAGE_ID = "village_id"
    """By the ids of their villages."""


@dataclass(frozen=True, slots=True)
class VillageConfigRow:
    """How an NPC wants a village of its own to be run."""

    world_id: str
    village_id: int
    npc_id: int
    village_type: VillageType | None
    build_template_name: str | None
    current_build_phase: BuildPhase | None
    auto_build_enabled: bool
    next_scheduled_build: datetime | None
    build_queue_strategy: dict[str, Any] | None
    resource_priority: dict[str, Any] | None
    warehouse_reserve: int
    troop_training_enabled: bool
    training_queue_strategy: dict[str, Any] | None
    auto_raid_enabled: bool
    version: int
    created_at: datetime
    updated_at: datetime


BY_ID = Read(
    VillageConfigRow,
    "npc_village_config",
    key=("world_id", "village_id"),
    visible=OWN,
    store=Store.WORLD,
)
OF_NPC = Read(
    VillageConfigRow,
    "npc_village_config",
    key=("world_id", "npc_id"),
    orders=VillageConfigOrder,
    ties=("village_id",),
    filters=(
        Filter("village_type", VillageType, "t.village_type = {}", "Only villages of this kind."),
        Filter(
            "auto_build_enabled",
            bool,
            "t.auto_build_enabled = {}",
            "Only those built unasked, or others.",
        ),
    ),
    visible=OWN,
    store=Store.WORLD,
)


# How it is changed ------------------------------------------------------------------------------------------

FIND = f"SELECT {of_world(BY_ID)} FROM npc_village_config t WHERE village_id = $1"
TAKE_OVER = "DELETE FROM npc_village_config WHERE village_id = $1 AND npc_id <> $2"
ADD = "INSERT INTO npc_village_config AS t (village_id, npc_id) VALUES ($1, $2) ON CONFLICT DO NOTHING"


async def find(conn: Connection, world_id: str, village_id: int) -> VillageConfigRow | None:
    """How a village is to be run, if anything was said."""
    found = await conn.fetchrow(FIND, village_id)
    return None if found is None else BY_ID.make(world_id, *found)


async def configured(
    conn: Connection, world_id: str, village_id: int, npc_id: int, told: Mapping[str, Any], at: datetime
) -> VillageConfigRow:
    """Let an NPC say how its village is to be run; what the owner before said of it goes."""
    await conn.execute(TAKE_OVER, village_id, npc_id)
    is_new = await conn.execute(ADD, village_id, npc_id) == "INSERT 0 1"
    changes = {**told, "updated_at": at} | ({"created_at": at} if is_new else {})
    sql = f"UPDATE npc_village_config t SET version = version + $2, {assignments(changes, after=2)} "
    sql += f"WHERE village_id = $1 RETURNING {of_world(BY_ID)}"
    found = await conn.fetchrow(sql, village_id, 0 if is_new else 1, *values(changes))
    assert found is not None
    return BY_ID.make(world_id, *found)
