"""Changes: one transaction, mostly of one world, in which the rules are checked and kept."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TypeAlias, TypeVar
from weakref import WeakValueDictionary

import asyncpg

from db.connection import Connection
from db.main import alliances, players, rules
from db.main.alliances import AllianceRow
from db.main.idempotency_keys import Earlier
from db.main.players import ActorRow
from db.main.rules import Rules
from db.main.worlds import WorldStatus
from db.outages import naming_the_store
from db.viewer import Role, Viewer
from resolvers.context import Info
from resolvers.inputs import LONGEST_WORLD_ID, short
from resolvers.refusal import Refusal, RefusalCode, RefusedError, refuse
from resolvers.repeats import OfWorld, Repeatable, found_again, once, request

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
class Step:
    """A change under way: its transaction, who asks for it, and when."""

    conn: Connection
    viewer: Viewer
    now: datetime

    def moment_after(self, last: datetime) -> datetime:
        """Now, or just after the last change, where that was in the same operation or by a clock ahead."""
        return max(self.now, last + timedelta(microseconds=1))


@dataclass(frozen=True, slots=True)
class Change(Step):
    """A change of one world under way, and what the world allows."""

    world_id: str
    rules: Rules


Act: TypeAlias = Callable[[Change], Awaitable[T]]


async def change(info: Info, input: OfWorld, act: Act[T]) -> T | Refusal:
    """What an act returns, once all it wrote is committed; refused, it has written nothing."""
    world_id = input.world_id
    turn = _turns.setdefault((asyncio.get_running_loop(), world_id), asyncio.Lock())
    with naming_the_store(f"World {world_id!r}"):
        async with asyncio.timeout(PATIENCE), turn:
            return await _unless_refused(info, lambda: _in_world(info, input, rules.lock, act))


async def aside(info: Info, input: OfWorld, act: Act[T]) -> T | Refusal:
    """The same for an act that leaves the graph as it is: it waits for nobody."""
    return await _unless_refused(info, lambda: _in_world(info, input, rules.read, act))


async def at_large(info: Info, input: Repeatable, act: Callable[[Step], Awaitable[T]]) -> T | Refusal:
    """The same for an act that belongs to no world that there is."""
    return await _unless_refused(info, lambda: _at_large(info, input, act))


async def _unless_refused(info: Info, attempt: Callable[[], Awaitable[T | Earlier]]) -> T | Refusal:
    try:
        made = await _attempted(attempt, ATTEMPTS)
        info.context.loaders.forget()
        return made if not isinstance(made, Earlier) else await found_again(info.context, made.outcome)
    except RefusedError as refused:
        return refused.refusal
    finally:
        info.context.loaders.forget()


async def _attempted(attempt: Callable[[], Awaitable[T]], attempts: int) -> T:
    try:
        return await attempt()
    except OVERTAKEN:
        if attempts == 1:
            raise
    await asyncio.sleep(PAUSE)
    return await _attempted(attempt, attempts - 1)


async def _in_world(info: Info, input: OfWorld, learn: Learn, act: Act[T]) -> T | Earlier:
    world_id = input.world_id
    short("worldId", world_id, LONGEST_WORLD_ID)
    asked = request(info.context, input, world_id)
    async with _transaction(info) as conn:
        allowed = await learn(conn, world_id) if info.context.viewer.is_in(world_id) else None
        if allowed is None:
            refuse(RefusalCode.NOT_FOUND, f"There is no world {world_id!r}: see `worlds`.")
        under_way = Change(conn, info.context.viewer, info.context.now, world_id, allowed)
        return await once(conn, asked, lambda: act(under_way))


async def _at_large(info: Info, input: Repeatable, act: Callable[[Step], Awaitable[T]]) -> T | Earlier:
    asked = request(info.context, input)
    async with _transaction(info) as conn:
        return await once(conn, asked, lambda: act(Step(conn, info.context.viewer, info.context.now)))


@asynccontextmanager
async def _transaction(info: Info) -> AsyncIterator[Connection]:
    with naming_the_store("The global database"):
        async with info.context.stores.main.acquire() as conn, conn.transaction():
            yield conn


def speaks_for(viewer: Viewer, npc_id: int | None) -> bool:
    """Whether a viewer may act as the player of this NPC, or of no NPC."""
    if viewer.role is Role.BRAIN:
        return npc_id is not None and viewer.npc_id == npc_id
    return viewer.role in (Role.ADMIN, Role.GAME)


def only_those_who_run_it(viewer: Viewer, what: str) -> None:
    """Refuse whoever neither runs the game nor administers it."""
    if not viewer.sees_all:
        refuse(RefusalCode.NOT_YOURS, f"Only those who run the game may {what}.")


def unchanged_since(what: str, version: int | None, expected: int | None) -> None:
    """Refuse a change by one who has not seen the version that there is."""
    if expected is not None and expected != version:
        refuse(
            RefusalCode.VERSION_CHANGED,
            f"{what} is at version {version}, not {expected}: read it again, and decide anew.",
        )


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
