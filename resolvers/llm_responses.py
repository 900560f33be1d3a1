"""Answers of language models, kept for the NPC that asked."""

from __future__ import annotations

from typing import Annotated

import strawberry
from strawberry.scalars import JSON

from db.hot import llm_responses
from db.hot.llm_responses import LlmResponseRow
from db.main import npcs
from resolvers.beside import beside
from resolvers.context import Info
from resolvers.descriptions import input_type
from resolvers.inputs import json_object, within
from resolvers.refusal import Refusal
from resolvers.repeats import Repeatable, kept_whole

LONGEST_SECONDS = 7 * 86_400

kept_whole(LlmResponseRow)


@input_type
class KeepLlmResponseInput(Repeatable):
    """What a language model answered."""

    npc_id: int
    """The NPC that asked: your own, or one that you may act for."""
    asked: str
    """All that the answer depends on, as a text: prompt, model and temperature, or a hash of these."""
    response: JSON
    """The answer: an object of at most 32 KB."""
    seconds: int | None = None
    """For how long it is kept, 1 to 604,800 (a week); as the NPC's `decisionCacheTtl` says unless told."""


async def keep_llm_response(
    info: Info, input: Annotated[KeepLlmResponseInput, strawberry.argument(description="What to keep.")]
) -> LlmResponseRow | Refusal:
    """Keep what a language model answered, so that the NPC need not ask the same again for a while. It may be
    forgotten earlier."""
    row = LlmResponseRow(input.npc_id, input.asked, json_object("response", input.response))
    if input.seconds is not None:
        within("seconds", input.seconds, 1, LONGEST_SECONDS)

    async def keep() -> LlmResponseRow:
        seconds = input.seconds or await _usual(info, input.npc_id)
        if seconds:
            await llm_responses.put(info.context.stores.redis, row, seconds)
        return row

    return await beside(info, input, input.npc_id, keep)


async def _usual(info: Info, npc_id: int) -> int:
    npc = await info.context.loaders.one(npcs.BY_ID, npc_id)
    usual = npc.decision_cache_ttl if npc else None
    return min(usual or 0, LONGEST_SECONDS)
