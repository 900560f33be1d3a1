"""How decisions went, minute by minute."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from typing import Annotated

import strawberry
from redis.exceptions import RedisError

from db.hot import minute_metrics
from db.hot.minute_metrics import MOST_MINUTES, Decided, DecisionMinuteRow
from db.hot.troubles import naming_redis
from resolvers.context import Info
from resolvers.inputs import within
from resolvers.recording.decisions import DecisionInput

LOG = logging.getLogger(__name__)
PATIENCE_SECONDS = 0.5


async def note(info: Info, decided: Sequence[DecisionInput]) -> None:
    """Count decisions that were recorded. Nobody fails for a Redis that does not answer, or waits long."""
    if not decided:
        return
    now = info.context.now
    made = [Decided(one.decided_at or now, one.used_llm, one.decision_latency_ms) for one in decided]
    try:
        async with asyncio.timeout(PATIENCE_SECONDS):
            await minute_metrics.note(info.context.stores.redis, made, now)
    except (RedisError, OSError) as error:  # a timeout is an OSError
        LOG.warning("decisions are not counted: %s", error)


async def decision_metrics(
    info: Info,
    minutes: Annotated[
        int, strawberry.argument(description=f"How many minutes, 1 to {MOST_MINUTES}; this one is the last.")
    ] = MOST_MINUTES,
) -> list[DecisionMinuteRow]:
    """How the decisions of all NPCs went in the last minutes, oldest first."""
    within("minutes", minutes, 1, MOST_MINUTES)
    with naming_redis():
        return await minute_metrics.latest(info.context.stores.redis, info.context.now, minutes)
