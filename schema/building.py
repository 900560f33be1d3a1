"""What is built in villages, as clients see it."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from db.main import npcs
from db.world import building, villages
from db.world.building import BuildRow, QueuedRow
from schema.base import backed_by, one
from schema.nodes import Node
from schema.scalars import BigInt

if TYPE_CHECKING:
    from schema.npcs import Npc
    from schema.villages import Village


@backed_by(QueuedRow, node=building.QUEUED_BY_ID)
class QueuedBuilding(Node):
    """A level of a building that waits to be built, or is being built."""

    queue_id: BigInt
    """Its id in the build queues of that world."""
    building_name: str
    """Which building it is, such as barracks."""
    slot: int | None
    """Its place in the village, from 1, where that was said."""
    from_level: int
    """The level it has; 0 for a new one."""
    to_level: int
    """The level it is to get."""
    queued_at: datetime
    """When it was queued."""
    started_at: datetime | None
    """When the work began; null while it waits."""
    completes_at: datetime | None
    """When the work is expected to be done."""
    cost_wood: BigInt
    """Wood that it costs."""
    cost_clay: BigInt
    """Clay that it costs."""
    cost_iron: BigInt
    """Iron that it costs."""
    cost_wheat: BigInt
    """Wheat that it costs."""
    priority_score: float | None
    """How much it mattered when it was decided on; the greater, the more."""
    decision_reason: str | None
    """Why it was decided on."""
    village: Village | None = one(villages.BY_ID, key=("world_id", "village_id"))
    """The village."""
    npc: Npc | None = one(npcs.BY_ID, key=("npc_id",))
    """The NPC whose village it is; null for a human's."""


@backed_by(BuildRow, node=building.BY_ID)
class Build(Node):
    """What became of a level of a building that an NPC had queued."""

    build_id: BigInt
    """Its id in the history of that world."""
    building_name: str
    """Which building it is, such as barracks."""
    from_level: int
    """The level it had; 0 for a new one."""
    to_level: int
    """The level it was to get."""
    queued_at: datetime
    """When it was queued."""
    started_at: datetime | None
    """When the work began; null where it never did."""
    completed_at: datetime | None
    """When the work was done; null where it was given up."""
    cost_wood: BigInt
    """Wood that it cost."""
    cost_clay: BigInt
    """Clay that it cost."""
    cost_iron: BigInt
    """Iron that it cost."""
    cost_wheat: BigInt
    """Wheat that it cost."""
    wait_time_seconds: BigInt | None
    """For how many seconds it waited until the work began."""
    build_time_seconds: BigInt | None
    """How many seconds the work took."""
    priority_score: float | None
    """How much it mattered when it was decided on; the greater, the more."""
    decision_reason: str | None
    """Why it was decided on."""
    created_at: datetime
    """When this was recorded."""
    village: Village | None = one(villages.BY_ID, key=("world_id", "village_id"))
    """The village."""
    npc: Npc | None = one(npcs.BY_ID, key=("npc_id",))
    """The NPC that had queued it."""
