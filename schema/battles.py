"""Battles, as clients see them."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from strawberry.scalars import JSON

from db.main import battles, npcs, players, worlds
from db.main.battles import BattleResult, BattleRole, BattleRow, BattleType
from db.world import villages
from resolvers.battles import BattleRecords
from schema.base import backed_by, listed, one
from schema.nodes import Node
from schema.scalars import BigInt

if TYPE_CHECKING:
    from schema.npcs import Npc
    from schema.players import Player
    from schema.villages import Village
    from schema.worlds import World


@backed_by(BattleRecords)
class RecordedBattle:
    """A battle that was recorded."""

    battles: list[Battle] = listed(battles.BY_ID, key=("world_id", "record_ids"), first=100)
    """It, as each NPC that fought in it went through it."""


@backed_by(BattleRow, node=battles.BY_ID)
class Battle(Node):
    """A battle as one NPC went through it: each NPC that fought in it has its own record."""

    world_id: str
    """The world."""
    record_id: BigInt
    """The id of this record in that world."""
    battle_id: BigInt | None
    """The game's own id of the battle, shared by the records of all who fought in it."""
    battle_type: BattleType
    """What the battle was for the NPC."""
    npc_role: BattleRole
    """On which side the NPC stood."""
    from_village_id: int | None
    """The village that the attack came from."""
    to_village_id: int | None
    """The village that was attacked."""
    my_troops_sent: JSON | None
    """The NPC's troops in the battle: an object of numbers by unit."""
    my_troops_survived: JSON | None
    """Those of them that were left."""
    enemy_troops_estimated: JSON | None
    """The other side's troops, as far as the NPC knew: an object of numbers by unit."""
    enemy_troops_killed: JSON | None
    """The other side's losses."""
    result: BattleResult
    """How the battle ended for the NPC."""
    resources_gained: BigInt
    """Resources that the NPC took, of all four kinds together."""
    resources_lost: BigInt
    """Resources that were taken from the NPC, of all four kinds together."""
    prediction_made: JSON | None
    """What the NPC had expected: an object with predicted_result, predicted_losses and confidence."""
    prediction_accuracy: float | None
    """How right it was, 0 to 1."""
    tactical_lesson: str | None
    """What the NPC learned from it."""
    strategy_adjustment: JSON | None
    """What the NPC will do otherwise: an object."""
    occurred_at: datetime
    """When the battle took place."""
    created_at: datetime
    """When it was recorded."""
    npc: Npc = one(npcs.BY_ID, key=("npc_id",))
    """The NPC."""
    player: Player | None = one(players.OF_NPC_IN_WORLD, key=("world_id", "npc_id"))
    """The player as which the NPC plays; null where it plays no longer."""
    attacker: Player = one(players.BY_ID, key=("world_id", "attacker_id"))
    """Who attacked; of several, who led them."""
    defender: Player = one(players.BY_ID, key=("world_id", "defender_id"))
    """Who was attacked."""
    opponent: Player = one(players.BY_ID, key=("world_id", "opponent_id"))
    """The one of these two against whom the NPC fought."""
    from_village: Village | None = one(villages.BY_ID, key=("world_id", "from_village_id"))
    """The village that the attack came from; null, with an error, while the world's database is down."""
    to_village: Village | None = one(villages.BY_ID, key=("world_id", "to_village_id"))
    """The village that was attacked; null, with an error, while the world's database is down."""
    world: World = one(worlds.BY_ID, key=("world_id",))
    """The world."""
