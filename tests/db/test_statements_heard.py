"""The statements fixture hears each statement of the program once, and nothing of the driver's own."""

from __future__ import annotations

import asyncio

from db.connection import Stores
from tests.statements import recorded
from tests.world import World


async def test_every_statement_is_heard_once_when_it_is_answered(stores: Stores) -> None:
    for _ in range(30):
        with recorded() as heard:
            await asyncio.gather(*(stores.main.fetch("SELECT $1::int", number) for number in range(10)))
        assert heard == ["SELECT $1::int"] * 10


async def test_the_drivers_bookkeeping_and_the_tests_own_statements_are_not(
    stores: Stores, statements: list[str], world: World
) -> None:
    await world.npc("Bela")
    async with stores.main.acquire() as conn, conn.transaction(), conn.transaction():
        await conn.fetchval("SELECT $1::int4range[]", None)
        await conn.execute("SELECT 2")

    assert statements == ["SELECT $1::int4range[]", "SELECT 2"]
