"""Memories, as clients see them."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from strawberry.scalars import JSON

from db.main import memories, npcs, players, worlds
from db.main.memories import MemoryRow, MemoryType
from schema.base import backed_by, listed, one
from schema.nodes import Node
from schema.scalars import BigInt

if TYPE_CHECKING:
    from schema.npcs import Npc
    from schema.players import Player
    from schema.worlds import World


@backed_by(MemoryRow, node=memories.BY_ID)
class Memory(Node):
    """Something that an NPC remembers of a world."""

    world_id: str
    """The world."""
    memory_id: BigInt
    """Its id in that world; together with the moment it tells memories apart."""
    memory_type: MemoryType
    """What it is of."""
    event_data: JSON
    """What happened: an object whose fields depend on the type; a battle has opponent, result, losses and
    loot."""
    importance: float
    """How important it is, 0 to 1."""
    emotional_weight: float
    """How it felt, −1 (bitter) to 1 (sweet): how much it weighs on later decisions."""
    occurred_at: datetime
    """When it happened."""
    game_day: int | None
    """The day of the world it happened on."""
    related_village_ids: list[int]
    """The villages that were part of it."""
    lesson_learned: str | None
    """What the NPC learned from it."""
    behavior_adjustment: JSON | None
    """How it changed the NPC's behaviour: traits and by how much, with a reason."""
    accessed_count: int
    """How often it was recalled."""
    last_accessed: datetime | None
    """When it was last recalled."""
    expires_at: datetime | None
    """When it may be forgotten; null: never."""
    created_at: datetime
    """When it was recorded."""
    npc: Npc = one(npcs.BY_ID, key=("npc_id",))
    """The NPC that remembers."""
    truster: Player | None = one(players.OF_NPC_IN_WORLD, key=("world_id", "npc_id"))
    """The player as which the NPC plays; null where it plays no longer."""
    related_players: list[Player] = listed(players.BY_ID, key=("world_id", "related_player_ids"))
    """The players that were part of it."""
    world: World = one(worlds.BY_ID, key=("world_id",))
    """The world."""
