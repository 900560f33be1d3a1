"""Merged requests and their statement: who leaves frees nobody else's, and the last one takes it along."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import asyncpg
import orjson
import pytest

import entente.operations
from db.connection import Stores
from db.viewer import ADMIN, Viewer
from engine.asking import Answer, Asked
from engine.service import Service
from resolvers.analyses import Analyses
from resolvers.context import Caller
from tests.asking import brain, schema
from tests.waiting import becomes
from tests.world import Npc, World

NAME = "query Named($npcId: Int!) { npc(npcId: $npcId) { name relationships(worldId: %s) { totalCount } } }"
HELD = """
SELECT count(*) FROM pg_stat_activity
 WHERE datname = current_database() AND wait_event_type = 'Lock' AND query LIKE 'SELECT k.n%'
"""


@pytest.fixture
def service(stores: Stores) -> Service:
    """Answers questions, with plans of its own."""
    return entente.operations.service(schema()._schema, lambda _: None, stores=stores)


@asynccontextmanager
async def locked(workshop: asyncpg.Pool[asyncpg.Record]) -> AsyncIterator[None]:
    """Nobody can read NPCs meanwhile."""
    async with workshop.acquire() as conn:
        await conn.execute("BEGIN; LOCK TABLE npcs IN ACCESS EXCLUSIVE MODE")
        try:
            yield
        finally:
            await conn.execute("ROLLBACK")


class Crowd:
    """Requests for one plan, each with a viewer of its own."""

    def __init__(self, service: Service, stores: Stores, analyses: Analyses, world: World) -> None:
        self.service, self.stores, self.analyses, self.world = service, stores, analyses, world

    def asks(self, npc: Npc, viewer: Viewer) -> asyncio.Task[Answer]:
        """A request for an NPC's name."""
        asked = Asked(NAME % f'"{self.world.world_id}"', None, {"npcId": npc.npc_id})
        caller = Caller(viewer, self.stores, self.analyses)
        return asyncio.create_task(self.service.answer(asked, caller))


@pytest.fixture
def crowd(service: Service, stores: Stores, analyses: Analyses, world: World) -> Crowd:
    """Those who ask."""
    return Crowd(service, stores, analyses, world)


async def test_the_statement_ends_with_the_last_who_waits_for_it(
    crowd: Crowd, world: World, workshop: asyncpg.Pool[asyncpg.Record]
) -> None:
    bela, otto = await world.npc("Bela"), await world.npc("Otto")
    await crowd.asks(bela, ADMIN)  # from now on there is a plan

    async def held(count: int) -> bool:
        return bool(await workshop.fetchval(HELD) == count)

    async with locked(workshop):
        early = crowd.asks(otto, ADMIN)  # to an idle line: it is served alone
        await becomes(lambda: held(1))
        first, second = crowd.asks(bela, brain(bela)), crowd.asks(otto, ADMIN)
        await becomes(lambda: held(2))
        first.cancel()
        await asyncio.sleep(0.1)
        assert (first.cancelled(), second.done()) == (True, False)
        assert await held(2)
        second.cancel()
        await becomes(lambda: held(1))
        early.cancel()
        await becomes(lambda: held(0))
        later = crowd.asks(otto, ADMIN)
        await becomes(lambda: held(1))

    answer = orjson.loads((await asyncio.wait_for(later, 5)).body)
    assert answer == {"data": {"npc": {"name": otto.name, "relationships": {"totalCount": 0}}}}
