"""The allowance of language model calls that each NPC has in a minute."""

from __future__ import annotations

from typing import Annotated

import strawberry

from db.hot import rate_limits
from db.hot.rate_limits import MOST_CALLS, LlmAllowanceRow
from resolvers.beside import beside
from resolvers.context import Info
from resolvers.descriptions import input_type
from resolvers.inputs import within
from resolvers.refusal import Refusal, RefusalCode, refuse
from resolvers.repeats import Repeatable, kept_whole

kept_whole(LlmAllowanceRow)


@input_type
class SpendLlmCallInput(Repeatable):
    """A wish to ask a language model."""

    npc_id: int
    """The NPC that asks: your own, or one that you may act for."""
    calls: int = 1
    """How often, 1 to 10: all of it is granted, or nothing."""


async def spend_llm_call(
    info: Info, input: Annotated[SpendLlmCallInput, strawberry.argument(description="Who asks.")]
) -> LlmAllowanceRow | Refusal:
    """Take calls from an NPC's allowance before it asks its language model: ten a minute. The minute begins
    with the first call."""
    within("calls", input.calls, 1, MOST_CALLS)

    async def spend() -> LlmAllowanceRow:
        granted, row = await rate_limits.spend(info.context.stores.redis, input.npc_id, input.calls)
        if not granted:
            _refuse(row)
        return row

    return await beside(info, input, input.npc_id, spend)


def _refuse(row: LlmAllowanceRow) -> None:
    ends = f"{row.refills_at:%H:%M:%S} UTC" if row.refills_at else "in a minute"
    refuse(
        RefusalCode.ALLOWANCE_SPENT,
        f"Of {row.most} calls a minute {row.left} are left: ask again at {ends}, or decide by rules.",
    )
