"""Whoever changes the graph, the world's version moves once, and its feed tells of it in commit order."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from itertools import pairwise

import asyncpg
import pytest

from db.connection import Connection
from tests.world import World

JOIN = "INSERT INTO alliance_members (world_id, alliance_id, player_id) VALUES ($1, $2, $3)"
RENAME = "UPDATE alliances SET name = $3 WHERE world_id = $1 AND alliance_id = $2"
JUDGE = """
INSERT INTO trust_events (world_id, npc_id, target_player_id, kind, points)
SELECT w.world_id, $2, $3, 'adjusted', 1 FROM worlds w, generate_series(1, $4) WHERE w.world_id = $1
"""

NewWorld = Callable[[], Awaitable[World]]


async def test_a_transaction_moves_the_version_once_whatever_it_changes(world: World) -> None:
    bela, otto = await world.npc("Bela"), await world.npc("Otto")
    reds = await world.alliance("Reds")
    before = await world.version()

    async with world.transaction() as conn:
        for player in (bela, otto):
            await conn.execute(JOIN, world.world_id, reds.alliance_id, player.player_id)
        await conn.execute(JUDGE, world.world_id, bela.npc_id, otto.player_id, 5)
        await conn.execute("UPDATE alliances SET tag = 'RED' WHERE world_id = $1", world.world_id)

    assert await world.version() == before + 1


async def test_each_kind_of_change_moves_the_version(world: World) -> None:
    bela, otto = await world.npc("Bela"), await world.npc("Otto")
    reds = await world.alliance("Reds")
    pact = await world.treaty("nap", bela, otto)
    await world.regards(bela, otto, messages_sent=1)
    mine = (world.world_id,)
    changes = [
        f"UPDATE alliances SET name = 'Blues' WHERE world_id = $1 AND alliance_id = {reds.alliance_id}",
        f"UPDATE players SET alliance_id = {reds.alliance_id} WHERE world_id = $1",
        "UPDATE alliance_members SET role = 'leader' WHERE world_id = $1",
        "UPDATE alliance_members SET left_at = now() WHERE world_id = $1",
        "DELETE FROM alliance_members WHERE world_id = $1",
        f"UPDATE treaties SET is_public = false WHERE world_id = $1 AND treaty_id = {pact.treaty_id}",
        "DELETE FROM treaties WHERE world_id = $1",
        "UPDATE npc_relationships SET relationship_type = 'ally' WHERE world_id = $1",
        "UPDATE npc_relationships SET battles_won_against = 3 WHERE world_id = $1",
        "UPDATE npc_relationships SET trust_score = 12 WHERE world_id = $1",
        "DELETE FROM npc_relationships WHERE world_id = $1",
        f"UPDATE players SET npc_id = NULL WHERE world_id = $1 AND player_id = {otto.player_id}",
        f"UPDATE players SET gone_at = now() WHERE world_id = $1 AND player_id = {otto.player_id}",
        "UPDATE players SET population = 7 WHERE world_id = $1",
        "DELETE FROM alliances WHERE world_id = $1",
        f"DELETE FROM npcs WHERE id = {bela.npc_id} AND $1 = $1",
        f"DELETE FROM players WHERE world_id = $1 AND player_id = {otto.player_id}",
        "INSERT INTO players (world_id, player_id, name, tribe) VALUES ($1, 99, 'New', 'Huns')",
    ]
    before = await world.version()

    for change in changes:
        await world.run(change, *mine)
        assert (change, await world.version()) == (change, before + 1)
        before += 1


async def test_what_changes_nothing_of_the_graph_leaves_the_version(world: World) -> None:
    bela, otto = await world.npc("Bela"), await world.npc("Otto")
    await world.alliance("Reds", [bela])
    await world.treaty("nap", bela, otto)
    await world.trusts(bela, otto, 30)
    before = await world.version()

    for table in ("npc_relationships", "alliances", "alliance_members", "treaties", "players"):
        await world.run(f"UPDATE {table} SET world_id = world_id WHERE world_id = $1", world.world_id)
    await world.run("UPDATE alliances SET total_population = 12 WHERE world_id = $1", world.world_id)
    await world.run("UPDATE players SET village_count = 7, rank = 2 WHERE world_id = $1", world.world_id)
    await world.run("DELETE FROM npc_relationships WHERE world_id = $1 AND npc_id = -1", world.world_id)
    await world.memory(bela, otto)

    assert await world.version() == before


@pytest.mark.parametrize("table", ["npc_relationships", "alliance_members", "treaties"])
async def test_who_empties_a_table_moves_every_world(world: World, new_world: NewWorld, table: str) -> None:
    other = await new_world()
    bela, otto = await world.npc("Bela"), await world.npc("Otto")
    await world.alliance("Reds", [bela], leader=otto)
    await world.trusts(bela, otto, 30)
    await world.treaty("nap", bela, otto)
    versions = "SELECT array_agg(version ORDER BY world_id) FROM worlds WHERE world_id = ANY ($1)"
    ids = [world.world_id, other.world_id]
    before = await world.value(versions, ids)

    async with _undone(world) as conn:
        if table == "treaties":  # else their history keeps them
            await conn.execute("ALTER TABLE treaty_events DISABLE TRIGGER append_only")
        await conn.execute(f"TRUNCATE {table} CASCADE")
        after = await conn.fetchval(versions, ids)
        members = await conn.fetchrow(
            "SELECT total_members, leader_id, (SELECT count(alliance_id) FROM players WHERE world_id = $1)"
            "  FROM alliances WHERE world_id = $1",
            world.world_id,
        )

    assert after == [version + 1 for version in before]
    assert members is not None
    assert tuple(members) == ((0, None, 0) if table == "alliance_members" else (2, otto.player_id, 2))


async def test_a_history_keeps_its_treaties_from_being_emptied(world: World) -> None:
    with pytest.raises(asyncpg.RaiseError, match="append-only"):
        await world.run("TRUNCATE treaties CASCADE")


@asynccontextmanager
async def _undone(world: World) -> AsyncIterator[Connection]:
    """A transaction of which nothing stays, for what concerns every world."""
    async with world.pool.acquire() as conn:
        transaction = conn.transaction()
        await transaction.start()
        try:
            yield conn
        finally:
            await transaction.rollback()


@pytest.mark.parametrize(
    "odd",
    [
        "players SET population = -5",
        "players SET village_count = -1",
        "players SET offensive_power = -1",
        "alliances SET total_population = -1",
        "alliances SET total_members = -1",
        "npc_world_state SET total_population = -1",
        "npc_world_state SET total_wood = -1",
        "npc_world_state SET total_troops = -1",
        "npc_relationships SET total_interactions = -1",
        "npc_relationships SET resources_lost_to = -1",
        "npc_relationships SET messages_sent = -1",
    ],
)
async def test_nothing_is_counted_below_zero(world: World, odd: str) -> None:
    bela, otto = await world.npc("Bela"), await world.npc("Otto")
    await world.alliance("Reds", [bela])
    await world.trusts(bela, otto, 30)

    with pytest.raises(asyncpg.CheckViolationError):
        await world.run(f"UPDATE {odd} WHERE world_id = $1", world.world_id)


async def test_what_an_npc_feels_is_nothing_public(world: World) -> None:
    bela, otto = await world.npc("Bela"), await world.npc("Otto")
    await world.alliance("Reds", [bela])
    await world.trusts(bela, otto, 30)
    await world.run(
        "UPDATE npc_relationships SET relationship_type = 'ally' WHERE world_id = $1", world.world_id
    )
    await world.run("DELETE FROM npc_relationships WHERE world_id = $1", world.world_id)

    told = await world.run(
        "SELECT kind, is_public FROM graph_changes WHERE world_id = $1 ORDER BY seq", world.world_id
    )
    assert [tuple(record) for record in told] == [
        ("alliance", True),
        ("membership", True),
        ("trust", False),
        ("relationship", False),
        ("relationship", False),
    ]


async def test_what_is_rolled_back_leaves_no_trace(world: World) -> None:
    reds = await world.alliance("Reds")
    before, told = await world.version(), await world.changes()

    async with world.transaction() as conn:
        with suppress(ZeroDivisionError):
            async with conn.transaction():
                await conn.execute(RENAME, world.world_id, reds.alliance_id, "Never")
                raise ZeroDivisionError
        await conn.execute(RENAME, world.world_id, reds.alliance_id, "Blues")

    assert await world.version() == before + 1
    assert [change.seq for change in await world.changes()] == [*range(1, len(told) + 2)]


async def test_a_transaction_over_two_worlds_moves_both_once(world: World, new_world: NewWorld) -> None:
    other = await new_world()
    for each in (world, other):
        await each.alliance("Reds")
        await each.alliance("Blues")
    before = await world.version(), await other.version()

    async with world.transaction() as conn:
        await conn.execute(
            "UPDATE alliances SET tag = 'X' WHERE world_id IN ($1, $2)", world.world_id, other.world_id
        )
        await conn.execute(
            "UPDATE alliances SET tag = 'Y' WHERE world_id IN ($1, $2)", world.world_id, other.world_id
        )

    assert (await world.version(), await other.version()) == (before[0] + 1, before[1] + 1)
    assert [change.seq for change in await world.changes()] == [1, 2, 3, 4, 5, 6]
    assert {change.version for change in (await world.changes())[-4:]} == {await world.version()}


async def test_each_version_is_told_once_to_whoever_listens(world: World) -> None:
    reds = await world.alliance("Reds")
    heard: asyncio.Queue[object] = asyncio.Queue()
    before = await world.version()

    async with world.pool.acquire() as listener:

        def hear(*told: object) -> None:
            heard.put_nowait(told[-1])

        await listener.add_listener("entente_versions", hear)
        for names in [("Blues", "Greens"), ("Whites",)]:
            async with world.transaction() as conn:
                for name in names:
                    await conn.execute(RENAME, world.world_id, reds.alliance_id, name)
        told = [await asyncio.wait_for(heard.get(), 5) for _ in range(2)]
        await listener.remove_listener("entente_versions", hear)

    assert told == [f"{before + 1} {world.world_id}", f"{before + 2} {world.world_id}"]


async def test_programs_that_change_two_worlds_at_once_do_not_block_each_other(
    world: World, new_world: NewWorld
) -> None:
    other = await new_world()
    reds, blues = await world.alliance("Reds"), await other.alliance("Blues")
    ids = sorted([world.world_id, other.world_id])

    async def rename(name: str) -> None:
        async with world.transaction() as conn:
            await conn.execute("SELECT touch_world(w) FROM unnest($1::text[]) w", ids)
            for home, alliance in ((other, blues), (world, reds)):
                await conn.execute(RENAME, home.world_id, alliance.alliance_id, name)

    before = await world.version()
    await asyncio.gather(*(rename(f"Name {number}") for number in range(6)))

    assert await world.version() == before + 6


async def test_the_feed_has_no_gaps_and_is_in_commit_order(world: World) -> None:
    npcs = [await world.npc(name) for name in ("Bela", "Otto", "Ida", "Uma")]
    start = await world.version()

    async def feel(number: int) -> None:
        async with world.transaction() as conn:
            truster, trusted = npcs[number % 2], npcs[2 + number % 2]
            await conn.execute(JUDGE, world.world_id, truster.npc_id, trusted.player_id, 1 + number % 3)
            await asyncio.sleep(0.001)
            if number % 4 == 0:
                raise ZeroDivisionError

    outcomes = await asyncio.gather(*(feel(number) for number in range(24)), return_exceptions=True)

    told = await world.changes()
    assert outcomes.count(None) == 18
    assert await world.version() == start + 18
    assert [change.seq for change in told] == [*range(1, len(told) + 1)]
    assert all(earlier.version <= later.version for earlier, later in pairwise(told))
    assert len({change.version for change in told}) == 18


async def test_a_reader_never_sees_a_later_entry_before_an_earlier_one(world: World) -> None:
    reds = await world.alliance("Reds")

    async with world.transaction() as slow:
        await slow.execute(RENAME, world.world_id, reds.alliance_id, "Slow")
        quick = asyncio.ensure_future(world.run(RENAME, world.world_id, reds.alliance_id, "Quick"))
        await asyncio.sleep(0.05)
        assert len(await world.changes()) == 1
    await quick

    versions = [change.version for change in await world.changes()]
    assert versions == sorted(versions)
    assert await world.value("SELECT name FROM alliances WHERE world_id = $1", world.world_id) == "Quick"


async def test_a_load_with_its_own_history_moves_the_version_but_writes_no_feed(world: World) -> None:
    bela, otto = await world.npc("Bela"), await world.npc("Otto")
    before = await world.version()

    async with world.transaction() as conn:
        await conn.execute("SET LOCAL entente.history = 'given'")
        await conn.execute(JUDGE, world.world_id, bela.npc_id, otto.player_id, 3)

    assert await world.changes() == []
    assert await world.version() == before + 1
    assert await world.trust(bela, otto) == 3


async def test_readers_of_the_feed_are_woken_at_commit(world: World) -> None:
    heard: asyncio.Queue[str] = asyncio.Queue()
    listener = await asyncpg.connect(world.urls.main)
    await listener.add_listener("entente_changes", lambda *message: heard.put_nowait(str(message[-1])))

    await world.alliance("Reds")
    while await asyncio.wait_for(heard.get(), 5) != world.world_id:
        pass
    await listener.close()


async def test_a_whole_world_can_be_removed(world: World, new_world: NewWorld) -> None:
    other = await new_world()
    for each in (world, other):
        bela, zed = await each.npc("Bela"), await each.player("Zed")
        reds = await each.alliance("Reds", [zed], leader=bela)
        pact = await each.treaty("nap", bela, zed, changed_by=zed.player_id)
        await each.treaty("war", reds, zed)
        await each.run("UPDATE treaties SET status = 'cancelled' WHERE treaty_id = $1", pact.treaty_id)
        await each.trusts(bela, zed, -20)
        await each.memory(bela, zed)

    await world.run("DELETE FROM worlds WHERE world_id = $1", world.world_id)

    tables = await world.run(
        "SELECT table_name FROM information_schema.columns JOIN pg_tables ON table_name = tablename"
        " WHERE column_name = 'world_id' AND table_schema = 'public'"
    )
    for (table,) in tables:
        assert (table, 0) == (table, await _rows(world, table))
    assert await _rows(other, "trust_events") == 1


async def _rows(world: World, table: str) -> int:
    return int(await world.value(f'SELECT count(*) FROM "{table}" WHERE world_id = $1', world.world_id))


@pytest.mark.parametrize("history", ["trust_events", "treaty_events"])
@pytest.mark.parametrize("rewriting", ["UPDATE {} SET note = 'x'", "DELETE FROM {}", "TRUNCATE {}"])
async def test_histories_refuse_to_be_rewritten(world: World, history: str, rewriting: str) -> None:
    bela, otto = await world.npc("Bela"), await world.npc("Otto")
    await world.treaty("nap", bela, otto)
    await world.trusts(bela, otto, 5)

    with pytest.raises(asyncpg.RaiseError, match="append-only"):
        await world.run(rewriting.format(history))

    assert await _rows(world, history) == 1
