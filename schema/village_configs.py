"""How NPCs want their villages to be run, as clients see it."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from strawberry.scalars import JSON

import resolvers.village_configs
from db.main import npcs
from db.world import village_configs, villages
from db.world.village_configs import BuildPhase, VillageConfigRow, VillageType
from resolvers.village_configs import Priority
from schema.base import backed_by, one, resolve
from schema.nodes import Node
from schema.scalars import BigInt

if TYPE_CHECKING:
    from schema.npcs import Npc
    from schema.villages import Village


@backed_by(Priority)
class ResourcePriority:
    """In which order resources matter: 1 first."""

    wood: int | None
    """The place of wood."""
    clay: int | None
    """The place of clay."""
    iron: int | None
    """The place of iron."""
    wheat: int | None
    """The place of wheat."""


@backed_by(VillageConfigRow, node=village_configs.BY_ID)
class VillageConfig(Node):
    """How an NPC wants a village of its own to be run."""

    village_type: VillageType | None
    """What the village is for."""
    build_template_name: str | None
    """By which template it is built."""
    current_build_phase: BuildPhase | None
    """How far it has come."""
    auto_build_enabled: bool
    """Whether it is built without asking the NPC each time."""
    next_scheduled_build: datetime | None
    """When the next building is to be queued."""
    build_queue_strategy: JSON | None
    """How the build queue is filled: an object."""
    resource_priority: ResourcePriority | None = resolve(
        resolvers.village_configs.resource_priority, needs=("resource_priority",)
    )
    warehouse_reserve: BigInt
    """How much of each resource is to be kept in reserve."""
    troop_training_enabled: bool
    """Whether troops are trained."""
    training_queue_strategy: JSON | None
    """How the training queue is filled: an object."""
    auto_raid_enabled: bool
    """Whether raids are sent without asking the NPC each time."""
    version: int
    """Rises with each change."""
    created_at: datetime
    """When it was first said."""
    updated_at: datetime
    """When it was last changed."""
    village: Village | None = one(villages.BY_ID, key=("world_id", "village_id"))
    """The village."""
    npc: Npc | None = one(npcs.BY_ID, key=("npc_id",))
    """The NPC."""
