"""Loaders: one statement for each kind and tick, whoever else asks, leaves or fails."""

from __future__ import annotations

import asyncio

import pytest

from db.connection import Stores, open_stores
from db.main import players, relationships, worlds
from db.main.players import PlayerRow
from db.main.worlds import WorldRow
from db.outages import StoreUnavailableError
from db.paging import Ask as Wish
from db.viewer import ADMIN
from resolvers.loaders import Loaders
from tests.asking import Ask
from tests.world import World


@pytest.fixture
def loaders(stores: Stores) -> Loaders:
    return Loaders(stores, ADMIN)


async def of_player(loaders: Loaders, world: World, player_id: int) -> PlayerRow | None:
    return await loaders.one(players.BY_ID, world.world_id, player_id)


async def of_world(loaders: Loaders, world_id: str) -> WorldRow | None:
    return await loaders.one(worlds.BY_ID, world_id)


async def test_what_is_asked_in_one_tick_is_one_statement(
    world: World, loaders: Loaders, statements: list[str]
) -> None:
    anna, bela = await world.player("Anna"), await world.player("Bela")
    asked = (anna.player_id, bela.player_id, 777, anna.player_id)

    rows = await asyncio.gather(*(of_player(loaders, world, one) for one in asked))

    assert [row and row.name for row in rows] == [anna.name, bela.name, None, anna.name]
    assert len(statements) == loaders.statements == 1


async def test_a_row_is_read_once(world: World, loaders: Loaders, statements: list[str]) -> None:
    first = await loaders.one(worlds.BY_ID, world.world_id)
    again = await loaders.one(worlds.BY_ID, world.world_id)

    assert again is first
    assert len(statements) == 1


async def test_a_key_with_a_gap_has_no_rows_and_costs_no_statement(
    world: World, loaders: Loaders, statements: list[str]
) -> None:
    assert await loaders.many(relationships.OF_NPC, Wish(limit=5), world.world_id, None) == []
    assert await loaders.count(relationships.OF_NPC, Wish(), world.world_id, None) == 0
    assert statements == []


async def test_what_was_changed_is_read_anew(world: World, loaders: Loaders) -> None:
    before = await loaders.one(worlds.BY_ID, world.world_id)
    await world.player("Anna")
    loaders.forget()
    after = await loaders.one(worlds.BY_ID, world.world_id)

    assert before is not None
    assert after is not None
    assert after.version > before.version


async def test_a_known_row_waits_for_those_asked_for_with_it(world: World, loaders: Loaders) -> None:
    anna, bela = await world.player("Anna"), await world.player("Bela")
    await loaders.one(players.BY_ID, world.world_id, anna.player_id)
    known = asyncio.create_task(of_player(loaders, world, anna.player_id))
    new = asyncio.create_task(of_player(loaders, world, bela.player_id))

    done, _ = await asyncio.wait({known, new}, return_when=asyncio.FIRST_COMPLETED)

    assert done == {known, new}


async def test_a_level_is_one_statement_also_where_some_of_it_is_known(
    world: World, ask: Ask, statements: list[str]
) -> None:
    bela, otto = await world.npc("Bela"), await world.npc("Otto")
    for npc in (bela, otto):
        await world.trusts(npc, otto, 5)
    await world.treaty("nap", bela, otto)
    query = """query ($world: String!, $bela: Int!) { player(worldId: $world, playerId: $bela) {
      treaties { nodes { parties { ... on Player { npc { name } relationships { nodes { trustScore } } } } } }
    } }"""

    await ask(query, world=world.world_id, bela=bela.player_id)

    assert len(statements) == len(["player", "treaties", "parties and their NPCs", "relationships"])


async def test_who_leaves_takes_nobody_along(world: World, loaders: Loaders) -> None:
    anna = await world.player("Anna")
    leaving, staying = (asyncio.create_task(of_player(loaders, world, anna.player_id)) for _ in range(2))
    await asyncio.sleep(0)
    leaving.cancel()

    row = await staying
    assert row is not None
    assert row.name == anna.name
    with pytest.raises(asyncio.CancelledError):
        await leaving


async def test_a_store_that_is_down_is_down_for_all_who_ask_it() -> None:
    nowhere = "postgresql://nobody@/nothing?host=/nowhere"
    async with open_stores(nowhere, nowhere, "unix:///nowhere") as stores:
        loaders = Loaders(stores, ADMIN)
        asked = [of_world(loaders, one) for one in ("a", "b", "a")]
        found = await asyncio.gather(*asked, return_exceptions=True)
        again = await asyncio.gather(of_world(loaders, "a"), return_exceptions=True)

    assert [type(one) for one in (*found, *again)] == [StoreUnavailableError] * 4
