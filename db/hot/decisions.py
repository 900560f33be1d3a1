"""The queue of decisions that wait to be carried out: `npc:decisions:{priority}`, claimed with a lease.

Whoever claims a decision has it alone until the lease ends; then it comes back. Time is Redis's own, so that
servers whose clocks differ agree on when that is. `npc_decisions` is the truth: a queue that was lost is
filled again from there, see `to_be_filled`. The keys belong together, so Redis is no cluster.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any
from uuid import uuid4

import orjson
from redis.asyncio import Redis
from redis.exceptions import ResponseError

from db.hot.troubles import UnreadableError

MOST_PRIORITY = 9
"""Priorities are 0 to this; the lowest comes first."""
USUAL_PRIORITY = 5
LEASES, CLAIMS, ATTEMPTS = "npc:decisions:leases", "npc:decisions:claims", "npc:decisions:attempts"
FILLED = "npc:decisions:filled"
SIDE = (LEASES, CLAIMS, ATTEMPTS)
"""What is kept beside the queues."""
LUA = Path(__file__).parent / "lua"


@dataclass(frozen=True, slots=True)
class Waiting:
    """A decision that waits, as its member in the queue tells it: always the same of the same decision."""

    npc_id: int
    world_id: str
    decision_id: str

    @property
    def member(self) -> bytes:
        """How it stands in the queue."""
        return orjson.dumps(asdict(self))


@dataclass(frozen=True, slots=True)
class Claimed:
    """A decision in hand."""

    decision: Waiting
    priority: int
    attempts: int
    """How often it was claimed until now, this time included."""


@dataclass(frozen=True, slots=True)
class Claim:
    """Decisions that were claimed together: whoever names the claim may acknowledge or return them."""

    name: str
    at: datetime
    ends: datetime
    decisions: list[Claimed]


@dataclass(frozen=True, slots=True)
class Place:
    """Where a decision belongs: how urgent it is, since when it waits, and who has it in hand until when."""

    decision: Waiting
    priority: int
    queued_at: datetime | None = None
    """Now, unless it is told."""
    claim: str = ""
    lease_ends: datetime | None = None


async def queue(redis: Redis, places: Sequence[Place]) -> None:
    """Let decisions wait; one that waits already, or is in hand, does not come twice."""
    args = [one for place in places for one in _told(place)]
    if args:
        await _run(redis, "queue", args)


def _told(place: Place) -> tuple[bytes | str | int | float, ...]:
    queued, ends = (one.timestamp() if one else "" for one in (place.queued_at, place.lease_ends))
    return place.decision.member, place.priority, queued, place.claim, ends


async def claim(
    redis: Redis,
    most: int,
    lease_seconds: float,
    *,
    npc_id: int | None = None,
    worlds: Iterable[str] | None = None,
) -> Claim:
    """The most urgent decisions, the oldest first, for whoever asks alone until the lease ends: those of an
    NPC, or of some worlds."""
    name = str(uuid4())
    args = [most, name, lease_seconds, "" if npc_id is None else npc_id, _scope(worlds)]
    at, ends, found = await _run(redis, "claim", args)
    claimed = [Claimed(Waiting(**orjson.loads(one)), priority, count) for one, priority, count in found]
    return Claim(name, _moment(at), _moment(ends), claimed)


def _moment(seconds: bytes) -> datetime:
    return datetime.fromtimestamp(float(seconds), UTC)


def _scope(worlds: Iterable[str] | None) -> str:
    return "*" if worlds is None else f",{','.join(worlds)},"


async def acknowledge(redis: Redis, decision: Waiting, claim: str) -> bool:
    """A decision was carried out, and comes no more; False where it is in other hands, or there is none."""
    return bool(await _run(redis, "acknowledge", [decision.member, claim]))


async def give_back(redis: Redis, decision: Waiting, claim: str) -> bool:
    """A decision is let go before its lease ends; False where it is not in these hands any more."""
    return bool(await _run(redis, "give_back", [decision.member, claim]))


async def to_be_filled(redis: Redis) -> str | None:
    """The run of Redis in which the queue still has to be filled from the database, None where it was: not
    since it was emptied, or started again, which may have cost its last second."""
    run: str = (await redis.info("server"))["run_id"]
    return None if await redis.get(FILLED) == run.encode() else run


async def filled(redis: Redis, run: str) -> None:
    """The queue was filled in this run of Redis."""
    await redis.set(FILLED, run)


@cache
def _script(name: str) -> str:
    """A script, after what all of them begin with."""
    return "".join((LUA / f"{one}.lua").read_text() for one in ("common", name))


async def _run(redis: Redis, name: str, args: Sequence[Any]) -> Any:
    try:
        return await redis.register_script(_script(name))(keys=SIDE, args=args)
    except ResponseError as error:
        if "WRONGTYPE" not in str(error):
            raise
        raise UnreadableError("npc:decisions:*") from error
