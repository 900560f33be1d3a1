"""How much a key may ask for: `budget:{key_id}` is a bucket that fills with cost and leaks by the minute."""

from __future__ import annotations

from dataclasses import dataclass

from redis.asyncio import Redis

MINUTE = 60

# One step, by the clock of Redis: servers that share it share the bucket. What is given back is negative.
POUR = """
local most, cost, minute = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
local time, known = redis.call('TIME'), redis.call('HMGET', KEYS[1], 'level', 'at')
local now = tonumber(time[1]) + tonumber(time[2]) / 1e6
local level = math.max(0, (tonumber(known[1]) or 0) - (now - (tonumber(known[2]) or now)) * most / minute)
local taken = cost <= 0 or level + cost <= most
if taken then level = math.max(0, level + cost) end
redis.call('HSET', KEYS[1], 'level', string.format('%.3f', level), 'at', string.format('%.6f', now))
redis.call('EXPIRE', KEYS[1], minute)
return {taken and 1 or 0, string.format('%.3f', level)}
"""


@dataclass(frozen=True, slots=True)
class Poured:
    """Whether there was room, and how full the bucket is now."""

    taken: bool
    level: float


def key(key_id: int) -> str:
    """Where the bucket of a key is."""
    return f"budget:{key_id}"


async def pour(redis: Redis, key_id: int, budget: int, cost: int) -> Poured:
    """Add a cost to the bucket of a key, if there is room for all of it; a negative one is given back."""
    pouring = redis.register_script(POUR)
    taken, level = await pouring(keys=[key(key_id)], args=[budget, cost, MINUTE])
    return Poured(bool(taken), float(level))
