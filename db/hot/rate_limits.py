"""How often an NPC may ask its language model: `ratelimit:llm:{npc_id}` counts the calls of its minute."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from redis.asyncio import Redis
from redis.exceptions import ResponseError

from db.hot.reads import HotRead, Values
from db.hot.troubles import UnreadableError
from db.viewer import OWN

WINDOW_SECONDS = 60
MOST_CALLS = 10
"""In a window."""

# One step: a counter that was made and then not given its end would never be forgotten. One that another
# program left so is given its end here.
SPEND = """
local spent, calls, most = tonumber(redis.call('GET', KEYS[1]) or 0), tonumber(ARGV[1]), tonumber(ARGV[2])
local granted = spent + calls <= most
if granted then spent = redis.call('INCRBY', KEYS[1], calls) end
if redis.call('PTTL', KEYS[1]) == -1 then redis.call('EXPIRE', KEYS[1], ARGV[3]) end
return {granted and 1 or 0, spent, redis.call('PEXPIRETIME', KEYS[1])}
"""


@dataclass(frozen=True, slots=True)
class LlmAllowanceRow:
    """How many calls an NPC has left in its minute."""

    npc_id: int
    most: int
    left: int
    refills_at: datetime | None


def key(npc_id: int) -> str:
    """Where the calls of an NPC are counted."""
    return f"ratelimit:llm:{npc_id}"


async def spend(redis: Redis, npc_id: int, calls: int = 1) -> tuple[bool, LlmAllowanceRow]:
    """Whether an NPC may make so many calls, which are then counted, and what is left to it."""
    spending = redis.register_script(SPEND)
    try:
        granted, spent, ends = await spending(keys=[key(npc_id)], args=[calls, MOST_CALLS, WINDOW_SECONDS])
    except ResponseError as error:  # what is counted is no number
        raise UnreadableError(key(npc_id)) from error
    return bool(granted), LlmAllowanceRow(**_values(npc_id, spent, ends))


async def _find(redis: Redis, keys: Sequence[tuple[int]]) -> list[Values | Exception | None]:
    async with redis.pipeline(transaction=False) as pipe:
        for (npc_id,) in keys:
            pipe.get(key(npc_id))
            pipe.pexpiretime(key(npc_id))
        found = await pipe.execute(raise_on_error=False)
    return [_read(npc_id, *found[2 * at : 2 * at + 2]) for at, (npc_id,) in enumerate(keys)]


def _read(npc_id: int, spent: Any, ends: Any) -> Values | Exception:
    try:
        return _values(npc_id, int(spent or 0), ends)
    except (TypeError, ValueError):  # it is an error, or no number
        return UnreadableError(key(npc_id))


def _values(npc_id: int, spent: int, ends: int) -> dict[str, Any]:
    refills_at = datetime.fromtimestamp(ends / 1000, UTC) if ends > 0 else None
    return {
        "npc_id": npc_id,
        "most": MOST_CALLS,
        "left": max(0, MOST_CALLS - spent),
        "refills_at": refills_at,
    }


OF_NPC = HotRead(
    LlmAllowanceRow, "ratelimit:llm:{npc_id}", key=("npc_id",), visible=OWN, linked=True, find=_find
)
