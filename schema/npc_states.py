"""Live states, as clients see them."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from db.hot.npc_states import LiveStateRow
from db.main import npcs, worlds
from db.main.npcs import Strategy
from schema.base import backed_by, one
from schema.scalars import BigInt

if TYPE_CHECKING:
    from schema.npcs import Npc
    from schema.worlds import World


@backed_by(LiveStateRow)
class LiveState:
    """How an NPC stands in a world right now, as whoever plays it has told last. It is forgotten after five
    minutes; `NpcWorldState` is what the database holds."""

    villages: int
    """How many villages it has."""
    population: BigInt
    """The people in all its villages."""
    rank: int | None
    """Its rank by population; 1 is the largest."""
    offensive_power: BigInt
    """The strength of its attackers."""
    last_decision: datetime | None
    """When it last decided something."""
    current_strategy: Strategy | None
    """What it works towards."""
    reported_at: datetime
    """When this was told."""
    npc: Npc | None = one(npcs.BY_ID, key=("npc_id",))
    """The NPC."""
    world: World | None = one(worlds.BY_ID, key=("world_id",))
    """The world."""
