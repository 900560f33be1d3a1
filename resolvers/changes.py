"""Changes: one transaction of one world, in which the rules are checked and kept."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TypeAlias, TypeVar
from weakref import WeakValueDictionary

import asyncpg

from db.connection import Connection
from db.main import alliances, players, rules
from db.main.alliances import AllianceRow
from db.main.players import ActorRow
from db.main.rules import Rules
from db.main.worlds import WorldStatus
from db.outages import naming_the_store
from db.viewer import Role, Viewer
from resolvers.context import Info
from resolvers.inputs import LONGEST_WORLD_ID, short
from resolvers.refusal import Refusal, RefusalCode, RefusedError, refuse

T = TypeVar("T")
Learn: TypeAlias = Callable[[Connection, str], Awaitable[Rules | None]]
ATTEMPTS = 3
# Another program may have taken its row before the world that we hold, or be about to commit what we checked
# was not there. Both end with one of us told so: begun anew, the rules see what the other did.
OVERTAKEN = (asyncpg.DeadlockDetectedError, asyncpg.UniqueViolationError)
PATIENCE = 20
"""Seconds to wait for the changes before ours, and to make it."""
PAUSE = 0.05
"""Seconds: long enough for the other to go first, or the two would only meet again."""

# The changes of a world wait for each other in any case. Here they wait without holding a connection, so that
# hundreds that come at once leave the pool to those who read.
_turns: WeakValueDictionary[tuple[asyncio.AbstractEventLoop, str], asyncio.Lock] = WeakValueDictionary()


@dataclass(frozen=True, slots=True)
class Change:
    """A change of one world under way: its transaction, who asks for it, when, and what the world allows."""

    conn: Connection
    world_id: str
    viewer: Viewer
    now: datetime
    rules: Rules

    def moment_after(self, last: datetime) -> datetime:
        """Now, or just after the last change, where that was in the same operation or by a clock ahead."""
        return max(self.now, last + timedelta(microseconds=1))


Act: TypeAlias = Callable[[Change], Awaitable[T]]


async def change(info: Info, world_id: str, act: Act[T]) -> T | Refusal:
    """What an act returns, once all it wrote is committed; refused, it has written nothing."""
    turn = _turns.setdefault((asyncio.get_running_loop(), world_id), asyncio.Lock())
    with naming_the_store(f"World {world_id!r}"):
        async with asyncio.timeout(PATIENCE), turn:
            return await _unless_refused(info, _attempt(info, world_id, rules.lock, act, ATTEMPTS))


async def aside(info: Info, world_id: str, act: Act[T]) -> T | Refusal:
    """The same for an act that leaves the graph as it is: it waits for nobody."""
    return await _unless_refused(info, _attempt(info, world_id, rules.read, act, ATTEMPTS))


async def _unless_refused(info: Info, attempt: Awaitable[T]) -> T | Refusal:
    try:
        return await attempt
    except RefusedError as refused:
        return refused.refusal
    finally:
        info.context.loaders.forget()


async def _attempt(info: Info, world_id: str, learn: Learn, act: Act[T], attempts: int) -> T:
    short("worldId", world_id, LONGEST_WORLD_ID)
    try:
        with naming_the_store("The global database"):
            async with info.context.stores.main.acquire() as conn, conn.transaction():
                allowed = await learn(conn, world_id)
                if allowed is None:
                    refuse(RefusalCode.NOT_FOUND, f"There is no world {world_id!r}: see `worlds`.")
                return await act(Change(conn, world_id, info.context.viewer, info.context.now, allowed))
    except OVERTAKEN:
        if attempts == 1:
            raise
    await asyncio.sleep(PAUSE)
    return await _attempt(info, world_id, learn, act, attempts - 1)


def speaks_for(viewer: Viewer, npc_id: int | None) -> bool:
    """Whether a viewer may act as the player of this NPC, or of no NPC."""
    if viewer.role is Role.BRAIN:
        return npc_id is not None and viewer.npc_id == npc_id
    return viewer.role in (Role.ADMIN, Role.GAME)


async def actor(change: Change, player_id: int) -> ActorRow:
    """The player who acts: one the viewer may act as, still in a world that is being played."""
    found = await players.actor(change.conn, change.world_id, player_id)
    if found is None:
        refuse(RefusalCode.NOT_FOUND, f"There is no player {player_id} in this world: see `players`.")
    if not speaks_for(change.viewer, found.npc_id):
        refuse(RefusalCode.NOT_YOURS, f"You may not act as {found.name}: pass your own player.")
    if found.gone_at is not None:
        refuse(RefusalCode.GONE, f"{found.name} has left this world and acts no longer.")
    if change.rules.status is not WorldStatus.RUNNING:
        refuse(RefusalCode.NOT_RUNNING, f"This world is {change.rules.status.value}: act when it runs again.")
    return found


async def npc(change: Change, npc_id: int) -> ActorRow:
    """The player as which an NPC of the viewer's takes part in the world."""
    found = await players.actor_of_npc(change.conn, change.world_id, npc_id)
    if found is None:
        refuse(RefusalCode.NOT_FOUND, f"NPC {npc_id} does not play in this world: see `World.npcs`.")
    if not speaks_for(change.viewer, npc_id):
        refuse(RefusalCode.NOT_YOURS, f"You may not decide for {found.name}: pass your own NPC.")
    if found.gone_at is not None:
        refuse(RefusalCode.GONE, f"{found.name} has left this world.")
    return found


async def standing_alliance(change: Change, alliance_id: int) -> AllianceRow:
    """An alliance that there is, and that is not disbanded."""
    alliance = await alliances.find(change.conn, change.world_id, alliance_id)
    if alliance is None:
        refuse(RefusalCode.NOT_FOUND, f"There is no alliance {alliance_id} in this world: see `alliances`.")
    if alliance.disbanded_at is not None:
        refuse(RefusalCode.GONE, f"{alliance.name} is disbanded.")
    return alliance
