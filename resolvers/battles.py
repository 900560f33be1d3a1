"""Battles: how one is recorded for the NPCs that fought in it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

import strawberry

from resolvers.changes import Change, change
from resolvers.context import Info
from resolvers.descriptions import input_type
from resolvers.recording.battles import BattleInput
from resolvers.recording.recorder import record
from resolvers.refusal import Refusal
from resolvers.repeats import OfWorld, kept_whole


@input_type
class RecordBattleInput(OfWorld, BattleInput):
    """A battle that took place in a world."""


@kept_whole
@dataclass(frozen=True, slots=True)
class BattleRecords:
    """The records of a battle."""

    world_id: str
    record_ids: list[int]


async def record_battle(
    info: Info, input: Annotated[RecordBattleInput, strawberry.argument(description="Who fought, and how.")]
) -> BattleRecords | Refusal:
    """Record a battle for each NPC that fought in it, with what follows for counters, memories and trust: who
    was attacked trusts the attackers less, much less where a treaty forbade it, and those more who stood by
    it; who stood by it, and the NPC that leads its alliance, trust the attackers less; who led an attack
    trusts those more who joined it. A brain records a battle for its own NPC alone."""
    input.check(info.context.now)

    async def act(under_way: Change) -> BattleRecords:
        return BattleRecords(input.world_id, await record(under_way, input))

    return await change(info, input, act)
