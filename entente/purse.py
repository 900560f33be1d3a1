"""The purse: what a key with a budget may still ask for, before anything is done for it."""

from __future__ import annotations

import logging
import math
from dataclasses import dataclass
from typing import Any

from redis.asyncio import Redis
from redis.exceptions import RedisError

from db.hot import budgets
from db.hot.budgets import MINUTE
from engine.asking import refusal

LOG = logging.getLogger("entente.purse")


@dataclass(eq=False)
class Purse:
    """What a key may ask for in a minute. While Redis is down nothing is counted, and all is let through."""

    redis: Redis
    key_id: int
    budget: int
    left: int | None = None
    """How much there was after the last question; None before, and where nothing is counted."""

    async def take(self, cost: int) -> None:
        """Pay a cost in advance; raises RefusedError where there is not so much left."""
        if cost > self.budget:
            told = f"This costs {cost}, and your budget is {self.budget} a minute: ask for less."
            raise refusal("BUDGET_EXCEEDED", told, budget=self.budget)
        poured = await self._pour(cost)
        if poured is not None and not poured.taken:
            seconds = math.ceil((poured.level + cost - self.budget) * MINUTE / self.budget)
            told = f"This costs {cost}, and {self.left} of your {self.budget} a minute are left: "
            told += f"wait {seconds} s, or ask for less."
            raise refusal("BUDGET_EXCEEDED", told, budget=self.budget, left=self.left, retryAfter=seconds)

    async def give_back(self, cost: int) -> None:
        """Get back what was not needed."""
        if cost > 0:
            await self._pour(-cost)

    @property
    def told(self) -> dict[str, Any]:
        """What is told of it beside the cost."""
        return {"perMinute": self.budget, "left": self.left}

    async def _pour(self, cost: int) -> budgets.Poured | None:
        try:
            poured = await budgets.pour(self.redis, self.key_id, self.budget, cost)
        except (RedisError, OSError) as error:
            LOG.warning("budgets are not counted: %s", error)
            self.left = None
            return None
        self.left = math.floor(self.budget - poured.level)
        return poured
