"""How an NPC stands right now, as whoever plays it has told last: `npc:state:{npc_id}` is its last world."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any

from redis.asyncio import Redis

from db import moments
from db.hot.reads import HotRead, Values
from db.hot.troubles import UnreadableError
from db.main.npcs import Strategy
from db.viewer import OWN

KEPT_FOR_SECONDS = 300


@dataclass(frozen=True, slots=True)
class LiveStateRow:
    """How an NPC stands in a world right now."""

    world_id: str
    npc_id: int
    villages: int
    population: int
    rank: int | None
    offensive_power: int
    last_decision: datetime | None
    current_strategy: Strategy | None
    reported_at: datetime


def key(npc_id: int, world_id: str | None = None) -> str:
    """Where the state of an NPC is kept: in a world, or in the one it was last told of."""
    return f"npc:state:{npc_id}" if world_id is None else f"npc:state:{npc_id}:{world_id}"


async def put(redis: Redis, state: LiveStateRow) -> None:
    """Keep a state, in the place of the one before."""
    fields = _fields(state)
    async with redis.pipeline(transaction=True) as pipe:
        for name in (key(state.npc_id), key(state.npc_id, state.world_id)):
            pipe.delete(name)
            pipe.hset(name, mapping=fields)
            pipe.expire(name, KEPT_FOR_SECONDS)
        await pipe.execute()


def _fields(state: LiveStateRow) -> dict[Any, Any]:
    told = {
        "world_id": state.world_id,
        "villages": state.villages,
        "population": state.population,
        "rank": state.rank,
        "offensive_power": state.offensive_power,
        "last_decision": state.last_decision and state.last_decision.isoformat(),
        "current_strategy": state.current_strategy and state.current_strategy.value,
        "reported_at": state.reported_at.isoformat(),
    }
    return {name: value for name, value in told.items() if value is not None}


async def _in_worlds(redis: Redis, keys: Sequence[tuple[str, int]]) -> list[Values | Exception | None]:
    return await _find(redis, [(npc_id, key(npc_id, world_id)) for world_id, npc_id in keys])


async def _last(redis: Redis, keys: Sequence[tuple[int]]) -> list[Values | Exception | None]:
    return await _find(redis, [(npc_id, key(npc_id)) for (npc_id,) in keys])


async def _find(redis: Redis, wanted: Sequence[tuple[int, str]]) -> list[Values | Exception | None]:
    async with redis.pipeline(transaction=False) as pipe:
        for _, name in wanted:
            pipe.hgetall(name)
        found = await pipe.execute(raise_on_error=False)
    return [_values(npc_id, name, one) for (npc_id, name), one in zip(wanted, found, strict=True)]


def _values(npc_id: int, name: str, found: Any) -> Values | Exception | None:
    if isinstance(found, Exception):
        return UnreadableError(name) if "WRONGTYPE" in str(found) else found
    if not found:
        return None
    try:
        return _read(npc_id, {field.decode(): value.decode() for field, value in found.items()})
    except (KeyError, ValueError):
        return UnreadableError(name)


def _read(npc_id: int, told: dict[str, str]) -> Values:
    rank, decided, strategy = (told.get(name) for name in ("rank", "last_decision", "current_strategy"))
    return {
        "world_id": told["world_id"],
        "npc_id": npc_id,
        "villages": int(told["villages"]),
        "population": int(told["population"]),
        "rank": None if rank is None else int(rank),
        "offensive_power": int(told["offensive_power"]),
        "last_decision": None if decided is None else moments.parse(decided),
        "current_strategy": None if strategy is None else Strategy(strategy).value,
        "reported_at": moments.parse(told["reported_at"]),
    }


_read_by = partial(HotRead, LiveStateRow, visible=OWN)
IN_WORLD: HotRead[LiveStateRow] = _read_by(
    "npc:state:{npc_id}:{world_id}", ("world_id", "npc_id"), find=_in_worlds
)
LAST: HotRead[LiveStateRow] = _read_by("npc:state:{npc_id}", ("npc_id",), linked=True, find=_last)
