"""The database of a world, as changes write to it, and who may act for a village there."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass

import asyncpg

from db.connection import Connection, WorldPools
from db.main.players import ActorRow
from db.migrations import MigrationError
from db.outages import StoreUnavailableError, naming_the_world
from db.world import databases, villages
from db.world.villages import VillageRow
from resolvers.changes import Change, actor
from resolvers.context import Info
from resolvers.refusal import RefusalCode, refuse

LOG = logging.getLogger(__name__)


@asynccontextmanager
async def database_of(info: Info, change: Change) -> AsyncIterator[Connection]:
    """A transaction in the world's own database. It is committed before the one in the global database, which
    holds no more than the idempotency key: should the server die between the two, the change is made, and
    asked for again it is judged anew."""
    worlds = info.context.stores.worlds
    if change.world_id in worlds.attached:
        refuse(RefusalCode.READ_ONLY, "This world is attached: its game's own database is never written.")
    with naming_the_world(change.world_id):
        async with AsyncExitStack() as stack:
            conn = await _connection(stack, worlds, change.world_id)
            async with conn.transaction():
                yield conn


async def _connection(stack: AsyncExitStack, worlds: WorldPools, world_id: str) -> Connection:
    """A connection to the world's database, which is made where it is missing: another program may have added
    the world, or it could not be made then."""
    try:
        return await stack.enter_async_context(worlds.acquire(world_id))
    except asyncpg.InvalidCatalogNameError:
        await _make(worlds, world_id)
        return await stack.enter_async_context(worlds.acquire(world_id))


async def _make(worlds: WorldPools, world_id: str) -> None:
    try:
        await databases.ready(worlds, world_id)
    except (databases.DatabaseRefusedError, MigrationError) as error:
        LOG.warning("The database of world %s cannot be made: %s", world_id, error)
        raise StoreUnavailableError(
            f"The database of world {world_id!r} is missing and cannot be made: the server's log says why."
        ) from error


@dataclass(frozen=True, slots=True)
class Governed:
    """A village, and the NPC that plays its owner."""

    village: VillageRow
    owner: ActorRow
    npc_id: int


async def governed(change: Change, conn: Connection, village_id: int) -> Governed:
    """A village that an NPC of the viewer's owns; nobody else changes what is in it meanwhile."""
    village = await villages.lock(conn, change.world_id, village_id)
    if village is None:
        refuse(
            RefusalCode.NOT_FOUND, f"There is no village {village_id} in this world: see `World.villages`."
        )
    owner = await actor(change, village.player_id)
    if owner.npc_id is None:
        refuse(RefusalCode.NO_NPC, f"{owner.name}, who owns {village.name}, is played by no NPC.")
    return Governed(village, owner, owner.npc_id)
