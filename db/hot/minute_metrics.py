"""How decisions went, minute by minute, for an hour: `metrics:decisions:{minute}`."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby
from typing import Any

from redis.asyncio import Redis

from db.hot.troubles import UnreadableError

KEPT_FOR_SECONDS = 3600
MOST_MINUTES = 60
MINUTE = timedelta(minutes=1)

# The average follows from sums, in the same step: two averages do not add up.
NOTE = """
redis.call('HINCRBY', KEYS[1], 'total', ARGV[1] + ARGV[2])
redis.call('HINCRBY', KEYS[1], 'llm_used', ARGV[1])
redis.call('HINCRBY', KEYS[1], 'rule_used', ARGV[2])
local timed = redis.call('HINCRBY', KEYS[1], 'timed', ARGV[3])
local latency = redis.call('HINCRBY', KEYS[1], 'latency', ARGV[4])
if timed > 0 then redis.call('HSET', KEYS[1], 'avg_latency', latency / timed) end
redis.call('EXPIRE', KEYS[1], ARGV[5])
"""


@dataclass(frozen=True, slots=True)
class Decided:
    """A decision, as the metrics take it."""

    at: datetime
    used_llm: bool
    latency_ms: int | None = None


@dataclass(frozen=True, slots=True)
class DecisionMinuteRow:
    """How the decisions of a minute went."""

    minute: datetime
    total: int = 0
    llm_used: int = 0
    rule_used: int = 0
    avg_latency: float | None = None


def minute_of(at: datetime) -> datetime:
    """The beginning of the minute of a moment."""
    return at.replace(second=0, microsecond=0)


def key(minute: datetime) -> str:
    """Where a minute is kept."""
    return f"metrics:decisions:{minute:%Y-%m-%dT%H:%M}"


async def note(redis: Redis, decisions: Iterable[Decided], now: datetime) -> None:
    """Count decisions, each in its minute; those that are past keeping are left out."""
    oldest = minute_of(now) - MOST_MINUTES * MINUTE
    kept = sorted((one for one in decisions if one.at > oldest), key=lambda one: one.at)
    script = redis.register_script(NOTE)
    async with redis.pipeline(transaction=False) as pipe:
        for minute, group in groupby(kept, lambda one: minute_of(one.at)):
            await script(keys=[key(minute)], args=[*_sums(list(group)), KEPT_FOR_SECONDS], client=pipe)
        await pipe.execute()


def _sums(decisions: list[Decided]) -> list[int]:
    used_llm = sum(one.used_llm for one in decisions)
    latencies = [one.latency_ms for one in decisions if one.latency_ms is not None]
    return [used_llm, len(decisions) - used_llm, len(latencies), sum(latencies)]


async def latest(redis: Redis, now: datetime, minutes: int) -> list[DecisionMinuteRow]:
    """The last so many minutes, the current one last, those without decisions too."""
    wanted = [minute_of(now) - back * MINUTE for back in range(minutes - 1, -1, -1)]
    async with redis.pipeline(transaction=False) as pipe:
        for minute in wanted:
            pipe.hgetall(key(minute))
        found = await pipe.execute(raise_on_error=False)
    return [_row(minute, one) for minute, one in zip(wanted, found, strict=True)]


def _row(minute: datetime, found: Any) -> DecisionMinuteRow:
    if isinstance(found, Exception):
        raise UnreadableError(key(minute)) if "WRONGTYPE" in str(found) else found
    try:
        counts = {name: int(found.get(name.encode(), 0)) for name in ("total", "llm_used", "rule_used")}
        average = found.get(b"avg_latency")
        return DecisionMinuteRow(minute, **counts, avg_latency=None if average is None else float(average))
    except ValueError as error:
        raise UnreadableError(key(minute)) from error
