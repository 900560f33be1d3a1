"""Beside the database: what is done in Redis alone, by those who may."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TypeVar

from db.hot.troubles import naming_redis
from db.main import npcs
from resolvers.changes import at_large, speaks_for
from resolvers.context import Info
from resolvers.refusal import Refusal, RefusalCode, RefusedError, refuse
from resolvers.repeats import Repeatable

T = TypeVar("T")


async def beside(info: Info, input: Repeatable, npc_id: int, act: Callable[[], Awaitable[T]]) -> T | Refusal:
    """What an act on Redis returns, for an NPC that the viewer speaks for. Postgres is asked for a
    transaction only where there is an idempotency key to keep."""

    async def checked() -> T:
        await _your_npc(info, npc_id)
        with naming_redis():
            return await act()

    if input.idempotency_key is not None:
        return await at_large(info, input, lambda _: checked())
    try:
        return await checked()
    except RefusedError as refused:
        return refused.refusal


async def _your_npc(info: Info, npc_id: int) -> None:
    if await info.context.loaders.one(npcs.FOUND_BY_ID, npc_id) is None:
        refuse(RefusalCode.NOT_FOUND, f"There is no NPC {npc_id}: see `npcs`.")
    if not speaks_for(info.context.viewer, npc_id):
        refuse(RefusalCode.NOT_YOURS, f"You may not act for NPC {npc_id}: pass your own.")
