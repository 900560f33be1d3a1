"""Who is online: `npc:active:{npc_id}` tells when an NPC was last active, `npc:active` lists them all."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from redis.asyncio import Redis

from db import moments
from db.hot.reads import HotRead, Values
from db.hot.troubles import UnreadableError
from db.viewer import OWN

KEPT_FOR = timedelta(minutes=10)
EVERYBODY = "npc:active"


@dataclass(frozen=True, slots=True)
class SessionRow:
    """An NPC that is online."""

    npc_id: int
    last_activity: datetime


def key(npc_id: int) -> str:
    """Where the last activity of an NPC is kept."""
    return f"npc:active:{npc_id}"


async def touch(redis: Redis, session: SessionRow) -> None:
    """An NPC was active: it is online from now on, for as long as it is again within the time."""
    at = session.last_activity
    async with redis.pipeline(transaction=True) as pipe:
        pipe.set(key(session.npc_id), at.isoformat(), ex=KEPT_FOR)
        pipe.zadd(EVERYBODY, {str(session.npc_id): at.timestamp()})
        pipe.zremrangebyscore(EVERYBODY, "-inf", _earliest(at))
        pipe.expire(EVERYBODY, KEPT_FOR)
        await pipe.execute()


async def online(redis: Redis, now: datetime, first: int) -> list[SessionRow]:
    """Who is online, the most recently active first."""
    if first == 0:
        return []
    found: Any = await redis.zrevrangebyscore(
        EVERYBODY, "+inf", f"({_earliest(now)}", start=0, num=first, withscores=True
    )
    return [SessionRow(int(member), datetime.fromtimestamp(score, UTC)) for member, score in found]


def _earliest(now: datetime) -> float:
    """Whoever was last active then is online no longer."""
    return (now - KEPT_FOR).timestamp()


async def _find(redis: Redis, keys: Sequence[tuple[int]]) -> list[Values | Exception | None]:
    found: Any = await redis.mget([key(npc_id) for (npc_id,) in keys])
    return [_values(npc_id, one) for (npc_id,), one in zip(keys, found, strict=True)]


def _values(npc_id: int, found: bytes | None) -> Values | Exception | None:
    if found is None:
        return None
    try:
        return {"npc_id": npc_id, "last_activity": moments.parse(found.decode())}
    except ValueError:
        return UnreadableError(key(npc_id))


OF_NPC = HotRead(SessionRow, "npc:active:{npc_id}", key=("npc_id",), visible=OWN, linked=True, find=_find)
