"""How decisions went, minute by minute."""

from __future__ import annotations

from typing import Annotated

import strawberry

from db.hot import minute_metrics
from db.hot.minute_metrics import MOST_MINUTES, DecisionMinuteRow
from db.hot.troubles import naming_redis
from resolvers.context import Info
from resolvers.inputs import within


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
