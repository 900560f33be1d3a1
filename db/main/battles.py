"""Battles: as each NPC that fought in one went through it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from typing import Annotated, Any

from db.bulk import Bulk
from db.connection import Connection
from db.reads import Column, Filter, Read
from db.viewer import OWN


class BattleType(Enum):
    """What a battle was for an NPC that fought in it."""

    ATTACK = "attack"
    """It attacked to destroy or to conquer."""
    RAID = "raid"
    """It attacked for loot."""
    DEFENSE = "defense"
    """It was attacked."""
    REINFORCEMENT = "reinforcement"
    """It helped whoever was attacked."""


class BattleRole(Enum):
    """On which side of a battle an NPC stood."""

    ATTACKER = "attacker"
    """With the attackers: it led them, or joined them."""
    DEFENDER = "defender"
    """It was the one attacked."""
    REINFORCEMENT = "reinforcement"
    """It stood by the one attacked."""


class BattleResult(Enum):
    """How a battle ended for an NPC that fought in it."""

    VICTORY = "victory"
    """Its side won."""
    DEFEAT = "defeat"
    """Its side lost."""
    DRAW = "draw"
    """Neither side won."""


class BattleOrder(Enum):
    """How battles are ordered."""

    RECENT = "occurred_at DESC"
    """The latest first."""
    OLDEST = "occurred_at"
    """The earliest first."""


@dataclass(frozen=True, slots=True)
class BattleRow:
    """A battle as one NPC went through it."""

    world_id: str
    record_id: Annotated[int, Column("t.id")]
    npc_id: int
    battle_id: int | None
    battle_type: BattleType
    attacker_id: int
    defender_id: int
    npc_role: BattleRole
    opponent_id: int
    from_village_id: int | None
    to_village_id: int | None
    my_troops_sent: dict[str, Any] | None
    my_troops_survived: dict[str, Any] | None
    enemy_troops_estimated: dict[str, Any] | None
    enemy_troops_killed: dict[str, Any] | None
    result: BattleResult
    resources_gained: int
    resources_lost: int
    prediction_made: dict[str, Any] | None
    prediction_accuracy: float | None
    tactical_lesson: str | None
    strategy_adjustment: dict[str, Any] | None
    occurred_at: datetime
    created_at: datetime


FILTERS = (
    Filter("type", BattleType, "t.battle_type = {}", "Only battles that were this for the NPC."),
    Filter("result", BattleResult, "t.result = {}", "Only battles that ended so for the NPC."),
    Filter("since", datetime, "t.occurred_at >= {}", "Only battles of this moment or later."),
    Filter("until", datetime, "t.occurred_at < {}", "Only battles from before this moment."),
)

BY_ID = Read(BattleRow, "npc_battle_history", key=("world_id", "record_id"), visible=OWN)
OF_NPC = Read(
    BattleRow,
    "npc_battle_history",
    key=("world_id", "npc_id"),
    orders=BattleOrder,
    ties=("record_id",),
    filters=FILTERS,
    visible=OWN,
)
OF_PAIR = Read(
    BattleRow,
    "npc_battle_history",
    key=("world_id", "npc_id", "opponent_id"),
    orders=BattleOrder,
    ties=("record_id",),
    filters=FILTERS,
    visible=OWN,
)
OF_WORLD = Read(
    BattleRow,
    "npc_battle_history",
    key=("world_id",),
    orders=BattleOrder,
    ties=("record_id",),
    filters=FILTERS,
    visible=OWN,
)


# What is recorded -------------------------------------------------------------------------------------------


@dataclass(slots=True, kw_only=True)
class NewBattle:
    """A battle to record for an NPC that fought in it."""

    id: int
    npc_id: int
    battle_id: int | None
    battle_type: BattleType
    attacker_id: int
    defender_id: int
    npc_role: BattleRole
    from_village_id: int | None
    to_village_id: int | None
    my_troops_sent: dict[str, Any] | None
    my_troops_survived: dict[str, Any] | None
    enemy_troops_estimated: dict[str, Any] | None
    enemy_troops_killed: dict[str, Any] | None
    result: BattleResult
    resources_gained: int
    resources_lost: int
    prediction_made: dict[str, Any] | None
    prediction_accuracy: float | None
    tactical_lesson: str | None
    strategy_adjustment: dict[str, Any] | None
    occurred_at: datetime


ADD = Bulk(NewBattle, "npc_battle_history")

KNOWN = (
    "SELECT battle_id, npc_id FROM npc_battle_history WHERE world_id = $1 AND battle_id = ANY($2::bigint[])"
)


async def known(conn: Connection, world_id: str, battle_ids: Sequence[int]) -> set[tuple[int, int]]:
    """Which NPCs have a record of which of these battles already."""
    if not battle_ids:
        return set()
    return {(record[0], record[1]) for record in await conn.fetch(KNOWN, world_id, battle_ids)}
