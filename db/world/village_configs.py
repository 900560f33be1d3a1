"""Village configs: how an NPC wants each of its villages to be run."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from typing import Any

from db.reads import Filter, Read, Store
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
