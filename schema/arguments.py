"""Arguments that are part of a key, with the words that describe them everywhere."""

from __future__ import annotations

from engine.relations import Argument
from schema.scalars import BigInt

WORLD_ID = Argument("world_id", str, "The world, such as demo.")
NPC_ID = Argument("npc_id", int, "The NPC's id, the same in all worlds.")
WORLD_ID_OR_NONE = Argument(
    "world_id", str | None, "The world; the one last told of unless given.", default=None
)
PLAYER_ID = Argument("player_id", int, "The player's id in that world.")
ALLIANCE_ID = Argument("alliance_id", int, "The alliance's id in that world.")
VILLAGE_ID = Argument("village_id", int, "The village's id in that world.")
TREATY_ID = Argument("treaty_id", BigInt, "The treaty's id in that world.")

NPC_ID_OR_NONE = Argument("npc_id", int | None, "The NPC's id, the same in all worlds.", default=None)
ASKED = Argument("asked", str, "What was asked, as it was told when the answer was kept.")
NAME_OR_NONE = Argument("name", str | None, "Its name, instead of the id.", default=None)
