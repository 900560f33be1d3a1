"""Live states: whoever plays an NPC tells how it stands right now."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

import strawberry

from db.hot import npc_states
from db.hot.npc_states import LiveStateRow
from db.main import players
from db.main.npcs import Strategy
from resolvers.beside import beside
from resolvers.context import Info
from resolvers.descriptions import enum, input_type
from resolvers.inputs import LONGEST_WORLD_ID, moment, short, within
from resolvers.refusal import Refusal, RefusalCode, refuse
from resolvers.repeats import OfWorld, kept_whole
from resolvers.scalars import BigInt

LARGEST = 2**63 - 1
LARGEST_COUNT = 2**31 - 1

enum(Strategy)
kept_whole(LiveStateRow)


@input_type
class ReportLiveStateInput(OfWorld):
    """How an NPC stands in a world right now, all of it: what was told before is forgotten."""

    npc_id: int
    """The NPC: your own, or one that you may act for."""
    villages: int
    """How many villages it has."""
    population: BigInt
    """The people in all its villages."""
    rank: int | None = None
    """Its rank by population; 1 is the largest."""
    offensive_power: BigInt
    """The strength of its attackers."""
    last_decision: datetime | None = None
    """When it last decided something."""
    current_strategy: Strategy | None = None
    """What it works towards."""


async def report_live_state(
    info: Info,
    input: Annotated[ReportLiveStateInput, strawberry.argument(description="Who stands how.")],
) -> LiveStateRow | Refusal:
    """Tell how an NPC stands right now. It is kept for five minutes, and costs the database nothing."""
    state = _checked(input, info.context.now)

    async def put() -> LiveStateRow:
        await _plays(info, state)
        await npc_states.put(info.context.stores.redis, state)
        return state

    return await beside(info, input, input.npc_id, put)


def _checked(input: ReportLiveStateInput, now: datetime) -> LiveStateRow:
    short("worldId", input.world_id, LONGEST_WORLD_ID)
    within("villages", input.villages, 0, LARGEST_COUNT)
    within("population", input.population, 0, LARGEST)
    within("offensivePower", input.offensive_power, 0, LARGEST)
    if input.rank is not None:
        within("rank", input.rank, 1, LARGEST_COUNT)
    decided = input.last_decision
    return LiveStateRow(
        world_id=input.world_id,
        npc_id=input.npc_id,
        villages=input.villages,
        population=input.population,
        rank=input.rank,
        offensive_power=input.offensive_power,
        last_decision=None if decided is None else moment("lastDecision", decided),
        current_strategy=input.current_strategy,
        reported_at=now,
    )


async def _plays(info: Info, state: LiveStateRow) -> None:
    if await info.context.loaders.one(players.OF_NPC_IN_WORLD, state.world_id, state.npc_id) is None:
        refuse(
            RefusalCode.NOT_FOUND,
            f"NPC {state.npc_id} does not play in world {state.world_id!r}: see `Npc.states`.",
        )
