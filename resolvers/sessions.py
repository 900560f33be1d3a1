"""Sessions: who is online."""

from __future__ import annotations

import asyncio
from typing import Annotated

import strawberry

from db.hot import sessions
from db.hot.sessions import SessionRow
from db.hot.troubles import naming_redis
from db.main import npcs
from db.main.npcs import NpcRow
from resolvers.beside import beside
from resolvers.context import Info
from resolvers.descriptions import input_type
from resolvers.pages import LARGEST_PAGE, USUAL_PAGE, size
from resolvers.refusal import Refusal
from resolvers.repeats import Repeatable, kept_whole

MOST_LOOKED_AT = 10_000

kept_whole(SessionRow)


@input_type
class HeartbeatInput(Repeatable):
    """A sign of life."""

    npc_id: int
    """The NPC: your own, or one that you may act for."""


async def heartbeat(
    info: Info, input: Annotated[HeartbeatInput, strawberry.argument(description="Who is there.")]
) -> SessionRow | Refusal:
    """Tell that an NPC is there: it is online for ten minutes from now."""
    session = SessionRow(input.npc_id, info.context.now)

    async def touch() -> SessionRow:
        await sessions.touch(info.context.stores.redis, session)
        return session

    return await beside(info, input, input.npc_id, touch)


async def online(npc: strawberry.Parent[NpcRow], info: Info) -> bool | None:
    """Whether it was active within ten minutes; null where you may not know."""
    viewer = info.context.viewer
    if not viewer.sees_all and viewer.npc_id != npc.npc_id:
        return None
    return await info.context.loaders.one(sessions.OF_NPC, npc.npc_id) is not None


async def sessions_online(
    info: Info,
    first: Annotated[
        int, strawberry.argument(description=f"How many at most, 0 to {LARGEST_PAGE}.")
    ] = USUAL_PAGE,
) -> list[SessionRow]:
    """The NPCs of your worlds that are online, the most recently active first. A brain sees itself alone."""
    wanted, viewer = size("first", first), info.context.viewer
    if not viewer.sees_all:
        own = await info.context.loaders.one(sessions.OF_NPC, viewer.npc_id)
        return [] if own is None else [own][:wanted]
    most = wanted if viewer.worlds is None else MOST_LOOKED_AT
    with naming_redis():
        found = await sessions.online(info.context.stores.redis, info.context.now, most)
    return found if viewer.worlds is None else (await _known(info, found))[:wanted]


async def _known(info: Info, found: list[SessionRow]) -> list[SessionRow]:
    """Those of NPCs that take part in the viewer's worlds."""
    known = await asyncio.gather(*(_is_known(info, session.npc_id) for session in found))
    return [session for session, is_known in zip(found, known, strict=True) if is_known]


async def _is_known(info: Info, npc_id: int) -> bool:
    return await info.context.loaders.one(npcs.FOUND_BY_ID, npc_id) is not None
