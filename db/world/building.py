"""Building: what waits to be built in a village, and what became of what its NPC had queued."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from typing import Annotated

from db.reads import Column, Filter, Read, Store
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
