"""Trades: how one is recorded for the NPCs that took part in it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

import strawberry

from resolvers.changes import Change, change
from resolvers.context import Info
from resolvers.descriptions import input_type
from resolvers.recording.recorder import record
from resolvers.recording.trades import TradeInput
from resolvers.refusal import Refusal
from resolvers.repeats import OfWorld, kept_whole


@input_type
class RecordTradeInput(OfWorld, TradeInput):
    """A trade in a world."""


@kept_whole
@dataclass(frozen=True, slots=True)
class TradeRecords:
    """The records of a trade."""

    world_id: str
    record_ids: list[int]


async def record_trade(
    info: Info, input: Annotated[RecordTradeInput, strawberry.argument(description="Who trades what.")]
) -> TradeRecords | Refusal:
    """Record a trade for each NPC that takes part in it. A completed one is remembered, and an NPC that got
    about what the market would have given trusts its partner a little more. A brain records a trade for its
    own NPC alone."""
    input.check(info.context.now)

    async def act(under_way: Change) -> TradeRecords:
        return TradeRecords(input.world_id, await record(under_way, input))

    return await change(info, input, act)
